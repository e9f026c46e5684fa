//! HYPERVISOR_memory_op as Linux's dom0 uses it. xen/include/public/memory.h.

use rt::check::{check, check_eq, check_with};
use rt::machine::Machine;
use rt::pages::{self, Page};
use rt::xen::{self, Block, DOMID_SELF, ENOSYS};
use rt::{fault, mmio};

const DECREASE: usize = 1;
const MAXIMUM_RAM_PAGE: usize = 2;
const CURRENT: usize = 3;
const MAXIMUM: usize = 4;
const POPULATE: usize = 6;
const ADD: usize = 7;
const MAXIMUM_GPFN: usize = 14;
const REMOVE: usize = 15;

/// struct xen_add_to_physmap { domid, size, space, idx, gpfn }.
fn add_to_physmap(space: u32, index: u64, gpfn: u64) -> isize {
    let mut block = Block::<24>::new();
    block.set16(0, DOMID_SELF).set32(4, space).set64(8, index).set64(16, gpfn);
    xen::call(xen::MEMORY_OP, ADD, &mut block)
}

/// Maps shared_info over a page of RAM, as Linux does.
pub fn shared_info(machine: &Machine) -> Page {
    let page = pages::take(machine);
    page.fill(0xa5a5_5a5a);
    check_eq("shared_info is mapped over a page", add_to_physmap(0, 0, page.gfn()), 0);
    check("the page is another one now", page.get32(4092) != 0xa5a5_5a5a);
    // struct shared_info, xen.h: 2-level masks start all ones, on no port.
    check_eq("shared_info has nothing pending", page.get64(48), 0);
    check("shared_info has a wall clock version", page.get32(1072) & 1 == 0);
    check_with(
        "unknown map space is refused",
        add_to_physmap(77, 0, page.gfn()) < 0,
        format_args!("accepted"),
    );
    page
}

/// The calls that only ask.
pub fn reservations(machine: &Machine) {
    let ask = |command| {
        let mut domain = Block::<8>::new();
        domain.set16(0, DOMID_SELF);
        xen::call(xen::MEMORY_OP, command, &mut domain)
    };
    let banks = machine.memory.as_slice();
    let pages: u64 = banks.iter().map(|bank| bank.size / 4096).sum();
    let last = banks.iter().map(|bank| (bank.base + bank.size) / 4096 - 1).max().unwrap_or(0);
    let (current, maximum) = (ask(CURRENT), ask(MAXIMUM));
    check_with(
        "current_reservation covers the banks",
        current >= 0 && current as u64 + 16 >= pages,
        format_args!("{current} of {pages}"),
    );
    check_with("maximum_reservation is no less", maximum >= current, format_args!("{maximum} < {current}"));
    let gpfn = ask(MAXIMUM_GPFN);
    check_with(
        "maximum_gpfn is not below RAM's last page",
        gpfn >= 0 && gpfn as u64 >= last,
        format_args!("{gpfn:#x} < {last:#x}"),
    );
    let ram = xen::hypercall_words(xen::MEMORY_OP, [MAXIMUM_RAM_PAGE, 0]);
    check_with(
        "maximum_ram_page is not below RAM's last page",
        ram >= 0 && ram as u64 >= last,
        format_args!("{ram:#x} < {last:#x}"),
    );
    check_eq("unknown memory_op is ENOSYS", xen::hypercall_words(xen::MEMORY_OP, [60, 0]), ENOSYS);
}

/// struct xen_memory_reservation { extent_start, nr_extents, extent_order, mem_flags, domid }.
fn reservation(command: usize, list: &mut Block<8>) -> isize {
    let mut block = Block::<32>::new();
    block.set64(0, list.address() as u64).set64(8, 1).set16(24, DOMID_SELF);
    xen::call(xen::MEMORY_OP, command, &mut block)
}

fn remove(gpfn: u64) -> isize {
    let mut block = Block::<16>::new();
    block.set16(0, DOMID_SELF).set64(8, gpfn);
    xen::call(xen::MEMORY_OP, REMOVE, &mut block)
}

/// Ballooning one page out and in again, and removing one.
pub fn give_and_take(machine: &Machine) {
    let page = pages::take(machine);
    let mut list = Block::<8>::new();
    list.set64(0, page.gfn());
    page.set32(0, 0x1111);
    check_eq("decrease_reservation takes one page", reservation(DECREASE, &mut list), 1);
    let fault = fault::catch(|| _ = mmio::load32(page.address(), 0));
    check("the page is gone", fault.is_some());
    list.set64(0, page.gfn());
    check_eq("populate_physmap gives one page", reservation(POPULATE, &mut list), 1);
    let mut kept = 0;
    let fault = fault::catch(|| {
        page.set32(64, 0x2222);
        kept = page.get32(64);
    });
    check("the page is back", fault.is_none() && kept == 0x2222);
    // A 1:1 dom0's frame is the one of its number: DMA depends on it.
    check_eq("populate_physmap kept the frame number", list.get64(0), page.gfn());
    check_eq("remove_from_physmap returns 0", remove(page.gfn()), 0);
    let fault = fault::catch(|| _ = mmio::load32(page.address(), 0));
    check("the removed page is gone", fault.is_some());
    let mut many = Block::<32>::new();
    many.set64(0, crate::calling::UNMAPPED as u64).set64(8, 1).set16(24, DOMID_SELF);
    check_eq(
        "populate_physmap with an unmapped list does none",
        xen::call(xen::MEMORY_OP, POPULATE, &mut many),
        0,
    );
}
