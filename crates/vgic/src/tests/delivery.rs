//! Delivery: what the guest gets to acknowledge, when, and what its end does.

use super::rig::Rig;
use crate::{Level, LrState, Origin, Posted, SgiGroup, Version, sgi1r};
use types::{IntId, VcpuId};

const BOTH: [Version; 2] = [Version::V2, Version::V3];
const TIMER: IntId = IntId::new(27);
const EVTCHN: IntId = IntId::new(31);

fn linux(version: Version, vcpus: u16) -> Rig {
    let mut rig = Rig::new(version, vcpus, 4);
    for vcpu in &mut rig.vcpus {
        vcpu.forward(TIMER, TIMER).unwrap();
    }
    rig.dist.forward(IntId::new(40), IntId::new(40)).unwrap();
    rig.boot_linux();
    rig
}

fn enable_ppi(rig: &mut Rig, v: usize, ppi: IntId) {
    match rig.dist.model().version() {
        Version::V2 => rig.write32(v, 0x100, 1 << ppi.raw()),
        Version::V3 => rig.redist_write(v, v, 0x1_0100, 1 << ppi.raw()),
    };
}

fn inject(rig: &mut Rig, spi: u32) -> crate::Effects {
    rig.dist.inject(IntId::new(spi), &Boxes(&rig.boxes)).unwrap()
}

pub(super) struct Boxes<'a>(pub &'a [crate::Mailbox]);

impl crate::Mailboxes for Boxes<'_> {
    fn mailbox(&self, vcpu: VcpuId) -> Option<&crate::Mailbox> {
        self.0.get(vcpu.index())
    }
}

#[test]
fn the_timer_is_delivered_with_its_physical_interrupt() {
    for version in BOTH {
        let mut rig = linux(version, 1);
        enable_ppi(&mut rig, 0, TIMER);
        rig.enter(0);
        for _ in 0..3 {
            rig.fire(0, TIMER).unwrap();
            assert_eq!(rig.enter(0), 0, "it is in a list register at once");
            assert_eq!(rig.cpus[0].acknowledge(), Some(27));
            assert_eq!(rig.cpus[0].end(27), Some(27), "deactivates the physical timer");
            assert_eq!(rig.enter(0), 0, "nothing to do after its end");
        }
        assert!(rig.fire(0, IntId::new(26)).is_err());
    }
}

#[test]
fn a_disabled_interrupt_waits_until_enabled() {
    for version in BOTH {
        let mut rig = linux(version, 1);
        let _ = rig.boxes[0].post_ppi(EVTCHN);
        assert_eq!(rig.take(0), None);
        enable_ppi(&mut rig, 0, EVTCHN);
        assert_eq!(rig.take(0), Some(31));
        assert_eq!(rig.take(0), None);
    }
}

#[test]
fn an_sgi_reaches_the_listed_and_names_its_sender_on_version_2() {
    let mut rig = linux(Version::V2, 4);
    // To CPUs 1 and 3 from CPU 2, and to CPU 1 from CPU 3.
    let kick = rig.write32(2, 0xf00, 0b1010 << 16 | 5);
    assert!(kick.contains(VcpuId::new(1)) && kick.contains(VcpuId::new(3)));
    assert!(!kick.contains(VcpuId::new(2)));
    assert!(rig.write32(3, 0xf00, 0b0010 << 16 | 5).is_empty(), "already kicked");
    assert_eq!(rig.take(1), Some(2 << 10 | 5));
    assert_eq!(rig.take(1), Some(3 << 10 | 5));
    assert_eq!(rig.take(1), None);
    assert_eq!(rig.take(3), Some(2 << 10 | 5));
    assert_eq!(rig.take(0), None);
}

