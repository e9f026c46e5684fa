//! Devices of the machine that dom0 lends to guests: which a guest may have, and which it has.
//!
//! A page of registers has one owner at a time: what is mapped for a guest is taken from dom0's stage 2
//! first, and comes back when the guest's mapping goes. An interrupt is lent only if dom0 never had it: that
//! of a node with `xen,passthrough` (docs/misc/arm/passthrough.txt of Xen), whose registers dom0 does not
//! have either. What dom0 does not hold itself it cannot permit.
//! Lock ranks: LENDING before DEVICES.

use super::{Domain, hardware};
use crate::drivers::gic::Trigger;
use crate::hypercall::Budget;
use crate::irq;
use crate::machine::sync::{Lock, rank};
use pagetable::{Error, PageType, Span};
use types::{Gfn, IntId, Ipa, IpaRange, PAGE_BYTES, PhysRange, PhysSet};
use xen_abi::XenErrno;
use xen_abi::guest_layout::VPL011_SPI;

/// SPIs and their likes, a bit each.
type Interrupts = [u32; 32];

/// What a guest has, and may have, of the machine's devices.
pub struct Devices(Lock<Lent, { rank::DEVICES }>);

struct Lent {
    /// Registers that it may have.
    permitted: PhysSet<16>,
    /// Registers that it has.
    mapped: PhysSet<32>,
    /// Interrupts that it may have.
    interrupts: Interrupts,
    /// Interrupts that it has.
    bound: Interrupts,
}

impl Default for Devices {
    fn default() -> Self {
        Self(Lock::new(Lent {
            permitted: PhysSet::new(),
            mapped: PhysSet::new(),
            interrupts: [0; 32],
            bound: [0; 32],
        }))
    }
}

/// What dom0 can lend, and has lent.
struct Lender {
    /// Registers of nodes that are meant for guests.
    spare: PhysSet<16>,
    /// Registers that a guest has.
    lent: PhysSet<64>,
    /// Interrupts of nodes that are meant for guests.
    interrupts: Interrupts,
    /// Those of them that are edges.
    edges: Interrupts,
}

static LENDER: Lock<Lender, { rank::LENDING }> = Lock::new(Lender::new());

fn holds(set: &Interrupts, id: IntId) -> bool {
    set.get(id.index() / 32).is_some_and(|word| word >> (id.raw() % 32) & 1 != 0)
}

fn put(set: &mut Interrupts, id: IntId, value: bool) {
    if let Some(word) = set.get_mut(id.index() / 32) {
        let mask = 1 << (id.raw() % 32);
        *word = if value { *word | mask } else { *word & !mask };
    }
}

/// Notes registers of a node that is meant for guests; only whole pages can be lent.
pub fn spare_registers(range: PhysRange) {
    let is_whole = range.start().is_aligned(PAGE_BYTES) && range.end().is_aligned(PAGE_BYTES);
    if !is_whole || LENDER.lock().spare.add(range).is_err() {
        log::warn!("{range} cannot be lent to a guest");
    }
}

/// Notes an interrupt of a node that is meant for guests.
pub fn spare_interrupt(id: IntId, trigger: Trigger) {
    let mut lender = LENDER.lock();
    put(&mut lender.interrupts, id, true);
    put(&mut lender.edges, id, trigger == Trigger::Edge);
}

fn at(gfn: Gfn, range: PhysRange) -> Result<IpaRange, XenErrno> {
    let ipa = gfn.checked_addr().ok_or(XenErrno::Einval)?;
    IpaRange::new(ipa, range.len_bytes()).map_err(|_| XenErrno::Einval)
}

fn map(guest: &Domain, ipas: IpaRange, range: PhysRange) -> Result<(), XenErrno> {
    guest.p2m.map(ipas, range.start(), PageType::Device).map_err(|error| match error {
        Error::OutOfTables => XenErrno::Enomem,
        _ => XenErrno::Ebusy,
    })
}

fn same(range: PhysRange) -> Result<IpaRange, XenErrno> {
    IpaRange::new(Ipa::new(range.start().raw()), range.len_bytes()).map_err(|_| XenErrno::Einval)
}

/// The most leaves that are looked at.
const MAX_LEAVES: usize = 128;

/// Tells whether a domain has all of `range` mapped from `ipa` on, as registers.
fn has_mapped(domain: &Domain, ipa: Ipa, range: PhysRange) -> bool {
    let mut done = 0;
    for _ in 0..MAX_LEAVES {
        let (at, left) = (ipa.wrapping_add(done), range.len_bytes() - done);
        let Some(found) = domain.p2m.next_mapped(Span::new(at, left)) else { return false };
        let page = found.mapping.attrs.page_type();
        let is_device = page.is_some_and(|page| matches!(page, PageType::Device | PageType::DeviceDirect));
        let is_there = found.span.start == at && found.mapping.pa == range.start().wrapping_add(done);
        if !is_device || !is_there {
            return false;
        }
        done += found.span.bytes.min(left);
        if done == range.len_bytes() {
            return true;
        }
    }
    false
}

