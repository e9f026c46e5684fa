//! The services' descriptions of themselves, and the architecture's calls.

use super::{Answer, Args, Call, SpeculativeStoreBypass, low32};
use arm_spec::smccc::{self, query};

/// What a guest is told of a workaround that firmware offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mitigation {
    /// It is not offered, though a CPU may need it.
    #[default]
    Unavailable,
    /// It is offered, and needed.
    Offered,
    /// No CPU needs it.
    NotRequired,
}

/// What a guest is told of the workarounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mitigations {
    /// `SMCCC_ARCH_WORKAROUND_1`.
    pub workaround_1: Mitigation,
    /// `SMCCC_ARCH_WORKAROUND_2`.
    pub workaround_2: Mitigation,
    /// `SMCCC_ARCH_WORKAROUND_3`.
    pub workaround_3: Mitigation,
}

/// Functions of the standard secure service: PSCI's ten, four of them in two widths, and the queries.
const STANDARD_CALLS: u32 = 10 + 4 + 3;
/// Functions of the hypervisor service: the three queries.
const HYPERVISOR_CALLS: u32 = 3;

/// Answers a query about the standard secure service.
pub(super) fn standard(function: u32) -> Answer {
    let revision = [xen_abi::smccc::STANDARD_MAJOR_REVISION, xen_abi::smccc::STANDARD_MINOR_REVISION];
    describe(smccc::OWNER_STANDARD, function, STANDARD_CALLS, xen_abi::smccc::STANDARD_UID, revision)
}

/// Answers a query about Xen's service.
pub(super) fn hypervisor(function: u32) -> Answer {
    let revision = [xen_abi::smccc::MAJOR_REVISION, xen_abi::smccc::MINOR_REVISION];
    describe(smccc::OWNER_VENDOR_HYPERVISOR, function, HYPERVISOR_CALLS, xen_abi::smccc::UID, revision)
}

/// Answers an architecture call.
pub(super) fn arch(function: u32, args: &Args, mitigations: Mitigations) -> Call {
    match function {
        smccc::VERSION => Call::Answer(Answer::number(smccc::VERSION_1_1)),
        smccc::ARCH_FEATURES => Call::Answer(arch_features(low32(args[1]), mitigations)),
        smccc::ARCH_WORKAROUND_1 if mitigations.workaround_1 == Mitigation::Offered => Call::ArchWorkaround1,
        smccc::ARCH_WORKAROUND_2 if mitigations.workaround_2 == Mitigation::Offered => {
            Call::ArchWorkaround2(match low32(args[1]) {
                0 => SpeculativeStoreBypass::Allowed,
                _ => SpeculativeStoreBypass::Mitigated,
            })
        }
        smccc::ARCH_WORKAROUND_3 if mitigations.workaround_3 == Mitigation::Offered => Call::ArchWorkaround3,
        _ => Call::Answer(Answer::NOT_SUPPORTED),
    }
}

/// Answers `SMCCC_ARCH_FEATURES` (DEN 0028E 7.3).
fn arch_features(function: u32, mitigations: Mitigations) -> Answer {
    let mitigation = match function {
        smccc::VERSION | smccc::ARCH_FEATURES => return Answer::number(0),
        smccc::ARCH_WORKAROUND_1 => mitigations.workaround_1,
        smccc::ARCH_WORKAROUND_2 => mitigations.workaround_2,
        smccc::ARCH_WORKAROUND_3 => mitigations.workaround_3,
        _ => Mitigation::Unavailable,
    };
    match mitigation {
        Mitigation::Unavailable => Answer::NOT_SUPPORTED,
        Mitigation::Offered => Answer::number(0),
        Mitigation::NotRequired => Answer::code(smccc::NOT_REQUIRED),
    }
}

/// Answers a service's general queries (DEN 0028E 6.2).
fn describe(owner: u32, function: u32, calls: u32, uid: [u8; 16], revision: [u32; 2]) -> Answer {
    let [major, minor] = revision;
    let ask = |number| query(owner, number);
    if function == ask(smccc::CALL_COUNT) {
        Answer::number(calls)
    } else if function == ask(smccc::CALL_UID) {
        Answer::uid(uid)
    } else if function == ask(smccc::CALL_REVISION) {
        Answer::revision(major, minor)
    } else {
        Answer::NOT_SUPPORTED
    }
}
