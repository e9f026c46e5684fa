//! The call itself: numbers, registers, bad pointers, multicall. xen/include/public/arch-arm.h, xen.h.

use rt::arch::{self, hypercall};
use rt::check::{check, check_eq};
use rt::xen::{self, Block, EFAULT, ENOSYS};

/// An address that stage 1 does not map: the unused end of the window.
pub const UNMAPPED: usize = arch::WINDOW + 0x1f_f000;

/// XENVER_version (version.h) and SCHEDOP_yield (sched.h).
const VERSION: usize = 0;
const YIELD: usize = 0;

pub fn run() {
    for (name, number) in [
        ("hypercall 0 (x86 only) is ENOSYS", 0),
        ("hypercall 63 is ENOSYS", 63),
        ("hypercall 64, past the table, is ENOSYS", 64),
        ("hypercall 0x7fffffff is ENOSYS", 0x7fff_ffff),
    ] {
        check_eq(name, hypercall(number, [0; 5]), ENOSYS);
    }
    for (name, number, argument) in [
        ("registers that are no argument survive a call", xen::XEN_VERSION, VERSION),
        ("registers that are no argument survive an unknown call", 63, 0),
        ("registers that are no argument survive giving up the CPU", xen::SCHED_OP, YIELD),
    ] {
        check_eq(name, arch::registers_lost_by_hypercall(number, argument), 0);
    }
    check_eq(
        "get_features from an unmapped address is EFAULT",
        hypercall(xen::XEN_VERSION, [6, UNMAPPED, 0, 0, 0]),
        EFAULT,
    );
    check_eq(
        "extraversion to an unmapped address is EFAULT",
        hypercall(xen::XEN_VERSION, [1, UNMAPPED, 0, 0, 0]),
        EFAULT,
    );
    multicall();
}

/// struct multicall_entry { op, result, args[6] }, 64-bit fields, xen.h.
fn multicall() {
    let mut calls = Block::<192>::new();
    calls.set64(0, xen::XEN_VERSION as u64).set64(16, 0);
    calls.set64(64, 63).set64(72, 0x5555);
    calls.set64(128, xen::XEN_VERSION as u64).set64(144, 7);
    let result = hypercall(xen::MULTICALL, [calls.address(), 3, 0, 0, 0]);
    check_eq("multicall returns 0", result, 0);
    check_eq("multicall entry 0 has the version", calls.get64(8) >> 16, 4);
    check_eq("multicall entry 1 has ENOSYS", calls.get64(72).cast_signed(), ENOSYS as i64);
    check_eq("multicall entry 2 has the page size", calls.get64(136), 4096);
    check_eq(
        "multicall from an unmapped address is EFAULT",
        hypercall(xen::MULTICALL, [UNMAPPED, 1, 0, 0, 0]),
        EFAULT,
    );
    check("multicall of nothing is 0", hypercall(xen::MULTICALL, [calls.address(), 0, 0, 0, 0]) == 0);
}
