//! console_io, hvm_op, vm_assist, grant_table_op, platform_op and what is refused.

use rt::arch::hypercall;
use rt::check::{check, check_eq, check_with};
use rt::machine::Machine;
use rt::pages::Page;
use rt::xen::{self, Block, DOMID_SELF, EACCES, EFAULT, EINVAL, ENOSYS};

const PLATFORM_OP: usize = 7;
const SYSCTL: usize = 35;
const DOMCTL: usize = 36;

pub fn run(machine: &Machine, shared: &Page) {
    console();
    parameters(machine);
    assists();
    grants();
    wall_clock(shared);
    control();
}

/// xen.h, CONSOLEIO_*.
fn console() {
    check_eq("console write returns 0", xen::console_write(b"a line by console_io\n"), 0);
    check_eq("console write of nothing returns 0", xen::console_write(b""), 0);
    check_eq(
        "console write from an unmapped address is EFAULT",
        hypercall(xen::CONSOLE_IO, [0, 8, crate::calling::UNMAPPED, 0, 0]),
        EFAULT,
    );
    let mut buffer = [0u8; 8];
    check_eq("console read with nothing typed returns 0", xen::console_read(&mut buffer), 0);
    check_eq("unknown console command is ENOSYS", hypercall(xen::CONSOLE_IO, [60, 0, 0, 0, 0]), ENOSYS);
}

/// hvm/hvm_op.h, hvm/params.h: struct xen_hvm_param { domid, pad, index, value }.
fn parameters(machine: &Machine) {
    let get = |index: u32| {
        let mut block = Block::<16>::new();
        block.set16(0, DOMID_SELF).set32(4, index);
        (xen::call(xen::HVM_OP, 1, &mut block), block.get64(8))
    };
    let (result, callback) = get(0);
    check_eq("HVM_PARAM_CALLBACK_IRQ can be read", result, 0);
    // params.h: bits 63:56 = 2 is a PPI; 15:8 its flags; 7:0 its INTID.
    check_eq("its type is PPI", callback >> 56, 2);
    let ppi = machine.hypervisor.as_ref().map_or(0, |hypervisor| hypervisor.ppi);
    check_eq("its PPI is that of the tree", callback & 0xff, u64::from(ppi));
    check_eq("a parameter past the last is EINVAL", get(1000).0, EINVAL);
    check_eq("unknown hvm_op is ENOSYS", xen::hypercall_words(xen::HVM_OP, [200, 0]), ENOSYS);
}

/// xen.h, VMASST_*.
fn assists() {
    check_eq("runstate_update_flag can be enabled", hypercall(xen::VM_ASSIST, [0, 5, 0, 0, 0]), 0);
    check_eq("runstate_update_flag can be disabled", hypercall(xen::VM_ASSIST, [1, 5, 0, 0, 0]), 0);
    check_eq("an assist that Arm lacks is EINVAL", hypercall(xen::VM_ASSIST, [0, 2, 0, 0, 0]), EINVAL);
    check_eq("unknown vm_assist command is ENOSYS", hypercall(xen::VM_ASSIST, [9, 5, 0, 0, 0]), ENOSYS);
}

/// grant_table.h: struct gnttab_query_size { dom, nr_frames, max_nr_frames, status }.
fn grants() {
    let mut query = Block::<16>::new();
    query.set16(0, DOMID_SELF);
    let result = hypercall(xen::GRANT_TABLE_OP, [6, query.address(), 1, 0, 0]);
    check_eq("query_size returns 0", result, 0);
    check_eq("query_size has status okay", query.get32(12) & 0xffff, 0);
    let (frames, limit) = (query.get32(4), query.get32(8));
    check_with(
        "the table has frames within its limit",
        limit >= 1 && frames <= limit,
        format_args!("{frames} of {limit}"),
    );
    check_eq(
        "unknown grant_table_op is ENOSYS",
        hypercall(xen::GRANT_TABLE_OP, [60, query.address(), 1, 0, 0]),
        ENOSYS,
    );
}

/// platform.h: XENPF_settime64 (62) { secs, nsecs, mbz, system_time } after cmd and interface_version.
fn wall_clock(shared: &Page) {
    let mut op = Block::<136>::new();
    op.set32(0, 62).set32(4, 0x0300_0001).set64(8, 0x1_2345_6789).set32(16, 0).set64(24, 0);
    let result = hypercall(PLATFORM_OP, [op.address(), 0, 0, 0, 0]);
    check_eq("settime64 returns 0", result, 0);
    let seconds = u64::from(shared.get32(1076)) | u64::from(shared.get32(1084)) << 32;
    check_eq("the wall clock in shared_info follows", seconds, 0x1_2345_6789);
    check("its version is even again", shared.get32(1072) & 1 == 0 && shared.get32(1072) != 0);
    op.set32(4, 0x0300_0000);
    check_eq(
        "platform_op of another version is EACCES",
        hypercall(PLATFORM_OP, [op.address(), 0, 0, 0, 0]),
        EACCES,
    );
}

/// A toolstack of another version is told so; a hypervisor without the calls says ENOSYS.
fn control() {
    let mut op = Block::<144>::new();
    op.set32(0, 3).set32(4, 1);
    let refused = |result| result == EACCES || result == ENOSYS;
    check("sysctl of another version is refused", refused(hypercall(SYSCTL, [op.address(), 0, 0, 0, 0])));
    check("domctl of another version is refused", refused(hypercall(DOMCTL, [op.address(), 0, 0, 0, 0])));
    check_eq("unknown physdev_op is ENOSYS", xen::hypercall_words(xen::PHYSDEV_OP, [90, 0]), ENOSYS);
}
