//! Shapes and descriptor bits against the manual's and the interface's tables.

use crate::{Attrs, El2Access, El2Memory, Geometry, PageType};

#[test]
fn stage2_shapes_by_pa_size() {
    // Input bits, start level, root tables for each ID_AA64MMFR0_EL1.PARange.
    let expected = [
        (32, (32, 1, 1)),
        (36, (36, 1, 1)),
        (40, (40, 1, 2)),
        (42, (42, 1, 8)),
        (44, (44, 0, 1)),
        (48, (48, 0, 1)),
        (52, (48, 0, 1)),
    ];
    for (pa_bits, (input, level, roots)) in expected {
        let geometry = Geometry::stage2_arm64(pa_bits);
        assert_eq!(
            (geometry.input_bits(), geometry.start_level(), geometry.root_tables()),
            (input, level, roots)
        );
        assert_eq!(Geometry::new(input, level), Some(geometry));
        assert!(geometry.root_entries() <= 512 * roots);
    }
    assert_eq!(Geometry::new(40, 1), Some(Geometry::STAGE2_ARM32));
    assert_eq!(Geometry::new(32, 1), Some(Geometry::EL2_ARM32));
    assert_eq!(Geometry::EL2_ARM32.root_entries(), 4);
    assert_eq!(Geometry::new(34, 2).map(|g| g.root_tables()), Some(16));
    assert_eq!(Geometry::new(44, 1), None);
    assert_eq!(Geometry::new(30, 1), None);
    assert_eq!(Geometry::new(40, 3), None);
}

#[test]
fn el2_bits() {
    use El2Access::*;
    use El2Memory::*;
    assert_eq!(Attrs::el2(Normal, ReadExecute).bits(), 0x7dc);
    assert_eq!(Attrs::el2(Normal, ReadOnly).bits(), 0x0040_0000_0000_07dc);
    assert_eq!(Attrs::el2(Normal, ReadWrite).bits(), 0x0040_0000_0000_075c);
    assert_eq!(Attrs::el2(Device, ReadWrite).bits(), 0x0040_0000_0000_0650);
    assert_eq!(Attrs::el2(Device, ReadExecute), Attrs::el2(Device, ReadOnly));
}

#[test]
fn stage2_bits() {
    let bits = |page| Attrs::stage2(page).bits() & !(0xf << 55);
    assert_eq!(bits(PageType::RamRw), 0x7fc);
    assert_eq!(bits(PageType::RamRo), 0x77c);
    assert_eq!(bits(PageType::DeviceDirect), 0x0040_0000_0000_06fc);
    assert_eq!(bits(PageType::Device), 0x0040_0000_0000_06c4);
    assert_eq!(bits(PageType::GrantRo), 0x0040_0000_0000_077c);
}

#[test]
fn software_bits_keep_the_type() {
    use PageType::*;
    for page in [RamRw, RamRo, DeviceDirect, Device, DeviceNc, GrantRw, GrantRo, ForeignRw, ForeignRo] {
        assert_eq!(Attrs::stage2(page).page_type(), Some(page));
        assert_eq!(Attrs::stage2(page).bits() & (1 << 7) != 0, page.is_writable());
    }
    assert_eq!(Attrs::el2(El2Memory::Normal, El2Access::ReadWrite).page_type(), None);
}
