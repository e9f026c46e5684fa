//! Event channels: a channel of this domain with itself, by the 2-level ABI.

use crate::row;
use crate::row::Bench;
use rt::arch::{self, trial};
use rt::check::{check, check_eq};
use rt::pages::{self, Page};
use rt::xen::{self, Block, DOMID_SELF};
use rt::{gic, window};

/// evtchn_pending and evtchn_mask in struct shared_info (xen/include/public/xen.h).
const PENDING: usize = 48;
const MASK: usize = 560;
/// Distance of two vcpu_infos in their page.
const INFO_BYTES: usize = 64;
const REGISTER_INFO: usize = 10;
/// EVTCHNOP_* (xen/include/public/event_channel.h).
const BIND_INTERDOMAIN: usize = 0;
const STATUS: usize = 5;
const ALLOC_UNBOUND: usize = 6;
const BIND_IPI: usize = 7;
const UNMASK: usize = 9;
/// EVTCHNOP_send.
pub const SEND: usize = 4;

const NAMES: [&str; 9] = [
    "evtchn-send-self",
    "evtchn-send-self.b",
    "evtchn-send-self.c",
    "evtchn-unmask",
    "evtchn-unmask.b",
    "evtchn-unmask.c",
    "evtchn-status",
    "evtchn-status.b",
    "evtchn-status.c",
];

/// The pages shared with the hypervisor, and the interrupt of the upcall.
#[derive(Clone, Copy)]
pub struct Events {
    /// shared_info.
    pub info: Page,
    /// vcpu_infos.
    pub vcpus: Page,
    /// INTID of the upcall.
    pub ppi: u32,
}

/// All of them; the pages, for those that follow.
pub fn run(bench: &Bench) -> Option<Events> {
    let Some(hypervisor) = &bench.machine.hypervisor else {
        NAMES.iter().for_each(|name| bench.skip(name, "no hypervisor"));
        return None;
    };
    let events = Events::new(bench, hypervisor.ppi);
    // Many ports first, so that not all measured ones are the lowest.
    let channels: [Option<(u32, u32)>; 12] = core::array::from_fn(|_| channel());
    let chosen = [channels[0], channels[4], channels[11]];
    for (index, (sender, receiver)) in chosen.into_iter().flatten().enumerate() {
        events.open(receiver);
        send(bench, &events, NAMES[index], sender, receiver);
        asks(bench, NAMES[3 + index], UNMASK, receiver);
        asks(bench, NAMES[6 + index], STATUS, receiver);
    }
    check("three channels", chosen.iter().all(Option::is_some));
    Some(events)
}

fn op<const N: usize>(command: usize, block: &mut Block<N>) -> isize {
    xen::call(xen::EVENT_CHANNEL_OP, command, block)
}

/// Sender and receiver.
fn channel() -> Option<(u32, u32)> {
    let mut block = Block::<8>::new();
    block.set16(0, DOMID_SELF).set16(2, DOMID_SELF);
    let receiver = (op(ALLOC_UNBOUND, &mut block) == 0).then(|| block.get32(4))?;
    let mut block = Block::<12>::new();
    block.set16(0, DOMID_SELF).set32(4, receiver);
    let sender = (op(BIND_INTERDOMAIN, &mut block) == 0).then(|| block.get32(8))?;
    Some((sender, receiver))
}

/// A channel between this domain and another: this one's port, and the other's.
pub fn channel_to(domain: u16) -> Option<(u32, u32)> {
    let mut block = Block::<8>::new();
    block.set16(0, domain).set16(2, DOMID_SELF);
    let remote = (op(ALLOC_UNBOUND, &mut block) == 0).then(|| block.get32(4))?;
    let mut block = Block::<12>::new();
    block.set16(0, domain).set32(4, remote);
    let local = (op(BIND_INTERDOMAIN, &mut block) == 0).then(|| block.get32(8))?;
    Some((local, remote))
}

/// Maps this domain's shared_info, all ports masked.
pub fn share_info(page: Page) {
    let mut block = Block::<24>::new();
    block.set16(0, DOMID_SELF).set64(16, page.gfn());
    if xen::call(xen::MEMORY_OP, 7, &mut block) != 0 {
        check("shared_info is mapped", false);
    }
    (0..512).step_by(4).for_each(|at| page.set32(MASK + at, u32::MAX));
}

