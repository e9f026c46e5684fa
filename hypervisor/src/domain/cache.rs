//! Set/way cache maintenance by guests, made true by address.
//!
//! A set/way operation reaches one cache of one CPU, which says nothing about a guest that moves
//! between CPUs and shares them (Arm ARM DDI 0487J D7.5.9: not for coherency). Guests use them in one
//! way: in a loop over a whole cache, as a cache is turned on or off. So the first operation cleans and
//! invalidates all memory of the domain, and from then on EL2 watches for the caches being turned on or
//! off ([`vm_control`]), which cleans it again: what is written between a loop and the end of the caches
//! is in memory too. With the caches on again, the watch ends.
//!
//! A 32-bit kernel's other CPUs invalidate their caches by set/way each time they are started, as after a reset,
//! before they ever turn them on. Nothing of theirs can be in a cache then: such a vCPU is watched from its start
//! ([`expect_start`]), and neither that loop nor the first use of the caches cleans anything.

use super::Vcpu;
use crate::arch::vm_control::{self, Watch};
use crate::machine::frame_window;
use crate::trap::Cx;
use arm_spec::Width;
use pagetable::{PageType, Span};
use types::{Ipa, PhysRange};

/// Bytes that are cleaned in one stay in EL2: a few thousand lines.
const STEP_BYTES: u64 = 256 << 10;

/// How far a vCPU is that cleans its domain's memory.
#[derive(Debug, Default)]
pub struct Progress {
    /// The instruction that it does so for, and where it goes on.
    at: Option<(u64, Ipa)>,
    /// It has been watched since its start, and its caches have been off.
    is_fresh: bool,
}

impl Progress {
    /// Returns where the instruction at `pc` goes on, or begins.
    fn next(&self, pc: u64) -> Ipa {
        self.at.filter(|(begun, _)| *begun == pc).map_or(Ipa::new(0), |(_, next)| next)
    }
}

/// What becomes of the trapped instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Maintenance {
    /// It has had its effect.
    Done,
    /// The guest executes it again: memory is cleaned step by step.
    Again,
}

/// Prepares for the start of a vCPU by another one.
pub fn expect_start(vcpu: &Vcpu) {
    if vcpu.domain.width() == Width::A32 {
        vcpu.state.with(|state| state.system.watch_vm_control());
        vcpu.cleaning.with(|progress| *progress = Progress { at: None, is_fresh: true });
    }
}

/// Performs a set/way operation of the calling vCPU: DC ISW, CSW, CISW (DCISW, DCCSW, DCCISW).
pub fn set_way(cx: &mut Cx<'_>) -> Maintenance {
    let pc = cx.regs.pc();
    if vm_control::watched() == Watch::Off {
        vm_control::watch(Watch::On);
        return step(cx.vcpu, pc, Ipa::new(0));
    }
    let next = cx.vcpu.cleaning.with(|progress| progress.at.map(|_| progress.next(pc)));
    next.map_or(Maintenance::Done, |next| step(cx.vcpu, pc, next))
}

/// Writes SCTLR for a watched vCPU, with its domain's memory cleaned if that turns its caches on or off.
pub fn write_sctlr(cx: &mut Cx<'_>, value: u64) -> Maintenance {
    let toggles = vm_control::toggles_caches(value);
    let was_fresh = toggles && cx.vcpu.cleaning.with(|progress| core::mem::take(&mut progress.is_fresh));
    if toggles && !was_fresh {
        let pc = cx.regs.pc();
        let next = cx.vcpu.cleaning.with(|progress| progress.next(pc));
        if step(cx.vcpu, pc, next) == Maintenance::Again {
            return Maintenance::Again;
        }
    }
    vm_control::write_sctlr(value);
    if toggles && vm_control::caches_on() {
        vm_control::watch(Watch::Off);
    }
    Maintenance::Done
}

fn step(vcpu: &Vcpu, pc: u64, from: Ipa) -> Maintenance {
    let next = clean_step(vcpu, from);
    vcpu.cleaning.with(|progress| progress.at = next.map(|next| (pc, next)));
    if next.is_some() { Maintenance::Again } else { Maintenance::Done }
}

/// Cleans and invalidates memory from `from` on and returns where to go on, or `None` at the end.
fn clean_step(vcpu: &Vcpu, from: Ipa) -> Option<Ipa> {
    let rest = Span::new(from, u64::MAX - from.raw());
    let extent = vcpu.domain.p2m.next_mapped(rest)?;
    let bytes = extent.span.bytes.min(STEP_BYTES);
    if extent.mapping.attrs.page_type().is_some_and(PageType::is_ram)
        && let Ok(range) = PhysRange::new(extent.mapping.pa, bytes)
    {
        // Memory that EL2 does not reach is no RAM: nothing of it is cached by EL2.
        let _ = frame_window::clean_invalidate(range);
        return extent.span.start.checked_add(bytes);
    }
    extent.span.start.checked_add(extent.span.bytes)
}
