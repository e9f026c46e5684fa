//! Shares, latency and affinity over seconds.

use super::machine::*;
use crate::*;
use std::vec::Vec;

fn share(weight: u64) -> Share {
    Share { weight: weight as u16, cap: 0 }
}

/// What a load asks for, in CPUs.
fn wish(load: Load) -> f64 {
    match load {
        Load::Busy => 1.0,
        Load::Some { work_ns, every_ns } => work_ns as f64 / every_ns as f64,
        Load::Sleepy { work_ns, sleep_ns } => work_ns as f64 / (work_ns + sleep_ns) as f64,
    }
}

/// Runs guests of weights for ten seconds and compares what they got with what is fair.
fn shares(cpus: u16, guests: &[(u64, Load)], seed: u64) {
    let mut machine = Machine::new(Policy::Fair, cpus, seed);
    for (id, (weight, load)) in guests.iter().enumerate() {
        machine.domain(id as u16, share(*weight), &[*load]);
    }
    machine.run(SECOND / 2);
    machine.forget();
    machine.run(SECOND / 2 + 10 * SECOND);
    let wishes: Vec<_> = guests.iter().map(|(weight, load)| (*weight as f64, wish(*load))).collect();
    let fair = ideal(cpus.into(), &wishes);
    for ((guest, fair), wish) in machine.guests.iter().zip(&fair).zip(&wishes) {
        let (ran, fair) = (guest.ran_ns as f64 / 1e9, fair * 10.0);
        // Two per cent, and a slice or two that may just have begun. Work comes at random times.
        let random = if wish.1 < 1.0 { 0.03 * fair } else { 0.0 };
        let random = random + if wishes.iter().any(|wish| wish.1 < 1.0) { 0.02 * fair } else { 0.0 };
        let off = (ran - fair).abs();
        assert!(off < 0.02 * fair + 0.015 + random, "{cpus} CPUs, {guests:?}: {ran:.3} of {fair:.3} s");
    }
}

#[test]
fn busy_vcpus_share_all_cpus_evenly() {
    for (cpus, vcpus) in [(1, 2), (2, 3), (2, 4), (4, 5), (4, 9), (3, 16), (8, 11)] {
        shares(cpus, &std::vec![(256, Load::Busy); vcpus], 1);
    }
}

#[test]
fn weights_are_kept() {
    shares(1, &[(256, Load::Busy), (512, Load::Busy)], 1);
    shares(1, &[(1, Load::Busy), (2, Load::Busy), (3, Load::Busy)], 1);
    shares(1, &[(65535, Load::Busy), (32768, Load::Busy), (16384, Load::Busy)], 1);
    shares(2, &[(65535, Load::Busy), (256, Load::Busy), (256, Load::Busy)], 1);
    shares(2, &[(1, Load::Busy), (65535, Load::Busy)], 1);
    shares(1, &[(1, Load::Busy), (65535, Load::Busy)], 1);
}

#[test]
fn random_weights_are_kept_on_any_number_of_cpus() {
    for seed in 1..60 {
        let mut random = Random::new(seed);
        let cpus = random.between(1, 8);
        let guests = random.between(cpus + 1, 3 * cpus + 4);
        let guests: Vec<_> = (0..guests).map(|_| (random.between(64, 1024), Load::Busy)).collect();
        shares(cpus as u16, &guests, seed);
    }
}

#[test]
fn sleepers_get_what_they_ask_for_and_the_busy_share_the_rest() {
    for seed in 1..60 {
        let mut random = Random::new(seed);
        let cpus = random.between(1, 8);
        let busy = random.between(cpus, 2 * cpus + 2);
        let mut guests: Vec<_> = (0..busy).map(|_| (random.between(128, 768), Load::Busy)).collect();
        for _ in 0..random.between(1, 2 * cpus) {
            let every_ns = random.between(2 * MS, 40 * MS);
            // At most a third of what the lightest gets.
            let work_ns = random.between(every_ns / 100, every_ns / 24);
            guests.push((512, Load::Some { work_ns, every_ns }));
        }
        shares(cpus as u16, &guests, seed);
    }
}

#[test]
fn who_asks_for_little_comes_soon() {
    for seed in 1..20 {
        let mut random = Random::new(seed);
        let cpus = random.between(1, 4);
        let mut machine = Machine::new(Policy::Fair, cpus as u16, seed);
        let busy: Vec<_> = (0..2 * cpus).map(|_| Load::Busy).collect();
        machine.domain(0, share(256), &busy);
        let work_ns = random.between(MS / 20, MS / 2);
        machine.domain(1, share(256), &[Load::Sleepy { work_ns, sleep_ns: 12 * MS }; 2]);
        machine.run(SECOND);
        machine.forget();
        machine.run(6 * SECOND);
        for guest in &machine.guests[busy.len()..] {
            // The minimum of who runs, and the other one's work.
            let bound = TIMING.ratelimit + 2 * work_ns + 4 * (KICK_NS + SAVE_NS);
            assert!(guest.longest_wait_ns <= bound, "waited {} of {bound} ns", guest.longest_wait_ns);
            assert!(guest.ran_ns > SECOND / 100);
        }
    }
}

