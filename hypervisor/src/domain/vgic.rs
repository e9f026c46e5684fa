//! A domain's interrupt controller: the glue between crates/vgic and the host's GIC.
//!
//! Only the CPU that runs a vCPU touches its list registers; everyone else posts to its mailbox and
//! wakes it. Lock ranks: VGIC_DIST before VGIC_CPU; effects are performed after unlock.

use crate::domain::{Domain, Vcpu};
use crate::drivers::gic::{self, Gic, State, Trigger};
use crate::machine::percpu;
use crate::machine::sync::{Lock, rank};
use crate::trap::Cx;
use crate::{irq, sched};
use alloc::sync::Arc;
use alloc::vec::Vec;
use arm_spec::gic::{Lr, ich};
use core::sync::atomic::Ordering;
use types::{CpuId, IntId, Ipa, IpaRange, VcpuId};
use vgic::{Effects, HwLines, ListRegs, Mailboxes, Maintenance, PhysOp, SgiGroup};

pub use vgic::{Access, Distributor, Level, Mailbox, Model, Outcome, Place, VcpuGic, Version, Width};

/// Where the controller's frames lie in a domain's addresses.
#[derive(Debug)]
pub enum Frames {
    /// GICv2: the distributor; GICC is the hardware's GICV.
    V2 {
        /// GICD.
        gicd: IpaRange,
    },
    /// GICv3.
    V3 {
        /// GICD.
        gicd: IpaRange,
        /// Redistributor regions with their stride, vCPU after vCPU.
        redistributors: Vec<(IpaRange, u64)>,
    },
}

/// What the vCPUs of a domain share of their interrupt controller.
pub struct DomainVgic {
    /// Version and size.
    pub model: Model,
    /// Where it is.
    pub frames: Frames,
    dist: Lock<Distributor, { rank::VGIC_DIST }>,
    mailboxes: Vec<Mailbox>,
}

/// A frame of the controller, as an access hits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The distributor.
    Distributor,
    /// The redistributor of a vCPU.
    Redistributor(VcpuId),
}

impl DomainVgic {
    /// Makes a controller with all interrupts off.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(model: Model, frames: Frames) -> Result<Self, vgic::Error> {
        let mut mailboxes = Vec::new();
        mailboxes.try_reserve_exact(usize::from(model.vcpus())).map_err(|_| vgic::Error::NoMemory)?;
        mailboxes.extend((0..model.vcpus()).map(|_| Mailbox::new()));
        Ok(Self { model, frames, dist: Lock::new(Distributor::new(model)?), mailboxes })
    }

    /// Finds the frame at an address, and the offset into it.
    #[inline]
    pub fn frame_at(&self, ipa: Ipa) -> Option<(Frame, u32)> {
        let offset = |base: Ipa| u32::try_from(ipa.raw().wrapping_sub(base.raw())).ok();
        match &self.frames {
            Frames::V2 { gicd } | Frames::V3 { gicd, .. } if gicd.contains(ipa) => {
                Some((Frame::Distributor, offset(gicd.start())?))
            }
            Frames::V2 { .. } => None,
            Frames::V3 { redistributors, .. } => {
                let mut first = 0;
                for (region, stride) in redistributors {
                    if region.contains(ipa) {
                        let inside = ipa.raw() - region.start().raw();
                        let vcpu = first + inside / stride;
                        let vcpu =
                            u16::try_from(vcpu).ok().filter(|id| *id < u16::from(self.model.vcpus()))?;
                        return Some((
                            Frame::Redistributor(VcpuId::new(vcpu)),
                            u32::try_from(inside % stride).ok()?,
                        ));
                    }
                    first += region.len_bytes() / stride;
                }
                None
            }
        }
    }

    /// Makes a physical SPI the domain's own, under the same number.
    ///
    /// # Errors
    /// If the controller has no such SPI.
    pub fn forward(&self, spi: IntId) -> Result<(), vgic::Error> {
        self.dist.lock().forward(spi, spi)
    }
}

/// What crates/vgic asks for, on the CPU that runs `vcpu`.
struct Host<'a> {
    gic: &'static Gic,
    domain: &'a DomainVgic,
    own: VcpuId,
}

impl<'a> Host<'a> {
    fn new(vcpu: &'a Vcpu) -> Option<Self> {
        Some(Self { gic: gic::get()?, domain: &vcpu.domain.vgic, own: vcpu.id })
    }
}

