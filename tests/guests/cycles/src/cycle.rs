//! One life of a domain, which ends in one of four ways: with nothing left, with a foreign mapping left, with a
//! grant mapped, while it runs.

use rt::arch::hypercall;
use rt::machine::Machine;
use rt::mmio;
use rt::xen::{self, Block, DOMID_SELF};
use rt::{arch, timer};

use crate::control::{self, Failure, call_domctl, domctl, domctl_number, expect, memory};
use crate::payload;

/// Where a guest's memory begins (arch-arm.h, GUEST_RAM0_BASE), and its pages.
const RAM: u64 = 0x4_0000;
const PAGES: usize = 64;
/// The page that is granted.
const GRANTED: u64 = RAM + 7;
const GRANT: u32 = 5;

/// What is left of a domain when it is destroyed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    /// Its page is mapped by dom0.
    Foreign,
    /// A page that it granted is mapped by dom0.
    Grant,
    /// It runs.
    Running,
}

impl Left {
    fn of(number: u32) -> Self {
        match number % 4 {
            0 => Self::Nothing,
            1 => Self::Foreign,
            2 => Self::Grant,
            _ => Self::Running,
        }
    }
}

/// What all cycles share.
pub struct Lab {
    /// Free frames of dom0's: for the guest's first page, its grant table, a granted page.
    frames: [u64; 3],
    /// Cycles in which the guest was seen running.
    pub ran: u32,
}

fn address(gfn: u64) -> usize {
    usize::try_from(gfn << 12).unwrap_or(0)
}

impl Lab {
    /// Takes frames of the region that `/hypervisor` names.
    pub fn new(machine: &Machine) -> Self {
        let first = machine.hypervisor.map_or(0, |hypervisor| hypervisor.grants.base >> 12);
        Self { frames: [first + 40, first + 41, first + 42], ran: 0 }
    }

    /// Makes a domain, runs it and destroys it.
    ///
    /// # Errors
    /// The step that failed, and what it gave.
    pub fn cycle(&mut self, number: u32) -> Result<(), Failure> {
        let [page, table, granted] = self.frames;
        let domain = create()?;
        populate(domain)?;
        let port = channels(domain)?;
        map_foreign(domain, RAM, page)?;
        write_payload(page);
        domctl_cacheflush(domain)?;
        map_table(domain, table)?;
        start(domain)?;
        if counts(page) {
            self.ran += 1;
        }
        let handle = map_grant(domain, table, granted)?;
        let left = Left::of(number);
        if left != Left::Running {
            pause_and_unpause(domain)?;
        }
        if left != Left::Foreign {
            remove(page)?;
        }
        if left != Left::Grant {
            unmap_grant(handle, granted)?;
        }
        remove(table)?;
        expect("destroydomain", call_domctl(&mut domctl(2, domain)), 0)?;
        match left {
            Left::Foreign => remove(page)?,
            Left::Grant => unmap_grant(handle, granted)?,
            Left::Nothing | Left::Running => {}
        }
        close(port)?;
        gone(domain)
    }
}

/// XEN_DOMCTL_createdomain (1): flags 36, max_vcpus 44, max_evtchn_port 48, max_grant_frames 52,
/// max_maptrack_frames 56, grant_opts 60; then what xl sets, in its order.
fn create() -> Result<u16, Failure> {
    let mut block = domctl(1, 0);
    block.set32(36, 3).set32(44, 2).set32(48, 1023).set32(52, 64).set32(56, 1024).set32(60, 1);
    expect("createdomain", call_domctl(&mut block), 0)?;
    let domain = u16::from_le_bytes([block.bytes[8], block.bytes[9]]);
    domctl_number("set_paging_mempool_size", 86, domain, 0x10_0000)?;
    domctl_number("max_vcpus", 15, domain, 2)?;
    domctl_number("max_mem", 11, domain, 2048)?;
    domctl_number("set_address_size", 35, domain, payload::WIDTH.into())?;
    Ok(domain)
}

/// XENMEM_populate_physmap (6): extent_start 0, nr_extents 8, extent_order 16, domid 24.
fn populate(domain: u16) -> Result<(), Failure> {
    let mut list = Block::<{ PAGES * 8 }>::new();
    for (index, gfn) in (RAM..).take(PAGES).enumerate() {
        list.set64(index * 8, gfn);
    }
    let mut block = Block::<32>::new();
    block.set64(0, list.address() as u64).set64(8, PAGES as u64).set16(24, domain);
    let done = xen::call(xen::MEMORY_OP, 6, &mut block);
    expect("populate_physmap", done, PAGES.cast_signed())
}

/// EVTCHNOP_alloc_unbound (6) { dom, remote_dom, port } for the guest, bind_interdomain (0) { remote_dom,
/// remote_port, local_port } for dom0; HVMOP_set_param (0) { domid, index, value } of HVM_PARAM_STORE_EVTCHN (2).
fn channels(domain: u16) -> Result<u32, Failure> {
    let mut alloc = Block::<8>::new();
    alloc.set16(0, domain).set16(2, DOMID_SELF);
    expect("alloc_unbound", xen::call(xen::EVENT_CHANNEL_OP, 6, &mut alloc), 0)?;
    let mut param = Block::<16>::new();
    param.set16(0, domain).set32(4, 2).set64(8, alloc.get32(4).into());
    expect("set_param", xen::call(xen::HVM_OP, 0, &mut param), 0)?;
    let mut bind = Block::<12>::new();
    bind.set16(0, domain).set32(4, alloc.get32(4));
    expect("bind_interdomain", xen::call(xen::EVENT_CHANNEL_OP, 0, &mut bind), 0)?;
    Ok(bind.get32(8))
}

