//! Registers: what reads back, what is fixed, and state that is in list registers.

use super::delivery::Boxes;
use super::rig::Rig;
use crate::{PhysOp, Version, Width};
use types::{IntId, VcpuId};

#[test]
fn identification_is_a_gic_400s_or_a_gic_500s() {
    let mut v2 = Rig::new(Version::V2, 4, 4);
    assert_eq!(v2.read32(0, 0x4), 3 << 5 | 2);
    assert_eq!(v2.read32(0, 0x8), 0x0200_143b);
    assert_eq!(v2.read32(0, 0xfe8), 0x2b);
    assert_eq!(v2.read(0, 0xff0, Width::Byte), 0x0d);
    let mut v3 = Rig::new(Version::V3, 2, 4);
    assert_eq!(v3.read32(0, 0x4), 1 << 25 | 9 << 19 | 2);
    assert_eq!(v3.read32(0, 0xffe8), 0x3b);
    assert_eq!(v3.read32(0, 0), 1 << 6 | 1 << 4);
    assert_eq!(v3.read32(0, 0xfe8), 0);
    assert_eq!(v3.redist_read(0, 1, 0xffe8, Width::Word), 0x3b);
    assert_eq!(v3.redist_read(0, 1, 0x8, Width::Double), 1 << 32 | 1 << 8 | 1 << 4);
    assert_eq!(v3.redist_read(0, 0, 0x8, Width::Double), 0);
    assert_eq!(v3.redist_read(0, 1, 0xc, Width::Word), 1);
}

#[test]
fn the_waker_sleeps_and_wakes() {
    let mut rig = Rig::new(Version::V3, 1, 4);
    assert_eq!(rig.redist_read(0, 0, 0x14, Width::Word), 6);
    rig.redist_write(0, 0, 0x14, 0);
    assert_eq!(rig.redist_read(0, 0, 0x14, Width::Word), 0);
    rig.redist_write(0, 0, 0x14, 2);
    assert_eq!(rig.redist_read(0, 0, 0x14, Width::Word), 6);
}

#[test]
fn enables_priorities_and_triggers_read_back() {
    for version in [Version::V2, Version::V3] {
        let mut rig = Rig::new(version, 2, 4);
        rig.write32(0, 0x104, 0x8000_0001);
        assert_eq!(rig.read32(1, 0x104), 0x8000_0001);
        rig.write32(0, 0x184, 1);
        assert_eq!(rig.read32(0, 0x184), 0x8000_0000);
        rig.write(0, 0x421, Width::Byte, 0xff);
        assert_eq!(rig.read32(0, 0x420), 0xf800, "five bits of priority");
        assert_eq!(rig.read(0, 0x421, Width::Byte), 0xf8);
        rig.write32(0, 0xc08, !0);
        assert_eq!(rig.read32(0, 0xc08), 0xaaaa_aaaa);
        rig.write32(0, 0x84, 0x5);
        assert_eq!(rig.read32(0, 0x84), 5);
        // Beyond the 64 SPIs, and reserved.
        rig.write32(0, 0x10c, !0);
        for offset in [0x10c, 0x460, 0x28, 0xd00, 0xe00] {
            assert_eq!(rig.read32(0, offset), 0);
        }
    }
}

