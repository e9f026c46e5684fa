//! The interrupt controller (Linux bindings `arm,gic`, `arm,gic-v3`).

use crate::{Error, Fault, Interrupt, Interrupts, Lineage, Node, NodeName, Tree};
use types::PhysRange;

/// `compatible` strings of a GICv2 with the virtualization extensions.
pub const GIC_V2: [&str; 3] = ["arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a7-gic"];
/// `compatible` string of a GICv3.
pub const GIC_V3: &str = "arm,gic-v3";
/// `compatible` string of a GICv3 ITS.
pub const ITS: &str = "arm,gic-v3-its";
/// `compatible` string of a GICv2m frame.
pub const V2M: &str = "arm,gic-v2m-frame";

/// Bytes of a redistributor: two pages (GIC IHI 0069H 12.10).
const FRAME_BYTES: u64 = 2 * GIC_PAGE_BYTES;
const GIC_PAGE_BYTES: u64 = 0x1_0000;
/// No machine has more redistributor regions.
const MAX_REGIONS: usize = 128;

/// Where a GIC's registers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GicVersion {
    /// GICv2.
    V2 {
        /// Distributor.
        gicd: PhysRange,
        /// CPU interface.
        gicc: PhysRange,
        /// Virtual interface control.
        gich: PhysRange,
        /// Virtual CPU interface.
        gicv: PhysRange,
    },
    /// GICv3; its redistributors are iterated by [`Gic::redistributors`].
    V3 {
        /// Distributor.
        gicd: PhysRange,
        /// `#redistributor-regions`, 1 by default.
        redistributor_regions: usize,
        /// `redistributor-stride` in bytes, where frames are not contiguous.
        stride_bytes: Option<u64>,
    },
}

/// The host's GIC.
#[derive(Clone)]
pub struct Gic<'a> {
    /// The node with its ancestors.
    pub lineage: Lineage<'a>,
    /// Version and registers.
    pub version: GicVersion,
    /// The maintenance interrupt.
    pub maintenance: Option<Interrupt>,
}

impl<'a> Gic<'a> {
    /// Returns the node.
    pub fn node(&self) -> Node<'a> {
        self.lineage.node()
    }

    /// Returns a decoder of the interrupts that arrive at this GIC.
    pub fn interrupts(&self) -> Interrupts<'a> {
        Interrupts::new(self.node())
    }

    /// Iterates over the redistributor regions of a GICv3.
    pub fn redistributors(&self) -> impl Iterator<Item = PhysRange> + '_ {
        let count = match self.version {
            GicVersion::V2 { .. } => 0,
            GicVersion::V3 { redistributor_regions, .. } => redistributor_regions,
        };
        self.lineage.reg().skip(1).take(count).filter_map(|entry| entry.cpu)
    }

    /// Iterates over the ITSs.
    pub fn its(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.node().children().filter(|child| child.is_compatible(ITS) && child.is_available())
    }
}

impl<'a> Tree<'a> {
    /// Finds the GIC.
    ///
    /// # Errors
    /// [`Fault::Missing`] if there is none of a known kind; [`Fault::BadProperty`] if its registers
    /// cannot be read.
    pub fn gic(&self) -> Result<Gic<'a>, Error> {
        let mut walk = self.nodes();
        let is_gic = |node: &Node<'_>| {
            let known = node.is_compatible(GIC_V3) || node.is_compatible_any(&GIC_V2);
            known && node.has("interrupt-controller") && node.is_available()
        };
        if walk.find(is_gic).is_none() {
            return Err(Error::at(
                Fault::Missing(
                    "GIC of a known kind (arm,gic-400, arm,cortex-a15-gic, arm,cortex-a7-gic, arm,gic-v3)",
                ),
                0,
            ));
        }
        let lineage = walk.lineage().clone();
        let node = lineage.node();
        let version = if node.is_compatible(GIC_V3) { v3(&lineage) } else { v2(&lineage) };
        let version = version.ok_or(Error {
            fault: Fault::BadProperty("reg of the GIC"),
            offset: crate::bytes::index(node.at),
            node: NodeName::new(node.name_bytes()),
        })?;
        let maintenance = Interrupts::new(node).of(&lineage).next().flatten();
        Ok(Gic { lineage, version, maintenance })
    }
}

fn v2(lineage: &Lineage<'_>) -> Option<GicVersion> {
    let mut reg = lineage.reg().map(|entry| entry.cpu);
    Some(GicVersion::V2 { gicd: reg.next()??, gicc: reg.next()??, gich: reg.next()??, gicv: reg.next()?? })
}

fn v3(lineage: &Lineage<'_>) -> Option<GicVersion> {
    let node = lineage.node();
    let redistributor_regions = node.u32("#redistributor-regions").map_or(1, crate::bytes::index);
    if !(1..=MAX_REGIONS).contains(&redistributor_regions)
        || lineage.reg().skip(1).take(redistributor_regions).any(|entry| entry.cpu.is_none())
    {
        return None;
    }
    lineage.registers(1)?;
    // Frames are counted by it: none is shorter than a redistributor, or not of 64 KiB pages.
    let stride_bytes = match node.property("redistributor-stride") {
        Some(stride) => {
            Some(stride.as_u64().filter(|bytes| *bytes >= FRAME_BYTES && bytes % GIC_PAGE_BYTES == 0)?)
        }
        None => None,
    };
    Some(GicVersion::V3 { gicd: lineage.registers(0)?, redistributor_regions, stride_bytes })
}
