//! Making domains and their vCPUs: `XEN_DOMCTL_createdomain`, `max_vcpus`, `set_address_size`.

use super::{Answer, Command, Outcome};
use crate::arch::sysreg;
use crate::boot;
use crate::domain::{self, Config, Domain};
use crate::drivers::gic::{self, Gic};
use alloc::sync::Arc;
use arm_spec::Width;
use arm_spec::gic::{PRIVATE, SPI_END};
use core::sync::atomic::{AtomicU16, Ordering};
use types::{DomId, Port};
use vgic::Version;
use xen_abi::domctl::control::AddressSize;
use xen_abi::domctl::create::{
    ArchDomainconfig, CDF_ALL, CDF_HAP, CDF_HVM, CDF_IOMMU, CDF_NESTED_VIRT, CDF_OOS_OFF, CDF_S3_INTEGRITY,
    CDF_VPMU, Createdomain, GicVersion, IOMMU_MAX, TeeType,
};
use xen_abi::domctl::vcpu::MaxVcpus;
use xen_abi::event_channel::EVTCHN_FIFO_NR_CHANNELS;
use xen_abi::{DOMID_FIRST_RESERVED, XenErrno};

/// The most SPIs of a guest: up to number 1019 (GIC IHI 0069H 2.2.1).
const MAX_SPIS: u32 = SPI_END - PRIVATE;
/// The version of grant tables; Arm has no other.
const GRANT_VERSION: u32 = 1;
/// The most frames that may count what a guest maps of others.
pub const MAX_MAPTRACK_FRAMES: u32 = 1024;
/// Frames of a grant table where the toolstack leaves it to the hypervisor.
pub const MAX_GRANT_FRAMES: u32 = 64;
/// The number that was given last without being asked for.
static LAST: AtomicU16 = AtomicU16::new(0);

/// Creates a domain, paused, without memory and vCPUs.
pub fn create(work: &mut Command<'_, '_>) -> Outcome {
    let mut wanted: Createdomain = work.payload()?;
    let id = free_id(work.op.domain)?;
    let config = check(&wanted)?;
    domain::create(id, &config)?;
    LAST.store(id.raw(), Ordering::Relaxed);
    wanted.arch = config.settings.arch;
    work.op.domain = id;
    work.answer(&wanted)
}

/// Returns the number that is asked for, if it is free, or else the next free one.
fn free_id(asked: DomId) -> Result<DomId, XenErrno> {
    let is_free = |id: &DomId| domain::find(*id).is_none();
    if asked.raw() > 0 && asked < DOMID_FIRST_RESERVED {
        return if is_free(&asked) { Ok(asked) } else { Err(XenErrno::Eexist) };
    }
    let last = LAST.load(Ordering::Relaxed);
    let after = (last.saturating_add(1)..DOMID_FIRST_RESERVED.raw()).chain(1..=last);
    after.map(DomId::new).find(is_free).ok_or(XenErrno::Enomem)
}

