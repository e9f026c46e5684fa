//! A vCPU.

use super::stats::Stats;
use super::{Domain, vgic};
use crate::arch;
use crate::arch::context::{BadState, FpState, GuestRegs, SystemRegs, check};
use crate::arch::sysreg::FpTrap;
use crate::arch::timer::VirtualTimer;
use crate::arch::traps::Context;
use crate::drivers::gic::Interface;
use crate::machine::own::Own;
use crate::machine::percpu::PerCpu;
use alloc::sync::Arc;
use arm_spec::Width;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use types::VcpuId;
use vdev::timer::Timer;
use xen_abi::Field;
use xen_abi::domctl::context::{VGCF_ONLINE, VcpuGuestContext};

/// For how many turns on a CPU after a use of floating point its state is loaded at once.
const FP_TURNS: usize = 16;
/// As [`FP_TURNS`], of a vCPU that cannot run without it: more turns than there ever are.
const FP_ALWAYS: usize = usize::MAX;

/// A virtual CPU.
pub struct Vcpu {
    /// Its number in the domain.
    pub id: VcpuId,
    /// Its domain.
    pub domain: Arc<Domain>,
    /// Its general registers, where the vectors save them.
    pub context: Own<Context>,
    /// What is saved when it does not run.
    pub state: Own<VcpuState>,
    /// Its part of the interrupt controller.
    pub gic: vgic::Part,
    /// PSCI says that it is on.
    pub online: AtomicBool,
    /// Its place in the scheduler.
    pub sched: crate::sched::Entity,
    /// Where its events and run state are told.
    pub info: super::shared_info::VcpuInfo,
    /// How far its set/way cache maintenance is.
    pub cleaning: Own<super::cache::Progress>,
    /// Why it entered EL2.
    pub stats: Stats,
    /// The CPU to which its physical interrupts go, plus one; 0 is none.
    pub interrupt_home: AtomicU32,
    /// The CPU whose floating-point registers hold its state, plus one; 0 is none.
    fp_home: AtomicU32,
}

/// What one CPU touches at a time: saved at a switch, loaded at a switch.
pub struct VcpuState {
    /// EL1's registers.
    pub system: SystemRegs,
    /// Floating point, valid while no CPU holds it.
    pub fp: FpState,
    /// Turns on a CPU for which floating point is loaded without waiting for its first use.
    pub fp_turns: usize,
    /// The virtual timer.
    pub virtual_timer: VirtualTimer,
    /// The emulated physical timer.
    pub physical_timer: Timer,
    /// The virtual CPU interface of the GIC.
    pub interface: Interface,
}

impl Vcpu {
    /// Makes a vCPU that is off.
    pub fn new(domain: &Arc<Domain>, id: VcpuId, gic: vgic::VcpuGic) -> Self {
        Self {
            id,
            domain: domain.clone(),
            context: Own::new(Context::new(GuestRegs::start(domain.width(), 0, 0))),
            state: Own::new(VcpuState {
                system: Self::first_system(domain, id),
                fp: FpState::zero(),
                fp_turns: first_fp_turns(domain.width()),
                virtual_timer: VirtualTimer::default(),
                physical_timer: Timer::default(),
                interface: Interface::default(),
            }),
            gic: vgic::Part::new(gic),
            online: AtomicBool::new(false),
            sched: crate::sched::Entity::default(),
            info: super::shared_info::VcpuInfo::default(),
            cleaning: Own::new(super::cache::Progress::default()),
            stats: Stats::default(),
            interrupt_home: AtomicU32::new(0),
            fp_home: AtomicU32::new(0),
        }
    }

    fn first_system(domain: &Domain, id: VcpuId) -> SystemRegs {
        SystemRegs::start(domain.width(), arch::sysreg::vmpidr(id), domain.p2m.vttbr())
    }

