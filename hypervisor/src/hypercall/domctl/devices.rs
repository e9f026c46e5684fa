//! The machine's devices: they are dom0's, and no other domain's.

use super::{Command, Outcome};
use xen_abi::XenErrno;
use xen_abi::domctl::DomctlCmd;
use xen_abi::domctl::device::{BindPtIrq, IrqPermission, PtIrqType};
use xen_abi::domctl::memory::{IomemPermission, MemoryMapping};

/// Interrupts of a machine: private ones and SPIs (GIC IHI 0048B 2.2.1).
const INTERRUPTS: u32 = 1024;
/// The most frames of one memory_mapping; a caller with more makes several calls.
const MAX_FRAMES: u64 = 64;

/// `XEN_DOMCTL_irq_permission`.
pub fn irq_permission(work: &Command<'_, '_>) -> Outcome {
    let request: IrqPermission = work.payload()?;
    Err(if request.pirq >= INTERRUPTS { XenErrno::Einval } else { XenErrno::Eperm })
}

/// `XEN_DOMCTL_iomem_permission`.
pub fn iomem_permission(work: &Command<'_, '_>) -> Outcome {
    let request: IomemPermission = work.payload()?;
    check_range(request.first_mfn, request.nr_mfns)?;
    Err(XenErrno::Eperm)
}

/// `XEN_DOMCTL_memory_mapping`.
pub fn memory_mapping(work: &Command<'_, '_>) -> Outcome {
    let request: MemoryMapping = work.payload()?;
    check_range(request.first_gfn, request.nr_mfns)?;
    check_range(request.first_mfn, request.nr_mfns)?;
    Err(if request.nr_mfns > MAX_FRAMES { XenErrno::E2big } else { XenErrno::Eperm })
}

/// `XEN_DOMCTL_bind_pt_irq`, and the way back.
pub fn bind_interrupt(work: &Command<'_, '_>, command: DomctlCmd) -> Outcome {
    let request: BindPtIrq = work.payload()?;
    if request.irq_type != PtIrqType::Spi.raw() {
        return Err(XenErrno::Eopnotsupp);
    }
    let same = request.machine_irq == request.spi.into();
    Err(if command == DomctlCmd::BindPtIrq && !same { XenErrno::Einval } else { XenErrno::Eperm })
}

/// Refuses no frames, and more than there are numbers for.
fn check_range(first: u64, count: u64) -> Result<(), XenErrno> {
    let last = count.checked_sub(1).and_then(|more| first.checked_add(more));
    last.map(|_| ()).ok_or(XenErrno::Einval)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_frames_and_an_end() {
        assert_eq!(check_range(5, 0), Err(XenErrno::Einval));
        assert_eq!(check_range(u64::MAX, 2), Err(XenErrno::Einval));
        assert_eq!(check_range(u64::MAX, 1), Ok(()));
    }
}