impl ListRegs for Host<'_> {
    #[inline]
    fn count(&self) -> usize {
        self.gic.list_register_count()
    }

    #[inline]
    fn read(&mut self, index: usize) -> Lr {
        self.gic.read_list_register(index)
    }

    #[inline]
    fn write(&mut self, index: usize, lr: Lr) {
        self.gic.write_list_register(index, lr);
    }

    fn enabled_groups(&mut self) -> u32 {
        interface_controls(self.gic).1
    }

    fn set_maintenance(&mut self, wanted: Maintenance) {
        self.gic.set_maintenance(wanted);
    }
}

impl HwLines for Host<'_> {
    fn pending(&mut self, vcpu: VcpuId, base: IntId, mask: u32) -> u32 {
        if base.raw() < 32 && vcpu != self.own {
            return 0;
        }
        self.gic.pending_word(base) & mask
    }
}

impl Mailboxes for Host<'_> {
    fn mailbox(&self, vcpu: VcpuId) -> Option<&Mailbox> {
        self.domain.mailboxes.get(vcpu.index())
    }
}

/// The mailboxes alone.
struct Boxes<'a>(&'a [Mailbox]);

impl Mailboxes for Boxes<'_> {
    fn mailbox(&self, vcpu: VcpuId) -> Option<&Mailbox> {
        self.0.get(vcpu.index())
    }
}

fn mailbox(vcpu: &Vcpu) -> Option<&Mailbox> {
    vcpu.domain.vgic.mailboxes.get(vcpu.id.index())
}

/// Tells whether something was posted to a vCPU that it has not looked at.
pub fn is_signalled(vcpu: &Vcpu) -> bool {
    mailbox(vcpu).is_some_and(Mailbox::is_signalled)
}

/// Flushes before one guest entry.
const MAX_TURNS: u32 = 8;

/// Fills the list registers of the vCPU that is about to run here.
#[inline]
pub fn flush(vcpu: &Vcpu) {
    let Some(mailbox) = mailbox(vcpu) else { return };
    // Others may post as fast as this flushes: what comes after the last turn comes with a kick.
    for _ in 0..MAX_TURNS {
        let gic = vcpu.gic.lock();
        if !gic.needs_flush(mailbox) {
            return;
        }
        let wants_distributor = gic.wants_distributor(mailbox);
        drop(gic);
        flush_now(vcpu, wants_distributor.then_some(&vcpu.domain.vgic.dist));
    }
}

type DistLock = Lock<Distributor, { rank::VGIC_DIST }>;

fn flush_now(vcpu: &Vcpu, dist: Option<&DistLock>) {
    let Some(mut host) = Host::new(vcpu) else { return };
    let mut dist = dist.map(Lock::lock);
    let effects = vcpu.gic.lock().flush(dist.as_deref_mut(), &mut host);
    drop(dist);
    perform(&vcpu.domain, effects);
    if host.gic.loses_lines() {
        sched::look_at_lines(host.gic);
    }
}

/// Tells whether the vCPU that runs here has an interrupt that ends a WFI.
pub fn has_deliverable(vcpu: &Vcpu) -> bool {
    flush(vcpu);
    let Some(mut host) = Host::new(vcpu) else { return false };
    let (mask, groups) = interface_controls(host.gic);
    vcpu.gic.lock().has_deliverable(&mut host, mask, groups)
}

/// Returns the guest's priority mask and group enables.
fn interface_controls(gic: &Gic) -> (u8, u32) {
    let vmcr = gic.vmcr();
    let groups = u32::try_from(vmcr & 3).unwrap_or(0);
    let shift = ich::VMCR_PMR_SHIFT;
    // GICH_VMCR has the upper five bits at 31:27, ICH_VMCR_EL2 all eight at 31:24: the same place.
    (u8::try_from(vmcr >> shift & 0xff).unwrap_or(0xff), groups)
}

/// Saves the vCPU's interrupts and interface: it leaves this CPU.
pub fn switch_out(vcpu: &Vcpu) {
    let Some(mut host) = Host::new(vcpu) else { return };
    let wants = vcpu.gic.lock().park_wants_distributor();
    let mut dist = wants.then(|| vcpu.domain.vgic.dist.lock());
    let effects = vcpu.gic.lock().park(dist.as_deref_mut(), &mut host);
    drop(dist);
    perform(&vcpu.domain, effects);
    vcpu.state.with(|state| host.gic.save_interface(&mut state.interface));
}

/// Loads the vCPU's interface: it comes to this CPU. Its interrupts follow at the next flush.
pub fn switch_in(vcpu: &Vcpu) {
    let Some(gic) = gic::get() else { return };
    vcpu.state.with(|state| gic.load_interface(&state.interface));
    // The active bit of a forwarded PPI is part of the vCPU's state.
    let active = vcpu.gic.lock().hw_ppis_active();
    let timer = irq::private().virtual_timer;
    let state = if active & 1 << timer.raw() != 0 { State::Set } else { State::Clear };
    gic.set_active(timer, state);
    follow(gic, vcpu);
}

