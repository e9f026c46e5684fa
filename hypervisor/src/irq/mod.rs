//! Physical interrupts: who they are for.
//!
//! EL2 keeps its timer, the maintenance interrupt, its SGI and the console's UART; every other one
//! belongs to the guest that it is routed to. Lock rank: IRQ (changes of routes only).

use crate::domain::stats::Cause;
use crate::domain::vgic;
use crate::drivers::gic::{self, CpuInterface, Gic, State, Trigger};
use crate::machine::percpu::{self, PerCpu};
use crate::{console, domain, sched};
use arm_spec::gic::SPI_END;
use core::sync::atomic::{AtomicU32, Ordering};
use types::{DomId, IntId};

/// EL2's SGI: "look at what was posted".
const KICK: IntId = IntId::new(0);
/// EL2's SGI: "stop": another CPU panicked, or ends the machine.
const STOP: IntId = IntId::new(1);

/// The private interrupts that EL2 knows, from the device tree.
#[derive(Clone, Copy, Debug)]
pub struct Private {
    /// EL2's timer.
    pub hyp_timer: IntId,
    /// The guests' virtual timer.
    pub virtual_timer: IntId,
    /// The guests' emulated physical timer.
    pub physical_timer: IntId,
    /// The GIC's maintenance interrupt.
    pub maintenance: IntId,
}

static HYP_TIMER: AtomicU32 = AtomicU32::new(26);
static VIRTUAL_TIMER: AtomicU32 = AtomicU32::new(27);
static PHYSICAL_TIMER: AtomicU32 = AtomicU32::new(30);
static MAINTENANCE: AtomicU32 = AtomicU32::new(25);

/// Whom each SPI is for: nobody, the console, or a domain (its number plus [`FIRST_DOMAIN`]).
static ROUTES: [AtomicU32; 1020] = [const { AtomicU32::new(NOBODY) }; 1020];
const NOBODY: u32 = 0;
const CONSOLE: u32 = 1;
const FIRST_DOMAIN: u32 = 2;

/// How often each SPI came.
static COUNTS: [AtomicU32; 1020] = [const { AtomicU32::new(0) }; 1020];

/// Whom an SPI is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// EL2, which reads what is typed.
    Console,
    /// A domain.
    Domain(DomId),
}

/// Returns whom an SPI is for, if anybody, and how often it came.
pub fn route(intid: IntId) -> Option<(Route, u32)> {
    let count = COUNTS.get(intid.index())?.load(Ordering::Relaxed);
    match ROUTES.get(intid.index())?.load(Ordering::Relaxed) {
        NOBODY => None,
        CONSOLE => Some((Route::Console, count)),
        domain => Some((Route::Domain(DomId::new(u16::try_from(domain - FIRST_DOMAIN).ok()?)), count)),
    }
}

/// Sets the numbers of the private interrupts.
pub fn set_private(private: Private) {
    HYP_TIMER.store(private.hyp_timer.raw(), Ordering::Relaxed);
    VIRTUAL_TIMER.store(private.virtual_timer.raw(), Ordering::Relaxed);
    PHYSICAL_TIMER.store(private.physical_timer.raw(), Ordering::Relaxed);
    MAINTENANCE.store(private.maintenance.raw(), Ordering::Relaxed);
}

/// Returns the numbers of the private interrupts.
pub fn private() -> Private {
    Private {
        hyp_timer: IntId::new(HYP_TIMER.load(Ordering::Relaxed)),
        virtual_timer: IntId::new(VIRTUAL_TIMER.load(Ordering::Relaxed)),
        physical_timer: IntId::new(PHYSICAL_TIMER.load(Ordering::Relaxed)),
        maintenance: IntId::new(MAINTENANCE.load(Ordering::Relaxed)),
    }
}

/// Turns on the private interrupts that EL2 takes, on this CPU.
pub fn init_cpu(gic: &Gic) {
    let private = private();
    for intid in [private.hyp_timer, private.virtual_timer, private.maintenance] {
        gic.configure(intid, Trigger::Level);
        gic.enable(intid);
    }
    gic.enable(KICK);
    gic.enable(STOP);
}

/// Sends the console's interrupt to EL2.
pub fn route_console(intid: IntId, trigger: Trigger) {
    let (Some(gic), Some(route)) = (gic::get(), ROUTES.get(intid.index())) else { return };
    route.store(CONSOLE, Ordering::Relaxed);
    gic.configure(intid, trigger);
    if let Some(cpu) = percpu::this() {
        gic.route(intid, cpu.id, cpu.mpidr);
    }
    gic.enable(intid);
}

/// Gives an SPI to a domain; it stays off until the domain enables it.
pub fn route_to_guest(intid: IntId, trigger: Trigger, domain: DomId) {
    let (Some(gic), Some(route)) = (gic::get(), ROUTES.get(intid.index())) else { return };
    route.store(FIRST_DOMAIN + u32::from(domain.raw()), Ordering::Relaxed);
    gic.configure(intid, trigger);
    if let Some(cpu) = percpu::this() {
        gic.route(intid, cpu.id, cpu.mpidr);
    }
}

