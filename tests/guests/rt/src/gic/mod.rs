//! The interrupt controller as the tree describes it: one set of names over GICv2 and GICv3.
//!
//! Register offsets below 0x1000 of the distributor are the same in both; the banked ones (INTID 0-31)
//! are in a redistributor's second frame on GICv3. Source: GIC IHI 0048B, IHI 0069H.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::cpu::MAX_CPUS;
use crate::machine::{GicInfo, Machine};
use crate::{arch, mmio};

mod v2;
mod v3;

/// GICD_CTLR.
pub const CTLR: usize = 0x000;
/// GICD_TYPER.
pub const TYPER: usize = 0x004;
/// GICD_IIDR.
pub const IIDR: usize = 0x008;
/// IGROUPR<n>.
pub const IGROUPR: usize = 0x080;
/// ISENABLER<n>.
pub const ISENABLER: usize = 0x100;
/// ICENABLER<n>.
pub const ICENABLER: usize = 0x180;
/// ISPENDR<n>.
pub const ISPENDR: usize = 0x200;
/// ICPENDR<n>.
pub const ICPENDR: usize = 0x280;
/// ISACTIVER<n>.
pub const ISACTIVER: usize = 0x300;
/// ICACTIVER<n>.
pub const ICACTIVER: usize = 0x380;
/// IPRIORITYR<n>.
pub const IPRIORITYR: usize = 0x400;
/// ITARGETSR<n>, GICv2.
pub const ITARGETSR: usize = 0x800;
/// ICFGR<n>.
pub const ICFGR: usize = 0xc00;
/// SGIR, GICv2.
pub const SGIR: usize = 0xf00;
/// IROUTER<n>, GICv3.
pub const IROUTER: usize = 0x6000;

static VERSION: AtomicU32 = AtomicU32::new(0);
static ABORTS: AtomicU32 = AtomicU32::new(0);
static GICD: AtomicUsize = AtomicUsize::new(0);
static GICC: AtomicUsize = AtomicUsize::new(0);
/// Redistributor frame of each CPU, GICv3.
static GICR: [AtomicUsize; MAX_CPUS] = [const { AtomicUsize::new(0) }; MAX_CPUS];
/// Base and size of each region of redistributors, GICv3.
static REGIONS: [[AtomicUsize; 2]; 2] = [const { [const { AtomicUsize::new(0) }; 2] }; 2];

/// The version in use: 2 or 3, 0 for none.
pub fn version() -> u32 {
    VERSION.load(Ordering::Relaxed)
}

/// Base of the distributor.
pub fn gicd() -> usize {
    GICD.load(Ordering::Relaxed)
}

/// Base of the CPU interface, GICv2.
pub fn gicc() -> usize {
    GICC.load(Ordering::Relaxed)
}

/// Base of this CPU's redistributor, GICv3.
pub fn gicr() -> usize {
    GICR[arch::cpu_index()].load(Ordering::Relaxed)
}

fn address(base: u64) -> usize {
    usize::try_from(base).unwrap_or(0)
}

/// Finds the GIC, enables it and this CPU's interface; all interrupts stay disabled.
pub fn init(machine: &Machine) {
    locate(machine.gic);
    init_distributor();
    init_cpu();
}

/// Says where the GIC is that everything here is about from now on.
pub fn locate(gic: GicInfo) {
    match gic {
        GicInfo::V2 { gicd, gicc } => {
            GICD.store(address(gicd.base), Ordering::Relaxed);
            GICC.store(address(gicc.base), Ordering::Relaxed);
            VERSION.store(2, Ordering::Relaxed);
        }
        GicInfo::V3 { gicd, gicr } => {
            GICD.store(address(gicd.base), Ordering::Relaxed);
            for (region, [base, size]) in gicr.iter().zip(&REGIONS) {
                base.store(address(region.base), Ordering::Relaxed);
                size.store(address(region.size), Ordering::Relaxed);
            }
            VERSION.store(3, Ordering::Relaxed);
        }
        GicInfo::Unknown => {}
    }
}

/// Enables the distributor.
pub fn init_distributor() {
    match version() {
        2 => v2::init_distributor(),
        3 => v3::init_distributor(),
        _ => {}
    }
}

/// Enables the calling CPU's interface.
pub fn init_cpu() {
    match version() {
        2 => v2::init_cpu(),
        3 => v3::init_cpu(),
        _ => {}
    }
}

/// Acknowledges: the IAR value.
pub fn acknowledge() -> u32 {
    match version() {
        3 => v3::acknowledge(),
        2 => v2::acknowledge(),
        _ => 1023,
    }
}

/// INTID of an IAR value.
pub fn intid_of(iar: u32) -> u32 {
    if version() == 2 { iar & 0x3ff } else { iar & 0xff_ffff }
}

/// Ends the interrupt of an IAR value (priority drop, and deactivation when EOImode is 0).
pub fn end(iar: u32) {
    match version() {
        3 => v3::end(iar),
        2 => v2::end(iar),
        _ => {}
    }
}

/// Deactivates the interrupt of an IAR value, with EOImode 1.
pub fn deactivate(iar: u32) {
    match version() {
        3 => v3::deactivate(iar),
        2 => v2::deactivate(iar),
        _ => {}
    }
}

