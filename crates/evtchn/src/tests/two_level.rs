//! The 2-level ABI, step by step.

use super::rig::*;
use crate::*;
use types::{DomId, Mfn, Port, VcpuId};
use xen_abi::shared_info::EVTCHN_MASK;

fn mask(memory: &Memory, port: Port) {
    let word = Word { frame: SHARED_INFO, index: EVTCHN_MASK / 4 + port.index() / 32 };
    memory.store(word, memory.load(word) | 1 << (port.raw() & 31));
}

#[test]
fn the_first_port_is_one_and_the_lowest_free_is_taken() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 1);
    let ports: std::vec::Vec<_> =
        (0..5).map(|_| channels.alloc_unbound(DomId::new(1), &memory).unwrap().raw()).collect();
    assert_eq!(ports, [1, 2, 3, 4, 5]);
    channels.close(Port::new(2), &memory).unwrap();
    assert_eq!(channels.alloc_unbound(DomId::new(1), &memory), Ok(Port::new(2)));
}

#[test]
fn an_ipi_notifies_once_until_the_guest_has_looked() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 2);
    let guest = Guest::new(&memory, 2);
    guest.register(&mut channels);
    assert!(guest.upcall_2l(1).is_empty());
    let port = channels.bind_ipi(VcpuId::new(1), &memory).unwrap();
    assert_eq!(channels.send(port, &memory), Ok(Sent::Here(Delivery::Notify(VcpuId::new(1)))));
    assert_eq!(channels.send(port, &memory), Ok(Sent::Here(Delivery::Nothing)));
    assert_eq!(guest.upcall_2l(1), [port]);
    assert_eq!(channels.send(port, &memory), Ok(Sent::Here(Delivery::Notify(VcpuId::new(1)))));
}

#[test]
fn a_masked_event_waits_for_unmask() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 1);
    let guest = Guest::new(&memory, 1);
    let port = channels.bind_virq(0, VcpuId::new(0), &memory).unwrap();
    mask(&memory, port);
    let timer = xen_abi::virq::Virq::Timer;
    assert_eq!(channels.raise_virq(timer, VcpuId::new(0), &memory), Delivery::Pending);
    assert_eq!(channels.is_pending(port, &memory), Ok(true));
    assert_eq!(channels.is_masked(port, &memory), Ok(true));
    assert_eq!(channels.unmask(port, &memory), Ok(Delivery::Notify(VcpuId::new(0))));
    assert_eq!(channels.unmask(port, &memory), Ok(Delivery::Nothing));
    assert_eq!(guest.upcall_2l(0), [port]);
}

#[test]
fn a_connection_carries_events_both_ways_and_ends_unbound() {
    let memory = Memory::new(FRAMES);
    let remote_memory = Memory::new(FRAMES);
    let (mut local, mut remote) = (domain(0, 4095, 1), domain(3, 4095, 1));
    let there = remote.alloc_unbound(DomId::ZERO, &remote_memory).unwrap();
    assert_eq!(remote.send(there, &remote_memory), Ok(Sent::Nowhere));
    let (here, delivery) = bind_interdomain(&mut local, &mut remote, there, &memory).unwrap();
    assert_eq!(delivery, Delivery::Notify(VcpuId::new(0)));
    let Ok(Sent::There { to, from }) = local.send(here, &memory) else { panic!() };
    assert_eq!((to.dom, to.port, from.dom, from.port), (DomId::new(3), there, DomId::ZERO, here));
    assert_eq!(remote.deliver(to.port, from, &remote_memory), Delivery::Notify(VcpuId::new(0)));

    let closed = local.close(here, &memory).unwrap();
    assert_eq!(closed.peer, Some(to));
    assert_eq!(
        remote.deliver(to.port, Peer { port: Port::new(9), ..from }, &remote_memory),
        Delivery::Nothing
    );
    remote.peer_closed(to.port, closed.from);
    assert_eq!(remote.channel(there).unwrap().binding(), Binding::Unbound { remote: DomId::ZERO });
    assert_eq!(local.is_pending(here, &memory), Err(Error::BadPort));
}

