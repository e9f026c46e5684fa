//! GICv3: redistributors, the system-register CPU interface, affinity routing. Source: GIC IHI 0069H.

use core::sync::atomic::Ordering;

use super::{CTLR, GICR, IGROUPR, IROUTER, REGIONS, gicd, gicr};
use crate::arch::icc;
use crate::{arch, cpu, mmio, timer};

const GICD_CTLR_RWP: u32 = 1 << 31;
const GICR_CTLR_RWP: u32 = 1 << 3;
const GICR_TYPER: usize = 0x08;
const GICR_WAKER: usize = 0x14;
const SGI_FRAME: usize = 0x1_0000;

pub fn init_distributor() {
    // ARE and group 1, as a single security state or the non-secure view has them.
    mmio::store32(gicd() + CTLR, 0x12);
    wait_for_distributor();
    for word in 1..super::lines() / 32 {
        mmio::store32(gicd() + IGROUPR + word as usize * 4, u32::MAX);
    }
}

fn wait_for_distributor() {
    timer::wait_ms("GICD_CTLR.RWP", 1000, || mmio::read32(gicd() + CTLR) & GICD_CTLR_RWP == 0);
}

pub fn wait_for_write(intid: u32) {
    if intid < 32 {
        timer::wait_ms("GICR_CTLR.RWP", 1000, || mmio::read32(gicr()) & GICR_CTLR_RWP == 0);
    } else {
        wait_for_distributor();
    }
}

pub fn init_cpu() {
    let Some(frame) = find_redistributor() else {
        crate::check::abandon(format_args!("no redistributor for this CPU"))
    };
    GICR[arch::cpu_index()].store(frame, Ordering::Relaxed);
    mmio::store32(frame + GICR_WAKER, mmio::read32(frame + GICR_WAKER) & !2);
    timer::wait_ms("GICR_WAKER.ChildrenAsleep", 1000, || mmio::read32(frame + GICR_WAKER) & 4 == 0);
    mmio::store32(frame + SGI_FRAME + IGROUPR, u32::MAX);
    icc::set_sre(icc::sre() | 1);
    icc::set_pmr(0xff);
    icc::set_bpr1(0);
    icc::set_ctlr(0);
    icc::set_igrpen1(1);
}

/// The frame whose GICR_TYPER has this CPU's affinity.
fn find_redistributor() -> Option<usize> {
    REGIONS
        .iter()
        .find_map(|[base, size]| find_in(base.load(Ordering::Relaxed), size.load(Ordering::Relaxed)))
}

fn find_in(base: usize, size: usize) -> Option<usize> {
    let own = cpu::affinity();
    let packed = own & 0xff_ffff | (own >> 32 & 0xff) << 24;
    let mut frame = base;
    while frame + 0x2_0000 <= base + size {
        let typer = mmio::load64(frame + GICR_TYPER, 0);
        if typer >> 32 == packed {
            return Some(frame);
        }
        if typer & 0x10 != 0 {
            return None;
        }
        frame += if typer & 2 != 0 { 0x4_0000 } else { 0x2_0000 };
    }
    None
}

fn low(value: u64) -> u32 {
    u32::try_from(value & 0xffff_ffff).unwrap_or(0)
}

pub fn acknowledge() -> u32 {
    low(icc::iar1())
}

pub fn end(iar: u32) {
    icc::set_eoir1(u64::from(iar));
}

pub fn deactivate(iar: u32) {
    icc::set_dir(u64::from(iar));
}

pub fn set_eoi_mode(mode: u32) {
    icc::set_ctlr(icc::ctlr() & !2 | u64::from(mode) << 1);
}

pub fn highest_pending() -> u32 {
    low(icc::hppir1())
}

pub fn running_priority() -> u32 {
    low(icc::rpr()) & 0xff
}

pub fn set_priority_mask(mask: u32) {
    icc::set_pmr(u64::from(mask));
}

pub fn priority_mask() -> u32 {
    low(icc::pmr())
}

pub fn send_sgi(affinity: u64, sgi: u32) {
    let aff3 = affinity >> 32 & 0xff;
    let aff2 = affinity >> 16 & 0xff;
    let aff1 = affinity >> 8 & 0xff;
    let aff0 = affinity & 0xff;
    icc::set_sgi1r(
        aff3 << 48 | (aff0 >> 4) << 44 | aff2 << 32 | u64::from(sgi) << 24 | aff1 << 16 | 1 << (aff0 & 15),
    );
}

pub fn send_sgi_others(sgi: u32) {
    icc::set_sgi1r(1 << 40 | u64::from(sgi) << 24);
}

pub fn route(intid: u32, affinity: u64) {
    mmio::store64(gicd() + IROUTER + intid as usize * 8, affinity & 0xff_00ff_ffff);
    arch::dsb();
}