#[test]
fn a_vcpu_of_its_own_cpu_is_not_interrupted() {
    let mut machine = Machine::new(Policy::Fair, 4, 1);
    machine.domain(0, Share::DEFAULT, &[Load::Busy; 4]);
    machine.run(SECOND);
    assert!(machine.cpus.iter().all(|cpu| cpu.current.is_some()));
    let points: Vec<_> = machine.cpus.iter().map(|cpu| cpu.points).collect();
    assert!(points.iter().all(|points| *points <= 3), "{points:?} scheduling points");
}

#[test]
fn nobody_starves_and_no_cpu_idles_beside_work() {
    for seed in 1..25u64 {
        for (cpus, busy, sleepers) in [(1, 1, 3), (2, 0, 4), (2, 2, 6), (4, 3, 9), (4, 0, 3), (8, 5, 20)] {
            let mut machine = Machine::new(Policy::Fair, cpus, seed);
            machine.domain(0, Share::DEFAULT, &std::vec![Load::Busy; busy]);
            let sleepy = Load::Sleepy { work_ns: 4 * MS, sleep_ns: 10 * MS };
            machine.domain(1, Share::DEFAULT, &std::vec![sleepy; sleepers]);
            machine.run(SECOND);
            let vcpus = (busy + sleepers) as u64;
            let bound = (vcpus / u64::from(cpus) + 2) * 3 * SLICE_NS;
            for guest in &machine.guests {
                assert!(guest.longest_wait_ns <= bound, "waited {} ns", guest.longest_wait_ns);
                assert!(guest.ran_ns > SECOND / 100, "ran {} ns", guest.ran_ns);
            }
        }
    }
}

#[test]
fn who_was_alone_for_long_need_not_wait_for_long() {
    let mut machine = Machine::new(Policy::Fair, 1, 1);
    machine.domain(0, Share::DEFAULT, &[Load::Busy]);
    machine.run(30 * SECOND);
    machine.domain(1, Share::DEFAULT, &[Load::Busy]);
    machine.run(31 * SECOND);
    for guest in &machine.guests {
        assert!(guest.longest_wait_ns < 60 * MS, "waited {} ns", guest.longest_wait_ns);
    }
    assert!(machine.guests[1].ran_ns.abs_diff(SECOND / 2) < 30 * MS);
}

#[test]
fn affinities_are_kept_and_weights_among_those_that_share_cpus() {
    // Two on CPU 0 alone, weights 1:3; two anywhere.
    let mut machine = Machine::new(Policy::Fair, 2, 1);
    machine.domain(0, share(100), &[Load::Busy]);
    machine.domain(1, share(300), &[Load::Busy]);
    machine.domain(2, share(400), &[Load::Busy; 2]);
    machine.affinity(0, 1, !0);
    machine.affinity(1, 1, !0);
    machine.affinity(2, 2, !0);
    machine.affinity(3, 2, !0);
    machine.run(SECOND / 2);
    machine.forget();
    machine.run(SECOND / 2 + 10 * SECOND);
    for (guest, fair) in machine.guests.iter().zip([2_500, 7_500, 5_000, 5_000]) {
        assert!(guest.ran_ns.abs_diff(fair * MS) < fair * MS / 50, "{} of {fair} ms", guest.ran_ns / MS);
    }
}

#[test]
fn affinities_change_while_guests_run() {
    for seed in 1..20 {
        let mut machine = Machine::new(Policy::Fair, 4, seed);
        let mut random = Random::new(seed);
        machine.domain(0, Share::DEFAULT, &[Load::Busy; 5]);
        machine.domain(1, share(600), &[Load::Sleepy { work_ns: 3 * MS, sleep_ns: 2 * MS }; 4]);
        machine.run(50 * MS);
        for _ in 0..200 {
            let vcpu = random.below(9) as usize;
            let (hard, soft) = (random.between(1, 15), random.below(16));
            machine.affinity(vcpu, hard, soft);
            let wait = random.below(20 * MS);
            machine.run(machine.now + wait);
            for (cpu, physical) in machine.cpus.iter().enumerate() {
                let allowed =
                    physical.current.is_none_or(|vcpu| machine.guests[vcpu].allowed.bits() >> cpu & 1 == 1);
                assert!(allowed || wait < 2 * (KICK_NS + SAVE_NS), "runs where it may not");
            }
        }
    }
}

#[test]
fn a_vcpu_runs_where_it_likes_if_there_is_room() {
    let mut machine = Machine::new(Policy::Fair, 4, 1);
    machine.domain(
        0,
        Share::DEFAULT,
        &[Load::Busy, Load::Busy, Load::Some { work_ns: MS, every_ns: 3 * MS }],
    );
    for (vcpu, soft) in [(0, 0b0100), (1, 0b1000), (2, 0b0001)] {
        machine.affinity(vcpu, !0, soft);
    }
    machine.run(SECOND);
    for (vcpu, cpu) in [(0, 2), (1, 3), (2, 0)] {
        let guest = &machine.guests[vcpu];
        assert!(
            guest.ran_on.get(&cpu).copied().unwrap_or(0) > guest.ran_ns * 98 / 100,
            "{vcpu}: {:?}",
            guest.ran_on
        );
    }
    // Four that like the same CPU use all of them.
    let mut machine = Machine::new(Policy::Fair, 4, 1);
    machine.domain(0, Share::DEFAULT, &[Load::Busy; 4]);
    (0..4).for_each(|vcpu| machine.affinity(vcpu, !0, 1));
    machine.run(SECOND);
    assert!(machine.guests.iter().all(|guest| guest.ran_ns > 98 * SECOND / 100));
}
