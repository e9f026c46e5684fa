//! Key `q`: domains, their memory and their vCPUs.

use crate::arch::timer::counter;
use crate::console::report::{Cursor, Report, Step};
use crate::domain::events::FrameWords;
use crate::domain::{self, Domain, Vcpu};
use crate::drivers::timer;
use crate::sched::inspect;
use ::sched::Place;
use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::Ordering;
use evtchn::SharedWords;
use xen_abi::shared_info::UPCALL_PENDING;

/// Writes a domain, then its vCPUs.
pub fn dump(cursor: &mut Cursor, report: &mut Report) -> Step {
    let domain = match domain::try_at(cursor.item) {
        Ok(Some(domain)) => domain,
        Ok(None) => return Step::Done,
        Err(domain::Busy) => {
            report.line(format_args!("The list of domains is busy"));
            return Step::Done;
        }
    };
    if cursor.part == 0 {
        write_domain(&domain, report);
    } else if let Some(vcpu) = domain.vcpus().get(cursor.part - 1) {
        write_vcpu(vcpu, report);
    } else {
        cursor.next_item();
        return Step::More;
    }
    cursor.next_part();
    Step::More
}

fn write_domain(domain: &Arc<Domain>, report: &mut Report) {
    let now = timer::ticks_to_ns(counter().wrapping_sub(timer::boot_count()));
    report.line(format_args!("General information for domain {} (now = {now}):", domain.id));
    let owned = domain.owned_pages();
    report.line(format_args!(
        "    refcnt={} nr_pages={owned} max_pages={} role={:?}",
        Arc::strong_count(domain),
        Limit(domain.pages.max.load(Ordering::Relaxed)),
        domain.role
    ));
    report.line(format_args!(
        "    vttbr={:#x} p2m_table_pages={} event_irq={}",
        domain.p2m.vttbr(),
        Shown(domain.p2m.try_table_pages()),
        domain.event_interrupt
    ));
    report.line(format_args!("VCPU information for domain {}:", domain.id));
}

fn write_vcpu(vcpu: &Vcpu, report: &mut Report) {
    let place = match inspect::place(vcpu) {
        Ok(Some(Place::Running(cpu) | Place::Leaving(cpu))) => Where::On(cpu),
        Ok(Some(Place::Queued)) => Where::Is("queued"),
        Ok(Some(Place::Parked)) => Where::Is("parked"),
        Ok(Some(Place::Asleep)) => Where::Is("asleep"),
        Ok(None) => Where::Is("new"),
        Err(inspect::Busy) => Where::Is("busy"),
    };
    let online = if vcpu.online.load(Ordering::Relaxed) { "online" } else { "off" };
    let poll = u8::from(vcpu.domain.events.is_poller(vcpu.id));
    report.line(format_args!("    VCPU{}: {place} {online} poll={poll} {}", vcpu.id, Upcall::of(vcpu)));
}

/// The flags of a vCPU's vcpu_info: `None` if its domain's ports are held, or it has none.
struct Upcall(Option<u32>);

impl Upcall {
    fn of(vcpu: &Vcpu) -> Self {
        let place = vcpu.domain.events.try_with(|channels| channels.vcpu_info(vcpu.id)).flatten();
        Self(place.map(|place| FrameWords.load(place.word(UPCALL_PENDING))))
    }
}

impl fmt::Display for Upcall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.map(u32::to_le_bytes) {
            Some([pending, mask, ..]) => write!(f, "upcall_pend={pending:02x} upcall_mask={mask:02x}"),
            None => f.write_str("upcall: none or busy"),
        }
    }
}

/// A number, or that its lock is held.
pub struct Shown<T>(pub Option<T>);

impl<T: fmt::Display> fmt::Display for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("(busy)"),
        }
    }
}

/// A limit that may be none.
struct Limit(u64);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == u64::MAX { f.write_str("unlimited") } else { self.0.fmt(f) }
    }
}

enum Where {
    On(types::CpuId),
    Is(&'static str),
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(cpu) => write!(f, "CPU{cpu} [has=T]"),
            Self::Is(what) => write!(f, "{what} [has=F]"),
        }
    }
}
