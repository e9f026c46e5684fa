//! PSCI, as a guest sees it: version 1.1.

use super::{Affinity, Answer, Args, Call, Caller, EntryPoint, low32, service};
use arm_spec::psci::{self, Return};
use arm_spec::smccc;

/// A power operation. How it ends the kernel says with a PSCI return code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PsciCall {
    /// The caller waits for an interrupt. It may be treated as a standby state always, which returns
    /// success once there is something to do (DEN 0022E 5.4.1).
    CpuSuspend,
    /// The caller is turned off; returns only if that is refused.
    CpuOff,
    /// A vCPU is turned on.
    CpuOn {
        /// Which.
        target: Affinity,
        /// Where it begins.
        entry: EntryPoint,
        /// What it finds in x0 or r0.
        context: u64,
    },
    /// Asks whether a vCPU is on; answered by [`Answer::affinity`].
    AffinityInfo {
        /// Which.
        target: Affinity,
    },
    /// The domain shuts down.
    SystemOff,
    /// The domain reboots, cold or warm.
    SystemReset,
}

/// Understands a function of the standard secure services.
#[inline]
pub(super) fn decode(caller: Caller, function: u32, args: &Args) -> Call {
    let wide = function & smccc::SMC64 != 0;
    let arg = |index: usize| {
        let value = args.get(index).copied().unwrap_or(0);
        if wide { value } else { u64::from(low32(value)) }
    };
    match (function & !smccc::SMC64, wide) {
        (psci::VERSION, false) => answer(psci::VERSION_1_1),
        (psci::FEATURES, false) => Call::Answer(features(caller, low32(args[1]))),
        (psci::MIGRATE_INFO_TYPE, false) => answer(psci::MIGRATION_NOT_REQUIRED),
        (psci::CPU_OFF, false) => Call::Psci(PsciCall::CpuOff),
        (psci::SYSTEM_OFF, false) => Call::Psci(PsciCall::SystemOff),
        (psci::SYSTEM_RESET, false) => Call::Psci(PsciCall::SystemReset),
        (psci::CPU_SUSPEND, _) => Call::Psci(PsciCall::CpuSuspend),
        (psci::CPU_ON, _) => cpu_on(caller, target(function, args), arg(2), arg(3)),
        (psci::AFFINITY_INFO, _) => affinity_info(target(function, args), low32(arg(2))),
        (psci::SYSTEM_RESET2, _) if low32(arg(1)) == psci::SYSTEM_WARM_RESET => {
            Call::Psci(PsciCall::SystemReset)
        }
        (psci::SYSTEM_RESET2, _) => refuse(Return::InvalidParameters),
        _ => Call::Answer(service::standard(function)),
    }
}

/// Understands a function of a PSCI 0.1 node with Xen's numbers.
pub(super) fn decode_0_1(caller: Caller, function: u32, args: &Args) -> Call {
    // The arguments are registers of the caller's width.
    let wide = if caller == Caller::A64 { smccc::SMC64 } else { 0 };
    match function {
        psci::V0_1_CPU_SUSPEND => Call::Psci(PsciCall::CpuSuspend),
        psci::V0_1_CPU_OFF => Call::Psci(PsciCall::CpuOff),
        psci::V0_1_CPU_ON => decode(caller, psci::CPU_ON | wide, args),
        _ => Call::Answer(Answer::NOT_SUPPORTED),
    }
}

/// Answers `PSCI_FEATURES`.
fn features(caller: Caller, function: u32) -> Answer {
    let wide = function & smccc::SMC64 != 0;
    let known = match function & !smccc::SMC64 {
        psci::CPU_SUSPEND | psci::CPU_ON | psci::AFFINITY_INFO | psci::SYSTEM_RESET2 => {
            !wide || caller == Caller::A64
        }
        psci::VERSION
        | psci::CPU_OFF
        | psci::MIGRATE_INFO_TYPE
        | psci::SYSTEM_OFF
        | psci::SYSTEM_RESET
        | psci::FEATURES
        | smccc::VERSION => !wide,
        _ => false,
    };
    // CPU_SUSPEND's flags 0: the original power-state format, no OS-initiated mode. SYSTEM_RESET2's
    // and the others' are 0 too.
    Answer::psci(if known { Return::Success } else { Return::NotSupported })
}

fn cpu_on(caller: Caller, target: Option<Affinity>, entry: u64, context: u64) -> Call {
    let Some(target) = target else {
        return refuse(Return::InvalidParameters);
    };
    match EntryPoint::new(caller, entry) {
        Some(entry) => Call::Psci(PsciCall::CpuOn { target, entry, context }),
        None => refuse(Return::InvalidAddress),
    }
}

/// Only single CPUs are known: a level above 0 need not be (DEN 0022E 5.7.2).
fn affinity_info(target: Option<Affinity>, lowest_level: u32) -> Call {
    match target {
        Some(target) if lowest_level == 0 => Call::Psci(PsciCall::AffinityInfo { target }),
        _ => refuse(Return::InvalidParameters),
    }
}

fn target(function: u32, args: &Args) -> Option<Affinity> {
    if function & smccc::SMC64 != 0 {
        Affinity::from_arg64(args[1])
    } else {
        Affinity::from_arg32(low32(args[1]))
    }
}

const fn answer(number: u32) -> Call {
    Call::Answer(Answer::number(number))
}

const fn refuse(code: Return) -> Call {
    Call::Answer(Answer::psci(code))
}
