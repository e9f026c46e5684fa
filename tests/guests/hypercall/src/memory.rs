//! HYPERVISOR_memory_op as Linux's dom0 uses it. xen/include/public/memory.h.

use rt::check::{check, check_eq, check_with};
use rt::machine::{Machine, Range};
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
    extent(command, list, 0)
}

/// One extent of 2^`order` pages.
fn extent(command: usize, list: &mut Block<8>, order: u32) -> isize {
    let mut block = Block::<32>::new();
    block.set64(0, list.address() as u64).set64(8, 1).set32(16, order).set16(24, DOMID_SELF);
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

/// Bytes and order of a block of stage 2.
const BLOCK: (u64, u32) = (0x20_0000, 9);

/// A block of RAM that nothing is in; single pages are taken from the top.
fn free_block(machine: &Machine) -> Option<u64> {
    let tree = Range { base: machine.fdt_base, size: machine.fdt.size() as u64 };
    machine.memory.as_slice().iter().find_map(|bank| {
        let end = (bank.base + bank.size).saturating_sub(4 * BLOCK.0);
        (bank.base.next_multiple_of(BLOCK.0)..end).step_by(0x20_0000).find(|base| {
            let block = Range { base: *base, size: BLOCK.0 };
            bank.holds(*base, BLOCK.0) && !block.overlaps(&machine.image) && !block.overlaps(&tree)
        })
    })
}

/// Ballooning 2 MiB, as a whole and where a page is missing already.
pub fn give_and_take_block(machine: &Machine) {
    let Some(base) = free_block(machine) else {
        check("a block of free memory", false);
        return;
    };
    let words = [base, base + 0x5000, base + BLOCK.0 - 4].map(|at| usize::try_from(at).unwrap_or(0));
    let gone = || words.map(|at| fault::catch(|| _ = mmio::load32(at, 0)).is_some());
    let kept = || words.map(|at| mmio::load32(at, 0));
    (1..).zip(words).for_each(|(value, at)| mmio::store32(at, value));
    let mut list = Block::<8>::new();
    let mut call = |command, gfn, order| {
        list.set64(0, gfn);
        extent(command, &mut list, order)
    };
    let gfn = base >> 12;
    check_eq("decrease_reservation takes a page out of a block", call(DECREASE, gfn + 5, 0), 1);
    check("only that page is gone", gone() == [false, true, false]);
    check_eq("decrease_reservation refuses a block that lacks a page", call(DECREASE, gfn, BLOCK.1), 0);
    check("its other pages stay", gone() == [false, true, false]);
    check_eq("populate_physmap fills a block that lacks a page", call(POPULATE, gfn, BLOCK.1), 1);
    check("all pages are back", gone() == [false; 3]);
    check("with what was in them", kept() == [1, 2, 3]);
    check_eq("decrease_reservation takes a block", call(DECREASE, gfn, BLOCK.1), 1);
    check("all its pages are gone", gone() == [true; 3]);
    check_eq("populate_physmap gives a block", call(POPULATE, gfn, BLOCK.1), 1);
    check("the same block", kept() == [1, 2, 3]);
    check_eq("a block begins at a multiple of its size", call(DECREASE, gfn + 1, BLOCK.1), 0);
}
