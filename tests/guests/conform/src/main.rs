//! Topic `conform`: Xen's interface call by call, good and bad, told in a transcript that is compared with
//! that of real Xen 4.17. Skipped where there is no `/hypervisor`.
//!
//! A line is `conform: GROUP.NAME rc=RESULT`, then what changed: `out=` bytes of the argument block,
//! `buf=` bytes of the buffer, as OFFSET:HEX, or OFFSET:LENGTH#DIGEST of many; `peek=` and `probe=` tell of
//! frames. Structures are written out from the public headers under xen/include/public.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod case;
#[cfg(target_os = "none")]
mod groups;
#[cfg(target_os = "none")]
mod lab;
#[cfg(target_os = "none")]
mod text;

#[cfg(target_os = "none")]
rt::guest!("conform", run);

#[cfg(target_os = "none")]
fn run(machine: &'static rt::machine::Machine) {
    if !machine.is_xen() {
        return rt::check::skip("all hypercalls", "no /hypervisor");
    }
    let mut lab = lab::Lab::new(machine);
    for table in groups::ALL.iter().copied().flatten() {
        lab.run(table);
    }
    rt::check::check_with("cases were called", lab.calls > 0, format_args!("{}", lab.calls));
    rt::println!("conform-end: {} cases", lab.calls);
}

#[cfg(not(target_os = "none"))]
fn main() {}
