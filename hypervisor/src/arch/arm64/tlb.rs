//! TLB maintenance (Arm ARM DDI 0487J D8.13).

use super::errata::{self, Erratum};
use core::arch::asm;
use types::VirtAddr;

/// Does a flush, twice where the first may return early.
#[inline]
fn flush(f: impl Fn()) {
    f();
    if errata::is_active(Erratum::EarlyTlbi) {
        f();
    }
}

/// Forgets EL2's translation of one page, on all CPUs.
pub fn flush_el2_page(va: VirtAddr) {
    // SAFETY: a TLB holds copies only; what is invalidated is walked again.
    flush(|| unsafe {
        asm!("dsb ishst", "tlbi vae2is, {}", "dsb ish", "isb",
             in(reg) va.raw() >> 12, options(nostack, preserves_flags))
    });
}

/// Forgets all of EL2's translations, on all CPUs.
pub fn flush_el2_all() {
    // SAFETY: as above.
    flush(|| unsafe {
        asm!("dsb ishst", "tlbi alle2is", "dsb ish", "isb", options(nostack, preserves_flags))
    });
}

/// Forgets all of the current VMID's translations of both stages, on all CPUs.
pub fn flush_vmid() {
    // SAFETY: as above.
    flush(|| unsafe {
        asm!("dsb ishst", "tlbi vmalls12e1is", "dsb ish", "isb", options(nostack, preserves_flags))
    });
}

/// Forgets the current VMID's stage-1 translations on this CPU: another vCPU of the domain ran here.
pub fn flush_vmid_stage1_local() {
    // SAFETY: as above.
    flush(|| unsafe { asm!("tlbi vmalle1", "dsb nsh", "isb", options(nostack, preserves_flags)) });
}

/// Forgets every guest's translations, on all CPUs.
pub fn flush_all_guests() {
    // SAFETY: as above.
    flush(|| unsafe {
        asm!(
            "dsb ishst",
            "tlbi alle1is",
            "dsb ish",
            "ic ialluis",
            "dsb ish",
            "isb",
            options(nostack, preserves_flags)
        )
    });
}
