//! Building dom0 from the boot modules.
//!
//! Nothing is copied that can stay: the banks are laid around the kernel and the RAM disk
//! (crates/bootimage). Before the first instruction, what dom0 reads with its caches off is cleaned:
//! the kernel over all that it occupies, the RAM disk and the tree (architecture: caches).

mod devices;
mod load;
mod memory;
mod tree;

pub use memory::taken;

use super::life::Life;
use super::settings::Values;
use super::vgic::{DomainVgic, Frames, Model, Place, VcpuGic, Version};
use super::{Domain, Parts, Role, Vcpu};
use crate::boot::memory::Memory;
use crate::boot::{Machine, fatal};
use crate::drivers::gic;
use crate::machine::percpu;
use crate::mm::p2m::P2m;
use crate::mm::vmid;
use crate::{arch, irq, sched};
use alloc::sync::Arc;
use alloc::vec::Vec;
use bootimage::Layout;
use core::fmt::Debug;
use devicetree::Tree;
use devicetree::dom0::Policy;
use devicetree::query::{GicVersion, Modules};
use pagetable::{PageType, Span};
use types::{DomId, IntId, Ipa, IpaRange, PAGE_BYTES, PAGE_SHIFT, PhysAddr, Port, VcpuId};
use xen_abi::domctl::create::ArchDomainconfig;
use xen_abi::{Field, domctl};

/// Pages of grant table that dom0 can map (xen/include/public, gnttab_dom0_frames).
const GRANT_PAGES: u32 = 64;
/// The highest event port of dom0.
const MAX_PORT: Port = Port::new(131_071);

/// Builds dom0, or ends boot with what is wrong.
pub fn dom0(machine: &Machine, modules: &Modules<'static>, memory: Memory) -> Arc<Domain> {
    let console = crate::boot::console_node();
    let hidden = machine.platform.hidden_devices();
    let policy =
        Policy::new(&machine.tree, console, hidden).unwrap_or_else(|error| fatal(format_args!("{error}")));
    let (kernel, layout) = load::plan(machine, modules, memory);
    memory::take(DomId::ZERO, &layout);
    let vcpus = vcpu_count(machine, &policy);
    let domain = make(machine, &policy, vcpus);
    load::set_width(&domain, &kernel);
    memory::give(&domain, &layout);
    devices::give(&domain, machine, &policy);
    load::place(modules, &kernel, &layout);
    tree::write(machine, modules, &policy, &domain, &layout);
    load::clean(&layout);
    make_vcpus(&domain, &layout, vcpus);
    if machine.options.dom0_vcpus_pin {
        pin_vcpus(&domain);
    }
    must(super::register(&domain), "list of domains");
    describe(&layout, vcpus);
    domain
}

fn must<T, E: Debug>(result: Result<T, E>, what: &str) -> T {
    result.unwrap_or_else(|error| fatal(format_args!("dom0: {what}: {error:?}")))
}

/// As many vCPUs as CPUs, or as asked, but no more than the interrupt controller can have.
fn vcpu_count(machine: &Machine, policy: &Policy<'_>) -> u16 {
    let cpus = u32::try_from(percpu::all().count()).unwrap_or(1);
    let asked = machine.options.dom0_max_vcpus.map_or(cpus, |count| count.on(cpus));
    let most = match policy.gic().version {
        GicVersion::V2 { .. } => u32::from(Model::MAX_VCPUS_V2),
        GicVersion::V3 { stride_bytes, .. } => {
            let stride = stride_bytes.unwrap_or(arm_spec::gic::gicr::STRIDE_BYTES);
            let frames = policy.gic().redistributors().map(|region| region.len_bytes() / stride).sum::<u64>();
            u32::try_from(frames).unwrap_or(u32::MAX).min(u32::from(arch::layout::MAX_VCPUS))
        }
    };
    // The CPU that runs this has a redistributor.
    let most = most.max(1);
    if asked > most {
        log::warn!("dom0 gets {most} vCPUs, not {asked}: the interrupt controller has no more");
    }
    u16::try_from(asked.clamp(1, most)).unwrap_or(1)
}

