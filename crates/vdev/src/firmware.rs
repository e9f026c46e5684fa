//! What a guest asks of firmware, by `hvc #0` or `smc #0`.
//!
//! [`decode`] turns registers into a [`Call`]. PSCI is version 1.1 (Arm DEN 0022E) plus the numbers
//! of a PSCI 0.1 node as Xen's guests know them, SMCCC version 1.1 (DEN 0028E); Xen answers as a
//! vendor-specific hypervisor service (`xen/include/public/arch-arm/smccc.h`). A call that is not
//! known is answered NOT_SUPPORTED and goes nowhere.

mod affinity;
mod answer;
mod entry;
mod psci;
mod service;

#[cfg(test)]
mod tests;

pub use affinity::Affinity;
pub use answer::Answer;
pub use entry::EntryPoint;
pub use psci::PsciCall;
pub use service::{Mitigation, Mitigations};

use arm_spec::smccc;

/// The execution state a call was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// AArch64: 32- and 64-bit functions.
    A64,
    /// AArch32: 32-bit functions only.
    A32,
}

/// What a guest asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Nothing but this answer.
    Answer(Answer),
    /// A power operation, for the kernel to perform and to answer with [`Answer::psci`].
    Psci(PsciCall),
    /// `SMCCC_ARCH_WORKAROUND_1`: the branch predictor is to be invalidated. No answer.
    ArchWorkaround1,
    /// `SMCCC_ARCH_WORKAROUND_2`: the mitigation is to be on or off. No answer.
    ArchWorkaround2(SpeculativeStoreBypass),
    /// `SMCCC_ARCH_WORKAROUND_3`: the branch history is to be cleared. No answer.
    ArchWorkaround3,
}

/// What `SMCCC_ARCH_WORKAROUND_2` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeculativeStoreBypass {
    /// Mitigated.
    Mitigated,
    /// Not mitigated.
    Allowed,
}

/// Registers that a call known here has arguments in, its function's number with them.
pub const ARGUMENTS: usize = 4;

/// What a call finds in x0-x3 or r0-r3.
pub type Args = [u64; ARGUMENTS];

/// Understands a call; `mitigations` is what the host offers.
#[inline]
pub fn decode(caller: Caller, args: &Args, mitigations: Mitigations) -> Call {
    let function = low32(args[0]);
    if function & smccc::FAST == 0 {
        return psci::decode_0_1(caller, function, args);
    }
    if caller == Caller::A32 && function & smccc::SMC64 != 0 {
        return Call::Answer(Answer::NOT_SUPPORTED);
    }
    match function >> smccc::OWNER_SHIFT & smccc::OWNER_MASK {
        smccc::OWNER_ARCH => service::arch(function, args, mitigations),
        smccc::OWNER_STANDARD => psci::decode(caller, function, args),
        smccc::OWNER_VENDOR_HYPERVISOR => Call::Answer(service::hypervisor(function)),
        _ => Call::Answer(Answer::NOT_SUPPORTED),
    }
}

/// Returns the lower half of a register.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
const fn low32(register: u64) -> u32 {
    register as u32
}
