//! TLB maintenance (Arm ARM DDI 0406C B3.10.5; with the multiprocessing extensions).
//!
//! ARMv7 has no operation by IPA: what a guest's stage 2 loses is forgotten with its whole VMID.

use super::cp15::word;
use super::cpu;
use core::arch::asm;
use types::VirtAddr;

/// Makes table writes visible to the walkers of all CPUs.
#[inline]
fn dsb_ishst() {
    // SAFETY: a barrier.
    unsafe { asm!("dsb ishst", options(nostack, preserves_flags)) }
}

#[inline]
fn finish() {
    cpu::dsb_ish();
    cpu::isb();
}

/// Forgets Hyp mode's translation of one page, on all CPUs (TLBIMVAHIS).
pub fn flush_el2_page(va: VirtAddr) {
    dsb_ishst();
    write!(tlbimvahis, word(va.raw()) & !0xfff);
    finish();
}

/// Forgets Hyp mode's translation of one page, on this CPU (TLBIMVAH). The page is not accessed before the
/// caller's context synchronisation.
#[inline]
pub(super) fn flush_el2_page_local(va: VirtAddr) {
    cpu::dsb_nsh();
    write!(tlbimvah, word(va.raw()) & !0xfff);
    cpu::dsb_nsh();
}

/// Forgets all of Hyp mode's translations, on all CPUs (TLBIALLHIS).
pub fn flush_el2_all() {
    dsb_ishst();
    write!(tlbiallhis, 0);
    finish();
}

/// Forgets all of the current VMID's translations of both stages, on all CPUs (TLBIALLIS from Hyp mode).
pub fn flush_vmid() {
    dsb_ishst();
    write!(tlbiallis, 0);
    finish();
}

/// Forgets the current VMID's translations on this CPU: another vCPU of the domain ran here (TLBIALL).
pub fn flush_vmid_stage1_local() {
    write!(tlbiall, 0);
    cpu::dsb_nsh();
    cpu::isb();
}

/// Forgets every guest's translations, on all CPUs (TLBIALLNSNHIS).
pub fn flush_all_guests() {
    dsb_ishst();
    write!(tlbiallnsnhis, 0);
    cpu::dsb_ish();
    write!(icialluis, 0);
    write!(bpiallis, 0);
    finish();
}
