//! The architected timer (Linux binding `arm,arch_timer`).

use crate::{Interrupt, Interrupts, Lineage, Tree};

/// `compatible` strings of the timer's node.
pub const TIMERS: [&str; 2] = ["arm,armv8-timer", "arm,armv7-timer"];

/// The timer's node.
#[derive(Clone)]
pub struct Timer<'a> {
    /// The node with its ancestors.
    pub lineage: Lineage<'a>,
    /// The secure physical timer's PPI.
    pub secure_physical: Option<Interrupt>,
    /// The non-secure physical (EL1) timer's PPI.
    pub physical: Option<Interrupt>,
    /// The virtual timer's PPI.
    pub virtual_: Option<Interrupt>,
    /// The hypervisor's (EL2 physical) timer's PPI.
    pub hypervisor: Option<Interrupt>,
    /// `clock-frequency` in Hz, where CNTFRQ is not to be believed.
    pub frequency_hz: Option<u32>,
}

impl<'a> Tree<'a> {
    /// Finds the timer's node and decodes its interrupts by `interrupt-names`, else by position.
    pub fn timer(&self, interrupts: &Interrupts<'a>) -> Option<Timer<'a>> {
        let mut walk = self.nodes();
        walk.find(|node| node.is_compatible_any(&TIMERS) && node.is_available())?;
        let lineage = walk.lineage().clone();
        let node = lineage.node();
        let names = node.property("interrupt-names");
        let nth = |position: usize, name: &str| {
            let by_name = names.map(|names| names.strings().position(|item| item == name));
            interrupts.of(&lineage).nth(by_name.unwrap_or(Some(position))?).flatten()
        };
        Some(Timer {
            secure_physical: nth(0, "sec-phys"),
            physical: nth(1, "phys"),
            virtual_: nth(2, "virt"),
            hypervisor: nth(3, "hyp-phys"),
            frequency_hz: node.u32("clock-frequency").filter(|&hz| hz != 0),
            lineage,
        })
    }
}
