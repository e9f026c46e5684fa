//! TLB maintenance: noted.

use super::state::{self, Event};
use types::VirtAddr;

/// Forgets EL2's translation of one page.
pub fn flush_el2_page(_va: VirtAddr) {}

/// Forgets all of EL2's translations.
pub fn flush_el2_all() {}

/// Forgets all of the current VMID's translations of both stages.
pub fn flush_vmid() {
    // The CPU is not borrowed meanwhile: what a test does may look at it.
    if let Some(mut look) = state::with(|cpu| cpu.on_flush.take()) {
        look();
        state::with(|cpu| cpu.on_flush = Some(look));
    }
    state::note(Event::FlushVmid(super::sysreg::vttbr()));
}

/// Forgets the current VMID's stage-1 translations on this CPU.
pub fn flush_vmid_stage1_local() {
    state::note(Event::FlushVmidLocal(super::sysreg::vttbr()));
}

/// Forgets every guest's translations.
pub fn flush_all_guests() {
    state::note(Event::FlushAllGuests);
}
