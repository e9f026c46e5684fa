//! A port that the hypervisor holds in a guest's table.

use super::rig::*;
use crate::*;
use types::{DomId, Port, VcpuId};
use xen_abi::event_channel::EvtchnStatus;
use xen_abi::{Field, XenErrno};

const DAEMON: DomId = DomId::ZERO;

/// A guest with a held port that waits for the daemon, and the daemon.
fn pair(memory: &Memory) -> (EventChannels, EventChannels, Port) {
    let mut guest = domain(5, 1023, 1);
    let port = guest.alloc_held(DAEMON, memory).unwrap();
    (guest, domain(0, 1023, 1), port)
}

#[test]
fn events_go_both_ways() {
    let (mine, theirs) = (Memory::new(FRAMES), Memory::new(FRAMES));
    let (mut guest, mut daemon, port) = pair(&mine);
    assert_eq!(guest.send_held(port), Sent::Nowhere);
    let (there, _) = bind_interdomain(&mut daemon, &mut guest, port, &theirs).unwrap();

    let Ok(Sent::There { to, from }) = daemon.send(there, &theirs) else { panic!() };
    assert_eq!(guest.deliver(to.port, from, &mine), Delivery::Held);
    assert_eq!(guest.is_pending(port, &mine), Ok(false), "the guest hears nothing");

    // Binding itself is an event.
    assert_eq!(Guest::new(&theirs, 1).upcall_2l(0), [there]);
    let Sent::There { to, from } = guest.send_held(port) else { panic!() };
    assert_eq!(to.port, there);
    assert_ne!(daemon.deliver(to.port, from, &theirs), Delivery::Nothing);
    assert_eq!(daemon.is_pending(there, &theirs), Ok(true));
}

#[test]
fn only_the_domain_that_is_waited_for_connects() {
    let memory = Memory::new(FRAMES);
    let (mut guest, mut daemon, port) = pair(&memory);
    let mut other = domain(7, 1023, 1);
    assert_eq!(bind_interdomain(&mut other, &mut guest, port, &memory), Err(Error::NotForCaller));
    let (there, _) = bind_interdomain(&mut daemon, &mut guest, port, &memory).unwrap();
    assert_eq!(bind_interdomain(&mut daemon, &mut guest, port, &memory), Err(Error::BadBinding));
    let stranger = Peer { dom: DomId::new(7), port: there };
    assert_eq!(guest.deliver(port, stranger, &memory), Delivery::Nothing);
}

#[test]
fn the_guest_cannot_use_it() {
    let memory = Memory::new(FRAMES);
    let (mut guest, mut daemon, port) = pair(&memory);
    for _ in 0..2 {
        assert_eq!(guest.send(port, &memory), Err(Error::BadBinding));
        assert_eq!(guest.close(port, &memory), Err(Error::BadBinding));
        assert_eq!(guest.bind_vcpu(port, VcpuId::new(0)), Err(Error::BadBinding));
        assert!(guest.bind_loopback(port, &memory).is_err());
        let question = EvtchnStatus { dom: DomId::SELF, port, ..EvtchnStatus::ZERO };
        assert_eq!(guest.status(question).map_err(XenErrno::from), Err(XenErrno::Eacces));
        let _ = bind_interdomain(&mut daemon, &mut guest, port, &memory);
    }
}

#[test]
fn a_daemon_that_starts_again_connects_again() {
    let memory = Memory::new(FRAMES);
    let (mut guest, mut daemon, port) = pair(&memory);
    for _ in 0..3 {
        let (there, _) = bind_interdomain(&mut daemon, &mut guest, port, &memory).unwrap();
        let closed = daemon.close(there, &memory).unwrap();
        guest.peer_closed(closed.peer.unwrap().port, closed.from);
        assert_eq!(guest.send_held(port), Sent::Nowhere);
    }
}

#[test]
fn the_hypervisor_closes_what_it_holds_and_nothing_else() {
    let memory = Memory::new(FRAMES);
    let (mut guest, mut daemon, port) = pair(&memory);
    let ipi = guest.bind_ipi(VcpuId::new(0), &memory).unwrap();
    assert_eq!(guest.close_held(ipi, &memory), Err(Error::BadBinding));
    let (there, _) = bind_interdomain(&mut daemon, &mut guest, port, &memory).unwrap();
    let closed = guest.close_held(port, &memory).unwrap();
    assert_eq!(closed.peer, Some(Peer { dom: DAEMON, port: there }));
    daemon.peer_closed(there, closed.from);
    assert_eq!(daemon.channel(there).unwrap().binding(), Binding::Unbound { remote: DomId::new(5) });
    assert_eq!(guest.close_held(port, &memory), Err(Error::BadPort));
}
