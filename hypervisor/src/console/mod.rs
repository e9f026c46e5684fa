//! Input: bytes from the UART to whom they are meant for, dom0 or the hypervisor's debug keys.
//!
//! Ctrl-A three times (or what `conswitch=` says) switches between the two, as on Xen.
//! Lock rank: INPUT, below the console's own.

mod input;
mod keys;
mod report;
mod snapshot;

pub use keys::press;

use crate::boot::options::{ConsoleInput, Options};
use crate::domain;
use crate::machine::console::{self as machine, print};
use crate::machine::percpu::PerCpu;
use crate::machine::ram_log::RAM_LOG;
use crate::machine::sync::{Lock, rank};
use core::sync::atomic::{AtomicU32, Ordering};
use input::{Input, Owner, Step};
use xen_abi::virq::Virq;

/// Bytes taken at one interrupt; the line stays high while there are more.
const BYTES_AT_ONCE: usize = 64;

static INPUT: Lock<Input, { rank::INPUT }> = Lock::new(Input::new());

/// Takes what the UART received and gives it more to send; keys are carried out on this CPU's way
/// out.
pub fn receive(cpu: &'static PerCpu) {
    let mut for_guest = false;
    for _ in 0..BYTES_AT_ONCE {
        let Some(byte) = machine::receive() else { break };
        let step = INPUT.lock().take(byte);
        match step {
            Step::Nothing => {}
            Step::ForGuest => for_guest = true,
            Step::Key(key) => keys::press(cpu, key),
            Step::Switched => announce(),
        }
    }
    machine::transmit();
    if for_guest && let Some(dom0) = domain::hardware() {
        dom0.events.raise_virq(dom0, Virq::Console);
    }
}

/// Does what is posted to this CPU for debug keys. No guest's register is in use.
#[inline]
pub fn at_decision(cpu: &'static PerCpu) {
    snapshot::answer(cpu);
    keys::step(cpu);
    if RAM_LOG.written() != TOLD.load(Ordering::Relaxed) {
        tell_of_log();
    }
}

/// Up to where dom0 was told of the log, as the bytes ever written.
static TOLD: AtomicU32 = AtomicU32::new(0);

/// Tells dom0 that the log has grown (VIRQ_CON_RING): its console daemon may keep it.
#[cold]
fn tell_of_log() {
    TOLD.store(RAM_LOG.written(), Ordering::Relaxed);
    if let Some(dom0) = domain::hardware() {
        dom0.events.raise_virq(dom0, Virq::ConRing);
    }
}

/// Returns the count at which this CPU goes on with a debug key.
#[inline]
pub fn deadline(cpu: &PerCpu) -> Option<u64> {
    keys::deadline(cpu)
}

/// Copies what was typed for dom0 to `buffer` and returns how much there was.
pub fn read_input(buffer: &mut [u8]) -> usize {
    INPUT.lock().read(buffer)
}

/// Sets what the command line says of the console.
pub fn configure(options: &Options<'_>) {
    machine::set_levels(options.loglvl.always, options.loglvl.limited);
    machine::set_guest_levels(options.guest_loglvl.always, options.guest_loglvl.limited);
    INPUT.lock().set_switch(options.conswitch.code);
}

/// Boot is over: input is dom0's unless `conswitch=` says otherwise, and nobody waits for the UART any
/// more unless `sync_console` does.
pub fn begin(options: &Options<'_>) {
    if options.conswitch.input == ConsoleInput::Dom0 {
        INPUT.lock().set_owner(Owner::Guest);
    }
    announce();
    if options.sync_console {
        log::warn!("sync_console: every byte is waited for; this is for debugging");
    } else {
        machine::stop_waiting();
    }
}

/// Says whom input is for, and how that is changed.
fn announce() {
    let (owner, switch) = {
        let input = INPUT.lock();
        (input.owner(), input.switch())
    };
    let to = match owner {
        Owner::Hypervisor => "Xen",
        Owner::Guest => "DOM0",
    };
    match switch {
        Some(code) => print(format_args!(
            "*** Serial input to {to} (type 'CTRL-{}' three times to switch input)\n",
            char::from(code.wrapping_add(b'a' - 1))
        )),
        None => print(format_args!("*** Serial input to {to}\n")),
    }
}
