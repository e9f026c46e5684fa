//! Devices of the machine that dom0 lends: registers and interrupts.
//!
//! Without an I/O MMU no device is assigned as a whole.

use super::{Answer, Command, Outcome};
use crate::domain::Domain;
use crate::domain::lending::Access;
use types::{Gfn, IntId, Mfn, PAGE_SHIFT, PhysRange};
use xen_abi::XenErrno;
use xen_abi::domctl::device::{BindPtIrq, IrqPermission, PtIrqType};
use xen_abi::domctl::memory::{ADD_MAPPING, IomemPermission, MemoryMapping, REMOVE_MAPPING};

const fn access(allow: u8) -> Access {
    if allow == 0 { Access::Deny } else { Access::Allow }
}

/// Interrupts that there can be: more than any distributor has.
const MAX_INTERRUPTS: u32 = 1024;

/// `XEN_DOMCTL_irq_permission`.
pub fn permit_interrupt(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: IrqPermission = work.payload()?;
    if request.pirq >= MAX_INTERRUPTS {
        return Err(XenErrno::Einval);
    }
    domain.permit_interrupt(IntId::new(request.pirq), access(request.allow_access))?;
    Ok(Answer::Done)
}

/// Frames of the highest address that there is (Arm ARM DDI 0487J D8.1.10: 52 bits).
const END_OF_FRAMES: u64 = 1 << (52 - PAGE_SHIFT);

/// Returns the range of machine frames.
fn registers(first: u64, count: u64) -> Result<PhysRange, XenErrno> {
    let end = first.checked_add(count).filter(|_| count > 0).ok_or(XenErrno::Einval)?;
    if end > END_OF_FRAMES {
        return Err(XenErrno::Eperm);
    }
    PhysRange::new(Mfn::new(first).addr(), count << PAGE_SHIFT).map_err(|_| XenErrno::Einval)
}

/// `XEN_DOMCTL_iomem_permission`.
pub fn permit_registers(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: IomemPermission = work.payload()?;
    let range = registers(request.first_mfn, request.nr_mfns)?;
    domain.permit_registers(range, access(request.allow_access))?;
    Ok(Answer::Done)
}

/// The most pages of one call (`xen/include/public/domctl.h`, xen_domctl_memory_mapping).
const MAX_MAPPED: u64 = 64;

/// `XEN_DOMCTL_memory_mapping`.
pub fn map_registers(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let request: MemoryMapping = work.payload()?;
    let gfn = Gfn::new(request.first_gfn);
    // The last guest frame is one as well; `registers` looks at the machine's.
    request.first_gfn.checked_add(request.nr_mfns).ok_or(XenErrno::Einval)?;
    let range = registers(request.first_mfn, request.nr_mfns);
    if request.nr_mfns > MAX_MAPPED && range != Err(XenErrno::Einval) {
        return Err(XenErrno::E2big);
    }
    match request.add_mapping {
        ADD_MAPPING => domain.map_registers(gfn, range?)?,
        REMOVE_MAPPING => domain.unmap_registers(gfn, range?)?,
        _ => return Err(XenErrno::Einval),
    }
    Ok(Answer::Done)
}

/// Returns the interrupt that is to be bound or unbound: on Arm an SPI under its own number.
fn interrupt(work: &Command<'_, '_>) -> Result<IntId, XenErrno> {
    let request: BindPtIrq = work.payload()?;
    if request.irq_type != PtIrqType::Spi.raw() {
        return Err(XenErrno::Eopnotsupp);
    }
    if request.machine_irq != u32::from(request.spi) {
        return Err(XenErrno::Einval);
    }
    Ok(IntId::new(request.machine_irq))
}

/// `XEN_DOMCTL_bind_pt_irq`.
pub fn bind_interrupt(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    domain.bind_interrupt(interrupt(work)?)?;
    Ok(Answer::Done)
}

/// `XEN_DOMCTL_unbind_pt_irq`.
pub fn unbind_interrupt(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    domain.unbind_interrupt(interrupt(work)?)?;
    Ok(Answer::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_frames_and_an_end() {
        assert_eq!(registers(5, 0), Err(XenErrno::Einval));
        assert_eq!(registers(u64::MAX, 2), Err(XenErrno::Einval));
        assert_eq!(registers(1 << 50, 1), Err(XenErrno::Eperm));
        assert_eq!(registers(0x9000, 2).map(|range| range.len_bytes()), Ok(0x2000));
    }
}