/// Lets the physical SPIs of a vCPU follow it to this CPU, so that the CPU that acknowledges one is the
/// CPU on which the guest ends it.
///
/// A GICv2 may keep an SPI's active state by the CPU that acknowledged it (QEMU does), and an end on
/// another one would leave it active for good: what is in flight becomes active anew, what is not
/// becomes inactive.
fn follow(gic: &Gic, vcpu: &Vcpu) {
    let Some(cpu) = percpu::this() else { return };
    let home = u32::from(cpu.id.raw()) + 1;
    if vcpu.interrupt_home.swap(home, Ordering::Relaxed) == home {
        return;
    }
    let spis = (32..gic.interrupt_count()).map(IntId::new);
    for spi in spis.filter(|spi| irq::is_routed_to(*spi, vcpu.domain.id)) {
        let dist = vcpu.domain.vgic.dist.lock();
        if dist.home(spi) != Some(vcpu.id) || !dist.is_enabled(spi) {
            continue;
        }
        gic.route(spi, cpu.id, cpu.mpidr);
        gic.renew_active(spi, if dist.is_in_flight(spi) { State::Set } else { State::Clear });
    }
}

/// Gives the running vCPU a forwarded PPI that this CPU acknowledged.
#[inline]
pub fn inject_forwarded_ppi(vcpu: &Vcpu, ppi: IntId) {
    if vcpu.gic.lock().inject_hw_ppi(ppi).is_err()
        && let Some(gic) = gic::get()
    {
        gic.deactivate(ppi);
    }
}

/// Gives a domain a forwarded SPI that this CPU acknowledged.
pub fn inject_forwarded_spi(domain: &Arc<Domain>, spi: IntId) {
    let result = domain.vgic.dist.lock().inject(spi, &Boxes(&domain.vgic.mailboxes));
    match result {
        Ok(effects) => {
            acknowledged_here(domain, spi);
            perform(domain, effects);
        }
        Err(_) => {
            if let Some(gic) = gic::get() {
                gic.deactivate(spi);
            }
        }
    }
}

/// Makes an SPI active everywhere if its vCPU moved to another CPU as this one acknowledged it.
fn acknowledged_here(domain: &Domain, spi: IntId) {
    let (Some(gic), Some(cpu)) = (gic::get(), percpu::this()) else { return };
    let dist = domain.vgic.dist.lock();
    let vcpu = dist.home(spi).and_then(|id| domain.vcpu(id));
    let home = vcpu.map_or(0, |vcpu| vcpu.interrupt_home.load(Ordering::Relaxed));
    if home != u32::from(cpu.id.raw()) + 1 && dist.is_in_flight(spi) {
        gic.renew_active(spi, State::Set);
    }
}

/// Makes a software PPI pending on a vCPU, once.
pub fn post_ppi(vcpu: &Arc<Vcpu>, ppi: IntId) {
    if let Some(mailbox) = mailbox(vcpu)
        && mailbox.post_ppi(ppi) == vgic::Posted::Kick
    {
        wake_other(vcpu);
    }
}

/// Sets the line of a software PPI of the vCPU that runs here.
pub fn set_own_ppi_line(vcpu: &Vcpu, ppi: IntId, level: Level) {
    if let Some(mailbox) = mailbox(vcpu) {
        // The number is the emulated timer's: always a PPI. The flush on the way out looks at it.
        let _ = mailbox.set_ppi_line(ppi, level);
    }
}

/// Handles the maintenance interrupt of the running vCPU: what raised it is gone when this returns.
pub fn maintenance(vcpu: &Vcpu) {
    let ends = gic::get().map_or(0, Gic::take_unlisted_ends);
    vcpu.gic.lock().maintain(ends);
    flush(vcpu);
}

/// Handles a write of ICC_SGI1R_EL1 or its siblings.
pub fn sgi_register(cx: &mut Cx<'_>, group: SgiGroup, value: u64) {
    let domain = &cx.vcpu.domain;
    let boxes = Boxes(&domain.vgic.mailboxes);
    let effects = vgic::sgi1r(value, group, cx.vcpu.id).post(&domain.vgic.model, cx.vcpu.id, &boxes);
    perform(domain, effects);
}

/// What a trapped access to a frame ends in.
pub enum Done {
    /// A load's value, or zero for a store.
    Value(u64),
    /// The guest executes the instruction again: another CPU must bring its state first.
    Again,
}

