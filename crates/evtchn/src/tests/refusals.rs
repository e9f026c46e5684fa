//! What is refused, and with which number.

use super::rig::*;
use crate::*;
use types::{DomId, Mfn, Port, VcpuId};
use xen_abi::XenErrno;

#[test]
fn errors_have_xens_numbers() {
    let rows = [
        (Error::BadPort, XenErrno::Einval),
        (Error::BadBinding, XenErrno::Einval),
        (Error::NotForCaller, XenErrno::Einval),
        (Error::NoVcpu, XenErrno::Enoent),
        (Error::BadVirq, XenErrno::Einval),
        (Error::VirqBound, XenErrno::Eexist),
        (Error::NoPirq, XenErrno::Enosys),
        (Error::NoPort, XenErrno::Enospc),
        (Error::NoStorage, XenErrno::Enomem),
        (Error::BadPlace, XenErrno::Einval),
        (Error::NotFifo, XenErrno::Eopnotsupp),
        (Error::NoPriorities, XenErrno::Enosys),
        (Error::BadPriority, XenErrno::Einval),
        (Error::ArrayFull, XenErrno::Enospc),
        (Error::Held, XenErrno::Eacces),
    ];
    for (error, errno) in rows {
        assert_eq!(XenErrno::from(error), errno);
    }
}

#[test]
fn ports_end_where_the_limit_says() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(1, 300, 1);
    for port in 1..=300 {
        assert_eq!(channels.bind_ipi(VcpuId::new(0), &memory), Ok(Port::new(port)));
    }
    assert_eq!(channels.bind_ipi(VcpuId::new(0), &memory), Err(Error::NoPort));
}

#[test]
fn the_two_level_abi_has_4096_ports() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 131_071, 1);
    let bound = (0..).take_while(|_| channels.bind_ipi(VcpuId::new(0), &memory).is_ok()).count();
    assert_eq!(bound, 4095);
    assert_eq!(channels.bind_ipi(VcpuId::new(0), &memory), Err(Error::NoPort));
    Guest::new(&memory, 1).use_fifo(&mut channels);
    assert_eq!(channels.bind_ipi(VcpuId::new(0), &memory), Ok(Port::new(4096)));
}

#[test]
fn storage_is_asked_for_before_the_limit() {
    let memory = Memory::new(FRAMES);
    let mut channels = EventChannels::new(DomId::ZERO, SHARED_INFO, Port::new(511), 1).unwrap();
    assert_eq!(channels.bind_ipi(VcpuId::new(0), &memory), Err(Error::NoStorage));
    assert!(channels.lend(Bucket::new().unwrap()).is_ok());
    for _ in 1..256 {
        channels.bind_ipi(VcpuId::new(0), &memory).unwrap();
    }
    assert_eq!(channels.bind_ipi(VcpuId::new(0), &memory), Err(Error::NoStorage));
    assert!(channels.lend(Bucket::new().unwrap()).is_ok());
    assert_eq!(channels.bind_ipi(VcpuId::new(0), &memory), Ok(Port::new(256)));
    assert!(channels.lend(Bucket::new().unwrap()).is_err());
}

#[test]
fn virqs_are_bound_once_and_where_they_belong() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 2);
    assert_eq!(channels.bind_virq(5, VcpuId::new(0), &memory), Err(Error::BadVirq));
    assert_eq!(channels.bind_virq(24, VcpuId::new(0), &memory), Err(Error::BadVirq));
    assert_eq!(channels.bind_virq(3, VcpuId::new(1), &memory), Err(Error::BadVirq));
    assert_eq!(channels.bind_virq(0, VcpuId::new(2), &memory), Err(Error::NoVcpu));
    let port = channels.bind_virq(3, VcpuId::new(0), &memory).unwrap();
    assert_eq!(channels.bind_virq(3, VcpuId::new(0), &memory), Err(Error::VirqBound));
    assert_eq!(channels.send(port, &memory), Err(Error::BadBinding));
    assert_eq!(channels.bind_vcpu(port, VcpuId::new(1)), Ok(()));
    channels.close(port, &memory).unwrap();
    assert_eq!(channels.bind_virq(3, VcpuId::new(0), &memory), Ok(port));
    let timer = channels.bind_virq(0, VcpuId::new(1), &memory).unwrap();
    assert_eq!(channels.bind_vcpu(timer, VcpuId::new(0)), Err(Error::BadBinding));
    assert_eq!(channels.bind_vcpu(timer, VcpuId::new(2)), Err(Error::NoVcpu));
}