/// A port by which any vCPU notifies this one.
pub fn ipi_port(vcpu: u32) -> Option<u32> {
    let mut block = Block::<8>::new();
    block.set32(0, vcpu);
    (op(BIND_IPI, &mut block) == 0).then(|| block.get32(4))
}

fn send(bench: &Bench, events: &Events, name: &str, sender: u32, receiver: u32) {
    let mut block = Block::<8>::new();
    block.set32(0, sender);
    check_eq("EVTCHNOP_send", op(SEND, &mut block), 0);
    check("the receiver is pending", events.pending(receiver));
    events.settle(0, receiver);
    gic::set_priority(events.ppi, 0xa0);
    gic::enable(events.ppi);
    let arguments = events.trial(block.address(), receiver);
    // What may have come so far is taken by the usual handler.
    arch::unmask_irq();
    arch::isb();
    arch::mask_irq();
    let mut round = |loops| upcalls(loops, arguments);
    bench.row(name, 256, &mut round, &mut |loops| window::timed(loops, || {}));
    gic::disable(events.ppi);
}

#[cfg(target_arch = "aarch64")]
fn upcalls(loops: u32, arguments: [usize; 8]) -> u64 {
    if gic::version() == 3 {
        return trial::event_v3(loops, arguments).0;
    }
    trial::event_v2(loops, arguments).0
}

#[cfg(target_arch = "arm")]
fn upcalls(loops: u32, arguments: [usize; 8]) -> u64 {
    trial::event_v2(loops, arguments).0
}

/// Operations on a port that change nothing.
fn asks(bench: &Bench, name: &str, command: usize, port: u32) {
    let mut block = Block::<24>::new();
    if command == STATUS {
        block.set16(0, DOMID_SELF).set32(4, port);
    } else {
        block.set32(0, port);
    }
    check_eq("the port's operation", op(command, &mut block), 0);
    let address = block.address();
    row!(bench, name, 256, hypercall(xen::EVENT_CHANNEL_OP, command, address, 0));
}

impl Events {
    fn new(bench: &Bench, ppi: u32) -> Self {
        let events = Self { info: pages::take(bench.machine), vcpus: pages::take(bench.machine), ppi };
        share_info(events.info);
        events.vcpus.fill(0);
        for vcpu in 0..bench.machine.cpus.as_slice().len().min(2) {
            let mut block = Block::<16>::new();
            block.set64(0, events.vcpus.gfn()).set32(8, if vcpu == 0 { 0 } else { 64 });
            let result = arch::hypercall(xen::VCPU_OP, [REGISTER_INFO, vcpu, block.address(), 0, 0]);
            check_eq("vcpu_info is registered", result, 0);
            // Real Xen sets the flag here, and lets no vCPU with it sleep.
            events.settle(vcpu, 0);
        }
        events
    }

    /// Lets a port make upcalls.
    pub fn open(&self, port: u32) {
        let at = MASK + word(port);
        self.info.set32(at, self.info.get32(at) & !(1 << (port % 32)));
    }

    fn pending(&self, port: u32) -> bool {
        self.info.get32(PENDING + word(port)) >> (port % 32) & 1 != 0
    }

    /// Clears a vCPU's upcall flag and selector, and the word with the port; as a handler does.
    pub fn settle(&self, vcpu: usize, port: u32) {
        let info = vcpu * INFO_BYTES;
        self.vcpus.set32(info, self.vcpus.get32(info) & !0xff);
        self.vcpus.set32(info + 8, 0);
        self.info.set32(PENDING + word(port), 0);
    }

    /// The arguments of [`trial`]'s event loops.
    #[cfg(target_arch = "aarch64")]
    fn trial(&self, block: usize, port: u32) -> [usize; 8] {
        let pending = self.info.address() + PENDING + (port / 64 * 8) as usize;
        [0, 0, 0, 0, 0, block, self.vcpus.address(), pending]
    }

    /// The arguments of [`trial`]'s event loops.
    #[cfg(target_arch = "arm")]
    fn trial(&self, block: usize, port: u32) -> [usize; 8] {
        let pending = self.info.address() + PENDING + word(port);
        [0, 0, block, self.vcpus.address(), pending, 0, 0, 0]
    }
}

/// Offset of the 32-bit word with a port's bit.
fn word(port: u32) -> usize {
    (port / 32 * 4) as usize
}
