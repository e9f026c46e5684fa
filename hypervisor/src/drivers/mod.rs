//! Drivers of the host's own hardware.

pub mod gic;
pub mod smmu;
pub mod timer;
pub mod uart;