fn close(port: u32) -> Result<(), Failure> {
    let mut block = Block::<4>::new();
    block.set32(0, port);
    expect("close", xen::call(xen::EVENT_CHANNEL_OP, 3, &mut block), 0)
}

/// XENMEM_add_to_physmap_batch (23): domid 0, space 2 (gmfn_foreign 4), size 4, foreign_domid 6, idxs 8, gpfns
/// 16, errs 24.
fn map_foreign(domain: u16, theirs: u64, own: u64) -> Result<(), Failure> {
    let mut lists = Block::<24>::new();
    lists.set64(0, theirs).set64(8, own).set32(16, 0xeeee_eeee);
    let at = lists.address() as u64;
    let mut block = Block::<32>::new();
    block.set16(0, DOMID_SELF).set16(2, 4).set16(4, 1).set16(6, domain);
    block.set64(8, at).set64(16, at + 8).set64(24, at + 16);
    memory("add_to_physmap_batch", 23, &mut block)?;
    expect("the foreign page", isize::from(lists.get32(16) != 0), 0)
}

fn write_payload(page: u64) {
    for (index, word) in payload::CODE.iter().enumerate() {
        mmio::store32(address(page) + index * 4, *word);
    }
    mmio::store32(address(page) + payload::COUNT, 0);
}

/// XEN_DOMCTL_cacheflush (71): start_pfn 16, nr_pfns 24.
fn domctl_cacheflush(domain: u16) -> Result<(), Failure> {
    let mut block = domctl(71, domain);
    block.set64(16, RAM).set64(24, PAGES as u64);
    expect("cacheflush", call_domctl(&mut block), 0)
}

/// XENMEM_acquire_resource (28): domid 0, type 2 (grant table 1), nr_frames 8, frame_list 24.
fn map_table(domain: u16, own: u64) -> Result<(), Failure> {
    let mut list = Block::<8>::new();
    list.set64(0, own);
    let mut block = Block::<32>::new();
    block.set16(0, domain).set16(2, 1).set32(8, 1).set64(24, list.address() as u64);
    memory("acquire_resource", 28, &mut block)
}

/// XEN_DOMCTL_setvcpucontext (12): vcpu 16, ctxt 24; struct vcpu_guest_context: flags 0 (VGCF_online 1), pc
/// 256, cpsr 264, sctlr 320. XEN_DOMCTL_unpausedomain (4).
fn start(domain: u16) -> Result<(), Failure> {
    let mut context = Block::<352>::new();
    context.set32(0, 1).set64(256, RAM << 12).set64(264, payload::STATE).set64(320, payload::SCTLR);
    let mut block = domctl(12, domain);
    block.set64(24, context.address() as u64);
    expect("setvcpucontext", call_domctl(&mut block), 0)?;
    expect("unpausedomain", call_domctl(&mut domctl(4, domain)), 0)
}

/// Whether the guest comes to count, within two seconds.
fn counts(page: u64) -> bool {
    let count = || mmio::load32(address(page) + payload::COUNT, 0);
    for _ in 0..2000 {
        for _ in 0..100 {
            hypercall(xen::SCHED_OP, [0; 5]);
            if count() >= 3 {
                return true;
            }
        }
        timer::delay_ms(1);
    }
    arch::dsb();
    false
}

/// XEN_DOMCTL_pausedomain (3), unpausedomain (4).
fn pause_and_unpause(domain: u16) -> Result<(), Failure> {
    expect("pausedomain", call_domctl(&mut domctl(3, domain)), 0)?;
    expect("unpausedomain again", call_domctl(&mut domctl(4, domain)), 0)?;
    expect("pausedomain again", call_domctl(&mut domctl(3, domain)), 0)
}

/// GNTTABOP_map_grant_ref (0): host_addr 0, flags 8 (host_map 2), ref 12, dom 16, status 18, handle 20; the
/// entry is { flags (permit_access 1), domid, frame } in the table's page.
fn map_grant(domain: u16, table: u64, own: u64) -> Result<u32, Failure> {
    let entry = address(table) + usize::try_from(GRANT).unwrap_or(0) * 8;
    mmio::store32(entry + 4, u32::try_from(GRANTED).unwrap_or(0));
    mmio::store32(entry, 1);
    let mut block = Block::<32>::new();
    block.set64(0, own << 12).set32(8, 2).set32(12, GRANT).set16(16, domain);
    expect("map_grant_ref", grant(0, block.address()), 0)?;
    expect("its status", isize::from(block.get32(16) >> 16 != 0), 0)?;
    Ok(block.get32(20))
}

/// GNTTABOP_unmap_grant_ref (1): host_addr 0, handle 16, status 20.
fn unmap_grant(handle: u32, own: u64) -> Result<(), Failure> {
    let mut block = Block::<24>::new();
    block.set64(0, own << 12).set32(16, handle);
    expect("unmap_grant_ref", grant(1, block.address()), 0)?;
    expect("the unmapping's status", isize::from(block.get32(20) & 0xffff != 0), 0)
}

fn grant(command: usize, at: usize) -> isize {
    hypercall(xen::GRANT_TABLE_OP, [command, at, 1, 0, 0])
}

/// XENMEM_remove_from_physmap (15): domid 0, gpfn 8.
fn remove(own: u64) -> Result<(), Failure> {
    let mut block = Block::<16>::new();
    block.set16(0, DOMID_SELF).set64(8, own);
    memory("remove_from_physmap", 15, &mut block)
}

/// Waits until the domain is gone, up to two seconds.
fn gone(domain: u16) -> Result<(), Failure> {
    for _ in 0..2000 {
        if !control::exists(domain) {
            return Ok(());
        }
        timer::delay_ms(1);
    }
    Err(("the domain's end", 0))
}