#[test]
fn loopback_needs_one_domain_only() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(5, 1023, 1);
    let there = channels.alloc_unbound(DomId::new(5), &memory).unwrap();
    let (here, _) = channels.bind_loopback(there, &memory).unwrap();
    let guest = Guest::new(&memory, 1);
    assert_eq!(guest.upcall_2l(0), [here]);
    assert!(matches!(channels.send(here, &memory), Ok(Sent::Here(Delivery::Notify(_)))));
    assert_eq!(guest.upcall_2l(0), [there]);
    assert_eq!(channels.close(there, &memory).unwrap().peer, None);
    assert_eq!(channels.channel(here).unwrap().binding(), Binding::Unbound { remote: DomId::new(5) });
}

#[test]
fn registering_vcpu_info_loses_nothing() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 2);
    let guest = Guest::new(&memory, 2);
    let port = channels.bind_ipi(VcpuId::new(1), &memory).unwrap();
    assert_eq!(channels.send(port, &memory), Ok(Sent::Here(Delivery::Pending)));
    guest.register(&mut channels);
    assert_eq!(guest.upcall_2l(1), [port]);
    let again = channels.register_vcpu_info(VcpuId::new(1), guest.info(1), &memory);
    assert_eq!(again, Err(Error::BadPlace));
}

#[test]
fn vcpu_0_moves_its_info_out_of_the_shared_page() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 1);
    let place = Place::new(Mfn::new(1), 0x40, 48).unwrap();
    channels.register_vcpu_info(VcpuId::new(0), place, &memory).unwrap();
    assert_eq!(channels.vcpu_info(VcpuId::new(0)), Some(place));
    assert_eq!(memory.load(place.word(0)), 1);
}

#[test]
fn status_tells_the_binding() {
    use xen_abi::event_channel::EvtchnStatus;
    use xen_abi::{Field, GuestStruct};
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 2);
    let port = channels.bind_virq(1, VcpuId::new(1), &memory).unwrap();
    let question = EvtchnStatus { dom: DomId::SELF, port, ..EvtchnStatus::ZERO };
    let answer = channels.status(question).unwrap();
    assert_eq!((answer.status, answer.vcpu, answer.source), (4, 1, 1));
    assert_eq!(EvtchnStatus::decode(&answer.encode()), answer);
    let closed = channels.status(EvtchnStatus { port: Port::new(77), ..question }).unwrap();
    assert_eq!(closed.status, 0);
}

#[test]
fn the_last_port_reaches_the_guest() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 1);
    let ports: std::vec::Vec<_> =
        (1..4096).map(|_| channels.bind_ipi(VcpuId::new(0), &memory).unwrap()).collect();
    let picked = [ports[2046], ports[2047], ports[4094]];
    for port in picked {
        channels.send(port, &memory).unwrap();
    }
    assert_eq!(Guest::new(&memory, 1).upcall_2l(0), picked);
}

/// Between the two halves of an operation the ends may have been bound anew.
#[test]
fn a_half_that_comes_late_is_ignored() {
    let memory = Memory::new(FRAMES);
    let (mut local, mut remote) = (domain(0, 4095, 1), domain(3, 4095, 1));
    let there = remote.alloc_unbound(DomId::ZERO, &memory).unwrap();
    let (here, _) = bind_interdomain(&mut local, &mut remote, there, &memory).unwrap();
    let late = Peer { dom: DomId::ZERO, port: Port::new(here.raw() + 1) };
    let remote_memory = Memory::new(FRAMES);
    assert_eq!(remote.deliver(there, late, &remote_memory), Delivery::Nothing);
    assert_eq!(remote.is_pending(there, &remote_memory), Ok(false));
    let before = remote.channel(there).unwrap().binding();
    remote.peer_closed(there, late);
    assert_eq!(remote.channel(there).unwrap().binding(), before);
}
