//! The sub-operations as functions: a port, or the error.

use rt::xen::{self, Block, DOMID_SELF};

fn op<const N: usize>(command: usize, block: &mut Block<N>) -> isize {
    xen::call(xen::EVENT_CHANNEL_OP, command, block)
}

fn port_at<const N: usize>(result: isize, block: &Block<N>, offset: usize) -> Result<u32, isize> {
    if result == 0 { Ok(block.get32(offset)) } else { Err(result) }
}

/// EVTCHNOP_alloc_unbound for a domain, to be bound by this one.
pub fn alloc_unbound(domain: u16) -> Result<u32, isize> {
    let mut block = Block::<8>::new();
    block.set16(0, domain).set16(2, DOMID_SELF);
    let result = op(6, &mut block);
    port_at(result, &block, 4)
}

/// EVTCHNOP_bind_interdomain.
pub fn bind_interdomain(domain: u16, port: u32) -> Result<u32, isize> {
    let mut block = Block::<12>::new();
    block.set16(0, domain).set32(4, port);
    let result = op(0, &mut block);
    port_at(result, &block, 8)
}

/// EVTCHNOP_bind_virq.
pub fn bind_virq(virq: u32, vcpu: u32) -> Result<u32, isize> {
    let mut block = Block::<12>::new();
    block.set32(0, virq).set32(4, vcpu);
    let result = op(1, &mut block);
    port_at(result, &block, 8)
}

/// EVTCHNOP_bind_ipi.
pub fn bind_ipi(vcpu: u32) -> Result<u32, isize> {
    let mut block = Block::<8>::new();
    block.set32(0, vcpu);
    let result = op(7, &mut block);
    port_at(result, &block, 4)
}

fn simple(command: usize, port: u32, second: u32) -> isize {
    let mut block = Block::<8>::new();
    block.set32(0, port).set32(4, second);
    op(command, &mut block)
}

/// EVTCHNOP_close.
pub fn close(port: u32) -> isize {
    simple(3, port, 0)
}

/// EVTCHNOP_send.
pub fn send(port: u32) -> isize {
    simple(4, port, 0)
}

/// EVTCHNOP_bind_vcpu.
pub fn bind_vcpu(port: u32, vcpu: u32) -> isize {
    simple(8, port, vcpu)
}

/// EVTCHNOP_unmask.
pub fn unmask(port: u32) -> isize {
    simple(9, port, 0)
}

/// EVTCHNOP_set_priority.
pub fn set_priority(port: u32, priority: u32) -> isize {
    simple(13, port, priority)
}

/// EVTCHNOP_init_control; the link bits on success.
pub fn init_control(gfn: u64, offset: u32, vcpu: u32) -> Result<u32, isize> {
    let mut block = Block::<24>::new();
    block.set64(0, gfn).set32(8, offset).set32(12, vcpu);
    let result = op(11, &mut block);
    port_at(result, &block, 16).map(|bits| bits & 0xff)
}

/// EVTCHNOP_expand_array.
pub fn expand_array(gfn: u64) -> isize {
    let mut block = Block::<8>::new();
    block.set64(0, gfn);
    op(12, &mut block)
}

/// What EVTCHNOP_status tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// EVTCHNSTAT_*.
    pub kind: u32,
    /// vCPU the port notifies.
    pub vcpu: u32,
    /// First word of the union: domain, PIRQ or VIRQ.
    pub first: u32,
    /// Second word: the peer's port.
    pub second: u32,
}

/// EVTCHNOP_status.
pub fn status(port: u32) -> Result<Status, isize> {
    let mut block = Block::<24>::new();
    block.set16(0, DOMID_SELF).set32(4, port);
    match op(5, &mut block) {
        0 => Ok(Status {
            kind: block.get32(8),
            vcpu: block.get32(12),
            first: block.get32(16),
            second: block.get32(20),
        }),
        error => Err(error),
    }
}
