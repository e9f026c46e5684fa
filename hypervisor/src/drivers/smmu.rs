//! SMMUs that firmware left on: they are put into bypass, so that dom0's DMA reaches its 1:1 memory.

use crate::arch::cpu;
use crate::boot::blame::{self, Culprit};
use crate::machine::mmio::MmioWindow;
use devicetree::Tree;

/// SMMUv3 (Arm IHI 0070F 6.3): CR0, its acknowledgement, and the global bypass attributes.
mod v3 {
    pub const CR0: usize = 0x20;
    pub const CR0ACK: usize = 0x24;
    pub const GBPA: usize = 0x44;
    pub const CR0_SMMUEN: u32 = 1;
    pub const GBPA_UPDATE: u32 = 1 << 31;
    pub const GBPA_ABORT: u32 = 1 << 20;
}

/// SMMUv1 and v2 (Arm IHI 0062D 10.6): sCR0.
mod v2 {
    pub const SCR0: usize = 0;
    pub const SCR0_CLIENTPD: u32 = 1;
    pub const SCR0_USFCFG: u32 = 1 << 10;
}

const V2: [&str; 6] =
    ["arm,smmu-v1", "arm,smmu-v2", "arm,mmu-400", "arm,mmu-401", "arm,mmu-500", "cavium,smmu-v2"];
/// Reads before an SMMU that does not answer is given up.
const PATIENCE: u32 = 1_000_000;

/// Puts every SMMU of the tree into bypass.
pub fn bypass_all(tree: &Tree<'_>) {
    let mut walk = tree.nodes();
    while let Some(node) = walk.next() {
        let is_v3 = node.is_compatible("arm,smmu-v3");
        if !is_v3 && !node.is_compatible_any(&V2) {
            continue;
        }
        let range = walk.lineage().registers(0);
        let done = range.zip(range.and_then(|range| MmioWindow::map(range).ok())).is_some_and(
            |(range, registers)| {
                let bypass = || if is_v3 { bypass_v3(registers) } else { bypass_v2(registers) };
                blame::during(Culprit::Device, range.start(), bypass)
            },
        );
        if done {
            log::info!("{}: put into bypass", node.name());
        } else {
            log::error!("{}: cannot be put into bypass: DMA behind it may fail", node.name());
        }
    }
}

fn wait(registers: MmioWindow, offset: usize, mask: u32) -> bool {
    for _ in 0..PATIENCE {
        if registers.read32(offset) & mask == 0 {
            return true;
        }
        cpu::relax();
    }
    false
}

fn bypass_v3(registers: MmioWindow) -> bool {
    // GBPA decides while SMMUEN is 0: it must not abort before translation is switched off.
    if !wait(registers, v3::GBPA, v3::GBPA_UPDATE) {
        return false;
    }
    let attributes = registers.read32(v3::GBPA) & !v3::GBPA_ABORT;
    registers.write32(v3::GBPA, attributes | v3::GBPA_UPDATE);
    if !wait(registers, v3::GBPA, v3::GBPA_UPDATE) {
        return false;
    }
    registers.write32(v3::CR0, registers.read32(v3::CR0) & !v3::CR0_SMMUEN);
    wait(registers, v3::CR0ACK, v3::CR0_SMMUEN)
}

fn bypass_v2(registers: MmioWindow) -> bool {
    let control = registers.read32(v2::SCR0);
    registers.write32(v2::SCR0, control & !v2::SCR0_USFCFG | v2::SCR0_CLIENTPD);
    registers.read32(v2::SCR0) & v2::SCR0_CLIENTPD != 0
}