fn make(machine: &Machine, policy: &Policy<'_>, vcpus: u16) -> Arc<Domain> {
    let p2m = must(P2m::new(must(vmid::Owned::take().ok_or("none"), "VMID")), "stage 2");
    let vgic = must(make_vgic(policy, vcpus), "interrupt controller");
    let grants = Ipa::new(arch::boot::image_phys().raw());
    let domain = Domain::new(Parts {
        id: DomId::ZERO,
        role: Role::Hardware,
        p2m,
        vgic,
        max_port: MAX_PORT,
        grant_frames: GRANT_PAGES,
        event_interrupt: event_interrupt(machine),
        grant_region: must(IpaRange::new(grants, u64::from(GRANT_PAGES) << PAGE_SHIFT), "grant table"),
        life: Life::running(),
        settings: settings(policy),
        time_base: 0,
    });
    must(domain, "memory for it")
}

/// What a toolstack would have said of it.
fn settings(policy: &Policy<'_>) -> Values {
    let version = match policy.gic().version {
        GicVersion::V2 { .. } => domctl::create::GicVersion::V2,
        GicVersion::V3 { .. } => domctl::create::GicVersion::V3,
    };
    let arch = ArchDomainconfig { gic_version: version.raw(), ..ArchDomainconfig::ZERO };
    let mut values = Values::NONE;
    values.arch = arch;
    values
}

fn make_vgic(policy: &Policy<'_>, vcpus: u16) -> Result<DomainVgic, vgic::Error> {
    let gic = gic::get().ok_or(vgic::Error::NoMemory)?;
    let spis = gic.interrupt_count().saturating_sub(32);
    let range = |registers: types::PhysRange| {
        IpaRange::new(Ipa::new(registers.start().raw()), registers.len_bytes())
            .map_err(|_| vgic::Error::NoMemory)
    };
    let (version, frames) = match policy.gic().version {
        GicVersion::V2 { gicd, .. } => (Version::V2, Frames::V2 { gicd: range(gicd)? }),
        GicVersion::V3 { gicd, stride_bytes, .. } => {
            let stride = stride_bytes.unwrap_or(arm_spec::gic::gicr::STRIDE_BYTES);
            let mut redistributors = Vec::new();
            for region in policy.gic().redistributors() {
                redistributors.push((range(region)?, stride));
            }
            (Version::V3, Frames::V3 { gicd: range(gicd)?, redistributors })
        }
    };
    DomainVgic::new(Model::new(version, vcpus, spis, gic.limits())?, frames)
}

/// The PPI that announces events: the highest that the host's tree does not use.
fn event_interrupt(machine: &Machine) -> IntId {
    let private = irq::private();
    let pmu = 23;
    let used = [private.hyp_timer, private.virtual_timer, private.physical_timer, private.maintenance];
    let in_tree = private_interrupts(&machine.tree);
    let free = |id: &IntId| !used.contains(id) && id.raw() != pmu && in_tree & 1 << id.raw() == 0;
    (16..32).rev().map(IntId::new).find(free).unwrap_or(IntId::new(31))
}

/// The private interrupts that some node of the tree has, a bit each.
fn private_interrupts(tree: &Tree<'_>) -> u32 {
    let Ok(gic) = tree.gic() else { return 0 };
    let interrupts = gic.interrupts();
    let mut all = 0;
    let mut walk = tree.nodes();
    while walk.next().is_some() {
        let lines = interrupts.of(walk.lineage()).flatten();
        all |= lines.fold(0, |bits, line| bits | 1u32.checked_shl(line.id.raw()).unwrap_or(0));
    }
    all
}

