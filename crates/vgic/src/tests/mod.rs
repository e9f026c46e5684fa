//! The crate's tests: scenarios in the kernel's and the guest's order on a simulated machine.

mod delivery;
mod registers;
mod rig;
