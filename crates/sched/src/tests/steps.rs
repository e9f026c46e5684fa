//! Single operations.

use super::machine::TIMING;
use crate::*;
use std::vec::Vec;
use types::{CpuId, DomId};

const CPU0: CpuId = CpuId::new(0);
const CPU1: CpuId = CpuId::new(1);
const DOM: DomId = DomId::new(0);
const NONE: CpuSet = CpuSet::EMPTY;

fn only(cpu: CpuId) -> CpuSet {
    CpuSet::of(cpu)
}

fn machine(cpus: u16, vcpus: usize) -> (Scheduler<usize>, Vec<EntityId>) {
    let mut scheduler = Scheduler::new(Policy::Fair, cpus.into(), TIMING).unwrap();
    (0..cpus).for_each(|cpu| assert_eq!(scheduler.add_cpu(CpuId::new(cpu), 0), Ok(NONE)));
    scheduler.add_domain(DOM).unwrap();
    let ids = (0..vcpus).map(|vcpu| scheduler.add(DOM, vcpu).unwrap()).collect();
    (scheduler, ids)
}

fn wake_all(scheduler: &mut Scheduler<usize>, ids: &[EntityId]) {
    for id in ids {
        let _ = scheduler.wake(*id, 0);
    }
}

fn run(scheduler: &mut Scheduler<usize>, cpu: CpuId, now: u64, want: Want) -> Option<EntityId> {
    match scheduler.pick(cpu, now, want).change {
        None => scheduler.current(cpu),
        Some(Change { to, .. }) => {
            let _ = scheduler.settle(cpu, now);
            to
        }
    }
}

#[test]
fn each_wake_calls_another_idle_cpu() {
    let (mut scheduler, ids) = machine(2, 3);
    assert_eq!(scheduler.wake(ids[0], 0), only(CPU0));
    assert_eq!(scheduler.wake(ids[1], 0), only(CPU1));
    assert_eq!(scheduler.wake(ids[2], 0), NONE);
    assert_eq!(scheduler.wake(ids[2], 0), NONE);
    assert!(scheduler.waiting().eq(ids.iter().copied()));
    assert_eq!(run(&mut scheduler, CPU1, 0, Want::Run), Some(ids[0]));
    assert_eq!(scheduler.place(ids[0]), Some(Place::Running(CPU1)));
    assert_eq!(scheduler.last_cpu(ids[0]), Some(CPU1));
}

#[test]
fn a_vcpu_returns_to_its_last_cpu() {
    let (mut scheduler, ids) = machine(2, 1);
    let _ = scheduler.wake(ids[0], 0);
    assert_eq!(run(&mut scheduler, CPU1, 0, Want::Run), Some(ids[0]));
    scheduler.prepare_block(ids[0]);
    assert_eq!(run(&mut scheduler, CPU1, 5, Want::Block), None);
    assert_eq!(run(&mut scheduler, CPU0, 5, Want::Run), None);
    assert_eq!(scheduler.wake(ids[0], 5), only(CPU1));
}

#[test]
fn a_wake_before_the_block_is_not_lost() {
    let (mut scheduler, ids) = machine(1, 1);
    let _ = scheduler.wake(ids[0], 0);
    let _ = run(&mut scheduler, CPU0, 0, Want::Run);
    scheduler.prepare_block(ids[0]);
    assert_eq!(scheduler.wake(ids[0], 0), only(CPU0));
    assert_eq!(scheduler.pick(CPU0, 1, Want::Block).change, None);
}

#[test]
fn a_wake_while_leaving_waits_for_the_registers() {
    let (mut scheduler, ids) = machine(2, 1);
    let _ = scheduler.wake(ids[0], 0);
    let _ = run(&mut scheduler, CPU0, 0, Want::Run);
    scheduler.prepare_block(ids[0]);
    let change = Some(Change { from: Some(ids[0]), to: None });
    assert_eq!(scheduler.pick(CPU0, 1, Want::Block), Pick { change, timer: None, kick: NONE });
    assert_eq!(scheduler.wake(ids[0], 1), NONE);
    assert_eq!(run(&mut scheduler, CPU1, 1, Want::Run), None, "not before it is saved");
    assert_eq!(scheduler.settle(CPU0, 1), only(CPU0));
    assert_eq!(run(&mut scheduler, CPU1, 2, Want::Run), Some(ids[0]));
}

