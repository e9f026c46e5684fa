//! Random operations on two domains against a reference that keeps plain sets.

use super::rig::*;
use crate::*;
use std::collections::{BTreeMap, BTreeSet};
use types::{DomId, Port, VcpuId};
use xen_abi::virq::{Virq, VirqScope};

/// A domain as the reference sees it.
#[derive(Default)]
struct Model {
    bindings: BTreeMap<Port, Binding>,
    pending: BTreeSet<Port>,
}

impl Model {
    fn free_port(&self) -> Port {
        (1..).map(Port::new).find(|port| !self.bindings.contains_key(port)).unwrap()
    }

    fn bind(&mut self, got: Port, binding: Binding) {
        assert_eq!(got, self.free_port());
        self.bindings.insert(got, binding);
    }

    fn has_virq(&self, virq: Virq) -> bool {
        self.bindings.values().any(|binding| *binding == Binding::Virq(virq))
    }
}

struct World {
    memories: [Memory; 2],
    channels: [EventChannels; 2],
    models: [Model; 2],
}

impl World {
    fn new() -> Self {
        Self {
            memories: [Memory::new(FRAMES), Memory::new(FRAMES)],
            channels: [domain(0, 1023, 1), domain(1, 1023, 1)],
            models: [Model::default(), Model::default()],
        }
    }

    fn connect(&mut self, me: usize, remote_port: Port) {
        let other = 1 - me;
        let [a, b] = &mut self.channels;
        let (local, remote) = if me == 0 { (a, b) } else { (b, a) };
        let bound = bind_interdomain(local, remote, remote_port, &self.memories[me]);
        let waits = Binding::Unbound { remote: DomId::new(me as u16) };
        if self.models[other].bindings.get(&remote_port) != Some(&waits) {
            assert!(bound.is_err());
            return;
        }
        let (port, _) = bound.unwrap();
        let dom = |index: usize| DomId::new(index as u16);
        self.models[me].bind(port, Binding::Interdomain(Peer { dom: dom(other), port: remote_port }));
        self.models[me].pending.insert(port);
        let back = Binding::Interdomain(Peer { dom: dom(me), port });
        self.models[other].bindings.insert(remote_port, back);
    }

    fn close(&mut self, me: usize, port: Port) {
        let closed = self.channels[me].close(port, &self.memories[me]);
        let Some(binding) = self.models[me].bindings.remove(&port) else {
            assert_eq!(closed, Err(Error::BadPort));
            return;
        };
        self.models[me].pending.remove(&port);
        let closed = closed.unwrap();
        if let Binding::Interdomain(peer) = binding {
            assert_eq!(closed.peer, Some(peer));
            self.channels[1 - me].peer_closed(peer.port, closed.from);
            let waits = Binding::Unbound { remote: DomId::new(me as u16) };
            self.models[1 - me].bindings.insert(peer.port, waits);
        }
    }

    fn send(&mut self, me: usize, port: Port) {
        let sent = self.channels[me].send(port, &self.memories[me]);
        match self.models[me].bindings.get(&port) {
            Some(Binding::Ipi) => {
                assert!(matches!(sent, Ok(Sent::Here(_))));
                self.models[me].pending.insert(port);
            }
            Some(Binding::Interdomain(peer)) => {
                let Ok(Sent::There { to, from }) = sent else { panic!("{sent:?}") };
                assert_eq!(to, *peer);
                self.channels[1 - me].deliver(to.port, from, &self.memories[1 - me]);
                self.models[1 - me].pending.insert(to.port);
            }
            Some(Binding::Unbound { .. }) => assert_eq!(sent, Ok(Sent::Nowhere)),
            Some(_) => assert_eq!(sent, Err(Error::BadBinding)),
            None => assert_eq!(sent, Err(Error::BadPort)),
        }
    }

    fn virq(&mut self, me: usize, virq: Virq) {
        let got = self.channels[me].bind_virq(virq.raw(), VcpuId::new(0), &self.memories[me]);
        if self.models[me].has_virq(virq) {
            assert_eq!(got, Err(Error::VirqBound));
        } else {
            self.models[me].bind(got.unwrap(), Binding::Virq(virq));
        }
        self.channels[me].raise_virq(virq, VcpuId::new(0), &self.memories[me]);
        let bound = self.models[me].bindings.iter().find(|(_, binding)| **binding == Binding::Virq(virq));
        let port = *bound.unwrap().0;
        self.models[me].pending.insert(port);
    }

    fn step(&mut self, random: &mut Random) {
        let me = random.below(2) as usize;
        let port = Port::new(random.below(30));
        match random.below(9) {
            0 => {
                let remote = DomId::new(random.below(2) as u16);
                let got = self.channels[me].alloc_unbound(remote, &self.memories[me]).unwrap();
                self.models[me].bind(got, Binding::Unbound { remote });
            }
            1 => self.connect(me, port),
            2 => {
                let got = self.channels[me].bind_ipi(VcpuId::new(0), &self.memories[me]).unwrap();
                self.models[me].bind(got, Binding::Ipi);
            }
            3 => {
                let virq = Virq::from_raw(random.below(24)).unwrap_or(Virq::Timer);
                assert!(matches!(virq.scope(), VirqScope::Global | VirqScope::PerVcpu));
                self.virq(me, virq);
            }
            4 => {
                for port in Guest::new(&self.memories[me], 1).upcall_2l(0) {
                    assert!(self.models[me].pending.remove(&port), "{port:?} was not sent");
                }
                assert!(self.models[me].pending.is_empty(), "lost: {:?}", self.models[me].pending);
            }
            5 | 6 => self.close(me, port),
            _ => self.send(me, port),
        }
    }

    fn check(&self) {
        for (channels, model) in self.channels.iter().zip(&self.models) {
            let bound = channels.bound(Port::new(0)).map(|(port, channel)| (port, channel.binding()));
            assert!(bound.eq(model.bindings.iter().map(|(port, binding)| (*port, *binding))));
        }
    }
}

#[test]
fn two_domains_behave_as_the_reference() {
    for seed in 1..30u64 {
        let (mut world, mut random) = (World::new(), Random(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(seed)));
        for _ in 0..1500 {
            world.step(&mut random);
            world.check();
        }
    }
}
