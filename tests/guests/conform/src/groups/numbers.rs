//! Numbers that name no hypercall, and those that Arm's Xen does not have.

use crate::case::Step::{self, One};
use crate::case::{Case, Word};

const fn plain(name: &'static str, number: usize) -> Step {
    One(Case::new(name, number, [Word::N(0); 5]))
}

/// The numbers of xen/include/public/xen.h, and what is past them.
pub const CASES: &[Step] = &[
    plain("number.0", 0),
    plain("number.1", 1),
    plain("number.2", 2),
    plain("number.3", 3),
    plain("number.4", 4),
    plain("number.5", 5),
    plain("number.8", 8),
    plain("number.9", 9),
    plain("number.10", 10),
    plain("number.11", 11),
    plain("number.14", 14),
    plain("number.15", 15),
    plain("number.22", 22),
    plain("number.23", 23),
    plain("number.25", 25),
    plain("number.26", 26),
    plain("number.28", 28),
    plain("number.30", 30),
    plain("number.31", 31),
    plain("number.37", 37),
    plain("number.38", 38),
    plain("number.40", 40),
    plain("number.43", 43),
    plain("number.48", 48),
    plain("number.49", 49),
    plain("number.55", 55),
    plain("number.56", 56),
    plain("number.63", 63),
    plain("number.64", 64),
    plain("number.65", 65),
    plain("number.2147483647", 0x7fff_ffff),
    plain("number.4294967295", 0xffff_ffff),
];
