//! The end of the machine: power off, restart, or halt.
//!
//! What that takes is known as soon as the device tree and the command line are read ([`prepare`]);
//! before, the machine can only halt.

use crate::arch::smc;
use crate::arch::traps;
use crate::machine::platform_port::HostPort;
use crate::machine::ram_log::RAM_LOG;
use crate::machine::sync::Once;
use crate::machine::{console, panic};
use arm_spec::psci;
use core::fmt;
use devicetree::Tree;
use devicetree::query::{PsciMethod, PsciVersion};
use platforms::Platform;

/// How the machine is ended.
struct Ending {
    tree: Tree<'static>,
    platform: &'static dyn Platform,
    noreboot: bool,
}

static ENDING: Once<Ending> = Once::new();

/// Learns how the machine is ended, and whether a failure may restart it.
pub fn prepare(tree: Tree<'static>, platform: &'static dyn Platform, noreboot: bool) {
    ENDING.call_once(|| Ending { tree, platform, noreboot });
}

/// Says why boot cannot go on, and ends the machine as `noreboot` says.
pub fn fatal(message: fmt::Arguments<'_>) -> ! {
    panic::stop_the_others();
    console::print(format_args!("\n{message}\n"));
    end_of_machine()
}

/// After a panic or a fatal error: restarts, or halts if `noreboot` was given or nothing is known yet.
pub fn end_of_machine() -> ! {
    panic::stop_the_others();
    match ENDING.get() {
        Some(ending) if !ending.noreboot => {
            console::print(format_args!("Restarting\n"));
            machine_restart()
        }
        _ => halt(format_args!("Halted: reset the machine by hand\n")),
    }
}

/// Calls a PSCI function without arguments, where firmware offers PSCI by SMC.
fn call_psci(function: u32) {
    RAM_LOG.clean();
    let psci = ENDING.get().and_then(|ending| ending.tree.psci());
    if psci.is_some_and(|psci| psci.method == PsciMethod::Smc && psci.version != PsciVersion::V0_1) {
        smc::call(function, [0; 3]);
    }
}

/// Switches the machine off.
pub fn machine_power_off() -> ! {
    panic::stop_the_others();
    call_psci(psci::SYSTEM_OFF);
    if let Some(ending) = ENDING.get() {
        ending.platform.power_off(&mut HostPort);
    }
    halt(format_args!("This machine cannot be switched off by software: halted\n"))
}

/// Restarts the machine.
pub fn machine_restart() -> ! {
    panic::stop_the_others();
    call_psci(psci::SYSTEM_RESET);
    if let Some(ending) = ENDING.get() {
        ending.platform.reset(&mut HostPort);
    }
    halt(format_args!("This machine cannot be restarted by software: halted\n"))
}

/// Says the last words and stops; memory is left with all of the log in it.
fn halt(last_words: fmt::Arguments<'_>) -> ! {
    console::print(last_words);
    RAM_LOG.clean();
    traps::stop()
}
