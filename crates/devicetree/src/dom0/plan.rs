//! What domain 0's tree must say that the host's does not.

use types::{IntId, PhysRange};

/// Domain 0 as it was laid out.
#[derive(Clone, Copy, Debug)]
pub struct Dom0Plan<'a> {
    /// The kernel's command line; none is written if it is `None`.
    pub bootargs: Option<&'a str>,
    /// The initial RAM disk.
    pub initrd: Option<PhysRange>,
    /// The banks of RAM.
    pub memory: &'a [PhysRange],
    /// The number of virtual CPUs.
    pub vcpus: u16,
    /// The timer's frequency in Hz, where the guest must not ask CNTFRQ.
    pub timer_hz: Option<u32>,
    /// Where the guest may map its grant table.
    pub grant_table: PhysRange,
    /// Further unused guest addresses for foreign and grant mappings.
    pub extended: &'a [PhysRange],
    /// The private interrupt that announces events.
    pub event_interrupt: IntId,
    /// The Xen version of the ABI, as in `xen,xen-4.17`.
    pub xen_version: &'a str,
}

/// Returns the affinity of a virtual CPU as it stands in its node's `reg` and in its MPIDR: 16 to a
/// cluster, as a GICv3 SGI's target list wants.
pub const fn vcpu_affinity(vcpu: u16) -> u32 {
    // Widening: aff0 is 4 bits, aff1 the 8 after.
    let vcpu = vcpu as u32;
    (vcpu & 0xf) | ((vcpu >> 4) << 8)
}
