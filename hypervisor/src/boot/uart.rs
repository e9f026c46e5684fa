//! The console's UART: the one baked into the image, then the one the device tree names.

use super::blame::{self, Culprit};
use super::options::{Console, Options};
use crate::arch;
use crate::drivers::gic::Trigger;
use crate::drivers::uart::{COMPATIBLE, Kind, Uart};
use crate::irq;
use crate::machine::console;
use crate::machine::mmio::MmioWindow;
use crate::machine::sync::Once;
use devicetree::{Interrupts, NodeId, Tree};
use types::{PAGE_BYTES, PhysAddr, PhysRange};

/// The console's node, which dom0 does not get.
static NODE: Once<NodeId> = Once::new();

/// Takes the UART that `xtask build --early-uart` wrote into the image, if there is one.
pub fn early() {
    let (kind, address) = arch::boot::early_uart();
    let (kind, shift) = match kind {
        1 => (Kind::Pl011, 0),
        2 => (Kind::Ns16550, 0),
        3 => (Kind::Ns16550, 2),
        _ => return,
    };
    let Ok(range) = PhysRange::new(PhysAddr::new(address), PAGE_BYTES) else { return };
    if let Ok(registers) = MmioWindow::map(range) {
        take(|| Uart::new(kind, registers, shift), range.start());
    }
}

/// Makes a UART the console. Its first register access may fault: then the RAM log says so.
fn take(uart: impl FnOnce() -> Uart, address: PhysAddr) {
    blame::during(Culprit::Uart, address, || console::set_uart(uart()));
}

/// Returns the node of the console's UART.
pub fn node() -> Option<NodeId> {
    NODE.get().copied()
}

fn selector<'a>(tree: &Tree<'a>, options: &Options<'a>) -> Option<&'a str> {
    if options.dtuart.path.is_empty() { tree.stdout_path() } else { Some(options.dtuart.path) }
}

/// Takes the UART that `dtuart=` or `stdout-path` names; with `console=none` it stays dom0's.
pub fn init(tree: &Tree<'static>, options: &Options<'static>) {
    if options.console == Console::None {
        return;
    }
    let Some(selector) = selector(tree, options) else {
        return log::warn!("No console: give dtuart= or /chosen/stdout-path");
    };
    let Some(uart) = tree.uart(selector, None) else {
        return log::warn!("No console: {selector} is no device with registers");
    };
    let node = uart.node();
    let Some((_, kind)) = COMPATIBLE.iter().find(|(name, _)| node.is_compatible(name)) else {
        let compatible = node.str("compatible").unwrap_or("it has no compatible");
        return log::warn!("No console: there is no driver for {selector} ({compatible})");
    };
    NODE.call_once(|| node.id());
    match MmioWindow::map(uart.registers) {
        Ok(registers) => take(|| Uart::new(*kind, registers, uart.reg_shift), uart.registers.start()),
        Err(error) => log::warn!("No console: {selector} cannot be mapped: {error:?}"),
    }
}

/// Routes the UART's interrupt to EL2, so that input is taken as it comes.
pub fn enable_interrupt(tree: &Tree<'static>) {
    let (Some(id), Ok(gic)) = (node(), tree.gic()) else { return };
    let lineage = tree.lineage(id);
    let interrupts: Interrupts<'_> = gic.interrupts();
    let Some(interrupt) = interrupts.of(&lineage).flatten().next() else {
        return log::warn!("The console has no interrupt: no input");
    };
    let trigger = Trigger::from(interrupt.trigger);
    irq::route_console(interrupt.id, trigger);
    console::enable_interrupts();
}
