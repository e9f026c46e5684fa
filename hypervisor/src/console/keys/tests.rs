//! Dumps on the simulated CPU: each ends, says what it must, and waits for nobody.

use super::*;
use crate::arch::state;
use crate::domain;
use crate::machine::ram_log::RAM_LOG;
use crate::tests::Rig;
use arm_spec::esr::ec;
use std::sync::Barrier;

/// More steps than any dump of the rig's machine takes.
const STEPS: usize = 500;

/// A rig whose domain is on the list, for as long as it lives.
struct Listed(Rig);

impl Listed {
    fn new() -> Self {
        let rig = Rig::new();
        domain::register(&rig.vcpu.domain).unwrap();
        Self(rig)
    }

    /// Presses a key and takes steps, each when it is due, until nothing is left to say.
    fn press(&self, letter: u8) -> String {
        RAM_LOG.init();
        let before = RAM_LOG.last(usize::MAX).collect::<Vec<u8>>();
        press(self.0.cpu, letter);
        for _ in 0..STEPS {
            let Some(due) = deadline(self.0.cpu) else { return said_since(&before) };
            state::with(|cpu| cpu.count = cpu.count.max(due));
            step(self.0.cpu);
        }
        panic!("'{}' does not end: {}", char::from(letter), said_since(&before));
    }

    /// The name by which dumps call the rig's vCPU.
    fn name(&self) -> String {
        format!("d{}v0", self.0.vcpu.domain.id)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        domain::forget(&self.0.vcpu.domain);
    }
}

/// Returns what follows in the log on its content before.
fn said_since(before: &[u8]) -> String {
    let now: Vec<u8> = RAM_LOG.last(usize::MAX).collect();
    let tail = &before[before.len().saturating_sub(64)..];
    let start =
        now.windows(tail.len().max(1)).rposition(|window| window == tail).map_or(0, |at| at + tail.len());
    String::from_utf8_lossy(&now[start..]).into_owned()
}

#[test]
fn registers_are_the_guests() {
    let rig = Listed::new();
    rig.0.set_x(1, 0x1234_5678);
    let said = rig.press(b'd');
    assert!(said.contains("Dumping CPU0 host state"), "{said}");
    assert!(said.contains(&format!("Guest state ({})", rig.name())), "{said}");
    assert!(said.contains("X1: 0000000012345678"), "{said}");
}

#[test]
fn traps_are_counted_by_cause() {
    let rig = Listed::new();
    rig.0.trap(ec::FP, 0);
    rig.0.trap(ec::FP, 0);
    let said = rig.press(b'T');
    assert!(said.contains(&format!("{}: 2 entries", rig.name())), "{said}");
    assert!(said.contains("fp=2"), "{said}");
}

#[test]
fn all_diagnostics_end() {
    let rig = Listed::new();
    let said = rig.press(b'*');
    for key in KEYS.iter().filter(|key| matches!(key.action, Action::Say(_))) {
        assert!(said.contains(&format!("'{}' pressed", char::from(key.letter))), "{said}");
    }
    for part in ["VCPU0: CPU0 [has=T] online", "frames free", "RUNQ: empty", "62500000 Hz"] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}

#[test]
fn what_another_cpu_holds_is_busy() {
    let rig = Listed::new();
    let (held, done) = (Barrier::new(2), Barrier::new(2));
    let said = std::thread::scope(|scope| {
        scope.spawn(|| {
            rig.0.vcpu.domain.events.with(|_| {
                held.wait();
                done.wait();
            });
        });
        held.wait();
        let said = [rig.press(b'e'), rig.press(b'q')].concat();
        done.wait();
        said
    });
    assert!(said.contains("(busy)") && said.contains("upcall: none or busy"), "{said}");
}

#[test]
fn an_unknown_key_is_said_to_be_none() {
    let rig = Listed::new();
    assert!(rig.press(b'Z').contains("'Z' is no key"));
    assert_eq!(rig.press(b'\r'), "");
}

#[test]
fn every_letter_is_there_once() {
    for (n, key) in KEYS.iter().enumerate() {
        assert!(key.letter.is_ascii_graphic());
        assert!(KEYS.iter().skip(n + 1).all(|other| other.letter > key.letter), "{}", char::from(key.letter));
    }
    for letter in b"*0CRTdehimqrt" {
        assert!(KEYS.iter().any(|key| key.letter == *letter));
    }
}
