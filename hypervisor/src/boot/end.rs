//! The end of the machine: power off, restart, or halt.

use crate::arch::smc;
use crate::arch::traps;
use crate::machine::console;
use crate::machine::platform_port::HostPort;
use arm_spec::psci;
use core::fmt;
use devicetree::query::{PsciMethod, PsciVersion};

/// Says why boot cannot go on, and ends the machine as `noreboot` says.
pub fn fatal(message: fmt::Arguments<'_>) -> ! {
    console::print(format_args!("\n{message}\n"));
    end_of_machine()
}

/// After a panic or a fatal error: restarts, or halts if `noreboot` was given or nothing is known yet.
pub fn end_of_machine() -> ! {
    match super::machine() {
        Some(machine) if !machine.options.noreboot => {
            console::write_panic(format_args!("Restarting\n"));
            machine_restart()
        }
        _ => {
            console::write_panic(format_args!("Halted: reset the machine by hand\n"));
            traps::stop()
        }
    }
}

/// Calls a PSCI function without arguments, where firmware offers PSCI by SMC.
fn call_psci(function: u32) {
    let psci = super::machine().and_then(|machine| machine.tree.psci());
    if psci.is_some_and(|psci| psci.method == PsciMethod::Smc && psci.version != PsciVersion::V0_1) {
        smc::call(function, [0; 3]);
    }
}

/// Switches the machine off.
pub fn machine_power_off() -> ! {
    crate::irq::stop_other_cpus();
    call_psci(psci::SYSTEM_OFF);
    if let Some(machine) = super::machine() {
        machine.platform.power_off(&mut HostPort);
    }
    console::write_panic(format_args!("This machine cannot be switched off by software: halted\n"));
    traps::stop()
}

/// Restarts the machine.
pub fn machine_restart() -> ! {
    crate::irq::stop_other_cpus();
    call_psci(psci::SYSTEM_RESET);
    if let Some(machine) = super::machine() {
        machine.platform.reset(&mut HostPort);
    }
    console::write_panic(format_args!("This machine cannot be restarted by software: halted\n"));
    traps::stop()
}