fn make_vcpus(domain: &Arc<Domain>, layout: &Layout, count: u16) {
    let mut vcpus = Vec::new();
    must(vcpus.try_reserve_exact(usize::from(count)), "vCPUs");
    for id in 0..count {
        let place = last_place(domain, id, count);
        let mut gic = must(VcpuGic::new(domain.vgic.model, VcpuId::new(id), place), "vCPU's interrupts");
        let timer = irq::private().virtual_timer;
        must(gic.forward(timer, timer), "virtual timer");
        vcpus.push(Arc::new(Vcpu::new(domain, VcpuId::new(id), gic)));
    }
    if let Some(first) = vcpus.first() {
        first.start_kernel(layout.entry.raw(), layout.tree.start().raw());
    }
    must(sched::add(&vcpus), "scheduler");
    domain.set_vcpus(vcpus);
}

/// Lets each vCPU run on the CPU of its number only, if that is up.
fn pin_vcpus(domain: &Domain) {
    for vcpu in domain.vcpus() {
        let hard = sched::CpuSet::of(types::CpuId::new(vcpu.id.raw()));
        if sched::set_affinity(vcpu, sched::Affinity { hard, ..sched::Affinity::ANY }).is_err() {
            log::warn!("dom0: there is no CPU {} to pin a vCPU to", vcpu.id);
        }
    }
}

/// Tells whether a vCPU's redistributor is the last of its region.
fn last_place(domain: &Domain, id: u16, count: u16) -> Place {
    let Frames::V3 { redistributors, .. } = &domain.vgic.frames else { return Place::Last };
    let mut first = 0;
    for (region, stride) in redistributors {
        first += region.len_bytes() / stride;
        if u64::from(id) + 1 == first {
            return Place::Last;
        }
    }
    if id + 1 == count { Place::Last } else { Place::Inner }
}

fn describe(layout: &Layout, vcpus: u16) {
    log::info!("dom0: {vcpus} vCPUs, memory:");
    for bank in layout.banks.as_slice() {
        log::info!("  {bank} ({} MiB)", bank.len_bytes() >> 20);
    }
    let moved = |place: &bootimage::Place| match place {
        bootimage::Place::Stays(_) => "in place",
        bootimage::Place::Moves(_) => "moved",
    };
    log::info!("dom0: kernel {} ({})", layout.kernel.range(), moved(&layout.kernel));
    if let Some(ramdisk) = &layout.ramdisk {
        log::info!("dom0: RAM disk {} ({})", ramdisk.range(), moved(ramdisk));
    }
    log::info!("dom0: device tree {}", layout.tree);
}

/// Maps `range` of the machine at the same addresses of the domain.
fn map_same(domain: &Domain, range: types::PhysRange, page: PageType) -> Result<(), crate::mm::p2m::Error> {
    let Some(pages) = range.pages_touched() else { return Ok(()) };
    let ipas = IpaRange::new(Ipa::new(pages.start().raw()), pages.len_bytes())
        .map_err(|_| crate::mm::p2m::Error::OutOfRange)?;
    match domain.p2m.map(ipas, pages.start(), page) {
        Err(crate::mm::p2m::Error::Overlap(_)) => map_holes(domain, pages, page),
        result => result,
    }
}

/// Maps what of a range is not mapped yet: devices share pages.
fn map_holes(domain: &Domain, pages: types::PhysRange, page: PageType) -> Result<(), crate::mm::p2m::Error> {
    let (mut at, end) = (pages.start().raw(), pages.end().raw());
    while at < end {
        let mapped = domain.p2m.next_mapped(Span::new(Ipa::new(at), end - at)).map(|extent| extent.span);
        let (hole_end, next) = mapped.map_or((end, end), |span| {
            let start = span.start.raw();
            (start, start.saturating_add(span.bytes))
        });
        if let Ok(hole) = IpaRange::new(Ipa::new(at), hole_end.saturating_sub(at)) {
            domain.p2m.map(hole, PhysAddr::new(at), page)?;
        }
        at = next.max(at.saturating_add(PAGE_BYTES));
    }
    Ok(())
}
