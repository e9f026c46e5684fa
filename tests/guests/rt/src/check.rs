//! Named checks and the verdict.
//!
//! Lines: `ok NAME`, `FAIL NAME: ...`, `skip NAME: why`; the last line is `PASS topic N checks` or
//! `FAIL topic n of N`, then SYSTEM_OFF. Only CPU 0 checks.

use core::fmt::{Arguments, LowerHex};
use core::sync::atomic::{AtomicU32, Ordering};

use crate::{arch, println, psci};

static PASSED: AtomicU32 = AtomicU32::new(0);
static FAILED: AtomicU32 = AtomicU32::new(0);
static SKIPPED: AtomicU32 = AtomicU32::new(0);

fn passed(name: &str) -> bool {
    PASSED.fetch_add(1, Ordering::Relaxed);
    println!("ok {name}");
    true
}

fn failed(name: &str, why: Arguments<'_>) -> bool {
    FAILED.fetch_add(1, Ordering::Relaxed);
    println!("FAIL {name}: {why}");
    false
}

/// A check that needs no figures.
pub fn check(name: &str, holds: bool) -> bool {
    if holds { passed(name) } else { failed(name, format_args!("does not hold")) }
}

/// A check that says what it saw when it fails.
pub fn check_with(name: &str, holds: bool, seen: Arguments<'_>) -> bool {
    if holds { passed(name) } else { failed(name, seen) }
}

/// Two values that must be equal.
pub fn check_eq<T: PartialEq + LowerHex>(name: &str, got: T, want: T) -> bool {
    if got == want { passed(name) } else { failed(name, format_args!("got {got:#x}, want {want:#x}")) }
}

/// A check that this machine cannot make, and why.
pub fn skip(name: &str, why: &str) {
    SKIPPED.fetch_add(1, Ordering::Relaxed);
    println!("skip {name}: {why}");
}

/// Skips all of `names` for one reason.
pub fn skip_all(names: &[&str], why: &str) {
    names.iter().for_each(|name| skip(name, why));
}

/// Prints the verdict and powers off.
pub fn verdict(topic: &str) -> ! {
    let (passed, failed) = (PASSED.load(Ordering::Relaxed), FAILED.load(Ordering::Relaxed));
    let skipped = SKIPPED.load(Ordering::Relaxed);
    if skipped > 0 {
        println!("skipped {skipped}");
    }
    if failed == 0 {
        println!("PASS {topic} {passed} checks");
    } else {
        println!("FAIL {topic} {failed} of {}", passed + failed);
    }
    power_off()
}

/// Ends the guest at once: what happened is the last line.
pub fn abandon(why: Arguments<'_>) -> ! {
    println!("FAIL after {} checks: {why}", PASSED.load(Ordering::Relaxed) + FAILED.load(Ordering::Relaxed));
    power_off()
}

fn power_off() -> ! {
    psci::system_off();
    loop {
        arch::wfe();
    }
}