#[test]
fn a_second_sender_waits_for_the_end_of_the_first() {
    let mut rig = linux(Version::V2, 2);
    rig.write32(1, 0xf00, 0b01 << 16 | 7);
    rig.enter(0);
    assert_eq!(rig.cpus[0].acknowledge(), Some(1 << 10 | 7));
    rig.write32(0, 0xf00, 2 << 24 | 7);
    rig.enter(0);
    assert_eq!(rig.cpus[0].acknowledge(), None);
    assert_eq!(rig.read32(0, 0xf24), 1 << 24, "SPENDSGIR shows who waits");
    rig.cpus[0].end(7);
    assert!(rig.cpus[0].maintenance_due());
    assert_eq!(rig.take(0), Some(7));
}

#[test]
fn sgi1r_lists_clusters_of_sixteen_or_all_others() {
    let mut rig = linux(Version::V3, 20);
    let model = *rig.dist.model();
    let me = VcpuId::new(0);
    let fx = sgi1r(3 << 24 | 1 << 16 | 0b1001, SgiGroup::One, me).post(&model, me, &Boxes(&rig.boxes));
    assert_eq!(fx.kick.map(VcpuId::raw).collect::<std::vec::Vec<_>>(), [16, 19]);
    assert_eq!(rig.take(16), Some(3));
    assert_eq!(rig.take(19), Some(3));
    let fx = sgi1r(1 << 40 | 2 << 24, SgiGroup::One, me).post(&model, me, &Boxes(&rig.boxes));
    assert_eq!(fx.kick.count(), 19);
    assert_eq!((rig.take(0), rig.take(7)), (None, Some(2)));
    let other_group = sgi1r(1, SgiGroup::Zero, me).post(&model, me, &Boxes(&rig.boxes));
    assert!(other_group.kick.is_empty(), "Linux has them in group 1");
    // Another affinity 2, and a cluster without vCPUs.
    for value in [1u64 << 32 | 1, 5 << 16 | 1] {
        assert!(sgi1r(value, SgiGroup::One, me).post(&model, me, &Boxes(&rig.boxes)).kick.is_empty());
    }
}

#[test]
fn an_sgi_sent_while_the_same_is_active_is_taken_again() {
    for version in BOTH {
        let mut rig = linux(version, 1);
        for _ in 0..2 {
            let _ = rig.boxes[0].post_sgi(IntId::new(1), VcpuId::new(0));
            rig.enter(0);
        }
        assert_eq!(rig.cpus[0].acknowledge(), Some(1), "two before the acknowledge are one");
        let _ = rig.boxes[0].post_sgi(IntId::new(1), VcpuId::new(0));
        rig.enter(0);
        assert_eq!(rig.cpus[0].lrs[0].state, LrState::ActivePending);
        rig.cpus[0].end(1);
        assert_eq!(rig.take(0), Some(1));
        assert_eq!(rig.take(0), None);
    }
}

#[test]
fn a_forwarded_spi_goes_to_its_home_and_deactivates_there() {
    for version in BOTH {
        let mut rig = linux(version, 2);
        rig.write32(0, 0x104, 1 << 8);
        assert_eq!(rig.phys, [crate::PhysOp::Enable { base: IntId::new(32), mask: 1 << 8 }]);
        for home in [0usize, 1, 0] {
            match version {
                Version::V2 => rig.write(0, 0x828, crate::Width::Byte, 1 << home),
                Version::V3 => rig.write(0, 0x6140, crate::Width::Double, home as u64),
            };
            assert_eq!(rig.dist.home(IntId::new(40)), Some(VcpuId::new(home as u16)));
            rig.enter_all();
            let fx = inject(&mut rig, 40);
            assert!(fx.kick.contains(VcpuId::new(home as u16)));
            rig.enter(home);
            assert_eq!(rig.cpus[home].acknowledge(), Some(40));
            assert_eq!(rig.cpus[home].end(40), Some(40));
            assert_eq!(rig.enter(home), 0);
        }
        let retarget = crate::PhysOp::Retarget { base: IntId::new(32), mask: 1 << 8 };
        assert_eq!(rig.phys.iter().filter(|op| **op == retarget).count(), 2);
    }
}

