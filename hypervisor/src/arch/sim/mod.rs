//! The backend that runs on the host: the machine is [`state::Cpu`], a struct that the test owns.
//!
//! A thread is a CPU. It has A64's registers as far as the kernel looks at them, one run of RAM that
//! all threads share ([`window`]), and a list of what was asked of the hardware ([`state::Event`]).

pub mod boot;
pub mod cache;
pub mod context;
pub mod cpu;
pub mod errata;
pub mod gic_cpuif;
pub mod idregs;
pub mod layout;
pub mod smc;
pub mod state;
pub mod sysreg;
pub mod timer;
pub mod tlb;
pub mod traps;
pub mod vm_control;
pub mod window;

/// Converts a 64-bit number to an address.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "tests run where an address has 64 bits, or name small ones"
)]
pub const fn to_usize(value: u64) -> usize {
    value as usize
}
