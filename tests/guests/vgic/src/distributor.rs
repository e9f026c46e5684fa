//! The distributor's registers, as far as software may rely on them.

use crate::{OTHER_SPI, SPI};
use rt::check::{check, check_eq, check_with};
use rt::gic::{self, CTLR, ICACTIVER, ICENABLER, ICPENDR, ISACTIVER, ISENABLER, ISPENDR, TYPER, Trigger};
use rt::machine::Machine;
use rt::mmio;

pub fn identification(machine: &Machine) {
    let typer = mmio::read32(gic::gicd() + TYPER);
    check_with("TYPER has the test's SPIs", gic::lines() > OTHER_SPI, format_args!("{typer:#x}"));
    check("CTLR keeps the group enabled", mmio::read32(gic::gicd() + CTLR) & 3 != 0);
    let cpus = machine.cpus.as_slice().len();
    if gic::version() == 2 {
        let told = (typer >> 5 & 7) as usize + 1;
        check_with("TYPER.CPUNumber fits the tree", told >= cpus, format_args!("{told}"));
        let own = mmio::read8(gic::gicd() + gic::ITARGETSR);
        // GIC IHI 0048B 4.3.12: RAZ/WI where there is one CPU.
        let right = own == 1 << (rt::cpu::affinity() & 7) || cpus == 1 && own == 0;
        check_with("ITARGETSR0 names this CPU", right, format_args!("{own:#x}"));
    } else {
        check_eq("CTLR.ARE is set", mmio::read32(gic::gicd() + CTLR) >> 4 & 1, 1);
        check("TYPER.IDbits has room for all lines", (typer >> 19 & 31) + 1 >= 8);
        let waker = mmio::read32(gic::gicr() + 0x14);
        check_eq("GICR_WAKER is awake", waker & 6, 0);
    }
}

/// Set and clear registers are two views of one bit.
pub fn bits(machine: &Machine) {
    gic::route(machine, SPI, 0);
    for (name, set, clear) in [
        ("enable bit of an SPI", ISENABLER, ICENABLER),
        ("pending bit of an SPI", ISPENDR, ICPENDR),
        ("active bit of an SPI", ISACTIVER, ICACTIVER),
    ] {
        gic::set_trigger(SPI, Trigger::Edge);
        gic::set_bit(clear, SPI);
        let before = gic::bit(set, SPI);
        gic::set_bit(set, SPI);
        let (there, alike) = (gic::bit(set, SPI), gic::bit(clear, SPI));
        let neighbour = gic::bit(set, OTHER_SPI);
        gic::set_bit(clear, SPI);
        let after = gic::bit(set, SPI);
        let right = !before && there && alike && !neighbour && !after;
        check_with(name, right, format_args!("{before} {there} {alike} {neighbour} {after}"));
    }
    gic::enable(5);
    check("enable bit of an SGI is set", gic::bit(ISENABLER, 5));
    mmio::store32(gic::bit_word(ISENABLER, SPI), 0);
    gic::enable(SPI);
    mmio::store32(gic::bit_word(ISENABLER, SPI), 0);
    check("writing zeros changes nothing", gic::bit(ISENABLER, SPI));
    gic::disable(SPI);
    gic::disable(5);
}

pub fn bytes(machine: &Machine) {
    gic::set_priority(SPI, 0xa0);
    gic::set_priority(OTHER_SPI, 0x40);
    check_eq("priority byte keeps its value", gic::priority(SPI), 0xa0);
    check_eq("and its neighbour's", gic::priority(OTHER_SPI), 0x40);
    let word = gic::gicd() + gic::IPRIORITYR + (SPI & !3) as usize;
    mmio::store32(word, 0x8060_4020);
    check_eq("priority word writes four bytes", gic::priority(SPI | 3), 0x80);
    check_eq("priority word reads back", mmio::read32(word), 0x8060_4020);
    gic::set_trigger(SPI, Trigger::Level);
    let level = gic::trigger(SPI);
    gic::set_trigger(SPI, Trigger::Edge);
    check("ICFGR keeps level and edge", level == Trigger::Level && gic::trigger(SPI) == Trigger::Edge);
    check("SGIs are edge-triggered", gic::trigger(3) == Trigger::Edge);
    route(machine);
}

fn route(machine: &Machine) {
    gic::route(machine, SPI, 0);
    let affinity = rt::cpu::affinity();
    if gic::version() == 2 {
        let target = mmio::read8(gic::gicd() + gic::ITARGETSR + SPI as usize);
        let alone = machine.cpus_total == 1;
        check_with(
            "ITARGETSR keeps this CPU",
            target == 1 << (affinity & 7) || alone && target == 0,
            format_args!("{target:#x}"),
        );
    }
    #[cfg(target_arch = "aarch64")]
    if gic::version() == 3 {
        let router = mmio::load64(gic::gicd() + gic::IROUTER + SPI as usize * 8, 0);
        check_eq("IROUTER keeps this CPU", router, affinity & 0xff_00ff_ffff);
    }
}