/// Takes an SPI from the domain that has it: it is off, and nobody's.
pub fn take_back(intid: IntId) {
    let (Some(gic), Some(route)) = (gic::get(), ROUTES.get(intid.index())) else { return };
    gic.disable(intid);
    route.store(NOBODY, Ordering::Relaxed);
    gic.set_pending(intid, State::Clear);
    gic.deactivate(intid);
}

/// Tells whether an SPI is given to a domain.
#[inline]
pub fn is_routed_to(intid: IntId, domain: DomId) -> bool {
    let owner = FIRST_DOMAIN + u32::from(domain.raw());
    ROUTES.get(intid.index()).is_some_and(|route| route.load(Ordering::Relaxed) == owner)
}

/// Tells whether an SPI is routed.
pub fn is_routed(intid: IntId) -> bool {
    ROUTES.get(intid.index()).is_some_and(|route| route.load(Ordering::Relaxed) != NOBODY)
}

/// Interrupts another CPU so that it looks at what was posted.
pub fn send_kick(cpu: &PerCpu) {
    if let Some(gic) = gic::get() {
        gic.send_sgi(KICK, cpu.id, cpu.mpidr);
    }
}

/// Tells all other CPUs to stop: the machine ends.
pub fn stop_other_cpus() {
    let (Some(gic), own) = (gic::get(), percpu::this().map(|cpu| cpu.id)) else { return };
    for cpu in percpu::all().filter(|cpu| Some(cpu.id) != own) {
        gic.send_sgi(STOP, cpu.id, cpu.mpidr);
    }
}

/// Handles the most urgent of the interrupts that are pending on this CPU; one after it comes by itself.
#[inline]
pub fn dispatch(cpu: &'static PerCpu) {
    match gic::get() {
        Some(Gic::V2(interface)) => take(interface, cpu),
        Some(Gic::V3(interface)) => take(interface, cpu),
        None => {}
    }
}

/// Handles an interrupt; the guests' timer comes most often.
#[inline]
fn take(interface: &impl CpuInterface, cpu: &'static PerCpu) {
    let raw = interface.acknowledge();
    if raw >= SPI_END {
        return;
    }
    let intid = IntId::new(raw);
    interface.drop_priority(intid);
    if raw == VIRTUAL_TIMER.load(Ordering::Relaxed)
        && let Some(vcpu) = cpu.current()
    {
        vcpu.stats.count(Cause::VirtualTimer);
        // It stays active: the guest's own deactivation ends it (list register with HW=1).
        vgic::inject_forwarded_ppi(interface, cpu, vcpu, intid);
    } else {
        others(cpu, intid);
    }
}

#[inline(never)]
fn others(cpu: &'static PerCpu, intid: IntId) {
    let Some(gic) = gic::get() else { return };
    if intid.is_spi() {
        shared(gic, cpu, intid);
    } else {
        private_interrupt(gic, cpu, intid);
    }
}

fn count(cpu: &PerCpu, cause: Cause) {
    if let Some(vcpu) = cpu.current() {
        vcpu.stats.count(cause);
    }
}

fn private_interrupt(gic: &Gic, cpu: &'static PerCpu, intid: IntId) {
    let raw = intid.raw();
    if raw == MAINTENANCE.load(Ordering::Relaxed) {
        count(cpu, Cause::Maintenance);
        if let Some(vcpu) = cpu.current() {
            vgic::maintenance(gic, vcpu);
        }
        // Its line is low again now.
        return gic.deactivate(intid);
    }
    if raw == HYP_TIMER.load(Ordering::Relaxed) {
        // Off before it is deactivated, or its line brings it again at once.
        crate::arch::timer::set_hyp_deadline(None);
    }
    gic.deactivate(intid);
    if raw == HYP_TIMER.load(Ordering::Relaxed) {
        count(cpu, Cause::HypTimer);
        sched::timer_fired(cpu);
    } else if intid == KICK {
        count(cpu, Cause::Kick);
        sched::reschedule(cpu);
    } else if intid == STOP {
        crate::machine::panic::stop_if_panicking();
    }
}

fn shared(gic: &Gic, cpu: &'static PerCpu, intid: IntId) {
    count(cpu, Cause::Spi);
    if let Some(counter) = COUNTS.get(intid.index()) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
    match ROUTES.get(intid.index()).map_or(NOBODY, |route| route.load(Ordering::Relaxed)) {
        NOBODY => {
            log::warn!("{intid:?} is nobody's: switched off");
            gic.disable(intid);
            gic.deactivate(intid);
        }
        CONSOLE => {
            console::receive(cpu);
            gic.deactivate(intid);
        }
        domain => {
            let id = DomId::new(u16::try_from(domain - FIRST_DOMAIN).unwrap_or(0));
            match domain::hardware().filter(|domain| domain.id == id) {
                Some(domain) => vgic::inject_forwarded_spi(gic, domain, intid),
                None => match domain::find(id) {
                    Some(domain) => vgic::inject_forwarded_spi(gic, &domain, intid),
                    None => gic.deactivate(intid),
                },
            }
        }
    }
}
