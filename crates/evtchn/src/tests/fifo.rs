//! The FIFO ABI, step by step and against random guests.

use super::rig::*;
use crate::*;
use std::collections::BTreeSet;
use std::vec::Vec;
use types::{Port, VcpuId};

#[test]
fn events_of_the_two_level_abi_are_carried_over() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 2);
    let mut guest = Guest::new(&memory, 2);
    guest.register(&mut channels);
    let ports: Vec<_> = [0, 1].map(|v| channels.bind_ipi(VcpuId::new(v), &memory).unwrap()).into();
    channels.send(ports[1], &memory).unwrap();
    guest.memory.store(guest.info(1).word(0), 0);
    let expanded = guest.use_fifo(&mut channels);
    assert_eq!(expanded.notify.iter().collect::<Vec<_>>(), [VcpuId::new(1)]);
    assert_eq!(guest.upcall_fifo(1), [ports[1]]);
    assert_eq!(channels.is_pending(ports[0], &memory), Ok(false));
}

#[test]
fn an_event_before_its_page_waits() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 1);
    let mut guest = Guest::new(&memory, 1);
    channels.init_control(VcpuId::new(0), guest.control(0), &memory).unwrap();
    let port = channels.bind_ipi(VcpuId::new(0), &memory).unwrap();
    assert_eq!(channels.send(port, &memory), Ok(Sent::Here(Delivery::Pending)));
    assert_eq!(channels.is_pending(port, &memory), Ok(true));
    let expanded = channels.expand_array(types::Mfn::new(FIRST_ARRAY_PAGE), &memory).unwrap();
    assert_eq!(expanded.notify.iter().collect::<Vec<_>>(), [VcpuId::new(0)]);
    assert_eq!(guest.upcall_fifo(0), [port]);
}

#[test]
fn higher_priorities_come_first_and_equals_in_order() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 1);
    let mut guest = Guest::new(&memory, 1);
    guest.use_fifo(&mut channels);
    let ports: Vec<_> = (0..6).map(|_| channels.bind_ipi(VcpuId::new(0), &memory).unwrap()).collect();
    channels.set_priority(ports[4], 15).unwrap();
    channels.set_priority(ports[5], 0).unwrap();
    for index in [4, 2, 0, 5, 1] {
        channels.send(ports[index], &memory).unwrap();
    }
    assert_eq!(guest.upcall_fifo(0), [ports[5], ports[2], ports[0], ports[1], ports[4]]);
}

#[test]
fn a_port_that_changes_queues_as_tail_does_not_mix_them() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 1);
    let mut guest = Guest::new(&memory, 1);
    guest.use_fifo(&mut channels);
    let [a, b] = [0, 1].map(|_| channels.bind_ipi(VcpuId::new(0), &memory).unwrap());
    channels.send(a, &memory).unwrap();
    assert_eq!(guest.upcall_fifo(0), [a]);
    channels.set_priority(a, 3).unwrap();
    channels.send(a, &memory).unwrap();
    channels.send(b, &memory).unwrap();
    assert_eq!(guest.upcall_fifo(0), [a, b]);
}

#[test]
fn a_port_still_linked_is_not_bound_again() {
    let memory = Memory::new(FRAMES);
    let mut channels = domain(0, 4095, 1);
    let mut guest = Guest::new(&memory, 1);
    guest.use_fifo(&mut channels);
    let [a, b] = [0, 1].map(|_| channels.bind_ipi(VcpuId::new(0), &memory).unwrap());
    channels.send(a, &memory).unwrap();
    channels.close(a, &memory).unwrap();
    let c = channels.bind_ipi(VcpuId::new(0), &memory).unwrap();
    assert_eq!(c.raw(), b.raw() + 1);
    assert_eq!(guest.upcall_fifo(0), []);
    assert_eq!(channels.bind_ipi(VcpuId::new(0), &memory), Ok(a));
}

/// Random senders, masks, priorities and vCPUs; the guest handles an interrupt now and then. Each
/// event that was sent is handled exactly once for every time it became pending, none is lost, and a
/// vCPU with something to handle has been notified.
fn random_guest(seed: u64) {
    let memory = Memory::new(FRAMES);
    let mut random = Random(seed);
    let mut channels = domain(0, 2047, 3);
    let mut guest = Guest::new(&memory, 3);
    guest.register(&mut channels);
    guest.use_fifo(&mut channels);
    channels.expand_array(types::Mfn::new(FIRST_ARRAY_PAGE + 1), &memory).unwrap();
    let mut ports = Vec::new();
    for _ in 0..12 {
        let there = channels.alloc_unbound(types::DomId::ZERO, &memory).unwrap();
        ports.push((there, channels.bind_loopback(there, &memory).unwrap().0));
    }
    (0..3).for_each(|vcpu| drop(guest.upcall_fifo(vcpu)));
    let (mut pending, mut masked) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..4000 {
        let (from, to) = ports[random.below(12) as usize];
        match random.below(12) {
            0..=4 => {
                channels.send(from, &memory).unwrap();
                pending.insert(to);
            }
            5 => {
                guest.mask_fifo(to);
                masked.insert(to);
            }
            6 => {
                if !guest.try_unmask_fifo(to) {
                    channels.unmask(to, &memory).unwrap();
                }
                masked.remove(&to);
            }
            7 => channels.set_priority(to, random.below(16)).unwrap(),
            8 => channels.bind_vcpu(to, VcpuId::new(random.below(3) as u16)).unwrap(),
            _ => handle(&mut guest, random.below(3) as u16, &mut pending, &masked),
        }
        for (_, to) in &ports {
            assert_eq!(channels.is_pending(*to, &memory), Ok(pending.contains(to)));
            assert_eq!(channels.is_masked(*to, &memory), Ok(masked.contains(to)));
        }
    }
    (0..3).for_each(|vcpu| handle(&mut guest, vcpu, &mut pending, &masked));
    assert!(pending.is_subset(&masked), "lost: {:?}", pending.difference(&masked));
}

fn handle(guest: &mut Guest, vcpu: u16, pending: &mut BTreeSet<Port>, masked: &BTreeSet<Port>) {
    for port in guest.upcall_fifo(vcpu) {
        assert!(pending.remove(&port), "{port:?} was not sent");
        assert!(!masked.contains(&port), "{port:?} is masked");
    }
}

#[test]
fn no_event_is_lost_or_invented() {
    (1..40).for_each(|seed| random_guest(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(seed)));
}
