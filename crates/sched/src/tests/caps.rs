//! Caps.

use super::machine::*;
use crate::*;
use types::DomId;

/// Runs a domain of a cap for ten seconds, and returns its share of a CPU in hundredths.
fn used(cpus: u16, cap: u16, loads: &[Load], others: usize) -> f64 {
    let mut machine = Machine::new(Policy::Fair, cpus, 7);
    machine.domain(0, Share { weight: 256, cap }, loads);
    machine.domain(1, Share::DEFAULT, &std::vec![Load::Busy; others]);
    machine.run(SECOND / 2);
    machine.forget();
    machine.run(SECOND / 2 + 10 * SECOND);
    machine.guests[..loads.len()].iter().map(|guest| guest.ran_ns).sum::<u64>() as f64 / 1e8
}

#[test]
fn caps_hold_within_two_per_cent() {
    for cap in [1, 5, 25, 50, 90, 99] {
        for others in [0, 1] {
            let fair = if others == 0 { f64::from(cap) } else { f64::from(cap).min(50.0) };
            let ran = used(1, cap, &[Load::Busy], others);
            assert!((ran - fair).abs() <= fair * 0.02 + 0.1, "cap {cap} beside {others}: {ran}");
        }
    }
}

#[test]
fn a_cap_is_of_all_vcpus_together() {
    for (cpus, vcpus, cap) in [(2, 2, 50), (2, 2, 150), (4, 4, 25), (4, 8, 250), (8, 8, 100)] {
        let loads = std::vec![Load::Busy; vcpus];
        for others in [0, usize::from(cpus) - cap as usize / 100 - 1] {
            let ran = used(cpus, cap, &loads, others);
            assert!((ran - f64::from(cap)).abs() <= f64::from(cap) * 0.02, "{cpus} CPUs, cap {cap}: {ran}");
        }
    }
}

#[test]
fn who_stays_below_its_cap_does_not_notice_it() {
    let load = Load::Some { work_ns: MS / 5, every_ns: 2 * MS };
    let ran = used(1, 30, &[load], 2);
    assert!((9.5..10.5).contains(&ran), "{ran}");
}

#[test]
fn what_is_not_used_is_not_saved() {
    let mut machine = Machine::new(Policy::Fair, 1, 1);
    machine.domain(0, Share { weight: 256, cap: 20 }, &[Load::Sleepy { work_ns: SECOND, sleep_ns: SECOND }]);
    machine.run(20 * SECOND);
    let ran = machine.guests[0].ran_ns;
    assert!(ran <= 20 * SECOND * 20 / 100, "ran {ran} ns");
}

#[test]
fn caps_come_and_go_while_guests_run() {
    let mut machine = Machine::new(Policy::Fair, 2, 1);
    machine.domain(0, Share { weight: 256, cap: 10 }, &[Load::Busy; 2]);
    machine.run(SECOND);
    for (cap, least, most) in [(0, 1990, 2000), (40, 390, 412), (200, 1950, 2000), (1, 0, 25)] {
        machine.forget();
        let kick = machine.scheduler.set_share(DomId::new(0), Share { weight: 9, cap }, machine.now).unwrap();
        machine.act(kick);
        machine.run(machine.now + SECOND);
        let ran_ms = (machine.guests[0].ran_ns + machine.guests[1].ran_ns) / MS;
        assert!((least..=most).contains(&ran_ms), "cap {cap}: {ran_ms} ms");
    }
}
