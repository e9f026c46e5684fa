//! A set of a domain's vCPUs.

use types::VcpuId;

/// A set of vCPUs of one domain, which has 128 at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VcpuSet(u128);

impl VcpuSet {
    /// The set without a member.
    pub const EMPTY: Self = Self(0);

    /// Adds a vCPU.
    pub const fn insert(&mut self, vcpu: VcpuId) {
        if let Some(bit) = 1u128.checked_shl(vcpu.raw() as u32) {
            self.0 |= bit;
        }
    }

    /// Tells whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Lists the members in rising order.
    pub fn iter(self) -> impl Iterator<Item = VcpuId> {
        (0..128u16).filter(move |vcpu| self.0 >> vcpu & 1 != 0).map(VcpuId::new)
    }
}
