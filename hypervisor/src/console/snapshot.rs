//! Registers of what runs on another CPU: asked for by a bit and a kick, answered at that CPU's next
//! way out of EL2. Nobody waits with a lock held; who asks looks again later.
//!
//! Lock rank: KEYS.

use crate::arch::context::{GuestRegs, SystemRegs};
use crate::arch::sysreg;
use crate::arch::timer::{self, VirtualTimer};
use crate::domain::Vcpu;
use crate::irq;
use crate::machine::percpu::PerCpu;
use crate::machine::sync::{Lock, rank};
use core::sync::atomic::{AtomicU64, Ordering};
use types::{CpuId, DomId, VcpuId};
use vdev::timer::Timer;

/// A vCPU's registers.
#[derive(Clone, Copy)]
pub struct Guest {
    /// Its domain.
    pub domain: DomId,
    /// Its number.
    pub vcpu: VcpuId,
    /// General registers.
    pub regs: GuestRegs,
    /// System registers.
    pub system: SystemRegs,
    /// The virtual timer.
    pub virtual_timer: VirtualTimer,
    /// The emulated physical timer.
    pub physical_timer: Timer,
}

/// EL2's own state.
#[derive(Clone, Copy)]
pub struct Host {
    /// System registers.
    pub system: sysreg::HostNamed,
    /// The end of the slice, if it is limited.
    pub slice_end: Option<u64>,
}

/// What a CPU was doing.
#[derive(Clone, Copy)]
pub struct Snapshot {
    /// Which one.
    pub cpu: CpuId,
    /// EL2.
    pub host: Host,
    /// The guest, if one ran.
    pub guest: Option<Guest>,
}

/// CPUs that are asked, a bit each.
static ASKED: AtomicU64 = AtomicU64::new(0);
/// The last answer.
static ANSWER: Lock<Option<Snapshot>, { rank::KEYS }> = Lock::new(None);

fn bit(cpu: CpuId) -> u64 {
    1 << (cpu.raw() & 63)
}

/// Asks a CPU; the answer comes by [`answer_of`].
pub fn ask(cpu: &PerCpu) {
    *ANSWER.lock() = None;
    ASKED.fetch_or(bit(cpu.id), Ordering::SeqCst);
    irq::send_kick(cpu);
}

/// Takes back what was asked of a CPU.
pub fn give_up(cpu: &PerCpu) {
    ASKED.fetch_and(!bit(cpu.id), Ordering::SeqCst);
}

/// Returns a CPU's answer, if it is there.
pub fn answer_of(cpu: &PerCpu) -> Option<Snapshot> {
    ANSWER.lock().filter(|answer| answer.cpu == cpu.id)
}

/// Answers, if this CPU was asked. No register of its guest is in use elsewhere.
#[inline]
pub fn answer(cpu: &PerCpu) {
    if ASKED.load(Ordering::Relaxed) & bit(cpu.id) != 0 {
        ASKED.fetch_and(!bit(cpu.id), Ordering::SeqCst);
        let snapshot = here(cpu);
        *ANSWER.lock() = Some(snapshot);
    }
}

/// Takes this CPU's own registers.
pub fn here(cpu: &PerCpu) -> Snapshot {
    let host = Host { system: sysreg::named(), slice_end: crate::sched::inspect::slice_end(cpu) };
    let guest = cpu.current().map(|vcpu| {
        let mut guest = saved(vcpu);
        guest.system.save();
        guest.virtual_timer = timer::read_virtual(guest.virtual_timer.offset);
        guest
    });
    Snapshot { cpu: cpu.id, host, guest }
}

/// Copies what is saved of a vCPU that is on no CPU.
pub fn saved(vcpu: &Vcpu) -> Guest {
    let regs = vcpu.context.with(|context| context.regs);
    let (system, virtual_timer, physical_timer) =
        vcpu.state.with(|state| (state.system, state.virtual_timer, state.physical_timer));
    Guest { domain: vcpu.domain.id, vcpu: vcpu.id, regs, system, virtual_timer, physical_timer }
}
