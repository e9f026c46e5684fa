//! Unit tests on the trees of QEMU's `virt` machine (`tests/fixtures/dtb`).

mod dom0;
mod gate;
mod oddities;
mod queries;
mod writer;

use crate::{Tree, validate};

pub(crate) const GICV3: &[u8] = include_bytes!("../../../tests/fixtures/dtb/virt-a57-gic3.dtb");
pub(crate) const GICV2: &[u8] = include_bytes!("../../../tests/fixtures/dtb/virt-a57-gic2.dtb");
pub(crate) const ARM32: &[u8] = include_bytes!("../../../tests/fixtures/dtb/virt-a15-gic2.dtb");
pub(crate) const SMMU: &[u8] = include_bytes!("../../../tests/fixtures/dtb/virt-max-smmu.dtb");
pub(crate) const FIXTURES: [&[u8]; 4] = [GICV3, GICV2, ARM32, SMMU];

pub(crate) fn tree(blob: &[u8]) -> Tree<'_> {
    validate(blob).unwrap_or_else(|error| panic!("{error}"))
}