#[test]
fn a_slice_ends_when_another_waits() {
    let (mut scheduler, ids) = machine(1, 2);
    wake_all(&mut scheduler, &ids);
    let first = scheduler.pick(CPU0, 0, Want::Run);
    let change = Some(Change { from: None, to: Some(ids[0]) });
    assert_eq!(first, Pick { change, timer: Some(TIMING.ratelimit), kick: NONE });
    let half = TIMING.slice / 2;
    let stay = Pick { change: None, timer: Some(half), kick: NONE };
    assert_eq!(scheduler.pick(CPU0, TIMING.ratelimit, Want::Run), stay);
    let change = Some(Change { from: Some(ids[0]), to: Some(ids[1]) });
    assert_eq!(scheduler.pick(CPU0, half, Want::Run).change, change);
}

#[test]
fn with_nobody_waiting_there_is_no_timer_until_another_wakes() {
    let (mut scheduler, ids) = machine(2, 3);
    wake_all(&mut scheduler, &ids[..2]);
    assert_eq!(run(&mut scheduler, CPU0, 0, Want::Run), Some(ids[0]));
    assert_eq!(run(&mut scheduler, CPU1, 0, Want::Run), Some(ids[1]));
    let later = TIMING.ratelimit;
    for cpu in [CPU0, CPU1] {
        assert_eq!(scheduler.pick(cpu, later, Want::Run).timer, None);
    }
    let much_later = later + TIMING.slice;
    assert_eq!(scheduler.wake(ids[2], much_later), CpuSet::from_bits(3), "both are to look");
    assert_eq!(run(&mut scheduler, CPU1, much_later, Want::Run), Some(ids[2]));
    assert!(scheduler.pick(CPU0, much_later, Want::Run).timer.is_some());
}

#[test]
fn who_slept_runs_after_the_minimum_of_who_runs() {
    let (mut scheduler, ids) = machine(1, 2);
    wake_all(&mut scheduler, &ids[..1]);
    let start = 100 * TIMING.slice;
    assert_eq!(run(&mut scheduler, CPU0, start, Want::Run), Some(ids[0]));
    // It looks by itself soon enough.
    assert_eq!(scheduler.wake(ids[1], start + 1), NONE);
    assert_eq!(run(&mut scheduler, CPU0, start + 2, Want::Run), Some(ids[0]));
    assert_eq!(run(&mut scheduler, CPU0, start + TIMING.slice, Want::Run), Some(ids[1]));
    scheduler.prepare_block(ids[1]);
    assert_eq!(run(&mut scheduler, CPU0, start + TIMING.slice + 1, Want::Block), Some(ids[0]));
    let open = start + 2 * TIMING.slice;
    assert_eq!(run(&mut scheduler, CPU0, open, Want::Run), Some(ids[0]));
    assert_eq!(scheduler.wake(ids[1], open + 1), only(CPU0), "at once");
    assert_eq!(run(&mut scheduler, CPU0, open + 1, Want::Run), Some(ids[1]));
}

#[test]
fn without_a_ratelimit_who_slept_runs_at_once() {
    let (mut scheduler, ids) = machine(1, 2);
    scheduler.set_ratelimit(0);
    wake_all(&mut scheduler, &ids);
    assert_eq!(run(&mut scheduler, CPU0, 0, Want::Run), Some(ids[0]));
    assert_eq!(run(&mut scheduler, CPU0, TIMING.slice, Want::Run), Some(ids[1]));
    scheduler.prepare_block(ids[1]);
    assert_eq!(run(&mut scheduler, CPU0, TIMING.slice + 1, Want::Block), Some(ids[0]));
    assert_eq!(scheduler.wake(ids[1], TIMING.slice + 2), only(CPU0));
    assert_eq!(run(&mut scheduler, CPU0, TIMING.slice + 3, Want::Run), Some(ids[1]));
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
    assert_eq!(scheduler.pick(CPU0, 4, Want::Yield).change, None);
}

#[test]
fn a_paused_vcpu_stops_and_goes_on() {
    let (mut scheduler, ids) = machine(1, 3);
    wake_all(&mut scheduler, &ids);
    let _ = run(&mut scheduler, CPU0, 0, Want::Run);
    assert_eq!(scheduler.pause(ids[0]), only(CPU0));
    assert_eq!(scheduler.pause(ids[1]), NONE);
    assert_eq!(scheduler.remove(ids[0], 0), Err(Error::OnCpu));
    assert_eq!(run(&mut scheduler, CPU0, 1, Want::Run), Some(ids[2]));
    assert_eq!(scheduler.place(ids[0]), Some(Place::Asleep));
    assert_eq!(scheduler.pause(ids[0]), NONE);
    assert_eq!(scheduler.unpause(ids[0], 1), NONE);
    assert_eq!(scheduler.wake(ids[0], 1), NONE);
    assert_eq!(scheduler.waiting().count(), 0);
    let _ = scheduler.unpause(ids[1], 1);
    let _ = scheduler.unpause(ids[0], 1);
    assert!(scheduler.waiting().eq([ids[1], ids[0]]));
}

