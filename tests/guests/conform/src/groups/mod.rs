//! The tables, in the order in which they are run: the domain that one makes is another's target.

use crate::case::Step;

mod control;
mod create;
mod evtchn;
mod gnttab;
mod hvm;
mod memory;
mod numbers;
mod small;
mod sysctl;

/// Groups of tables.
pub const ALL: &[&[&[Step]]] = &[
    &[numbers::CASES],
    &[create::CASES],
    memory::CASES,
    gnttab::CASES,
    evtchn::CASES,
    small::CASES,
    control::CASES,
    &[hvm::CASES],
    sysctl::CASES,
    &[control::END],
];
