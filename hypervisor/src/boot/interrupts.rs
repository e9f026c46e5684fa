//! The interrupt controller and the private interrupts, from the device tree.

use super::blame::{self, Culprit};
use super::fatal;
use crate::drivers::gic::{self, Gic, GicV2, GicV3, RedistributorRegion};
use crate::drivers::timer;
use crate::irq::{self, Private};
use crate::machine::mmio::MmioWindow;
use crate::machine::percpu::PerCpu;
use alloc::vec::Vec;
use devicetree::query::GicVersion;
use devicetree::{Interrupt, Tree};
use types::{IntId, PhysAddr, PhysRange};

/// Bytes of a GICv2's CPU interface.
const GICC_BYTES: u64 = 0x2000;

/// Takes over the GIC and learns the timer's interrupts and rate.
pub fn init(tree: &Tree<'static>) -> &'static Gic {
    let node = tree.gic().unwrap_or_else(|error| fatal(format_args!("{error}")));
    let interrupts = node.interrupts();
    let Some(timers) = tree.timer(&interrupts) else {
        fatal(format_args!("No generic timer: the device tree has no arm,armv8-timer or arm,armv7-timer"));
    };
    let number =
        |interrupt: Option<Interrupt>, usual: u32| interrupt.map_or(IntId::new(usual), |line| line.id);
    irq::set_private(Private {
        hyp_timer: number(timers.hypervisor, 26),
        virtual_timer: number(timers.virtual_, 27),
        physical_timer: number(timers.physical, 30),
        maintenance: number(node.maintenance, 25),
    });
    if timer::init(timers.frequency_hz.map(u64::from)).is_none() {
        fatal(format_args!(
            "The timer's rate is unknown: CNTFRQ is 0 and the timer node has no clock-frequency"
        ));
    }
    blame::during(Culprit::Gic, address(&node), || {
        let gic = gic::init(open(&node));
        let version = if matches!(gic, Gic::V2(_)) { 2 } else { 3 };
        log::info!(
            "GICv{version}: {} interrupts, {} list registers",
            gic.interrupt_count(),
            gic.list_register_count()
        );
        gic
    })
}

/// Maps the registers.
fn open(node: &devicetree::query::Gic<'_>) -> Gic {
    match node.version {
        GicVersion::V2 { gicd, gicc, gich, .. } => {
            let gic = GicV2::new(map(gicd), map(whole_gicc(gicc)), map(gich));
            Gic::V2(
                gic.unwrap_or_else(|| fatal(format_args!("the GICv2's GICC or GICH is less than a page"))),
            )
        }
        GicVersion::V3 { gicd, stride_bytes, .. } => {
            let regions = node.redistributors().map(|range| RedistributorRegion {
                registers: map(range),
                stride_bytes,
                bytes: range.len_bytes(),
            });
            Gic::V3(GicV3::new(map(gicd), regions.collect::<Vec<_>>()))
        }
    }
}

/// Prepares the interface of the first CPU.
pub fn init_first_cpu(gic: &Gic, tree: &Tree<'_>, cpu: &PerCpu) {
    let at = tree.gic().map_or(PhysAddr::new(0), |node| address(&node));
    if blame::during(Culprit::Gic, at, || gic.init_cpu(cpu.id, cpu.mpidr)).is_err() {
        fatal(format_args!(
            "The GIC at {at} has no redistributor for CPU {:#x}. Correct its reg.",
            cpu.mpidr
        ));
    }
}

fn address(node: &devicetree::query::Gic<'_>) -> PhysAddr {
    match node.version {
        GicVersion::V2 { gicd, .. } | GicVersion::V3 { gicd, .. } => gicd.start(),
    }
}

/// GICC_DIR is in the second page (GIC IHI 0048B 4.4), which many trees leave out.
fn whole_gicc(gicc: PhysRange) -> PhysRange {
    PhysRange::new(gicc.start(), gicc.len_bytes().max(GICC_BYTES)).unwrap_or(gicc)
}

fn map(range: PhysRange) -> MmioWindow {
    MmioWindow::map(range)
        .unwrap_or_else(|error| fatal(format_args!("GIC: {range} cannot be mapped: {error:?}")))
}
