//! The host's interrupt controller: version 2 or 3, chosen by the device tree.
//!
//! EL2 splits priority drop and deactivation, so that an interrupt forwarded to a guest stays active
//! until the guest deactivates it. Registers that are set or cleared by writing ones need no lock;
//! the others are written under rank GIC.

mod dist;
mod v2;
mod v3;

pub use v2::GicV2;
pub use v3::{GicV3, RedistributorRegion};

use crate::machine::sync::Once;
use crate::machine::sync::{Lock, rank};
use arm_spec::gic::{self, Lr};
use dist::PrivateFrame;
use types::{CpuId, IntId};
use vgic::{ListRegs, Maintenance};

/// Priority of interrupts that EL2 takes; guests' priorities only matter to their virtual interface.
const PRIORITY: u8 = 0xa0;

/// How an interrupt's line signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Rising edge.
    Edge,
    /// High level.
    Level,
}

impl From<devicetree::Trigger> for Trigger {
    fn from(trigger: devicetree::Trigger) -> Self {
        if trigger.is_edge() { Self::Edge } else { Self::Level }
    }
}

/// A controller.
#[expect(clippy::large_enum_variant, reason = "there is one, in a static")]
pub enum Gic {
    /// GICv2.
    V2(GicV2),
    /// GICv3.
    V3(GicV3),
}

/// What an interrupt needs on its way to a guest: this CPU's interface, and its list registers.
///
/// [`Gic`] has all of it; where several are called in a row, one look at the version is enough.
pub trait CpuInterface: Sized {
    /// Acknowledges the most urgent interrupt: its number, or one from [`gic::SPI_END`] on.
    fn acknowledge(&self) -> u32;
    /// Drops the running priority; the interrupt stays active.
    fn drop_priority(&self, intid: IntId);
    /// Deactivates an interrupt.
    fn deactivate(&self, intid: IntId);
    /// Returns the list registers.
    fn list_registers(&self) -> impl ListRegs;
    /// Tells whether lines of forwarded interrupts must be looked at again after a while.
    fn loses_lines(&self) -> bool;
}

static GIC: Once<Gic> = Once::new();
static REGISTERS: Lock<(), { rank::GIC }> = Lock::new(());

/// Makes `gic` the machine's and brings its distributor to a known state: all SPIs off.
pub fn init(gic: Gic) -> &'static Gic {
    let gic = GIC.call_once(|| gic);
    match gic {
        Gic::V2(gic) => gic.init_distributor(),
        Gic::V3(gic) => gic.init_distributor(),
    }
    gic
}

/// Returns the machine's controller; before [`init`] there is none.
#[inline]
pub fn get() -> Option<&'static Gic> {
    GIC.get()
}

impl Gic {
    /// Prepares the interface of the CPU that runs this.
    ///
    /// # Errors
    /// If the controller has no redistributor for it.
    pub fn init_cpu(&self, cpu: CpuId, mpidr: u64) -> Result<(), NoInterface> {
        match self {
            Self::V2(gic) => gic.init_cpu(cpu),
            Self::V3(gic) => gic.init_cpu(cpu, mpidr),
        }
    }

    /// Returns the number of interrupt identifiers: 32 and the SPIs.
    pub fn interrupt_count(&self) -> u32 {
        match self {
            Self::V2(gic) => gic.dist().interrupt_count(),
            Self::V3(gic) => gic.dist().interrupt_count(),
        }
    }

    /// Returns what the virtual CPU interface bounds.
    pub fn limits(&self) -> vgic::Limits {
        match self {
            Self::V2(_) => vgic::Limits { priority_bits: 5, affinity3: false },
            Self::V3(_) => vgic::Limits {
                priority_bits: crate::arch::gic_cpuif::priority_bits(),
                affinity3: crate::arch::gic_cpuif::has_affinity3(),
            },
        }
    }

    /// Deactivates an interrupt.
    #[inline]
    pub fn deactivate(&self, intid: IntId) {
        match self {
            Self::V2(gic) => gic.deactivate(intid),
            Self::V3(gic) => gic.deactivate(intid),
        }
    }