#[test]
fn a_software_level_is_taken_until_the_line_falls() {
    for version in BOTH {
        let mut rig = linux(version, 1);
        rig.write32(0, 0x104, 1 << 1);
        let spi = IntId::new(33);
        let _ = rig.dist.set_line(spi, Level::High, &Boxes(&rig.boxes)).unwrap();
        assert_eq!(rig.take(0), Some(33));
        assert_eq!(rig.take(0), Some(33));
        rig.enter(0);
        let _ = rig.dist.set_line(spi, Level::Low, &Boxes(&rig.boxes)).unwrap();
        assert_eq!(rig.take(0), None, "withdrawn before the acknowledge");

        enable_ppi(&mut rig, 0, IntId::new(30));
        assert_eq!(rig.boxes[0].set_ppi_line(IntId::new(30), Level::High), Ok(Posted::Kick));
        assert_eq!(rig.take(0), Some(30));
        assert_eq!(rig.take(0), Some(30));
        let _ = rig.boxes[0].set_ppi_line(IntId::new(30), Level::Low);
        assert_eq!(rig.take(0), None);
    }
}

#[test]
fn the_end_of_a_level_that_fell_is_not_heard_of() {
    for version in BOTH {
        let mut rig = linux(version, 1);
        let ppi = IntId::new(30);
        enable_ppi(&mut rig, 0, ppi);
        for _ in 0..2 {
            let _ = rig.boxes[0].set_ppi_line(ppi, Level::High);
            rig.enter(0);
            let iar = rig.cpus[0].acknowledge().unwrap();
            let _ = rig.boxes[0].set_ppi_line(ppi, Level::Low);
            rig.enter(0);
            rig.cpus[0].end(iar);
            assert!(!rig.cpus[0].maintenance_due());
        }
        let _ = rig.boxes[0].set_ppi_line(ppi, Level::High);
        rig.enter(0);
        let iar = rig.cpus[0].acknowledge().unwrap();
        for level in [Level::Low, Level::High] {
            let _ = rig.boxes[0].set_ppi_line(ppi, level);
            rig.enter(0);
        }
        rig.cpus[0].end(iar);
        assert!(rig.cpus[0].maintenance_due(), "it rose again before the end");
        assert_eq!(rig.take(0), Some(30));
    }
}

#[test]
fn more_than_fits_comes_in_order_of_priority() {
    for version in BOTH {
        let mut rig = linux(version, 1);
        for spi in 48..60u32 {
            rig.write(0, 0x400 + spi, crate::Width::Byte, u64::from(0x10 + 8 * (59 - spi)));
        }
        rig.write32(0, 0xc0c, !0);
        rig.write32(0, 0x104, 0xffff_0000);
        for spi in 48..60 {
            let _ = inject(&mut rig, spi);
            rig.enter(0);
        }
        let taken: std::vec::Vec<_> = (0..12).filter_map(|_| rig.take(0)).collect();
        assert_eq!(taken, (48..60).rev().collect::<std::vec::Vec<_>>());
        assert_eq!(rig.take(0), None);
        assert_eq!(rig.cpus[0].wanted, crate::Maintenance::default());
    }
}

#[test]
fn what_is_in_list_registers_moves_with_the_vcpu() {
    for version in BOTH {
        let mut rig = linux(version, 1);
        enable_ppi(&mut rig, 0, TIMER);
        rig.write32(0, 0x104, 1 << 8 | 1 << 9);
        rig.fire(0, TIMER).unwrap();
        let _ = inject(&mut rig, 40);
        rig.enter(0);
        let first = rig.cpus[0].acknowledge().unwrap();
        rig.park(0);
        assert_eq!(rig.vcpus[0].hw_ppis_active(), 1 << 27);
        rig.enter(0);
        let second = if first == 27 { 40 } else { 27 };
        assert_eq!(rig.cpus[0].end(first), u16::try_from(first).ok());
        assert_eq!(rig.cpus[0].acknowledge(), Some(second));
        rig.cpus[0].end(second);
        rig.park(0);
        assert_eq!(rig.vcpus[0].hw_ppis_active(), 0);
        assert_eq!(rig.take(0), None);
    }
}

