//! HYPERVISOR_vcpu_op and sched_op. xen/include/public/vcpu.h, sched.h.

use rt::check::{check, check_eq, check_with};
use rt::machine::Machine;
use rt::xen::{self, Block, EFAULT, EINVAL, ENOENT, ENOSYS, ENXIO};
use rt::{arch, pages, timer};

const REGISTER_RUNSTATE: usize = 5;
const REGISTER_INFO: usize = 10;

pub fn run(machine: &Machine) {
    runstate();
    info(machine);
    scheduling();
}

/// struct vcpu_runstate_info { state, state_entry_time, time[4] }: 48 bytes, written at once.
fn runstate() {
    let mut area = Block::<48> { bytes: [0xee; 48] };
    let mut pointer = Block::<8>::new();
    pointer.set64(0, area.address() as u64);
    let call = |vcpu, pointer: &mut Block<8>| {
        arch::hypercall(xen::VCPU_OP, [REGISTER_RUNSTATE, vcpu, pointer.address(), 0, 0])
    };
    check_eq("runstate area is registered", call(0, &mut pointer), 0);
    check_eq("a running vCPU is in state running", area.get32(0), 0);
    check_with("its state was entered after boot", area.get64(8) > 0, format_args!("{:#x}", area.get64(8)));
    timer::delay_ms(2);
    pointer.set64(0, area.address() as u64);
    check_eq("runstate area can be registered again", call(0, &mut pointer), 0);
    check_eq("time entries are filled in", u64::from(area.get64(16) == 0xeeee_eeee_eeee_eeee), 0);
    check_eq("runstate of a vCPU that is not there is ENOENT", call(4000, &mut pointer), ENOENT);
    // The area dies with this function: an area on the stack must not be written later.
    pointer.set64(0, 0);
    call(0, &mut pointer);
}

/// struct vcpu_register_vcpu_info { mfn, offset, rsvd }.
fn info(machine: &Machine) {
    let page = pages::take(machine);
    page.fill(0);
    let mut block = Block::<16>::new();
    block.set64(0, page.gfn()).set32(8, 4096 - 24);
    let call = |vcpu, block: &mut Block<16>| {
        arch::hypercall(xen::VCPU_OP, [REGISTER_INFO, vcpu, block.address(), 0, 0])
    };
    let result = call(0, &mut block);
    check_with(
        "vcpu_info across a page end is refused",
        result == EINVAL || result == ENXIO,
        format_args!("{result}"),
    );
    block.set64(0, page.gfn()).set32(8, 64);
    check_eq("vcpu_info of a vCPU that is not there is ENOENT", call(4000, &mut block), ENOENT);
    check_eq("vcpu_info is registered", call(0, &mut block), 0);
    check_eq("vcpu_info cannot move", call(0, &mut block), EINVAL);
    let result = arch::hypercall(xen::VCPU_OP, [60, 0, 0, 0, 0]);
    check_with("unknown vcpu_op is refused", result == ENOSYS || result == EINVAL, format_args!("{result}"));
}

fn scheduling() {
    check_eq("yield returns 0", xen::hypercall_words(xen::SCHED_OP, [0, 0]), 0);
    let mut poll = Block::<24>::new();
    poll.set32(8, 0).set64(16, 1);
    check_eq("poll with a time long past returns 0", xen::call(xen::SCHED_OP, 3, &mut poll), 0);
    poll.set32(8, 129);
    check_eq("poll of 129 ports is EINVAL", xen::call(xen::SCHED_OP, 3, &mut poll), EINVAL);
    check_eq(
        "poll from an unmapped address is EFAULT",
        xen::hypercall_words(xen::SCHED_OP, [3, crate::calling::UNMAPPED]),
        EFAULT,
    );
    check("unknown sched_op is ENOSYS", xen::hypercall_words(xen::SCHED_OP, [60, 0]) == ENOSYS);
}