/// Sets EOImode: 1 splits priority drop and deactivation.
pub fn set_eoi_mode(mode: u32) {
    match version() {
        3 => v3::set_eoi_mode(mode),
        2 => v2::set_eoi_mode(mode),
        _ => {}
    }
}

/// The highest pending interrupt's INTID, 1023 for none.
pub fn highest_pending() -> u32 {
    match version() {
        3 => v3::highest_pending(),
        2 => v2::highest_pending(),
        _ => 1023,
    }
}

/// The running priority, 0xff when idle.
pub fn running_priority() -> u32 {
    match version() {
        3 => v3::running_priority(),
        2 => v2::running_priority(),
        _ => 0xff,
    }
}

/// Sets the priority mask.
pub fn set_priority_mask(mask: u32) {
    match version() {
        3 => v3::set_priority_mask(mask),
        2 => v2::set_priority_mask(mask),
        _ => {}
    }
}

/// The priority mask.
pub fn priority_mask() -> u32 {
    match version() {
        3 => v3::priority_mask(),
        2 => v2::priority_mask(),
        _ => 0,
    }
}

/// Sends an SGI to the CPU whose index in [`Machine::cpus`] is `target`.
pub fn send_sgi(machine: &Machine, target: usize, sgi: u32) {
    let affinity = machine.cpus.as_slice().get(target).copied().unwrap_or(0);
    match version() {
        3 => v3::send_sgi(affinity, sgi),
        2 => v2::send_sgi(affinity, sgi),
        _ => {}
    }
}

/// Sends an SGI to this CPU.
pub fn send_sgi_self(sgi: u32) {
    match version() {
        3 => v3::send_sgi(crate::cpu::affinity(), sgi),
        2 => v2::send_sgi_self(sgi),
        _ => {}
    }
}

/// Sends an SGI to all CPUs but this.
pub fn send_sgi_others(sgi: u32) {
    match version() {
        3 => v3::send_sgi_others(sgi),
        2 => v2::send_sgi_others(sgi),
        _ => {}
    }
}

/// Routes an SPI to the CPU of this index; GICv2 targets that interface alone.
pub fn route(machine: &Machine, intid: u32, target: usize) {
    let affinity = machine.cpus.as_slice().get(target).copied().unwrap_or(0);
    match version() {
        3 => v3::route(intid, affinity),
        2 => v2::route(intid, affinity),
        _ => {}
    }
}

/// Where the bank of registers with `intid` starts: GICR's SGI frame for INTIDs 0-31 on GICv3.
pub fn bank(intid: u32) -> usize {
    if version() == 3 && intid < 32 { gicr() + 0x1_0000 } else { gicd() }
}

/// Address of the bit register word that holds `intid`.
pub fn bit_word(register: usize, intid: u32) -> usize {
    bank(intid) + register + (intid / 32 * 4) as usize
}

/// Reads the bit of `intid`; an abort, which real Xen answers some registers with, reads as zero.
pub fn bit(register: usize, intid: u32) -> bool {
    let mut word = 0;
    tolerate(|| word = mmio::read32(bit_word(register, intid)));
    word >> (intid % 32) & 1 != 0
}

/// Writes a one to the bit of `intid`.
pub fn set_bit(register: usize, intid: u32) {
    tolerate(|| mmio::store32(bit_word(register, intid), 1 << (intid % 32)));
}

/// Accesses to bit registers that ended in an abort.
pub fn aborts() -> u32 {
    ABORTS.load(Ordering::Relaxed)
}

fn tolerate(access: impl FnOnce()) {
    if crate::fault::catch(access).is_some() {
        ABORTS.fetch_add(1, Ordering::Relaxed);
    }
}

/// Enables an interrupt.
pub fn enable(intid: u32) {
    set_bit(ISENABLER, intid);
}

/// Disables an interrupt and waits until that is seen.
pub fn disable(intid: u32) {
    set_bit(ICENABLER, intid);
    if version() == 3 {
        v3::wait_for_write(intid);
    }
}

/// Sets an interrupt's priority.
pub fn set_priority(intid: u32, priority: u32) {
    mmio::store8(bank(intid) + IPRIORITYR + intid as usize, priority);
    arch::dsb();
}

/// An interrupt's priority.
pub fn priority(intid: u32) -> u32 {
    mmio::read8(bank(intid) + IPRIORITYR + intid as usize)
}

/// How an interrupt's line is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trigger {
    /// Level-sensitive.
    Level,
    /// Edge-triggered.
    Edge,
}

/// Configures the trigger.
pub fn set_trigger(intid: u32, trigger: Trigger) {
    let word = bank(intid) + ICFGR + (intid / 16 * 4) as usize;
    let bit = 2 << (intid % 16 * 2);
    let old = mmio::read32(word);
    mmio::store32(word, if trigger == Trigger::Edge { old | bit } else { old & !bit });
    arch::dsb();
}

/// The configured trigger.
pub fn trigger(intid: u32) -> Trigger {
    let word = mmio::read32(bank(intid) + ICFGR + (intid / 16 * 4) as usize);
    if word >> (intid % 16 * 2) & 2 != 0 { Trigger::Edge } else { Trigger::Level }
}

/// Number of INTIDs the distributor has.
pub fn lines() -> u32 {
    ((mmio::read32(gicd() + TYPER) & 0x1f) + 1) * 32
}