#[test]
fn private_registers_are_banked_on_version_2_and_moved_on_version_3() {
    let mut v2 = Rig::new(Version::V2, 2, 4);
    assert_eq!(v2.read32(0, 0x100), 0xffff);
    v2.write32(0, 0x100, 1 << 27);
    v2.write32(0, 0x180, 1);
    assert_eq!((v2.read32(0, 0x100), v2.read32(1, 0x100)), (0x0800_ffff, 0xffff));
    assert_eq!((v2.read32(0, 0x800), v2.read32(1, 0x81c)), (0x0101_0101, 0x0202_0202));
    assert_eq!(v2.read32(0, 0xc00), 0xaaaa_aaaa);
    let mut v3 = Rig::new(Version::V3, 2, 4);
    v3.write32(0, 0x100, !0);
    v3.write32(0, 0x400, !0);
    for offset in [0x100, 0x400, 0x800, 0x820, 0xc00, 0xf00] {
        assert_eq!(v3.read32(0, offset), 0);
    }
    v3.redist_write(0, 1, 0x1_0100, 1 << 27 | 1);
    assert_eq!(v3.redist_read(1, 1, 0x1_0180, Width::Word), 1 << 27 | 1);
    assert_eq!(v3.redist_read(1, 0, 0x1_0180, Width::Word), 0);
    assert_eq!(v3.redist_read(1, 0, 0x1_0c00, Width::Word), 0xaaaa_aaaa);
}

#[test]
fn targets_are_those_that_exist() {
    let mut rig = Rig::new(Version::V2, 3, 4);
    rig.write32(0, 0x820, 0xff04_0200);
    assert_eq!(rig.read32(0, 0x820), 0x0704_0200);
    assert_eq!(rig.read(0, 0x822, Width::Half), 0x0704);
    let homes: std::vec::Vec<_> = (32..36).map(|n| rig.dist.home(IntId::new(n))).collect();
    assert_eq!(homes, [None, Some(VcpuId::new(1)), Some(VcpuId::new(2)), Some(VcpuId::new(0))]);
    let mut one = Rig::new(Version::V2, 1, 4);
    one.write32(0, 0x820, !0);
    assert_eq!(one.read32(0, 0x820), 0);
    assert_eq!(one.dist.home(IntId::new(32)), Some(VcpuId::new(0)));
}

#[test]
fn routers_take_affinities_of_32_and_64_bits() {
    let mut rig = Rig::new(Version::V3, 20, 4);
    rig.write(0, 0x6100, Width::Double, !0);
    assert_eq!(rig.read(0, 0x6100, Width::Double), 0x00ff_ffff, "no IRM, no affinity 3");
    assert_eq!(rig.dist.home(IntId::new(32)), None);
    rig.write32(0, 0x6100, 0x103);
    assert_eq!(rig.read32(0, 0x6100), 0x103);
    assert_eq!(rig.dist.home(IntId::new(32)), Some(VcpuId::new(19)));
    assert_eq!(rig.read(0, 0x6000, Width::Double), 0, "no routing of private interrupts");
    assert_eq!(rig.read(0, 0x6300, Width::Double), 0, "no such SPI");
}

#[test]
fn pending_and_active_show_what_is_in_list_registers() {
    for version in [Version::V2, Version::V3] {
        let mut rig = Rig::new(version, 2, 4);
        rig.boot_linux();
        rig.write32(0, 0x104, 6);
        rig.write32(0, 0xc08, !0);
        for spi in [33, 34] {
            let _ = rig.dist.inject(IntId::new(spi), &Boxes(&rig.boxes)).unwrap();
        }
        rig.enter(0);
        assert_eq!((rig.read32(0, 0x204), rig.read32(0, 0x304)), (6, 0));
        let iar = rig.cpus[0].acknowledge().unwrap();
        let (active, pending) = (1 << (iar - 32), 6 & !(1 << (iar - 32)));
        for reader in [0, 1] {
            assert_eq!((rig.read32(reader, 0x204), rig.read32(reader, 0x304)), (pending, active));
        }
        rig.cpus[0].end(iar);
        for reader in [1, 0] {
            assert_eq!((rig.read32(reader, 0x284), rig.read32(reader, 0x384)), (pending, 0));
        }
        // From the other vCPU: not pending any more, though it is in a list register.
        rig.write32(1, 0x284, !0);
        assert_eq!(rig.read32(1, 0x204), 0);
        assert_eq!(rig.take(0), None);
    }
}

