//! How a CPU is started: PSCI where the tree has it, else what the CPU's node or the platform says.

use crate::{Platform, Smp};
use core::fmt;
use devicetree::query::{Cpu, EnableMethod, Psci, PsciMethod, PsciVersion};
use types::PhysAddr;

/// PSCI 0.2 CPU_ON, SMC32 and SMC64 calling convention (Arm DEN 0022, 5.1.4).
const CPU_ON_32: u32 = 0x8400_0003;
const CPU_ON_64: u32 = 0xc400_0003;

/// The way to start a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BringUp {
    /// SMC with this function id, the CPU's affinity, the entry address and a context.
    Psci(u32),
    /// A 64-bit store of the entry address to this address, cleaned to memory, and SEV.
    SpinTable(PhysAddr),
    /// [`Platform::cpu_on`].
    Platform,
}

/// Why a CPU cannot be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoBringUp {
    /// Its `status` is `fail`.
    Failed,
    /// PSCI without a CPU_ON that can be called from EL2 by SMC.
    UnusablePsci,
    /// Spin-table without `cpu-release-addr`.
    NoReleaseAddress,
    /// Neither the node nor a platform module knows how.
    UnknownMethod,
}

impl fmt::Display for NoBringUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failed => "the device tree marks it as failed",
            Self::UnusablePsci => "firmware's PSCI has no CPU_ON to be called by SMC",
            Self::NoReleaseAddress => "spin-table without cpu-release-addr",
            Self::UnknownMethod => "unknown enable-method",
        })
    }
}

/// Decides how to start a CPU.
///
/// # Errors
/// [`NoBringUp`]: the machine boots without this CPU.
pub fn bring_up(
    cpu: &Cpu<'_>,
    psci: Option<&Psci<'_>>,
    platform: &dyn Platform,
) -> Result<BringUp, NoBringUp> {
    if !cpu.available {
        return Err(NoBringUp::Failed);
    }
    if let (EnableMethod::SpinTable(release), false) = (cpu.enable, platform.smp() == Smp::Custom) {
        let release = release.ok_or(NoBringUp::NoReleaseAddress)?;
        return Ok(BringUp::SpinTable(PhysAddr::new(release)));
    }
    match (psci.map(cpu_on_function), platform.smp()) {
        (Some(Some(function)), _) => Ok(BringUp::Psci(function)),
        (_, Smp::Custom) => Ok(BringUp::Platform),
        (Some(None), _) => Err(NoBringUp::UnusablePsci),
        (None, _) => Err(NoBringUp::UnknownMethod),
    }
}

/// The id of CPU_ON; from 0.2 on the standard one of the word size, before that the tree's.
fn cpu_on_function(psci: &Psci<'_>) -> Option<u32> {
    match (psci.method, psci.version) {
        (PsciMethod::Hvc, _) => None,
        (PsciMethod::Smc, PsciVersion::V0_1) => psci.cpu_on,
        (PsciMethod::Smc, _) if usize::BITS == 64 => Some(CPU_ON_64),
        (PsciMethod::Smc, _) => Some(CPU_ON_32),
    }
}
