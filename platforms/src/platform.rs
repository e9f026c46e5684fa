//! What a board may do differently.

use crate::Port;
use core::fmt;
use types::{CpuId, DomId, PhysAddr, PhysRange};

/// How the CPUs of a machine are started where its tree has no PSCI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smp {
    /// By each CPU's `enable-method`.
    DeviceTree,
    /// By [`Platform::cpu_on`].
    Custom,
}

/// Deviations of hardware that the kernel must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// The second page of the GICv2's CPU interfaces is 64 KiB above the first, in pages that alias
    /// each other.
    Gic64kStride,
}

/// What becomes of a guest's call to firmware that the hypervisor does not serve itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmcVerdict {
    /// Answered with NOT_SUPPORTED.
    NotSupported,
    /// Passed on with x0 to x7.
    Forward,
    /// Answered with this result in x0.
    Answer(u64),
}

/// Why a platform's sequence failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlatformError {
    /// The platform has no such operation.
    Unsupported,
    /// The entry address does not fit in the board's register.
    EntryTooHigh,
    /// The hardware reported an error.
    Failed,
    /// The hardware did not answer in time.
    TimedOut,
}

impl fmt::Display for PlatformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsupported => "the platform has no such operation",
            Self::EntryTooHigh => "the entry address is beyond the board's 32-bit register",
            Self::Failed => "the board reported an error",
            Self::TimedOut => "the board did not answer",
        })
    }
}

/// A board family. Every method has the generic machine's behaviour as its default.
pub trait Platform: Sync {
    /// Returns the name for the boot log.
    fn name(&self) -> &'static str;

    /// Returns the root `compatible` strings of the boards.
    fn compatible(&self) -> &'static [&'static str];

    /// Tells how CPUs are started where there is no PSCI, which comes first where there is.
    fn smp(&self) -> Smp {
        Smp::DeviceTree
    }

    /// Starts a CPU at `entry`, with its MMU off.
    ///
    /// # Errors
    /// [`PlatformError`].
    fn cpu_on(&self, _port: &mut dyn Port, _cpu: CpuId, _entry: PhysAddr) -> Result<(), PlatformError> {
        Err(PlatformError::Unsupported)
    }

    /// Returns what the kernel must know of the hardware.
    fn quirks(&self) -> &'static [Quirk] {
        &[]
    }

    /// Returns the number of address bits that the most limited device can use for DMA.
    fn dma_bits(&self) -> u32 {
        32
    }

    /// Returns the `compatible` strings of devices that domain 0 must not have.
    fn hidden_devices(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns registers that domain 0 needs but the tree does not show, to be mapped 1:1.
    fn dom0_extra_maps(&self) -> &'static [PhysRange] {
        &[]
    }

    /// Resets the machine where PSCI cannot. A return means that it did not work.
    fn reset(&self, _port: &mut dyn Port) {}

    /// Switches the machine off where PSCI cannot. A return means that it did not work.
    fn power_off(&self, _port: &mut dyn Port) {}

    /// Decides about a call to firmware, by its function and first arguments.
    fn smc(&self, _caller: DomId, _function: u32, _arguments: [u64; 4]) -> SmcVerdict {
        SmcVerdict::NotSupported
    }
}
