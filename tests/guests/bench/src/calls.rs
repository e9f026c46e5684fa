//! Calls that need nothing but registers, and a multicall.

use crate::row;
use crate::row::Bench;
use rt::check::check_eq;
use rt::psci;
use rt::xen::{self, Block, ENOSYS};

const LOOPS: u32 = 512;
/// XENVER_version and XENVER_pagesize.
const VERSION: usize = 0;
const PAGESIZE: usize = 7;

const HYPERCALLS: [&str; 9] = [
    "null-hypercall",
    "null-hypercall.b",
    "null-hypercall.c",
    "unknown-hypercall",
    "unknown-hypercall.b",
    "unknown-hypercall.c",
    "multicall-8",
    "multicall-8.b",
    "multicall-8.c",
];

/// All calls.
pub fn run(bench: &Bench) {
    if bench.machine.is_xen() {
        hypercalls(bench);
        unknown(bench);
        multicall(bench);
    } else {
        HYPERCALLS.iter().for_each(|name| bench.skip(name, "no hypervisor"));
    }
    firmware(bench);
}

fn hypercalls(bench: &Bench) {
    check_eq("XENVER_pagesize", xen::hypercall_words(xen::XEN_VERSION, [PAGESIZE, 0]), 4096);
    row!(bench, "null-hypercall", LOOPS, hypercall(xen::XEN_VERSION, VERSION, 0, 0));
    row!(bench, "null-hypercall.b", LOOPS, hypercall(xen::XEN_VERSION, VERSION, usize::MAX, 1));
    row!(bench, "null-hypercall.c", LOOPS, hypercall(xen::XEN_VERSION, VERSION, 0x1230, 99));
}

fn unknown(bench: &Bench) {
    for number in [60, 200, 0xfff0] {
        check_eq("an unknown hypercall", xen::hypercall_words(number, [0, 0]), ENOSYS);
    }
    row!(bench, "unknown-hypercall", LOOPS, hypercall(60, 0, 0, 0));
    row!(bench, "unknown-hypercall.b", LOOPS, hypercall(200, 1, 0x1230, 0));
    row!(bench, "unknown-hypercall.c", LOOPS, hypercall(0xfff0, 0, 0, 77));
}

/// Eight struct multicall_entry { op, result, args[6] }, which all call xen_version.
fn entries(command: usize, argument: usize) -> Block<512> {
    let mut block = Block::<512>::new();
    for at in (0..512).step_by(64) {
        let fields = [xen::XEN_VERSION, 0, command, argument];
        for (field, value) in (at..).step_by(8).zip(fields) {
            block.set64(field, value as u64);
        }
    }
    block
}

fn multicall(bench: &Bench) {
    let mut list = entries(PAGESIZE, 0);
    let result = xen::hypercall_words(xen::MULTICALL, [list.address(), 8]);
    check_eq("multicall", result, 0);
    check_eq("its last entry", list.get64(7 * 64 + 8), 4096);
    for (name, command, argument) in
        [("multicall-8", VERSION, 0), ("multicall-8.b", PAGESIZE, 0), ("multicall-8.c", VERSION, 0x1230)]
    {
        let mut list = entries(command, argument);
        let address = list.address();
        row!(bench, name, 64, hypercall(xen::MULTICALL, address, 8, 0));
    }
}

fn firmware(bench: &Bench) {
    if bench.machine.conduit != psci::Conduit::Hvc {
        for name in ["psci-version", "unknown-smccc"] {
            bench.skip(name, "no calls by HVC");
        }
        return;
    }
    let version = psci::VERSION as usize;
    row!(bench, "psci-version", LOOPS, firmware(version, 0, 0));
    row!(bench, "psci-version.b", LOOPS, firmware(version, 0x1230, 0));
    row!(bench, "psci-version.c", LOOPS, firmware(version, 1, 77));
    // Arm DEN 0028E 6: OEM, SiP and vendor-specific hypervisor services that nobody has here.
    for function in [0x8300_ff12, 0x8200_0456, 0x8300_1234] {
        check_eq("an unknown SMCCC function", psci::call(function, [0; 3]), psci::NOT_SUPPORTED);
    }
    row!(bench, "unknown-smccc", LOOPS, firmware(0x8300_ff12, 0, 0));
    row!(bench, "unknown-smccc.b", LOOPS, firmware(0x8200_0456, 0x1230, 0));
    row!(bench, "unknown-smccc.c", LOOPS, firmware(0x8300_1234, 1, 77));
}