    /// Sends an SGI to one CPU.
    pub fn send_sgi(&self, intid: IntId, cpu: CpuId, mpidr: u64) {
        match self {
            Self::V2(gic) => gic.send_sgi(intid, cpu),
            Self::V3(_) => crate::arch::gic_cpuif::send_sgi(intid.raw(), mpidr),
        }
    }

    /// Runs `f` on the frame that holds an interrupt's registers: the distributor's for an SPI, the
    /// CPU's own for the others.
    #[inline]
    fn with_frame<R>(&self, intid: IntId, f: impl FnOnce(&PrivateFrame) -> R) -> R {
        match self {
            Self::V2(gic) => f(gic.dist()),
            Self::V3(gic) if intid.is_spi() => f(gic.dist()),
            Self::V3(gic) => f(&gic.own_frame()),
        }
    }

    /// Enables an interrupt (a private one of this CPU).
    pub fn enable(&self, intid: IntId) {
        self.with_frame(intid, |frame| frame.set_bit(gic::gicd::ISENABLER, intid));
    }

    /// Disables an interrupt and waits until that has effect.
    pub fn disable(&self, intid: IntId) {
        self.with_frame(intid, |frame| frame.set_bit(gic::gicd::ICENABLER, intid));
        match self {
            Self::V2(_) => crate::arch::cpu::dsb_sy(),
            Self::V3(gic) => gic.wait_for_writes(intid),
        }
    }

    /// Makes an interrupt pending or not.
    pub fn set_pending(&self, intid: IntId, state: State) {
        let register = if state == State::Set { gic::gicd::ISPENDR } else { gic::gicd::ICPENDR };
        self.with_frame(intid, |frame| frame.set_bit(register, intid));
    }

    /// Makes an interrupt active or not.
    pub fn set_active(&self, intid: IntId, state: State) {
        let register = if state == State::Set { gic::gicd::ISACTIVER } else { gic::gicd::ICACTIVER };
        self.with_frame(intid, |frame| frame.set_bit(register, intid));
    }

    /// Tells whether an SPI may be active on one CPU and not on another ([`Gic::renew_active`]).
    #[inline]
    pub fn keeps_active_by_cpu(&self) -> bool {
        matches!(self, Self::V2(_))
    }

    /// Sets a GICv2 SPI's active state on all CPUs alike, whoever acknowledged it; a GICv3 has but one.
    pub fn renew_active(&self, spi: IntId, state: State) {
        if let Self::V2(_) = self {
            self.set_active(spi, State::Clear);
            if state == State::Set {
                self.set_active(spi, State::Set);
            }
        }
    }

    /// Returns the pending bits of the 32 interrupts from `base` on.
    pub fn pending_word(&self, base: IntId) -> u32 {
        self.with_frame(base, |frame| frame.word(gic::gicd::ISPENDR, base))
    }

    /// Returns the enabled, pending and active bits of the 32 interrupts from `base` on.
    pub fn state_words(&self, base: IntId) -> [u32; 3] {
        [gic::gicd::ISENABLER, gic::gicd::ISPENDR, gic::gicd::ISACTIVER]
            .map(|register| self.with_frame(base, |frame| frame.word(register, base)))
    }

    /// Sets an interrupt's trigger and EL2's priority.
    pub fn configure(&self, intid: IntId, trigger: Trigger) {
        let _guard = REGISTERS.lock();
        self.with_frame(intid, |frame| {
            frame.set_priority(intid, PRIORITY);
            frame.set_trigger(intid, trigger);
        });
    }

    /// Sends an SPI to one CPU.
    pub fn route(&self, intid: IntId, cpu: CpuId, mpidr: u64) {
        match self {
            Self::V2(gic) => gic.route(intid, cpu),
            Self::V3(gic) => gic.route(intid, mpidr),
        }
    }

    /// Returns the number of list registers.
    #[inline]
    pub fn list_register_count(&self) -> usize {
        match self {
            Self::V2(gic) => gic.list_registers().count(),
            Self::V3(gic) => gic.list_registers().count(),
        }
    }

