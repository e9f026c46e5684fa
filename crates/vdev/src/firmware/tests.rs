//! Calls as guests make them.

use super::*;
use arm_spec::psci::{AffinityState, Return};
use types::Ipa;

const OFFERED: Mitigations = Mitigations {
    workaround_1: Mitigation::Offered,
    workaround_2: Mitigation::Offered,
    workaround_3: Mitigation::NotRequired,
};

fn call(caller: Caller, args: &[u64]) -> Call {
    let mut all = [0; ARGUMENTS];
    all[..args.len()].copy_from_slice(args);
    decode(caller, &all, OFFERED)
}

fn answer(caller: Caller, args: &[u64]) -> u64 {
    match call(caller, args) {
        Call::Answer(answer) => answer.registers()[0],
        other => panic!("{other:?}"),
    }
}

const NOT_SUPPORTED: u64 = u64::MAX;

#[test]
fn linux_probes_what_it_needs() {
    for caller in [Caller::A64, Caller::A32] {
        assert_eq!(answer(caller, &[0x8400_0000]), 0x1_0001, "PSCI_VERSION");
        assert_eq!(answer(caller, &[0x8400_0006]), 2, "MIGRATE_INFO_TYPE");
        assert_eq!(answer(caller, &[0x8400_000a, 0x8000_0000]), 0, "SMCCC_VERSION is a feature");
        assert_eq!(answer(caller, &[0x8000_0000]), 0x1_0001, "SMCCC_VERSION");
        assert_eq!(answer(caller, &[0x8400_000a, 0x8400_0001]), 0, "CPU_SUSPEND");
        assert_eq!(answer(caller, &[0x8400_000a, 0x8400_000e]), NOT_SUPPORTED, "SYSTEM_SUSPEND");
    }
    assert_eq!(answer(Caller::A64, &[0x8400_000a, 0xc400_0012]), 0, "SYSTEM_RESET2");
    assert_eq!(answer(Caller::A32, &[0x8400_000a, 0xc400_0012]), NOT_SUPPORTED);
    assert_eq!(answer(Caller::A64, &[0x8400_000a, 0xc400_0000]), NOT_SUPPORTED, "VERSION has one width");
}

#[test]
fn every_feature_announced_is_there_and_no_other() {
    for caller in [Caller::A64, Caller::A32] {
        for function in (0x8400_0000..0x8400_0040u64).chain(0xc400_0000..0xc400_0040) {
            let announced = answer(caller, &[0x8400_000a, function]) == 0;
            // An aligned entry point, CPU 0 and a warm reset fit every function.
            let there =
                call(caller, &[function]) != Call::Answer(Answer::NOT_SUPPORTED) || function == 0x8400_000a;
            assert_eq!(announced, there, "{function:#x}");
        }
    }
}

#[test]
fn cpu_on_in_both_widths() {
    let on = call(Caller::A64, &[0xc400_0003, 0x1_0000_0102, 0x8000_0000_0000, u64::MAX]);
    let Call::Psci(PsciCall::CpuOn { target, entry, context }) = on else { panic!("{on:?}") };
    assert_eq!((target.packed(), target.mpidr()), (0x0100_0102, 0x1_0000_0102));
    assert_eq!(entry, EntryPoint::A64(Ipa::new(0x8000_0000_0000)));
    assert_eq!(context, u64::MAX);

    let on = call(Caller::A32, &[0x8400_0003, 0xffff_ffff_0000_0001, 0x4000_8001, 7]);
    let Call::Psci(PsciCall::CpuOn { target, entry, context }) = on else { panic!("{on:?}") };
    assert_eq!((target.packed(), entry, context), (1, EntryPoint::T32(Ipa::new(0x4000_8000)), 7));
    assert_eq!(entry.address(), Ipa::new(0x4000_8000));
    assert_eq!(EntryPoint::new(Caller::A32, 0x4000_8003), Some(EntryPoint::T32(Ipa::new(0x4000_8002))));

    let garbage = 0xdead_beef_0000_0000u64;
    let on = call(Caller::A64, &[0x8400_0003, garbage | 1, garbage | 0x4000_0000, garbage | 5]);
    let Call::Psci(PsciCall::CpuOn { target, entry, context }) = on else { panic!("{on:?}") };
    assert_eq!((target.packed(), entry.address(), context), (1, Ipa::new(0x4000_0000), 5));
}