#[test]
fn a_vcpu_paused_asleep_stays_asleep() {
    let (mut scheduler, ids) = machine(1, 1);
    assert_eq!(scheduler.pause(ids[0]), NONE);
    assert_eq!(scheduler.unpause(ids[0], 0), NONE);
    assert_eq!(scheduler.place(ids[0]), Some(Place::Asleep));
}

#[test]
fn a_removed_vcpu_leaves_no_trace() {
    let (mut scheduler, ids) = machine(1, 3);
    wake_all(&mut scheduler, &ids);
    assert_eq!(scheduler.remove(ids[1], 0), Ok((1, NONE)));
    assert_eq!(scheduler.remove(ids[1], 0), Err(Error::NoEntity));
    assert!(scheduler.waiting().eq([ids[0], ids[2]]));
    let other = scheduler.add(DOM, 7).unwrap();
    assert_eq!(other.index(), ids[1].index(), "its place is free");
    assert_eq!(scheduler.wake(ids[1], 0), NONE, "its name is not given again");
    assert_eq!(scheduler.place(other), Some(Place::Asleep));
    assert_eq!(scheduler.remove(ids[2], 0), Ok((2, NONE)));
    let _ = scheduler.wake(other, 0);
    assert!(scheduler.waiting().eq([ids[0], other]));
}

#[test]
fn domains_come_and_go() {
    let (mut scheduler, ids) = machine(1, 1);
    assert_eq!(scheduler.add_domain(DOM), Err(Error::Busy));
    assert_eq!(scheduler.remove_domain(DOM), Err(Error::Busy));
    assert_eq!(scheduler.remove_domain(DomId::new(1)), Err(Error::NoDomain));
    assert_eq!(scheduler.add(DomId::new(1), 0), Err(Error::NoDomain));
    assert_eq!(scheduler.share(DOM), Some(Share::DEFAULT));
    assert_eq!(scheduler.set_share(DOM, Share { weight: 0, cap: 0 }, 0), Err(Error::Invalid));
    let share = Share { weight: 512, cap: 30 };
    assert_eq!(scheduler.set_share(DOM, share, 0), Ok(NONE));
    assert_eq!(scheduler.share(DOM), Some(share));
    assert_eq!(scheduler.remove(ids[0], 0), Ok((0, NONE)));
    assert_eq!(scheduler.remove_domain(DOM), Ok(()));
    assert_eq!(scheduler.share(DOM), None);
    assert!(scheduler.is_empty());
}

#[test]
fn a_cpu_that_goes_lets_its_vcpu_go() {
    let (mut scheduler, ids) = machine(2, 1);
    let _ = scheduler.wake(ids[0], 0);
    assert_eq!(run(&mut scheduler, CPU0, 0, Want::Run), Some(ids[0]));
    assert_eq!(scheduler.remove_cpu(CPU0, 0), Ok(only(CPU0)));
    assert_eq!(scheduler.remove_cpu(CPU1, 0), Err(Error::NoCpu), "the last one");
    let change = Some(Change { from: Some(ids[0]), to: None });
    assert_eq!(scheduler.pick(CPU0, 1, Want::Run).change, change);
    assert_eq!(scheduler.settle(CPU0, 1), only(CPU1));
    assert_eq!(run(&mut scheduler, CPU0, 2, Want::Run), None);
    assert_eq!(run(&mut scheduler, CPU1, 2, Want::Run), Some(ids[0]));
    let hard = only(CPU0);
    let refused = scheduler.set_affinity(ids[0], Affinity { hard, ..Affinity::ANY }, 2);
    assert_eq!(refused, Err(Error::NoCpu));
}

#[test]
fn virtual_time_begins_anew_before_it_ends() {
    let (mut scheduler, ids) = machine(1, 2);
    wake_all(&mut scheduler, &ids);
    scheduler.front = 1 << 62;
    for slot in scheduler.entities.slots() {
        scheduler.entities[slot].vtime = scheduler.front;
    }
    let mut ran = [0, 0];
    for look in 0..1000 {
        let now = look * TIMING.slice;
        let who = run(&mut scheduler, CPU0, now, Want::Run);
        ran[usize::from(who == Some(ids[1]))] += 1;
    }
    assert!(scheduler.front < 1 << 60);
    assert!(ran[0] > 490 && ran[1] > 490, "{ran:?}");
}
