//! The Power State Coordination Interface: function identifiers, return codes, states.
//!
//! Arm DEN 0022E (PSCI 1.1/1.2), section 5.1. An identifier's 64-bit form is the 32-bit one with
//! [`crate::smccc::SMC64`].

/// `PSCI_VERSION`.
pub const VERSION: u32 = 0x8400_0000;
/// `CPU_SUSPEND`, 32 bits.
pub const CPU_SUSPEND: u32 = 0x8400_0001;
/// `CPU_OFF`.
pub const CPU_OFF: u32 = 0x8400_0002;
/// `CPU_ON`, 32 bits.
pub const CPU_ON: u32 = 0x8400_0003;
/// `AFFINITY_INFO`, 32 bits.
pub const AFFINITY_INFO: u32 = 0x8400_0004;
/// `MIGRATE`, 32 bits.
pub const MIGRATE: u32 = 0x8400_0005;
/// `MIGRATE_INFO_TYPE`.
pub const MIGRATE_INFO_TYPE: u32 = 0x8400_0006;
/// `SYSTEM_OFF`.
pub const SYSTEM_OFF: u32 = 0x8400_0008;
/// `SYSTEM_RESET`.
pub const SYSTEM_RESET: u32 = 0x8400_0009;
/// `PSCI_FEATURES`.
pub const FEATURES: u32 = 0x8400_000a;
/// `SYSTEM_RESET2`, 32 bits.
pub const SYSTEM_RESET2: u32 = 0x8400_0012;

/// `cpu_suspend` of a PSCI 0.1 node that follows Xen's numbers (`xen/include/public/arch-arm.h`).
pub const V0_1_CPU_SUSPEND: u32 = 0;
/// `cpu_off` of a PSCI 0.1 node that follows Xen's numbers.
pub const V0_1_CPU_OFF: u32 = 1;
/// `cpu_on` of a PSCI 0.1 node that follows Xen's numbers.
pub const V0_1_CPU_ON: u32 = 2;

/// Version 1.1, as `PSCI_VERSION` returns it: major in the upper, minor in the lower half.
pub const VERSION_1_1: u32 = 1 << 16 | 1;
/// Version 0.2.
pub const VERSION_0_2: u32 = 2;

/// `MIGRATE_INFO_TYPE`: no trusted OS that would have to migrate.
pub const MIGRATION_NOT_REQUIRED: u32 = 2;
/// `SYSTEM_RESET2`: architectural warm reset.
pub const SYSTEM_WARM_RESET: u32 = 0;

/// How a PSCI call ended (DEN 0022E 5.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Return {
    /// Done.
    Success = 0,
    /// The function is not implemented.
    NotSupported = -1,
    /// An argument is wrong.
    InvalidParameters = -2,
    /// Refused.
    Denied = -3,
    /// The CPU is on.
    AlreadyOn = -4,
    /// The CPU is being turned on.
    OnPending = -5,
    /// Failed in the implementation.
    InternalFailure = -6,
    /// There is no trusted OS here.
    NotPresent = -7,
    /// The CPU is disabled.
    Disabled = -8,
    /// The entry address is wrong.
    InvalidAddress = -9,
}

impl Return {
    /// Returns the number.
    #[inline]
    pub const fn raw(self) -> i32 {
        self as i32
    }

    /// Returns the code with a number, or `None` where there is none.
    pub const fn from_raw(raw: i32) -> Option<Self> {
        Some(match raw {
            0 => Self::Success,
            -1 => Self::NotSupported,
            -2 => Self::InvalidParameters,
            -3 => Self::Denied,
            -4 => Self::AlreadyOn,
            -5 => Self::OnPending,
            -6 => Self::InternalFailure,
            -7 => Self::NotPresent,
            -8 => Self::Disabled,
            -9 => Self::InvalidAddress,
            _ => return None,
        })
    }
}

/// What `AFFINITY_INFO` returns for a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum AffinityState {
    /// It runs.
    On = 0,
    /// It is off.
    Off = 1,
    /// It has been told to start and has not yet.
    OnPending = 2,
}
