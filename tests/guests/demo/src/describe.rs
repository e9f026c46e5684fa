//! What machine this is.

use rt::arch::sysreg;
use rt::machine::{GicInfo, Machine};
use rt::xen::{self, Block};
use rt::{println, psci};

const ARCHITECTURE: &str = if cfg!(target_arch = "arm") { "arm32" } else { "arm64" };

pub fn greet() {
    println!();
    println!("Hello from a guest in Rust, on {ARCHITECTURE}.");
}

pub fn machine(machine: &Machine) {
    let model = machine.fdt.path("/").and_then(|root| root.str("model").or(root.str("compatible")));
    println!("  machine    {}", model.unwrap_or("unnamed"));
    match &machine.hypervisor {
        Some(_) => {
            let version = xen::hypercall_words(xen::XEN_VERSION, [0, 0]);
            let mut extra = Block::<16>::new();
            xen::call(xen::XEN_VERSION, 1, &mut extra);
            let text = extra.bytes.split(|byte| *byte == 0).next().unwrap_or(&[]);
            let text = core::str::from_utf8(text).unwrap_or("?");
            println!("  hypervisor Xen ABI {}.{}{text}, this is its dom0", version >> 16, version & 0xffff);
        }
        None => println!("  hypervisor none, this is the bare machine"),
    }
    println!("  CPUs       {}, the first a {:#010x}", machine.cpus_total, sysreg::midr_el1());
    let total: u64 = machine.memory.as_slice().iter().map(|bank| bank.size).sum();
    println!("  memory     {} MiB", total >> 20);
    for bank in machine.memory.as_slice() {
        println!("             {:#x} - {:#x}", bank.base, bank.base + bank.size);
    }
    match machine.gic {
        GicInfo::V2 { gicd, .. } => println!("  interrupts GICv2 at {:#x}", gicd.base),
        GicInfo::V3 { gicd, .. } => println!("  interrupts GICv3 at {:#x}", gicd.base),
        GicInfo::Unknown => println!("  interrupts none"),
    }
    let version = psci::call(psci::VERSION, [0; 3]);
    println!("  firmware   PSCI {}.{} by {:?}", version >> 16, version & 0xffff, machine.conduit);
    println!("  counter    {} Hz", rt::timer::frequency());
    if !machine.bootargs.is_empty() {
        println!("  bootargs   {}", machine.bootargs);
    }
}