#[test]
fn software_can_pend_and_activate() {
    for version in [Version::V2, Version::V3] {
        let mut rig = Rig::new(version, 2, 4);
        rig.boot_linux();
        rig.write32(0, 0x104, 6);
        rig.write32(1, 0x204, 2);
        assert_eq!(rig.read32(1, 0x204), 2);
        assert_eq!(rig.take(0), Some(33));
        assert_eq!(rig.read32(1, 0x204), 0);
        rig.write32(1, 0x304, 2);
        assert_eq!(rig.read32(0, 0x304), 2);
        rig.write32(0, 0x204, 2);
        assert_eq!(rig.take(0), None, "active and pending is not signalled");
        assert_eq!(rig.read32(0, 0x204), 2);
        rig.write32(1, 0x384, 2);
        assert_eq!(rig.take(0), Some(33));
        assert_eq!(rig.read32(1, 0x304), 0);
    }
}

#[test]
fn another_redistributor_is_within_reach() {
    let mut rig = Rig::new(Version::V3, 2, 4);
    rig.boot_linux();
    rig.redist_write(1, 0, 0x1_0200, 1 << 9);
    rig.enter(0);
    assert_eq!(rig.redist_read(1, 0, 0x1_0200, Width::Word), 1 << 9);
    assert_eq!(rig.cpus[0].acknowledge(), Some(9));
    assert_eq!(rig.redist_read(1, 0, 0x1_0300, Width::Word), 1 << 9);
    assert_eq!(rig.redist_read(1, 0, 0x1_0200, Width::Word), 0);
    rig.redist_write(1, 0, 0x1_0380, 1 << 9);
    rig.enter(0);
    assert_eq!(rig.redist_read(1, 0, 0x1_0300, Width::Word), 0);
}

#[test]
fn forwarded_interrupts_take_their_state_from_the_hardware() {
    for version in [Version::V2, Version::V3] {
        let mut rig = Rig::new(version, 1, 4);
        rig.dist.forward(IntId::new(40), IntId::new(40)).unwrap();
        rig.boot_linux();
        rig.high.insert(40);
        assert_eq!(rig.read32(0, 0x204), 1 << 8, "the line is high");
        rig.high.clear();
        let base = IntId::new(32);
        rig.write32(0, 0x204, 1 << 8);
        assert_eq!(rig.phys.pop(), Some(PhysOp::SetPending { base, mask: 1 << 8 }));
        // It fires and is acknowledged while the guest has it disabled; then the guest clears it.
        let _ = rig.dist.inject(IntId::new(40), &Boxes(&rig.boxes)).unwrap();
        assert_eq!(rig.take(0), None);
        rig.write32(0, 0x284, 1 << 8);
        let cleared = PhysOp::ClearPending { base, mask: 1 << 8, deactivate: 1 << 8 };
        assert_eq!(rig.phys.pop(), Some(cleared));
        rig.write32(0, 0x104, 1 << 8);
        assert_eq!(rig.take(0), None);
        rig.write32(0, 0xc08, 1 << 17);
        let trigger = PhysOp::Trigger { base, mask: 1 << 8, edges: 1 << 8 };
        assert_eq!(rig.phys.pop(), Some(trigger));
        rig.write32(0, 0x184, 1 << 8);
        assert_eq!(rig.phys.pop(), Some(PhysOp::Disable { base, mask: 1 << 8 }));
    }
}

#[test]
fn sizes_that_a_register_does_not_have_do_nothing() {
    let mut v3 = Rig::new(Version::V3, 1, 4);
    v3.write(0, 0x104, Width::Byte, 1);
    v3.write(0, 0x104, Width::Double, 1);
    v3.write(0, 0x106, Width::Word, 1);
    assert_eq!(v3.read32(0, 0x104), 0);
    assert_eq!(v3.read(0, 0x4, Width::Half), 0);
    let mut v2 = Rig::new(Version::V2, 1, 4);
    v2.write(0, 0x106, Width::Byte, 0x81);
    assert_eq!(v2.read32(0, 0x104), 0x0081_0000);
    assert_eq!(v2.read(0, 0x106, Width::Half), 0x81);
}
