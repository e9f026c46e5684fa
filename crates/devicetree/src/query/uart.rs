//! The console's UART: `dtuart=` or `/chosen`'s `stdout-path`.

use crate::{Interrupt, Interrupts, Lineage, Node, Tree};
use types::PhysRange;

/// The largest `reg-shift` that is believed.
const MAX_SHIFT: u32 = 4;

/// A UART and what its driver must know.
#[derive(Clone)]
pub struct Uart<'a> {
    /// The node with its ancestors.
    pub lineage: Lineage<'a>,
    /// The registers.
    pub registers: PhysRange,
    /// `reg-shift`: log2 of the distance between registers, 0 by default.
    pub reg_shift: u32,
    /// `reg-io-width`: bytes of one access, where the tree says.
    pub reg_io_width: Option<u32>,
    /// `reg-offset`: bytes from the start of `registers` to the first register, 0 by default.
    pub reg_offset: u32,
    /// The interrupt, if it arrives at the GIC.
    pub interrupt: Option<Interrupt>,
    /// `clock-frequency` in Hz.
    pub clock_hz: Option<u32>,
    /// `current-speed` in baud.
    pub baud: Option<u32>,
    /// What follows the `:` of the path, for example `115200n8`.
    pub options: &'a str,
}

impl<'a> Uart<'a> {
    /// Returns the node.
    pub fn node(&self) -> Node<'a> {
        self.lineage.node()
    }
}

impl<'a> Tree<'a> {
    /// Returns `stdout-path` (or the old `linux,stdout-path`) of `/chosen`.
    pub fn stdout_path(&self) -> Option<&'a str> {
        let chosen = self.root().child("chosen")?;
        chosen.str("stdout-path").or_else(|| chosen.str("linux,stdout-path"))
    }

    /// Finds a UART by `PATH[:OPTIONS]` or `ALIAS[:OPTIONS]`. Without `interrupts` (no GIC was found
    /// yet) its interrupt stays unknown.
    pub fn uart(&self, selector: &'a str, interrupts: Option<&Interrupts<'a>>) -> Option<Uart<'a>> {
        let (path, options) = selector.split_once(':').unwrap_or((selector, ""));
        let lineage = Lineage::of(self.find(path)?);
        let node = lineage.node();
        Some(Uart {
            registers: lineage.registers(0)?,
            reg_shift: node.u32("reg-shift").unwrap_or(0).min(MAX_SHIFT),
            reg_io_width: node.u32("reg-io-width"),
            reg_offset: node.u32("reg-offset").unwrap_or(0),
            interrupt: interrupts.and_then(|all| all.of(&lineage).next().flatten()),
            clock_hz: node.u32("clock-frequency"),
            baud: node.u32("current-speed"),
            options,
            lineage,
        })
    }
}