impl Lender {
    const fn new() -> Self {
        Self { spare: PhysSet::new(), lent: PhysSet::new(), interrupts: [0; 32], edges: [0; 32] }
    }

    /// Tells whether dom0 holds registers: has them mapped, has lent them, or could.
    fn holds_registers(&self, dom0: &Domain, range: PhysRange) -> bool {
        let known = self.spare.covers(&range) || self.lent.covers(&range);
        known || has_mapped(dom0, Ipa::new(range.start().raw()), range)
    }

    /// Runs `f` on the parts of a range that are dom0's when no guest has them.
    fn each_of_dom0(&self, range: PhysRange, mut f: impl FnMut(PhysRange)) {
        let mut own: PhysSet<20> = PhysSet::new();
        let _ = own.add(range);
        // There is room: each part that is cut out makes one more.
        for spare in self.spare.as_slice() {
            let _ = own.subtract(*spare);
        }
        own.as_slice().iter().for_each(|part| f(*part));
    }

    /// Takes a range from dom0's stage 2.
    fn take(&self, dom0: &Domain, range: PhysRange) -> Result<(), XenErrno> {
        let mut result = Ok(());
        self.each_of_dom0(range, |part| {
            let gone = same(part).is_ok_and(|ipas| dom0.p2m.unmap(ipas).is_ok());
            result = if gone { result } else { Err(XenErrno::Enomem) };
        });
        result
    }

    fn permit(
        &self,
        dom0: &Domain,
        guest: &Domain,
        range: PhysRange,
        access: Access,
    ) -> Result<(), XenErrno> {
        if !self.holds_registers(dom0, range) {
            return Err(XenErrno::Eperm);
        }
        if guest.is_hardware() {
            // It has them anyhow, and cannot lose them.
            return if access == Access::Allow { Ok(()) } else { Err(XenErrno::Einval) };
        }
        let mut own = guest.devices.0.lock();
        match access {
            Access::Allow => own.permitted.add(range),
            Access::Deny => own.permitted.subtract(range),
        }
        .map_err(|_| XenErrno::Enomem)
    }

    /// Maps a range of dom0's for a guest.
    fn lend(&mut self, dom0: &Domain, guest: &Domain, gfn: Gfn, range: PhysRange) -> Result<(), XenErrno> {
        let ipas = at(gfn, range)?;
        let mut own = guest.devices.0.lock();
        if !self.holds_registers(dom0, range) || !own.permitted.covers(&range) {
            return Err(XenErrno::Eperm);
        }
        if guest.is_hardware() || guest.life.is_dying() {
            return Err(XenErrno::Einval);
        }
        if own.mapped.covers(&range) && has_mapped(guest, ipas.start(), range) {
            return Ok(());
        }
        if self.lent.overlaps(&range) {
            return Err(XenErrno::Ebusy);
        }
        let before = own.mapped.clone();
        own.mapped.add(range).map_err(|_| XenErrno::Enomem)?;
        let mapped = match self.lent.add(range) {
            Ok(()) => self.take(dom0, range).and_then(|()| map(guest, ipas, range)),
            Err(_) => Err(XenErrno::Enomem),
        };
        mapped.inspect_err(|_| {
            own.mapped = before;
            self.give_back(dom0, range);
        })
    }

    /// Takes a range back from a guest.
    fn reclaim(&mut self, dom0: &Domain, guest: &Domain, gfn: Gfn, range: PhysRange) -> Result<(), XenErrno> {
        let ipas = at(gfn, range)?;
        let mut own = guest.devices.0.lock();
        if !self.holds_registers(dom0, range) || !own.permitted.covers(&range) {
            return Err(XenErrno::Eperm);
        }
        if !own.mapped.covers(&range) || !has_mapped(guest, ipas.start(), range) {
            return Err(XenErrno::Einval);
        }
        let mut rest = own.mapped.clone();
        rest.subtract(range).map_err(|_| XenErrno::Enomem)?;
        guest.p2m.unmap(ipas).map_err(|_| XenErrno::Enomem)?;
        own.mapped = rest;
        self.give_back(dom0, range);
        Ok(())
    }

    /// Takes everything back from a guest for which nothing is mapped any more; false: call again.
    fn reclaim_all(&mut self, dom0: &Domain, guest: &Domain, budget: &mut Budget) -> bool {
        let mut own = guest.devices.0.lock();
        while let Some(range) = own.mapped.as_slice().first().copied() {
            if !budget.spend(BACK_STEPS) {
                return false;
            }
            // The first one is removed as a whole.
            let _ = own.mapped.subtract(range);
            self.give_back(dom0, range);
        }
        for id in (0..1024).map(IntId::new) {
            if holds(&own.bound, id) {
                if !budget.spend(BACK_STEPS) {
                    return false;
                }
                irq::take_back(id);
                put(&mut own.bound, id, false);
            }
        }
        true
    }