#[test]
fn cpu_on_refuses_bad_arguments() {
    let invalid = Answer::psci(Return::InvalidParameters).registers()[0];
    let address = Answer::psci(Return::InvalidAddress).registers()[0];
    assert_eq!(answer(Caller::A64, &[0xc400_0003, 1 << 31, 0]), invalid);
    assert_eq!(answer(Caller::A64, &[0xc400_0003, 1 << 40, 0]), invalid);
    assert_eq!(answer(Caller::A64, &[0x8400_0003, 1 << 24, 0]), invalid);
    assert_eq!(answer(Caller::A64, &[0xc400_0003, 1, 0x4000_0002]), address);
    assert_eq!(answer(Caller::A32, &[0x8400_0003, 1, 0x4000_0002]), address);
    assert_eq!(answer(Caller::A32, &[0xc400_0003, 1, 0x4000_0000]), NOT_SUPPORTED);
}

#[test]
fn psci_0_1_has_xens_numbers() {
    assert_eq!(call(Caller::A32, &[0]), Call::Psci(PsciCall::CpuSuspend));
    assert_eq!(call(Caller::A32, &[1]), Call::Psci(PsciCall::CpuOff));
    let on = call(Caller::A64, &[2, 1, 0x1_0000_0000, 3]);
    assert!(matches!(on, Call::Psci(PsciCall::CpuOn { context: 3, .. })));
    assert_eq!(answer(Caller::A32, &[3]), NOT_SUPPORTED);
}

#[test]
fn the_system_stops_and_starts() {
    assert_eq!(call(Caller::A32, &[0x8400_0008]), Call::Psci(PsciCall::SystemOff));
    assert_eq!(call(Caller::A32, &[0x8400_0009]), Call::Psci(PsciCall::SystemReset));
    assert_eq!(call(Caller::A64, &[0xc400_0012, 0, 9]), Call::Psci(PsciCall::SystemReset));
    assert_eq!(
        answer(Caller::A64, &[0xc400_0012, 1 << 31]),
        Answer::psci(Return::InvalidParameters).registers()[0]
    );
}

#[test]
fn affinity_info_knows_single_cpus() {
    let info = call(Caller::A64, &[0xc400_0004, 3, 0]);
    assert!(matches!(info, Call::Psci(PsciCall::AffinityInfo { target }) if target.packed() == 3));
    assert_eq!(
        answer(Caller::A64, &[0xc400_0004, 3, 1]),
        Answer::psci(Return::InvalidParameters).registers()[0]
    );
    assert_eq!(Answer::affinity(AffinityState::OnPending).registers(), [2, 0, 0, 0]);
}

#[test]
fn xen_identifies_itself() {
    let Call::Answer(uid) = call(Caller::A64, &[0x8600_ff01]) else { panic!() };
    assert_eq!(uid.registers(), [0xdc12_18a7, 0x6943_98c6, 0xd179_cf9a, 0x67e6_de8d]);
    assert_eq!(answer(Caller::A32, &[0x8600_ff00]), 3);
    let Call::Answer(revision) = call(Caller::A64, &[0x8600_ff03]) else { panic!() };
    assert_eq!(revision.registers(), [0, 1, 0, 0]);
    assert_eq!(answer(Caller::A64, &[0x8400_ff00]), 17);
    assert_eq!(answer(Caller::A64, &[0xc600_ff00]), NOT_SUPPORTED);
    assert_eq!(answer(Caller::A64, &[0x8600_0000]), NOT_SUPPORTED);
}

#[test]
fn workarounds_are_answered_as_offered() {
    assert_eq!(answer(Caller::A64, &[0x8000_0001, 0x8000_8000]), 0);
    assert_eq!(answer(Caller::A64, &[0x8000_0001, 0x8000_3fff]), 1);
    assert_eq!(answer(Caller::A64, &[0x8000_0001, 0x8000_0002]), NOT_SUPPORTED, "no SOC_ID");
    assert_eq!(call(Caller::A64, &[0x8000_8000]), Call::ArchWorkaround1);
    let on = Call::ArchWorkaround2(SpeculativeStoreBypass::Mitigated);
    assert_eq!(call(Caller::A64, &[0x8000_7fff, 1]), on);
    assert_eq!(answer(Caller::A64, &[0x8000_3fff]), NOT_SUPPORTED, "not offered");
    let none = decode(Caller::A64, &[0x8000_8000, 0, 0, 0], Mitigations::default());
    assert_eq!(none, Call::Answer(Answer::NOT_SUPPORTED));
}

#[test]
fn no_function_identifier_is_unanswered() {
    let mut seed = 0x1234_5678_9abc_def1u64;
    for _ in 0..200_000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let owner =
            [0x8000_0000, 0xc000_0000, 0x8400_0000, 0xc400_0000, 0x8600_0000, seed][(seed % 6) as usize];
        let args = [owner | seed >> 48, seed, seed >> 9, seed << 3];
        let _ = decode(if seed & 64 == 0 { Caller::A32 } else { Caller::A64 }, &args, OFFERED);
    }
}