#[test]
fn only_the_awaited_domain_binds() {
    let memory = Memory::new(FRAMES);
    let (mut local, mut remote) = (domain(1, 1023, 1), domain(2, 1023, 1));
    let port = remote.alloc_unbound(DomId::new(7), &memory).unwrap();
    let ipi = remote.bind_ipi(VcpuId::new(0), &memory).unwrap();
    let mut bind = |port| bind_interdomain(&mut local, &mut remote, port, &memory).map(|_| ());
    assert_eq!(bind(port), Err(Error::NotForCaller));
    assert_eq!(bind(ipi), Err(Error::BadBinding));
    assert_eq!(bind(Port::new(99)), Err(Error::BadPort));
    assert_eq!(bind(Port::new(0)), Err(Error::BadPort));
    assert_eq!(local.bound(Port::new(0)).count(), 0, "a refused bind leaves nothing");
}

#[test]
fn ports_that_do_not_exist_are_refused_everywhere() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(1, 255, 1);
    for port in [0, 1, 255, 256, 4096, 131_072, u32::MAX].map(Port::new) {
        assert_eq!(channels.close(port, &memory), Err(Error::BadPort));
        assert_eq!(channels.send(port, &memory), Err(Error::BadPort));
        assert_eq!(channels.unmask(port, &memory), Err(Error::BadPort));
        assert_eq!(channels.bind_vcpu(port, VcpuId::new(0)), Err(Error::BadPort));
        assert_eq!(channels.set_priority(port, 1), Err(Error::NoPriorities), "whatever the port");
        assert_eq!(channels.deliver(port, Peer { dom: DomId::ZERO, port }, &memory), Delivery::Nothing);
    }
    assert_eq!(channels.bind_pirq(), Err(Error::NoPirq));
}

#[test]
fn the_fifo_abi_is_set_up_in_order() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 131_071, 2);
    let block = Guest::new(&memory, 2).control(0);
    let port = channels.bind_ipi(VcpuId::new(0), &memory).unwrap();
    assert_eq!(channels.set_priority(port, 3), Err(Error::NoPriorities));
    assert_eq!(channels.expand_array(Mfn::new(3), &memory), Err(Error::NotFifo));
    assert_eq!(channels.init_control(VcpuId::new(2), block, &memory), Err(Error::NoVcpu));
    assert_eq!(channels.init_control(VcpuId::new(0), block, &memory), Ok(17));
    assert_eq!(channels.init_control(VcpuId::new(0), block, &memory), Err(Error::BadPlace));
    for _ in 0..128 {
        assert!(channels.expand_array(Mfn::new(3), &memory).is_ok());
    }
    assert_eq!(channels.expand_array(Mfn::new(3), &memory), Err(Error::ArrayFull));
    assert_eq!(channels.set_priority(Port::new(0), 15), Err(Error::BadPort));
    assert_eq!(channels.set_priority(port, 15), Ok(()));
    assert_eq!(channels.set_priority(port, 16), Err(Error::BadPriority));
    assert_eq!(channels.set_priority(port, 1 << 8), Err(Error::BadPriority));
    assert_eq!(channels.fifo_frames().count(), 129);
    channels.leave_fifo();
    assert_eq!((channels.abi(), channels.fifo_frames().count()), (Abi::TwoLevel, 0));
}

#[test]
fn places_are_aligned_and_within_a_page() {
    let frame = Mfn::new(1);
    assert!(Place::new(frame, 4096 - 48, 48).is_some());
    assert!(Place::new(frame, 4096 - 40, 48).is_none());
    assert!(Place::new(frame, 4, 48).is_none());
    assert!(Place::new(frame, usize::MAX & !7, 48).is_none());
}
