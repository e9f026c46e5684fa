//! Interrupts as tests see them: acknowledged, counted per CPU and INTID, shown to a hook, ended.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::cpu::MAX_CPUS;
use crate::{arch, gic};

const TRACKED: usize = 288;

/// What a hook may want to know.
#[derive(Clone, Copy)]
pub struct Taken {
    /// The acknowledged INTID.
    pub intid: u32,
    /// The whole IAR value: GICv2 has the source CPU of an SGI in bits 12:10.
    pub iar: u32,
}

type Hook = fn(Taken);

static COUNTS: [[AtomicU32; TRACKED]; MAX_CPUS] =
    [const { [const { AtomicU32::new(0) }; TRACKED] }; MAX_CPUS];
static SPURIOUS: AtomicU32 = AtomicU32::new(0);
static HOOK: AtomicUsize = AtomicUsize::new(0);

/// Sets what runs between acknowledge and end of interrupt.
pub fn set_hook(hook: Hook) {
    HOOK.store(hook as usize, Ordering::Release);
}

/// No hook.
pub fn clear_hook() {
    HOOK.store(0, Ordering::Release);
}

/// Times `intid` was taken on CPU `cpu` since [`reset`].
pub fn count(cpu: usize, intid: u32) -> u32 {
    slot(cpu, intid).load(Ordering::Acquire)
}

/// Times `intid` was taken on all CPUs.
pub fn total(intid: u32) -> u32 {
    (0..MAX_CPUS).map(|cpu| count(cpu, intid)).sum()
}

/// Acknowledges that returned no interrupt.
pub fn spurious() -> u32 {
    SPURIOUS.load(Ordering::Acquire)
}

/// Sets all counts to zero.
pub fn reset() {
    COUNTS.iter().flatten().for_each(|count| count.store(0, Ordering::Release));
    SPURIOUS.store(0, Ordering::Release);
}

fn slot(cpu: usize, intid: u32) -> &'static AtomicU32 {
    let index = usize::try_from(intid).unwrap_or(TRACKED).min(TRACKED - 1);
    &COUNTS[cpu % MAX_CPUS][index]
}

/// The IRQ vector's handler.
pub fn interrupt() {
    let iar = gic::acknowledge();
    let intid = gic::intid_of(iar);
    if (1020..8192).contains(&intid) {
        SPURIOUS.fetch_add(1, Ordering::AcqRel);
        return;
    }
    let hook = HOOK.load(Ordering::Acquire);
    if hook != 0 {
        // SAFETY: Only `set_hook` stores here, and it stores a `Hook`.
        let hook = unsafe { core::mem::transmute::<usize, Hook>(hook) };
        hook(Taken { intid, iar });
    }
    slot(arch::cpu_index(), intid).fetch_add(1, Ordering::AcqRel);
    gic::end(iar);
}