    /// Gives dom0 back what it had of a range that no guest has any more.
    fn give_back(&mut self, dom0: &Domain, range: PhysRange) {
        if self.lent.subtract(range).is_err() {
            // In more pieces than can be kept: it stays lent, to nobody.
            return log::warn!("{range} cannot be lent again");
        }
        self.each_of_dom0(range, |part| {
            let mapped = same(part).map(|ipas| dom0.p2m.map(ipas, part.start(), PageType::DeviceDirect));
            if !matches!(mapped, Ok(Ok(()))) {
                log::warn!("d0: {part} does not come back: something else is there");
            }
        });
    }
}

/// What dom0 says of a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A guest may.
    Allow,
    /// A guest may not any more; what it has it keeps until it is taken.
    Deny,
}

impl Domain {
    /// Permits a guest registers, or no more (XEN_DOMCTL_iomem_permission).
    ///
    /// # Errors
    /// EPERM if dom0 does not hold them, EINVAL if it is dom0 that is to lose them, ENOMEM.
    pub fn permit_registers(&self, range: PhysRange, access: Access) -> Result<(), XenErrno> {
        LENDER.lock().permit(hardware().ok_or(XenErrno::Eperm)?, self, range, access)
    }

    /// Permits a guest an interrupt, or no more (XEN_DOMCTL_irq_permission).
    ///
    /// # Errors
    /// EPERM if dom0 does not hold it.
    pub fn permit_interrupt(&self, id: IntId, access: Access) -> Result<(), XenErrno> {
        let dom0 = hardware().ok_or(XenErrno::Eperm)?;
        let lender = LENDER.lock();
        if !holds(&lender.interrupts, id) && !irq::is_routed_to(id, dom0.id) {
            return Err(XenErrno::Eperm);
        }
        put(&mut self.devices.0.lock().interrupts, id, access == Access::Allow);
        Ok(())
    }

    /// Maps registers for a guest, which dom0 then does not have (XEN_DOMCTL_memory_mapping).
    ///
    /// # Errors
    /// EPERM if dom0 does not hold them or has not permitted them, EBUSY if they are in use or something
    /// else is mapped there, EINVAL for dom0 and guests that end, ENOMEM.
    pub fn map_registers(&self, gfn: Gfn, range: PhysRange) -> Result<(), XenErrno> {
        LENDER.lock().lend(hardware().ok_or(XenErrno::Eperm)?, self, gfn, range)
    }

    /// Takes registers from a guest, for dom0 (XEN_DOMCTL_memory_mapping).
    ///
    /// # Errors
    /// EPERM if dom0 does not hold them or has not permitted them, EINVAL if they are not mapped there.
    pub fn unmap_registers(&self, gfn: Gfn, range: PhysRange) -> Result<(), XenErrno> {
        LENDER.lock().reclaim(hardware().ok_or(XenErrno::Eperm)?, self, gfn, range)
    }

    /// Gives a guest that has not run yet an interrupt, under its own number (XEN_DOMCTL_bind_pt_irq).
    ///
    /// # Errors
    /// EPERM if dom0 does not hold it or has not permitted it, EBUSY if somebody has it or the guest has
    /// run, EINVAL if the guest's controller has no such interrupt.
    pub fn bind_interrupt(&self, id: IntId) -> Result<(), XenErrno> {
        let (has_run, has_vuart) = (self.life.state().begun, self.has_vuart());
        let lender = LENDER.lock();
        let mut own = self.devices.0.lock();
        if !holds(&own.interrupts, id) || self.is_hardware() {
            return Err(XenErrno::Eperm);
        }
        // What dom0 has it keeps: its drivers do not know that an interrupt can go.
        if irq::is_routed(id) || !holds(&lender.interrupts, id) || has_run {
            return Err(XenErrno::Ebusy);
        }
        if self.life.is_dying() || id == IntId::new(VPL011_SPI) && has_vuart {
            return Err(XenErrno::Einval);
        }
        self.vgic.forward(id).map_err(|_| XenErrno::Einval)?;
        let trigger = if holds(&lender.edges, id) { Trigger::Edge } else { Trigger::Level };
        irq::route_to_guest(id, trigger, self.id);
        put(&mut own.bound, id, true);
        Ok(())
    }

    /// Takes an interrupt from a guest (XEN_DOMCTL_unbind_pt_irq).
    ///
    /// # Errors
    /// EPERM if it was not permitted, EINVAL if the guest has it not, EBUSY if the guest uses it.
    pub fn unbind_interrupt(&self, id: IntId) -> Result<(), XenErrno> {
        let mut own = self.devices.0.lock();
        if !holds(&own.interrupts, id) {
            return Err(XenErrno::Eperm);
        }
        if !holds(&own.bound, id) {
            return Err(XenErrno::Einval);
        }
        self.vgic.unforward(id).map_err(|_| XenErrno::Ebusy)?;
        irq::take_back(id);
        put(&mut own.bound, id, false);
        Ok(())
    }
}

/// What taking a range or an interrupt back costs.
const BACK_STEPS: u32 = 8;

/// Takes back what a guest that ends has of the machine's devices, once nothing is mapped for it any more;
/// false: call again.
pub fn release_all(domain: &Domain, budget: &mut Budget) -> bool {
    hardware().is_none_or(|dom0| LENDER.lock().reclaim_all(dom0, domain, budget))
}

#[cfg(test)]
mod tests;
