//! GICv2: the memory-mapped CPU interface, ITARGETSR and SGIR. Source: GIC IHI 0048B, chapter 4.

use super::{CTLR, ITARGETSR, SGIR, gicc, gicd};
use crate::{arch, mmio};

const GICC_CTLR: usize = 0x00;
const GICC_PMR: usize = 0x04;
const GICC_BPR: usize = 0x08;
const GICC_IAR: usize = 0x0c;
const GICC_EOIR: usize = 0x10;
const GICC_RPR: usize = 0x14;
const GICC_HPPIR: usize = 0x18;
const GICC_DIR: usize = 0x1000;

pub fn init_distributor() {
    mmio::store32(gicd() + CTLR, 1);
}

pub fn init_cpu() {
    mmio::store32(gicc() + GICC_PMR, 0xff);
    mmio::store32(gicc() + GICC_BPR, 0);
    mmio::store32(gicc() + GICC_CTLR, 1);
}

pub fn acknowledge() -> u32 {
    mmio::read32(gicc() + GICC_IAR)
}

pub fn end(iar: u32) {
    arch::dsb();
    mmio::store32(gicc() + GICC_EOIR, iar);
}

pub fn deactivate(iar: u32) {
    arch::dsb();
    mmio::store32(gicc() + GICC_DIR, iar);
}

pub fn set_eoi_mode(mode: u32) {
    mmio::store32(gicc() + GICC_CTLR, 1 | mode << 9);
}

pub fn highest_pending() -> u32 {
    mmio::read32(gicc() + GICC_HPPIR) & 0x3ff
}

pub fn running_priority() -> u32 {
    mmio::read32(gicc() + GICC_RPR) & 0xff
}

pub fn set_priority_mask(mask: u32) {
    mmio::store32(gicc() + GICC_PMR, mask);
    arch::dsb();
}

pub fn priority_mask() -> u32 {
    mmio::read32(gicc() + GICC_PMR)
}

/// Interface n serves the CPU whose Aff0 is n, on every machine the guests run on.
fn target_bit(affinity: u64) -> u32 {
    1 << (affinity & 7)
}

pub fn send_sgi(affinity: u64, sgi: u32) {
    arch::dsb();
    mmio::store32(gicd() + SGIR, target_bit(affinity) << 16 | sgi);
}

pub fn send_sgi_self(sgi: u32) {
    arch::dsb();
    mmio::store32(gicd() + SGIR, 2 << 24 | sgi);
}

pub fn send_sgi_others(sgi: u32) {
    arch::dsb();
    mmio::store32(gicd() + SGIR, 1 << 24 | sgi);
}

pub fn route(intid: u32, affinity: u64) {
    mmio::store8(gicd() + ITARGETSR + intid as usize, target_bit(affinity));
    arch::dsb();
}
