//! What the toolstack sets for a domain and reads back: its UUID, its parameters, its clock's offset.
//! Lock rank: SETTINGS.

use crate::machine::sync::{Lock, rank};
use xen_abi::Field;
use xen_abi::domctl::create::{ArchDomainconfig, CDF_HAP, CDF_HVM};
use xen_abi::hvm::HvmParam;

/// What the toolstack sets for a domain.
pub struct Settings(Lock<Values, { rank::SETTINGS }>);

/// The values.
#[derive(Clone, Copy, Debug)]
pub struct Values {
    /// The UUID.
    pub handle: [u8; 16],
    /// Seconds that its wall clock is ahead of dom0's.
    pub clock_offset_s: i64,
    /// Its vCPUs are made, or are being made.
    pub has_vcpus: bool,
    /// A debugger is attached.
    pub debugged: bool,
    /// Bytes that its stage-2 tables may take; what the toolstack said, rounded to pages.
    pub paging_pool_bytes: u64,
    /// Arm's part of its configuration, as it was chosen.
    pub arch: ArchDomainconfig,
    /// Flags of its creation.
    pub flags: u32,
    /// The parameters that are the toolstack's to set.
    params: [u64; PARAMS.len()],
}

/// The parameters that are the toolstack's to set.
const PARAMS: [HvmParam; 6] = [
    HvmParam::CallbackIrq,
    HvmParam::StorePfn,
    HvmParam::StoreEvtchn,
    HvmParam::ConsolePfn,
    HvmParam::ConsoleEvtchn,
    HvmParam::MonitorRingPfn,
];

impl Values {
    /// All zero: a domain that is made without a toolstack.
    pub const NONE: Self = Self {
        handle: [0; 16],
        clock_offset_s: 0,
        has_vcpus: false,
        debugged: false,
        paging_pool_bytes: 0,
        arch: ArchDomainconfig::ZERO,
        flags: CDF_HVM | CDF_HAP,
        params: [0; PARAMS.len()],
    };

    /// Returns a parameter; `None` for one that is not set.
    pub fn param(&self, param: HvmParam) -> Option<u64> {
        let index = PARAMS.iter().position(|own| *own == param)?;
        self.params.get(index).copied()
    }

    /// Sets a parameter; false for one that is not set.
    pub fn set_param(&mut self, param: HvmParam, value: u64) -> bool {
        let Some(index) = PARAMS.iter().position(|own| *own == param) else { return false };
        self.params.get_mut(index).map(|slot| *slot = value).is_some()
    }
}

impl Settings {
    /// Makes the settings of a domain that is created with `values`.
    pub const fn new(values: Values) -> Self {
        Self(Lock::new(values))
    }

    /// Runs `f` on the values, locked.
    pub fn with<R>(&self, f: impl FnOnce(&mut Values) -> R) -> R {
        f(&mut self.0.lock())
    }
}