/// Reads a register of the controller.
pub fn read(vcpu: &Vcpu, frame: Frame, access: Access) -> Done {
    let Some(mut host) = Host::new(vcpu) else { return Done::Value(0) };
    let outcome = match frame {
        Frame::Distributor => {
            let mut dist = vcpu.domain.vgic.dist.lock();
            vcpu.gic.lock().gicd_read(&mut dist, access, &mut host)
        }
        Frame::Redistributor(id) => {
            let Some(owner) = vcpu.domain.vcpu(id) else { return Done::Value(0) };
            owner.gic.lock().gicr_read(vcpu.id, access, &mut host)
        }
    };
    match outcome {
        Outcome::Value(value) => Done::Value(value),
        Outcome::Retry(vcpus) => {
            perform(&vcpu.domain, Effects { kick: vcpus, ..Effects::NONE });
            Done::Again
        }
    }
}

/// Writes a register of the controller.
pub fn write(vcpu: &Vcpu, frame: Frame, access: Access, value: u64) {
    let Some(mut host) = Host::new(vcpu) else { return };
    let effects = match frame {
        Frame::Distributor => {
            let mut dist = vcpu.domain.vgic.dist.lock();
            vcpu.gic.lock().gicd_write(&mut dist, access, value, &mut host)
        }
        Frame::Redistributor(id) => {
            let Some(owner) = vcpu.domain.vcpu(id) else { return };
            owner.gic.lock().gicr_write(vcpu.id, access, value, &mut host)
        }
    };
    perform(&vcpu.domain, effects);
}

fn wake_other(vcpu: &Arc<Vcpu>) {
    let own =
        percpu::this().and_then(|cpu| cpu.current()).is_some_and(|own| core::ptr::eq(own, &raw const **vcpu));
    if !own {
        sched::wake(vcpu);
    }
}

/// Does what an operation left to do.
fn perform(domain: &Domain, effects: Effects) {
    for id in effects.kick {
        if let Some(vcpu) = domain.vcpu(id) {
            wake_other(vcpu);
        }
    }
    let Some(gic) = gic::get() else { return };
    for ppi in bits(effects.deactivate_ppis) {
        gic.deactivate(IntId::new(ppi));
    }
    perform_physical(gic, domain, effects.phys);
}

fn bits(mask: u32) -> impl Iterator<Item = u32> {
    (0..32).filter(move |bit| mask & 1 << bit != 0)
}

fn each(base: IntId, mask: u32, f: impl Fn(IntId)) {
    bits(mask).for_each(|bit| f(IntId::new(base.raw() + bit)));
}

fn perform_physical(gic: &Gic, domain: &Domain, op: PhysOp) {
    match op {
        PhysOp::None => {}
        PhysOp::Enable { base, mask } => each(base, mask, |spi| {
            retarget(gic, domain, spi);
            gic.enable(spi);
        }),
        PhysOp::Disable { base, mask } => each(base, mask, |spi| gic.disable(spi)),
        PhysOp::SetPending { base, mask } => each(base, mask, |spi| gic.set_pending(spi, State::Set)),
        PhysOp::ClearPending { base, mask, deactivate } => {
            each(base, mask, |spi| gic.set_pending(spi, State::Clear));
            each(base, deactivate, |spi| gic.deactivate(spi));
        }
        PhysOp::SetActive { base, mask } => each(base, mask, |spi| gic.set_active(spi, State::Set)),
        PhysOp::ClearActive { base, mask } => each(base, mask, |spi| gic.set_active(spi, State::Clear)),
        PhysOp::Retarget { base, mask } => each(base, mask, |spi| retarget(gic, domain, spi)),
        PhysOp::Trigger { base, mask, edges } => each(base, mask, |spi| {
            let edge = edges & 1 << (spi.raw() - base.raw()) != 0;
            gic.configure(spi, if edge { Trigger::Edge } else { Trigger::Level });
        }),
    }
}

/// Sends a physical SPI to the CPU where its vCPU runs, or ran last.
fn retarget(gic: &Gic, domain: &Domain, spi: IntId) {
    let dist = domain.vgic.dist.lock();
    let vcpu = dist.home(spi).and_then(|id| domain.vcpu(id));
    let home = vcpu.map_or(0, |vcpu| vcpu.interrupt_home.load(Ordering::Relaxed));
    let cpu = home.checked_sub(1).and_then(|id| u16::try_from(id).ok()).map(CpuId::new);
    if let Some(cpu) = cpu.and_then(percpu::get) {
        gic.route(spi, cpu.id, cpu.mpidr);
        gic.renew_active(spi, if dist.is_in_flight(spi) { State::Set } else { State::Clear });
    }
}
