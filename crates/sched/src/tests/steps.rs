//! Single operations.

use crate::*;
use std::vec::Vec;
use types::CpuId;

const CPU0: CpuId = CpuId::new(0);
const CPU1: CpuId = CpuId::new(1);

fn machine(cpus: u16, vcpus: usize) -> (Scheduler<usize>, Vec<EntityId>) {
    let mut scheduler = Scheduler::new(cpus.into(), SLICE_NS).unwrap();
    (0..cpus).for_each(|cpu| scheduler.add_cpu(CpuId::new(cpu)).unwrap());
    scheduler.reserve(vcpus).unwrap();
    let ids = (0..vcpus).map(|vcpu| scheduler.add(vcpu).unwrap()).collect();
    (scheduler, ids)
}

fn wake_all(scheduler: &mut Scheduler<usize>, ids: &[EntityId]) {
    for id in ids {
        let _ = scheduler.wake(*id);
    }
}

fn run(scheduler: &mut Scheduler<usize>, cpu: CpuId, now: u64, want: Want) -> Option<EntityId> {
    match scheduler.pick(cpu, now, want) {
        Pick::Stay { .. } => scheduler.current(cpu),
        Pick::Switch { to, .. } => {
            let _ = scheduler.settle(cpu);
            to
        }
    }
}

#[test]
fn each_wake_calls_another_idle_cpu() {
    let (mut scheduler, ids) = machine(2, 3);
    assert_eq!(scheduler.wake(ids[0]), Decision::Kick(CPU0));
    assert_eq!(scheduler.wake(ids[1]), Decision::Kick(CPU1));
    assert_eq!(scheduler.wake(ids[2]), Decision::Nothing);
    assert_eq!(scheduler.wake(ids[2]), Decision::Nothing);
    assert!(scheduler.waiting().eq(ids.iter().copied()));
    assert_eq!(run(&mut scheduler, CPU1, 0, Want::Run), Some(ids[0]));
    assert_eq!(scheduler.place(ids[0]), Some(Place::Running(CPU1)));
}

#[test]
fn a_vcpu_returns_to_its_last_cpu() {
    let (mut scheduler, ids) = machine(2, 1);
    let _ = scheduler.wake(ids[0]);
    assert_eq!(run(&mut scheduler, CPU1, 0, Want::Run), Some(ids[0]));
    scheduler.prepare_block(ids[0]);
    assert_eq!(run(&mut scheduler, CPU1, 5, Want::Block), None);
    assert_eq!(run(&mut scheduler, CPU0, 5, Want::Run), None);
    assert_eq!(scheduler.wake(ids[0]), Decision::Kick(CPU1));
}

#[test]
fn a_wake_before_the_block_is_not_lost() {
    let (mut scheduler, ids) = machine(1, 1);
    let _ = scheduler.wake(ids[0]);
    let _ = run(&mut scheduler, CPU0, 0, Want::Run);
    scheduler.prepare_block(ids[0]);
    assert_eq!(scheduler.wake(ids[0]), Decision::Kick(CPU0));
    assert!(matches!(scheduler.pick(CPU0, 1, Want::Block), Pick::Stay { .. }));
}

#[test]
fn a_wake_while_leaving_waits_for_the_registers() {
    let (mut scheduler, ids) = machine(2, 1);
    let _ = scheduler.wake(ids[0]);
    let _ = run(&mut scheduler, CPU0, 0, Want::Run);
    scheduler.prepare_block(ids[0]);
    let pick = scheduler.pick(CPU0, 1, Want::Block);
    assert_eq!(pick, Pick::Switch { from: Some(ids[0]), to: None, slice_end: None });
    assert_eq!(scheduler.wake(ids[0]), Decision::Nothing);
    assert_eq!(run(&mut scheduler, CPU1, 1, Want::Run), None, "not before it is saved");
    assert_eq!(scheduler.settle(CPU0), Decision::Kick(CPU0));
    assert_eq!(run(&mut scheduler, CPU1, 2, Want::Run), Some(ids[0]));
}

#[test]
fn a_slice_ends_when_another_waits() {
    let (mut scheduler, ids) = machine(1, 2);
    let _ = scheduler.wake(ids[0]);
    let first = Pick::Switch { from: None, to: Some(ids[0]), slice_end: Some(SLICE_NS) };
    assert_eq!(scheduler.pick(CPU0, 0, Want::Run), first);
    assert_eq!(scheduler.wake(ids[1]), Decision::Nothing);
    let stay = Pick::Stay { slice_end: Some(SLICE_NS) };
    assert_eq!(scheduler.pick(CPU0, SLICE_NS - 1, Want::Run), stay);
    let switch = Pick::Switch { from: Some(ids[0]), to: Some(ids[1]), slice_end: Some(2 * SLICE_NS) };
    assert_eq!(scheduler.pick(CPU0, SLICE_NS, Want::Run), switch);
}

