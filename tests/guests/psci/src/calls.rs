//! Calls that one CPU can make.

use rt::check::{check, check_eq, check_with, skip};
use rt::machine::Machine;
use rt::psci::{self, INVALID_PARAMETERS, NOT_SUPPORTED, SUCCESS};
use rt::{arch, gic, timer};

const SMCCC_VERSION: u32 = 0x8000_0000;
/// An affinity no machine of ours has.
pub const NOWHERE: u64 = 0x00fe_fe0f;

fn features(function: u32) -> isize {
    psci::call(psci::FEATURES, [function as usize, 0, 0])
}

/// PSCI_VERSION (5.1), PSCI_FEATURES (5.15), the SMCCC version.
pub fn identity() {
    let version = psci::call(psci::VERSION, [0; 3]);
    check_with("PSCI_VERSION is 1.x", version >> 16 == 1, format_args!("{version:#x}"));
    for (name, function) in [
        ("PSCI_FEATURES knows PSCI_VERSION", psci::VERSION),
        ("PSCI_FEATURES knows CPU_SUSPEND", psci::CPU_SUSPEND),
        ("PSCI_FEATURES knows CPU_OFF", psci::CPU_OFF),
        ("PSCI_FEATURES knows CPU_ON", psci::CPU_ON),
        ("PSCI_FEATURES knows CPU_ON of the 32-bit convention", 0x8400_0003),
        ("PSCI_FEATURES knows AFFINITY_INFO", psci::AFFINITY_INFO),
        ("PSCI_FEATURES knows SYSTEM_OFF", psci::SYSTEM_OFF),
        ("PSCI_FEATURES knows SYSTEM_RESET", psci::SYSTEM_RESET),
        ("PSCI_FEATURES knows itself", psci::FEATURES),
    ] {
        let result = features(function);
        check_with(name, result >= 0, format_args!("{result}"));
    }
    check_eq("PSCI_FEATURES of a function PSCI does not have", features(0x8400_001e), NOT_SUPPORTED);
    check_eq("PSCI_FEATURES of no function at all", features(0), NOT_SUPPORTED);
    // DEN 0022F 5.15: a PSCI 1.0 implementation may announce SMCCC_VERSION through PSCI_FEATURES.
    if features(SMCCC_VERSION) == NOT_SUPPORTED {
        skip("SMCCC_VERSION is 1.1 or later", "PSCI_FEATURES does not announce it");
    } else {
        let version = psci::call(SMCCC_VERSION, [0; 3]);
        check_with("SMCCC_VERSION is 1.1 or later", version >= 0x1_0001, format_args!("{version:#x}"));
    }
}

/// Unknown functions and arguments out of range.
pub fn functions(machine: &Machine) {
    check_eq("an unknown PSCI function is NOT_SUPPORTED", psci::call(0x8400_001e, [0; 3]), NOT_SUPPORTED);
    check_eq("an unknown SMCCC function is NOT_SUPPORTED", psci::call(0x8600_ff30, [0; 3]), NOT_SUPPORTED);
    let migrate = psci::call(psci::MIGRATE_INFO_TYPE, [0; 3]);
    check_with(
        "MIGRATE_INFO_TYPE is 2 or NOT_SUPPORTED",
        migrate == 2 || migrate == NOT_SUPPORTED,
        format_args!("{migrate}"),
    );
    let own = rt::cpu::affinity();
    check_eq("AFFINITY_INFO of this CPU is ON", psci::affinity_info(own), 0);
    check_eq("AFFINITY_INFO of no CPU", psci::affinity_info(NOWHERE), INVALID_PARAMETERS);
    check_eq("CPU_ON of this CPU", psci::cpu_on(own, rt::smp::entry(), 0), psci::ALREADY_ON);
    check_eq("CPU_ON of no CPU", psci::cpu_on(NOWHERE, rt::smp::entry(), 0), INVALID_PARAMETERS);
    check("the conduit of the tree answers", machine.conduit != psci::Conduit::None);
}

/// CPU_SUSPEND (5.4) to a standby state returns when an interrupt is pending, masked or not.
pub fn suspend() {
    let Some(intid) = rt::start_machine().and_then(|machine| machine.timer[2]) else {
        return skip("CPU_SUSPEND to standby", "no virtual timer");
    };
    gic::enable(intid);
    let start = timer::now();
    arch::sysreg::set_cntv_tval_el0(timer::ticks(20));
    arch::sysreg::set_cntv_ctl_el0(1);
    let result = psci::call(psci::CPU_SUSPEND, [0, 0, 0]);
    let slept = timer::now() - start;
    arch::sysreg::set_cntv_ctl_el0(0);
    gic::disable(intid);
    check_eq("CPU_SUSPEND to standby returns SUCCESS", result, SUCCESS);
    check_with("the timer ended the standby", slept < timer::ticks(2000), format_args!("{slept} ticks"));
    check("IRQs are as masked as before", arch::irq_masked());
}
