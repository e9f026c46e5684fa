//! One CPU for one vCPU.

use super::machine::*;
use crate::*;
use types::{CpuId, DomId};

#[test]
fn each_vcpu_has_its_cpu_and_the_rest_wait() {
    let mut machine = Machine::new(Policy::Null, 2, 1);
    machine.domain(0, Share::DEFAULT, &[Load::Sleepy { work_ns: MS, sleep_ns: MS }, Load::Busy, Load::Busy]);
    machine.run(SECOND);
    assert!(machine.guests[0].ran_ns > SECOND / 3);
    assert!(machine.guests[1].ran_ns > 99 * SECOND / 100);
    assert_eq!(machine.guests[2].ran_ns, 0);
    assert!(machine.guests[..2].iter().all(|guest| guest.ran_on.len() == 1));
    assert!(machine.scheduler.parked().eq([machine.guests[2].id]));
    assert!(machine.cpus[1].points <= 3, "it is not interrupted");
}

#[test]
fn who_waits_gets_the_cpu_of_one_that_goes() {
    let mut machine = Machine::new(Policy::Null, 1, 1);
    machine.domain(0, Share::DEFAULT, &[Load::Busy]);
    machine.domain(1, Share::DEFAULT, &[Load::Busy]);
    machine.run(SECOND);
    assert_eq!(machine.guests[1].ran_ns, 0);
    let first = machine.guests[0].id;
    let kick = machine.scheduler.pause(first);
    machine.act(kick);
    machine.run(2 * SECOND);
    assert_eq!(machine.guests[1].ran_ns, 0, "a paused vCPU keeps its CPU");
    let kick = machine.scheduler.retire(first, machine.now);
    machine.act(kick);
    machine.run(3 * SECOND);
    assert!(machine.guests[1].ran_ns > 99 * SECOND / 100);
    let kick = machine.scheduler.unpause(first, machine.now);
    machine.act(kick);
    assert_eq!(machine.scheduler.place(first), Some(Place::Parked));
}

#[test]
fn homes_follow_affinity_and_cpus() {
    let mut scheduler = Scheduler::new(Policy::Null, 2, TIMING).unwrap();
    let _ = scheduler.add_cpu(CpuId::new(0), 0).unwrap();
    scheduler.add_domain(DomId::new(0)).unwrap();
    let first = scheduler.add(DomId::new(0), 1).unwrap();
    let second = scheduler.add(DomId::new(0), 2).unwrap();
    assert_eq!(scheduler.wake(first, 0), CpuSet::from_bits(1));
    assert_eq!(scheduler.wake(second, 0), CpuSet::EMPTY);
    assert_eq!(scheduler.place(second), Some(Place::Parked));
    assert_eq!(scheduler.add_cpu(CpuId::new(1), 0), Ok(CpuSet::from_bits(2)), "the second comes there");
    let only = |bits| Affinity { hard: CpuSet::from_bits(bits), ..Affinity::ANY };
    assert_eq!(scheduler.set_affinity(second, only(1), 0), Ok(CpuSet::EMPTY));
    assert_eq!(scheduler.place(second), Some(Place::Parked));
    let _ = scheduler.set_affinity(first, only(2), 0).unwrap();
    assert_eq!(scheduler.place(second), Some(Place::Queued));
    let refused = scheduler.set_share(DomId::new(0), Share::DEFAULT, 0);
    assert_eq!(refused, Err(Error::Invalid));
}
