//! Registers at the first instruction, and the registers that identify the CPU.

use rt::arch::sysreg;
use rt::check::{check, check_eq, check_with};
use rt::machine::Machine;

/// The boot protocol's register state.
pub fn at_entry(machine: &Machine) {
    let boot = &machine.boot;
    #[cfg(target_arch = "aarch64")]
    {
        // booting.rst: x0 = physical address of the tree, x1-x3 = 0.
        check_eq("x1 is zero", boot.args[1], 0);
        check_eq("x2 is zero", boot.args[2], 0);
        check_eq("x3 is zero", boot.args[3], 0);
        check_eq("started in EL1", boot.level >> 2 & 3, 1);
        check_eq("SP_EL1 is selected", boot.spsel, 1);
        check_eq("D, A, I and F are masked", boot.masks & 0x3c0, 0x3c0);
        check_eq("SCTLR_EL1.EE and E0E are little-endian", boot.sctlr & 0x300_0000, 0);
        check_eq("SCTLR_EL1.WXN is clear", boot.sctlr >> 19 & 1, 0);
    }
    #[cfg(target_arch = "arm")]
    {
        // booting.rst: r0 = 0, r1 = machine number or ~0, r2 = tree; IRQ and FIQ off; SVC (or Hyp).
        check_eq("r0 is zero", boot.args[0], 0);
        check_eq("started in SVC mode", boot.level & 0x1f, 0x13);
        check_eq("started in ARM state", boot.level >> 5 & 1, 0);
        check_eq("CPSR.E is little-endian", boot.level >> 9 & 1, 0);
        check_eq("I and F are masked", boot.masks & 0xc0, 0xc0);
        check_eq("SCTLR.EE is little-endian", boot.sctlr >> 25 & 1, 0);
        check_eq("SCTLR.V has the vectors low", boot.sctlr >> 13 & 1, 0);
        check_eq("SCTLR.TE takes exceptions in ARM state", boot.sctlr >> 30 & 1, 0);
    }
    check_eq("MMU is off", boot.sctlr & 1, 0);
    check_eq("data cache is off", boot.sctlr >> 2 & 1, 0);
    check_eq("no interrupt is pending", boot.isr & 0x1c0, 0);
    check_eq("virtual timer is off or masked", usize::from(boot.cntv_ctl & 3 == 1), 0);
    check_eq("physical timer is off or masked", usize::from(boot.cntp_ctl & 3 == 1), 0);
}

/// Identification registers that every kernel reads first.
pub fn identification(machine: &Machine) {
    let midr = sysreg::midr_el1();
    // Arm ARM D19.2.102: architecture 0xf, defined by the identification registers.
    check_eq("MIDR has the architecture of this age", midr >> 16 & 15, 15);
    let mpidr = sysreg::mpidr_el1();
    check_eq("MPIDR bit 31 is set", mpidr >> 31 & 1, 1);
    // Arm ARM D19.2.103: U means a uniprocessor system, which a machine with several CPUs is not.
    check_with(
        "MPIDR.U fits the CPU count",
        machine.cpus_total == 1 || mpidr >> 30 & 1 == 0,
        format_args!("{mpidr:#x}"),
    );
    let known = rt::cpu::affinity();
    let listed = machine
        .fdt
        .nodes()
        .filter(|node| node.str("device_type") == Some("cpu"))
        .any(|node| rt::machine::cpu_affinity(&node) == known);
    check_with("MPIDR is in /cpus", listed, format_args!("{known:#x}"));
    let ctr = sysreg::ctr_el0();
    check_with(
        "CTR has sane line sizes",
        matches!(ctr & 15, 2..=6) && matches!(ctr >> 16 & 15, 2..=6),
        format_args!("{ctr:#x}"),
    );
    check_with(
        "CLIDR has a first level cache",
        sysreg::clidr_el1() & 7 != 0,
        format_args!("{:#x}", sysreg::clidr_el1()),
    );
    let frequency = sysreg::cntfrq_el0();
    check_with(
        "CNTFRQ is between 1 MHz and 1 GHz",
        (1_000_000..=1_000_000_000).contains(&frequency),
        format_args!("{frequency}"),
    );
    let now = rt::timer::now();
    check_with(
        "virtual counter counts on from entry",
        now > machine.boot.counter(),
        format_args!("{now:#x} after {:#x}", machine.boot.counter()),
    );
    #[cfg(target_arch = "aarch64")]
    {
        let features = sysreg::id_aa64pfr0_el1();
        check_with(
            "ID_AA64PFR0 has EL0 and EL1",
            features & 0xf != 0 && features & 0xf0 != 0,
            format_args!("{features:#x}"),
        );
        let memory = sysreg::id_aa64mmfr0_el1();
        check_eq("ID_AA64MMFR0 has the 4 KiB granule", u64::from(matches!(memory >> 28 & 15, 0 | 1)), 1);
        rt::arch::fp::enable();
        let mut state = rt::arch::fp::State { q: [[0; 2]; 32], fpcr: 0, fpsr: 0 };
        // booting.rst: CPTR_EL2.TFP must be 0 (or what looks like it).
        check("FP does not trap above EL1", rt::fault::catch(|| rt::arch::fp::store(&mut state)).is_none());
    }
    #[cfg(target_arch = "arm")]
    {
        check_eq("ID_PFR1 has the generic timer", sysreg::id_pfr1_el1() >> 16 & 15, 1);
        check("ID_MMFR0 has the long-descriptor format", sysreg::id_mmfr0_el1() & 15 >= 5);
        check("FP does not trap above SVC", rt::fault::catch(rt::arch::fp::enable).is_none());
    }
}