/// Checks what a toolstack asks for, as Xen does it.
fn check(wanted: &Createdomain) -> Result<Config, XenErrno> {
    let flags = wanted.flags;
    const NOT_ON_ARM: u32 = CDF_S3_INTEGRITY | CDF_OOS_OFF | CDF_NESTED_VIRT | CDF_IOMMU | CDF_VPMU;
    if flags & !CDF_ALL != 0 || flags & NOT_ON_ARM != 0 || flags & (CDF_HVM | CDF_HAP) != CDF_HVM | CDF_HAP {
        return Err(XenErrno::Einval);
    }
    if wanted.iommu_opts & !IOMMU_MAX != 0 || wanted.iommu_opts != 0 || wanted.vmtrace_size != 0 {
        return Err(XenErrno::Einval);
    }
    let maptrack_frames = u32::try_from(wanted.max_maptrack_frames).unwrap_or(0);
    if wanted.grant_opts != GRANT_VERSION || maptrack_frames > MAX_MAPTRACK_FRAMES {
        return Err(XenErrno::Einval);
    }
    let gic = gic_version(wanted.arch.gic_version)?;
    if wanted.arch.tee_type != TeeType::None.raw() {
        return Err(XenErrno::Einval);
    }
    let vcpus = u16::try_from(wanted.max_vcpus).map_err(|_| XenErrno::Einval)?;
    if vcpus == 0 || vcpus > domain::max_vcpus(gic) || wanted.arch.nr_spis > MAX_SPIS {
        return Err(XenErrno::Einval);
    }
    if wanted.cpupool_id != 0 {
        return Err(XenErrno::Esrch);
    }
    let grant_frames = match u32::try_from(wanted.max_grant_frames) {
        Ok(0) => return Err(XenErrno::Einval),
        Ok(frames) if frames > MAX_GRANT_FRAMES => return Err(XenErrno::Einval),
        Ok(frames) => frames,
        Err(_) => MAX_GRANT_FRAMES,
    };
    Ok(Config {
        gic,
        vcpus,
        spis: wanted.arch.nr_spis,
        max_port: Port::new(wanted.max_evtchn_port.min(EVTCHN_FIFO_NR_CHANNELS - 1)),
        grant_frames,
        settings: settings(wanted, gic),
    })
}

fn settings(wanted: &Createdomain, gic: Version) -> domain::settings::Values {
    let gic_version = match gic {
        Version::V2 => GicVersion::V2,
        Version::V3 => GicVersion::V3,
    };
    let clock_frequency = tree_frequency_hz().unwrap_or(0);
    let mut values = domain::settings::Values::NONE;
    values.handle = wanted.handle;
    values.flags = wanted.flags;
    values.arch = ArchDomainconfig { gic_version: gic_version.raw(), clock_frequency, ..wanted.arch };
    values
}

/// What the machine's tree says of the timer's frequency, which a guest's tree then says too.
fn tree_frequency_hz() -> Option<u32> {
    let tree = &boot::machine()?.tree;
    let gic = tree.gic().ok()?;
    tree.timer(&gic.interrupts())?.frequency_hz
}

/// A guest has the machine's controller, or its older version where the machine supports both.
fn gic_version(asked: u8) -> Result<Version, XenErrno> {
    let host = match gic::get().ok_or(XenErrno::Enodev)? {
        Gic::V2(_) => Version::V2,
        Gic::V3(_) => Version::V3,
    };
    match (GicVersion::from_raw(asked).ok_or(XenErrno::Einval)?, host) {
        (GicVersion::Native, host) => Ok(host),
        (GicVersion::V2, Version::V2) => Ok(Version::V2),
        (GicVersion::V3, Version::V3) => Ok(Version::V3),
        _ => Err(XenErrno::Einval),
    }
}

/// Makes the vCPUs: as many as the domain was created for.
pub fn max_vcpus(work: &mut Command<'_, '_>, domain: &Arc<Domain>) -> Outcome {
    let wanted: MaxVcpus = work.payload()?;
    if Arc::ptr_eq(&work.cx.vcpu.domain, domain) || wanted.max != u32::from(domain.vgic.model.vcpus()) {
        return Err(XenErrno::Einval);
    }
    // Of several callers the first makes them.
    let is_first = domain.settings.with(|values| !core::mem::replace(&mut values.has_vcpus, true));
    if is_first && let Err(error) = domain.make_vcpus() {
        domain.settings.with(|values| values.has_vcpus = false);
        return Err(error);
    }
    Ok(Answer::Done)
}

/// Makes the guest a 32-bit or a 64-bit one.
pub fn set_address_size(work: &mut Command<'_, '_>, domain: &Domain) -> Outcome {
    let wanted: AddressSize = work.payload()?;
    let width = match wanted.size {
        32 => Width::A32,
        64 => Width::A64,
        _ => return Err(XenErrno::Einval),
    };
    // Where there is a choice, it is made before there is memory.
    if sysreg::OWN_WIDTH == Width::A64 && domain.owned_pages() > 0 {
        return Err(XenErrno::Ebusy);
    }
    domain.set_width(width).map_err(|_| XenErrno::Einval)?;
    Ok(Answer::Done)
}