#[test]
fn retargeting_takes_a_pending_interrupt_along() {
    let mut rig = linux(Version::V3, 2);
    rig.write32(0, 0x104, 1 << 8);
    let _ = inject(&mut rig, 40);
    rig.enter(0);
    rig.write(0, 0x6140, crate::Width::Double, 1);
    assert_eq!(rig.take(0), None);
    assert_eq!(rig.take(1), Some(40));
}

#[test]
fn disabling_groups_holds_everything_back() {
    for version in BOTH {
        let mut rig = linux(version, 2);
        rig.write32(0, 0x104, 1 << 8);
        let _ = inject(&mut rig, 40);
        let _ = rig.boxes[1].post_sgi(IntId::new(4), VcpuId::new(0));
        rig.enter_all();
        rig.write32(0, 0, 0);
        assert_eq!((rig.take(0), rig.take(1)), (None, None));
        rig.write32(1, 0, if version == Version::V3 { 2 } else { 1 });
        assert_eq!((rig.take(0), rig.take(1)), (Some(40), Some(4)));
    }
}

#[test]
fn wfi_ends_by_what_the_priority_mask_lets_through() {
    let mut rig = linux(Version::V3, 1);
    let deliverable =
        |rig: &mut Rig, pmr, groups| rig.with(0, |vcpu, _, port| vcpu.has_deliverable(port, pmr, groups));
    assert!(!deliverable(&mut rig, 0xff, 3));
    let _ = rig.boxes[0].post_sgi(IntId::new(4), VcpuId::new(0));
    rig.enter(0);
    assert!(deliverable(&mut rig, 0xff, 3));
    assert!(!deliverable(&mut rig, 0xa0, 3), "masked by priority");
    assert!(!deliverable(&mut rig, 0xff, 1), "group 1 is off");
}

#[test]
fn list_registers_say_what_the_guest_configured() {
    let mut rig = linux(Version::V2, 1);
    rig.write32(0, 0x104, 1 << 1);
    let _ = rig.dist.set_line(IntId::new(33), Level::High, &Boxes(&rig.boxes)).unwrap();
    rig.enter(0);
    let lr = rig.cpus[0].lrs[0];
    assert_eq!((lr.intid.raw(), lr.priority, lr.group1), (33, 0xa0, false));
    assert_eq!(lr.origin, Origin::Software { source: 0, eoi: true });
}

#[test]
fn more_active_than_fits_is_ended_all_the_same() {
    for version in BOTH {
        let mut rig = Rig::new(version, 1, 2);
        rig.dist.forward(IntId::new(40), IntId::new(40)).unwrap();
        rig.boot_linux();
        rig.write32(0, 0xc08, !0);
        rig.write32(0, 0x104, !0);
        // Five nest, the first the least urgent and forwarded.
        for (level, spi) in (40..45u32).enumerate() {
            rig.write(0, 0x400 + spi, crate::Width::Byte, 0x80 - 8 * level as u64);
            let _ = inject(&mut rig, spi);
            rig.enter(0);
            assert_eq!(rig.cpus[0].acknowledge(), Some(spi));
        }
        assert_eq!(rig.read32(0, 0x304), 0x1f00);
        let mut deactivated = None;
        for spi in (40..45).rev() {
            rig.phys.clear();
            deactivated = rig.cpus[0].end(spi);
            rig.enter(0);
            assert_eq!(rig.read32(0, 0x304), 0x1f00 & ((1 << (spi - 32)) - 1));
        }
        let by_us = crate::PhysOp::ClearActive { base: IntId::new(32), mask: 1 << 8 };
        assert!(deactivated == Some(40) || rig.phys == [by_us]);
        assert_eq!(rig.cpus[0].wanted, crate::Maintenance::default());
    }
}
