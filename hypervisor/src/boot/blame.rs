//! Whom to name when touching something faults whose address the boot loader or the tree gave.
//!
//! Before the tree is read nobody knows what is RAM, and no register proves that a device is where the
//! tree says. So the attempt is announced with [`during`]; if EL2 faults then, the fault's report asks
//! [`tell`] first, which ends boot with the address and its source instead of a register dump.

use super::fatal;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use types::PhysAddr;

/// What is being touched for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Culprit {
    /// The device tree.
    Tree,
    /// The interrupt controller.
    Gic,
    /// The console.
    Uart,
    /// Another device that EL2 looks at.
    Device,
}

/// The culprit's number, 0 for none.
static KIND: AtomicU32 = AtomicU32::new(0);
static ADDRESS: AtomicU64 = AtomicU64::new(0);

/// Runs `touch`, for whose faults what is at `address` is to blame. Boot does this on one CPU only.
pub fn during<R>(culprit: Culprit, address: PhysAddr, touch: impl FnOnce() -> R) -> R {
    ADDRESS.store(address.raw(), Ordering::Relaxed);
    let kind = match culprit {
        Culprit::Tree => 1,
        Culprit::Gic => 2,
        Culprit::Uart => 3,
        Culprit::Device => 4,
    };
    KIND.store(kind, Ordering::Relaxed);
    let result = touch();
    KIND.store(0, Ordering::Relaxed);
    result
}

/// Ends boot if the fault that is being reported is somebody's; else returns.
pub fn tell() {
    let address = PhysAddr::new(ADDRESS.load(Ordering::Relaxed));
    // A fault on the way out is another matter: it is blamed on nobody.
    match KIND.swap(0, Ordering::Relaxed) {
        1 => fatal(format_args!(
            "Device tree at {address}: reading it faults. Pass the address of a device tree in RAM in x0 (arm64) \
             or r2 (arm32)."
        )),
        2 => {
            fatal(format_args!("GIC at {address}: its registers fault. Correct its reg in the device tree."))
        }
        3 => fatal(format_args!(
            "Console at {address}: its registers fault. Correct dtuart= or the device tree."
        )),
        4 => fatal(format_args!(
            "Device at {address}: its registers fault. Correct its reg in the device tree, or disable it there."
        )),
        _ => {}
    }
}
