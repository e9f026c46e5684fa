//! Input: bytes from the UART to whom they are meant for, dom0 or the hypervisor's debug keys.
//!
//! Ctrl-A three times (or what `conswitch=` says) switches between the two, as on Xen.
//! Lock rank: CONSOLE_INPUT, below the console's own.

mod input;
pub mod keys;

use crate::domain;
use crate::machine::console::{print, with_uart};
use crate::machine::sync::{Lock, rank};
use input::{Input, Step};
use xen_abi::virq::Virq;

static INPUT: Lock<Input, { rank::INPUT }> = Lock::new(Input::new());

/// Takes everything that the UART received.
pub fn receive() {
    while let Some(byte) = with_uart(|uart| uart.get()).flatten() {
        let step = INPUT.lock().take(byte);
        match step {
            Step::Nothing => {}
            Step::ForGuest => notify_guest(),
            Step::Key(key) => keys::run(key),
            Step::Switched(to) => print(format_args!("*** Serial input to {to} (type 'CTRL-a' three times to switch input)\n")),
        }
    }
}

fn notify_guest() {
    if let Some(dom0) = domain::hardware() {
        dom0.events.raise_virq(dom0, Virq::Console);
    }
}

/// Copies what was typed for dom0 to `buffer` and returns how much there was.
pub fn read_input(buffer: &mut [u8]) -> usize {
    INPUT.lock().read(buffer)
}

/// Sets the character that switches input, or that nothing does (`conswitch=`).
pub fn set_switch(control: Option<u8>) {
    INPUT.lock().set_switch(control);
}

/// From here on what is typed is dom0's.
pub fn give_input_to_dom0() {
    INPUT.lock().give_to_guest();
    print(format_args!("*** Serial input to DOM0 (type 'CTRL-a' three times to switch input)\n"));
}
