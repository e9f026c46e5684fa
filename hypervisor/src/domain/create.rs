//! Making a guest for the toolstack: a domain without memory, then its vCPUs.
//!
//! Everything that a vCPU or domain costs is allocated here, fallibly; nothing is left of one that could
//! not be made.

use super::settings::Values;
use super::vgic::{DomainVgic, Frames, Model, Place, VcpuGic, Version};
use super::{Domain, Parts, Role, Vcpu, life::Life};
use crate::arch;
use crate::arch::timer;
use crate::drivers::gic;
use crate::machine::fallible;
use crate::mm::p2m::P2m;
use crate::mm::vmid;
use crate::{boot, irq, sched};
use alloc::sync::Arc;
use alloc::vec::Vec;
use arm_spec::gic::gicr::STRIDE_BYTES;
use devicetree::query::GicVersion;
use pagetable::PageType;
use types::{DomId, IntId, Ipa, IpaRange, Port, VcpuId};
use xen_abi::XenErrno;
use xen_abi::guest_layout::{
    EVTCHN_PPI, GICC_BASE, GICC_SIZE, GICD_BASE, GICD_SIZE, GICV3_GICD_BASE, GICV3_GICD_SIZE,
    GICV3_GICR0_BASE, GNTTAB_BASE, GNTTAB_SIZE,
};

/// What a guest is made with.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The version of its interrupt controller.
    pub gic: Version,
    /// vCPUs.
    pub vcpus: u16,
    /// SPIs.
    pub spis: u32,
    /// The highest event channel.
    pub max_port: Port,
    /// Frames of its grant table.
    pub grant_frames: u32,
    /// What the toolstack said beyond that.
    pub settings: Values,
}

/// Pages that a guest's tables may take until the toolstack says: for the interrupt controller's registers.
const INITIAL_TABLES: u64 = 16;

/// The most vCPUs of a guest with a controller of this version.
pub fn max_vcpus(version: Version) -> u16 {
    match version {
        Version::V2 => Model::MAX_VCPUS_V2,
        Version::V3 => Model::MAX_VCPUS_V3.min(arch::layout::MAX_VCPUS),
    }
}

/// Makes the domain `id`, paused, without memory and vCPUs, and puts it on the list.
///
/// # Errors
/// ENOMEM; EBUSY if there are as many domains as VMIDs; EEXIST.
pub fn create(id: DomId, config: &Config) -> Result<Arc<Domain>, XenErrno> {
    let vmid = vmid::Owned::take().ok_or(XenErrno::Ebusy)?;
    let p2m = P2m::new_guest(vmid, id).map_err(|_| XenErrno::Enomem)?;
    let vgic = make_vgic(config)?;
    p2m.set_table_limit(INITIAL_TABLES);
    if config.gic == Version::V2 {
        map_cpu_interface(&p2m)?;
    }
    let domain = Domain::new(Parts {
        id,
        role: Role::Guest,
        p2m,
        vgic,
        max_port: config.max_port,
        grant_frames: config.grant_frames,
        event_interrupt: IntId::new(EVTCHN_PPI),
        grant_region: region(GNTTAB_BASE, GNTTAB_SIZE)?,
        life: Life::paused(),
        settings: config.settings,
        time_base: timer::counter(),
    })
    .map_err(|_| XenErrno::Enomem)?;
    sched::add_domain(id).map_err(|error| match error {
        ::sched::Error::Busy => XenErrno::Eexist,
        _ => XenErrno::Enomem,
    })?;
    if let Err(error) = super::register(&domain) {
        sched::remove_domain(id);
        return Err(error);
    }
    Ok(domain)
}

fn region(base: u64, bytes: u64) -> Result<IpaRange, XenErrno> {
    IpaRange::new(Ipa::new(base), bytes).map_err(|_| XenErrno::Einval)
}

fn make_vgic(config: &Config) -> Result<DomainVgic, XenErrno> {
    let gic = gic::get().ok_or(XenErrno::Enodev)?;
    let model =
        Model::new(config.gic, config.vcpus, config.spis, gic.limits()).map_err(|_| XenErrno::Einval)?;
    let frames = match config.gic {
        Version::V2 => Frames::V2 { gicd: region(GICD_BASE, GICD_SIZE)? },
        Version::V3 => {
            let bytes = u64::from(config.vcpus) * STRIDE_BYTES;
            let mut redistributors = Vec::new();
            redistributors.try_reserve_exact(1).map_err(|_| XenErrno::Enomem)?;
            redistributors.push((region(GICV3_GICR0_BASE, bytes)?, STRIDE_BYTES));
            Frames::V3 { gicd: region(GICV3_GICD_BASE, GICV3_GICD_SIZE)?, redistributors }
        }
    };
    DomainVgic::new(model, frames).map_err(|_| XenErrno::Enomem)
}

/// Maps the hardware's virtual CPU interface where the guest has its CPU interface.
fn map_cpu_interface(p2m: &P2m) -> Result<(), XenErrno> {
    let tree = boot::machine().ok_or(XenErrno::Enodev)?.tree.gic().map_err(|_| XenErrno::Enodev)?;
    let GicVersion::V2 { gicv, .. } = tree.version else { return Err(XenErrno::Enodev) };
    p2m.map(region(GICC_BASE, GICC_SIZE)?, gicv.start(), PageType::Device).map_err(|_| XenErrno::Enomem)
}

impl Domain {
    /// Makes the vCPUs that the domain was made for, all off (XEN_DOMCTL_max_vcpus).
    ///
    /// # Errors
    /// ENOMEM; none is made then.
    pub fn make_vcpus(self: &Arc<Self>) -> Result<(), XenErrno> {
        let count = u16::from(self.vgic.model.vcpus());
        let mut vcpus = Vec::new();
        vcpus.try_reserve_exact(count.into()).map_err(|_| XenErrno::Enomem)?;
        for id in 0..count {
            let place = if id + 1 == count { Place::Last } else { Place::Inner };
            vcpus.push(self.make_vcpu(VcpuId::new(id), place)?);
        }
        sched::add(&vcpus).map_err(|_| XenErrno::Enomem)?;
        self.adopt(vcpus);
        Ok(())
    }

    fn make_vcpu(self: &Arc<Self>, id: VcpuId, place: Place) -> Result<Arc<Vcpu>, XenErrno> {
        let mut gic = VcpuGic::new(self.vgic.model, id, place).map_err(|_| XenErrno::Enomem)?;
        let timer = irq::private().virtual_timer;
        gic.forward(timer, timer).map_err(|_| XenErrno::Enomem)?;
        let vcpu = Vcpu::new(self, id, gic);
        // A guest's time starts as it is made.
        vcpu.state.with(|state| state.virtual_timer.offset = self.time_base);
        fallible::arc(vcpu).ok_or(XenErrno::Enomem)
    }
}
