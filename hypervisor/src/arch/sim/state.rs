//! The simulated CPU: its registers and what was asked of the hardware.

use super::gic_cpuif::ActivePriorities;
use super::timer::VirtualTimer;
use super::traps::Context;
use std::cell::RefCell;

/// What the kernel asked of the hardware and a test may want to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An SGI: number and affinity.
    Sgi(u32, u64),
    /// A priority was dropped.
    PriorityDrop(u32),
    /// An interrupt was deactivated.
    Deactivate(u32),
    /// Firmware was called: function and arguments.
    Smc(u32, [u64; 3]),
    /// All of the loaded VMID was invalidated.
    FlushVmid(u64),
    /// This CPU's stage-1 entries of the loaded VMID were invalidated.
    FlushVmidLocal(u64),
    /// Every guest's translations were invalidated.
    FlushAllGuests,
    /// The instruction caches were invalidated.
    InvalidateInstructions,
}

/// The interrupt of EL2's timer.
pub const HYP_TIMER: u32 = 26;
/// The interrupt of the virtual timer.
pub const VIRTUAL_TIMER: u32 = 27;

/// What a guest's virtual address leads to; a test says.
pub type Translate = Box<dyn Fn(u64, super::sysreg::Access) -> Option<u64>>;

/// One CPU.
pub struct Cpu {
    /// Affinity.
    pub mpidr: u64,
    /// The physical count.
    pub count: u64,
    /// The rate of the count in Hz.
    pub frequency_hz: u64,
    /// VTTBR_EL2.
    pub vttbr: u64,
    /// VTCR_EL2.
    pub vtcr: u64,
    /// Whether a guest's floating-point use traps.
    pub fp_trap: super::sysreg::FpTrap,
    /// EL2's timer.
    pub hyp_deadline: Option<u64>,
    /// The virtual timer that is loaded.
    pub virtual_timer: VirtualTimer,
    /// Interrupts that wait to be acknowledged.
    pub pending: Vec<u32>,
    /// ICH_LR<n>_EL2.
    pub list_registers: [u64; 4],
    /// ICH_HCR_EL2.
    pub ich_hcr: u64,
    /// ICH_VMCR_EL2.
    pub ich_vmcr: u64,
    /// ICH_AP0R<n>_EL2 and ICH_AP1R<n>_EL2.
    pub active_priorities: ActivePriorities,
    /// ESR_EL1, FAR_EL1, ELR_EL1, SPSR_EL1, VBAR_EL1.
    pub el1: super::context::El1,
    /// SCTLR_EL1.
    pub sctlr: u64,
    /// HCR_EL2.TVM.
    pub watch: super::vm_control::Watch,
    /// A virtual SError pends.
    pub serror: bool,
    /// What a guest's addresses lead to; one to one if nothing is said.
    pub translate: Option<Translate>,
    /// What SMC returns.
    pub smc_result: u64,
    /// What was asked, in order.
    pub events: Vec<Event>,
    /// What a test does before a VMID is invalidated.
    pub on_flush: Option<Box<dyn FnMut()>>,
    /// TPIDR_EL2.
    pub current: *mut Context,
}

impl Cpu {
    /// Lets time pass until an interrupt waits; tells whether one does.
    pub fn wait(&mut self) -> bool {
        if self.pending.is_empty() {
            let hyp = self.hyp_deadline.map(|count| (count, HYP_TIMER));
            let own = self.virtual_timer.deadline().map(|count| (count, VIRTUAL_TIMER));
            let Some((count, intid)) = [hyp, own].into_iter().flatten().min() else { return false };
            self.count = self.count.max(count);
            self.pending.push(intid);
        }
        true
    }
}

impl Default for Cpu {
    fn default() -> Self {
        Self {
            mpidr: 0,
            count: 0,
            frequency_hz: 62_500_000,
            vttbr: 0,
            vtcr: 0,
            fp_trap: super::sysreg::FpTrap::Trap,
            hyp_deadline: None,
            virtual_timer: VirtualTimer::default(),
            pending: Vec::new(),
            list_registers: [0; 4],
            ich_hcr: 0,
            ich_vmcr: 0,
            active_priorities: ActivePriorities::default(),
            el1: super::context::El1::default(),
            sctlr: 0,
            watch: super::vm_control::Watch::Off,
            serror: false,
            translate: None,
            smc_result: u64::MAX,
            events: Vec::new(),
            on_flush: None,
            current: core::ptr::null_mut(),
        }
    }
}

thread_local! {
    static CPU: RefCell<Cpu> = RefCell::new(Cpu::default());
}

/// Runs `f` on this thread's CPU.
///
/// # Panics
/// If `f` calls back into the kernel and that touches a register.
pub fn with<R>(f: impl FnOnce(&mut Cpu) -> R) -> R {
    CPU.with(|cpu| f(&mut cpu.borrow_mut()))
}

/// Makes this thread's CPU a fresh one.
pub fn reset() {
    with(|cpu| *cpu = Cpu::default());
}

/// Notes what was asked.
pub(super) fn note(event: Event) {
    with(|cpu| cpu.events.push(event));
}