    /// Sets the registers of a vCPU that is off to those of its start.
    ///
    /// Whoever calls it has made sure that no CPU runs the vCPU: it was never on, or CPU_OFF has
    /// taken it from the scheduler.
    pub fn reset(&self, entry: u64, argument: u64) {
        let width = self.domain.width();
        self.context.with(|context| context.regs = GuestRegs::start(width, entry, argument));
        self.state.with(|state| {
            state.system = Self::first_system(&self.domain, self.id);
            state.fp = FpState::zero();
            state.fp_turns = first_fp_turns(width);
            state.virtual_timer =
                VirtualTimer { offset: state.virtual_timer.offset, ..VirtualTimer::default() };
            state.physical_timer = Timer::default();
            state.interface = Interface::default();
        });
        self.fp_home.store(0, Ordering::Relaxed);
    }

    /// Sets the registers of a vCPU that has stopped to what the toolstack says.
    ///
    /// # Errors
    /// If no guest is in such a state; nothing is changed then.
    pub fn set_registers(&self, context: &VcpuGuestContext) -> Result<(), BadState> {
        check(self.domain.width(), &context.user_regs)?;
        self.context.with(|own| own.regs = GuestRegs::from_core(&context.user_regs));
        self.state.with(|state| {
            if state.system.width() != self.domain.width() {
                state.system = Self::first_system(&self.domain, self.id);
                state.fp_turns = first_fp_turns(self.domain.width());
            }
            state.system.set(context);
        });
        Ok(())
    }

    /// Returns the registers of a vCPU that has stopped, as the toolstack sees them.
    pub fn registers(&self) -> VcpuGuestContext {
        let flags = if self.online.load(Ordering::SeqCst) { VGCF_ONLINE } else { 0 };
        let mut context = VcpuGuestContext { flags, ..VcpuGuestContext::ZERO };
        self.context.with(|own| own.regs.put(&mut context.user_regs));
        self.state.with(|state| state.system.put(&mut context));
        context
    }

    /// Sets the registers of a domain's first vCPU before it ever runs: the kernel's entry and tree.
    pub fn start_kernel(&self, entry: u64, tree: u64) {
        self.reset(0, 0);
        self.context.with(|context| context.regs = GuestRegs::kernel(self.domain.width(), entry, tree));
    }

    /// Loads the floating-point state after its first use since the switch-in. Who uses it once does so
    /// again: the next turns need no trap.
    pub fn load_fp(&self, cpu: &PerCpu) {
        self.state.with(|state| state.fp_turns = FP_TURNS);
        self.bring_fp(cpu);
    }

    /// Loads the floating-point state of a vCPU that comes to a CPU, if it is expected to be used.
    #[inline]
    pub fn expect_fp(&self, cpu: &PerCpu) {
        let turns = self.state.with(|state| state.fp_turns);
        if let Some(left) = turns.checked_sub(1) {
            self.state.with(|state| state.fp_turns = left);
            self.bring_fp(cpu);
        }
    }

    fn bring_fp(&self, cpu: &PerCpu) {
        arch::sysreg::set_fp_trap(FpTrap::Allow);
        self.state.with(|state| state.fp.load(state.system.width()));
        self.fp_home.store(u32::from(cpu.id.raw()) + 1, Ordering::Relaxed);
    }

    /// Saves the floating-point state if it was loaded since the switch-in, and traps the next use.
    pub fn save_fp(&self) {
        // Only the CPU that runs the vCPU writes it.
        if self.fp_home.load(Ordering::Relaxed) != 0 {
            self.fp_home.store(0, Ordering::Relaxed);
            self.state.with(|state| state.fp.save(state.system.width()));
            arch::sysreg::set_fp_trap(FpTrap::Trap);
        }
    }
}

/// Returns the turns at a vCPU's start for which floating point is loaded at once.
fn first_fp_turns(width: Width) -> usize {
    if FpState::can_be_late(width) { 0 } else { FP_ALWAYS }
}
