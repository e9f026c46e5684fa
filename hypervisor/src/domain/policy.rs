//! Who may share with whom: Xen's SILO, which keeps guests from each other, unless the command line says
//! `xsm=dummy`.

use super::Domain;
use core::sync::atomic::{AtomicBool, Ordering};

/// Guests may share with each other.
static OPEN: AtomicBool = AtomicBool::new(false);

/// Lets guests share with each other from now on.
pub fn open() {
    OPEN.store(true, Ordering::Relaxed);
}

/// Tells whether two domains may have grants and event channels in common: one of them is dom0, or they are
/// the same, or all may.
pub fn may_share(a: &Domain, b: &Domain) -> bool {
    a.is_hardware() || b.is_hardware() || a.id == b.id || OPEN.load(Ordering::Relaxed)
}