    /// Tells whether lines of forwarded interrupts must be looked at again after a while
    /// ([`GicV2`] has why).
    #[inline]
    pub fn loses_lines(&self) -> bool {
        matches!(self, Self::V2(gic) if gic.loses_lines())
    }

    /// Returns this CPU's list registers.
    #[inline]
    pub fn list_registers(&self) -> impl ListRegs {
        self
    }

    /// Tells whether the guest that runs here has a forwarded interrupt that it has not deactivated, and whose
    /// line may be lost ([`loses_lines`](Self::loses_lines)).
    pub fn has_line_to_lose(&self) -> bool {
        matches!(self, Self::V2(gic) if gic.loses_lines() && gic.has_forwarded())
    }

    /// Chooses when a maintenance interrupt comes.
    pub fn set_maintenance(&self, wanted: Maintenance) {
        let hcr = HCR_EN | wanted.hcr_bits();
        match self {
            Self::V2(gic) => gic.set_hcr(hcr),
            Self::V3(_) => crate::arch::gic_cpuif::set_hcr(u64::from(hcr)),
        }
    }

    /// Returns how often the guest ended interrupts that were in no list register, and forgets it
    /// (HCR.EOICount).
    pub fn take_unlisted_ends(&self) -> u32 {
        let hcr = match self {
            Self::V2(gic) => gic.hcr(),
            Self::V3(_) => crate::arch::gic_cpuif::hcr(),
        };
        let rest = hcr & 0x07ff_ffff;
        match self {
            Self::V2(gic) => gic.set_hcr(u32::try_from(rest).unwrap_or(HCR_EN)),
            Self::V3(_) => crate::arch::gic_cpuif::set_hcr(rest),
        }
        u32::try_from(hcr >> 27 & 0x1f).unwrap_or(0)
    }

    /// Returns the guest's interface controls: priority mask, group enables, EOI mode, in the
    /// version's own layout (GICH_VMCR, ICH_VMCR_EL2).
    #[inline]
    pub fn vmcr(&self) -> u64 {
        match self {
            Self::V2(gic) => gic.vmcr(),
            Self::V3(_) => crate::arch::gic_cpuif::vmcr(),
        }
    }

    /// Saves the guest's interface.
    pub fn save_interface(&self, to: &mut Interface) {
        to.vmcr = self.vmcr();
        match self {
            Self::V2(gic) => {
                to.v2_active = gic.active_priorities();
            }
            Self::V3(_) => {
                to.v3_active.save();
            }
        }
    }

    /// Loads a guest's interface.
    pub fn load_interface(&self, from: &Interface) {
        match self {
            Self::V2(gic) => {
                gic.load_interface(from.vmcr, from.v2_active);
            }
            Self::V3(_) => {
                crate::arch::gic_cpuif::set_vmcr(from.vmcr);
                from.v3_active.load();
            }
        }
    }
}

impl ListRegs for &Gic {
    #[inline]
    fn count(&self) -> usize {
        self.list_register_count()
    }

    #[inline]
    fn read(&mut self, index: usize) -> Lr {
        match self {
            Gic::V2(gic) => gic.list_registers().read(index),
            Gic::V3(gic) => gic.list_registers().read(index),
        }
    }

    #[inline]
    fn is_empty(&mut self, index: usize) -> bool {
        match self {
            Gic::V2(gic) => gic.list_registers().is_empty(index),
            Gic::V3(gic) => gic.list_registers().is_empty(index),
        }
    }

    #[inline]
    fn write(&mut self, index: usize, lr: Lr) {
        match self {
            Gic::V2(gic) => gic.list_registers().write(index, lr),
            Gic::V3(gic) => gic.list_registers().write(index, lr),
        }
    }
}

const HCR_EN: u32 = 1;

/// Set or clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Set.
    Set,
    /// Clear.
    Clear,
}

/// The controller has no interface for this CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoInterface;

/// A guest's virtual CPU interface while its vCPU does not run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interface {
    vmcr: u64,
    v2_active: u32,
    v3_active: crate::arch::gic_cpuif::ActivePriorities,
}

impl Interface {
    /// Returns the guest's controls, as [`Gic::vmcr`].
    pub fn vmcr(&self) -> u64 {
        self.vmcr
    }
}
