//! Topic `cycles`: domains are made, filled, run and destroyed by dom0's hypercalls, over and over; not a page
//! of the machine's free memory may be lost. Skipped where there is no `/hypervisor`.
//!
//! `cycles=N` on the command line says how often; 200 times otherwise. Free memory is compared with what it
//! was after the second cycle: the first may leave behind what is there for good.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod control;
#[cfg(target_os = "none")]
mod cycle;
#[cfg(target_os = "none")]
mod payload;

#[cfg(target_os = "none")]
rt::guest!("cycles", run);

/// Cycles where the command line does not say.
#[cfg(target_os = "none")]
const USUAL: u32 = 200;

#[cfg(target_os = "none")]
fn run(machine: &'static rt::machine::Machine) {
    use rt::check::{check, check_eq, check_with};

    if machine.hypervisor.is_none() {
        return rt::check::skip("all cycles", "no /hypervisor");
    }
    let mut lab = cycle::Lab::new(machine);
    let wanted = times(machine.bootargs).unwrap_or(USUAL);
    let mut settled = 0;
    let mut lost_by = None;
    for number in 0..wanted {
        if let Err((step, result)) = lab.cycle(number) {
            check_with("every step succeeds", false, format_args!("cycle {number}: {step} gave {result}"));
            return;
        }
        if number == 1 {
            settled = control::at_rest();
            check("there is free memory", settled > 0);
        }
        // Not in each cycle: real Xen frees what is left of a domain a little later.
        if number % 50 == 49 && lost_by.is_none() && !control::settles(settled) {
            lost_by = Some(number);
        }
    }
    check("every step succeeds", true);
    check_eq("the guests ran in all cycles", u64::from(lab.ran), u64::from(wanted));
    check_with(
        "free memory is what it was after the second cycle, every 50 cycles",
        lost_by.is_none(),
        format_args!("not after {lost_by:?}"),
    );
    check_eq("to the page", control::at_rest(), settled);
    check_eq("no domain is left but dom0", u64::from(control::domains()), 1);
    rt::println!("cycles: {wanted}, free pages {settled}");
}

/// Reads the `N` of `cycles=N`.
#[cfg(target_os = "none")]
fn times(line: &str) -> Option<u32> {
    line.split_whitespace().find_map(|word| word.strip_prefix("cycles=")?.parse().ok())
}

#[cfg(not(target_os = "none"))]
fn main() {}