#[test]
fn after_its_slice_a_vcpu_runs_on_until_another_wakes() {
    let (mut scheduler, ids) = machine(2, 3);
    let _ = scheduler.wake(ids[0]);
    let _ = scheduler.wake(ids[1]);
    assert_eq!(run(&mut scheduler, CPU0, 0, Want::Run), Some(ids[0]));
    assert_eq!(run(&mut scheduler, CPU1, 5, Want::Run), Some(ids[1]));
    assert_eq!(scheduler.pick(CPU1, 5 + SLICE_NS, Want::Run), Pick::Stay { slice_end: None });
    assert_eq!(scheduler.wake(ids[2]), Decision::Kick(CPU1), "the one whose slice is over");
    assert_eq!(run(&mut scheduler, CPU1, 6 + SLICE_NS, Want::Run), Some(ids[2]));
}

#[test]
fn yield_lets_the_next_run_and_returns() {
    let (mut scheduler, ids) = machine(1, 2);
    wake_all(&mut scheduler, &ids);
    assert_eq!(run(&mut scheduler, CPU0, 0, Want::Run), Some(ids[0]));
    assert_eq!(run(&mut scheduler, CPU0, 1, Want::Yield), Some(ids[1]));
    assert_eq!(run(&mut scheduler, CPU0, 2, Want::Yield), Some(ids[0]));
    scheduler.prepare_block(ids[0]);
    assert_eq!(run(&mut scheduler, CPU0, 3, Want::Block), Some(ids[1]));
    assert!(matches!(scheduler.pick(CPU0, 4, Want::Yield), Pick::Stay { .. }));
}

#[test]
fn a_paused_vcpu_stops_and_goes_on() {
    let (mut scheduler, ids) = machine(1, 3);
    wake_all(&mut scheduler, &ids);
    let _ = run(&mut scheduler, CPU0, 0, Want::Run);
    assert_eq!(scheduler.pause(ids[0]), Decision::Kick(CPU0));
    assert_eq!(scheduler.pause(ids[1]), Decision::Nothing);
    assert_eq!(scheduler.remove(ids[0]), Err(Error::OnCpu));
    assert_eq!(run(&mut scheduler, CPU0, 1, Want::Run), Some(ids[2]));
    assert_eq!(scheduler.place(ids[0]), Some(Place::Asleep));
    assert_eq!(scheduler.pause(ids[0]), Decision::Nothing);
    assert_eq!(scheduler.unpause(ids[0]), Decision::Nothing);
    assert_eq!(scheduler.wake(ids[0]), Decision::Nothing);
    assert_eq!(scheduler.waiting().count(), 0);
    let _ = scheduler.unpause(ids[1]);
    let _ = scheduler.unpause(ids[0]);
    assert!(scheduler.waiting().eq([ids[1], ids[0]]));
}

#[test]
fn a_vcpu_paused_asleep_stays_asleep() {
    let (mut scheduler, ids) = machine(1, 1);
    assert_eq!(scheduler.pause(ids[0]), Decision::Nothing);
    assert_eq!(scheduler.unpause(ids[0]), Decision::Nothing);
    assert_eq!(scheduler.place(ids[0]), Some(Place::Asleep));
}

#[test]
fn a_removed_vcpu_leaves_no_trace() {
    let (mut scheduler, ids) = machine(1, 3);
    wake_all(&mut scheduler, &ids);
    assert_eq!(scheduler.remove(ids[1]), Ok(1));
    assert_eq!(scheduler.remove(ids[1]), Err(Error::NoEntity));
    assert!(scheduler.waiting().eq([ids[0], ids[2]]));
    assert_eq!(scheduler.wake(ids[1]), Decision::Nothing);
    assert_eq!(scheduler.add(7).unwrap(), ids[1], "its place is free");
    assert_eq!(scheduler.add(8), Err(Error::Full));
    assert_eq!(scheduler.remove(ids[2]), Ok(2));
    let _ = scheduler.wake(ids[1]);
    assert!(scheduler.waiting().eq([ids[0], ids[1]]));
}
