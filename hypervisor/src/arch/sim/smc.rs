//! Calls to firmware: noted, and answered as the test says.

use super::state::{self, Event};

/// Calls firmware with a function id and three arguments and returns x0.
pub fn call(function: u32, args: [u64; 3]) -> u64 {
    state::note(Event::Smc(function, args));
    state::with(|cpu| cpu.smc_result)
}
