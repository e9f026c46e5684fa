//! `domctl`: making domains, and the target of all that follows. xen/include/public/domctl.h: struct
//! xen_domctl has cmd at 0, the version at 4, the domain at 8 and the operation's structure at 16.

use crate::case::Field::{self, B, H, Q, S, T, W};
use crate::case::Step::{self, Domains, Handles, One};
use crate::case::{Case, Place, Word};
use crate::lab::TARGET;

/// HYPERVISOR_domctl (xen/include/public/xen.h).
pub const DOMCTL: usize = 36;
/// XEN_DOMCTL_INTERFACE_VERSION of 4.17.
pub const VERSION: Field = W(4, 0x15);
/// Where what is destroyed again is kept.
const OTHER: usize = 1;

/// A domctl.
pub const fn call(name: &'static str, block: &'static [Field]) -> Case {
    Case::block(name, DOMCTL, block)
}

/// XEN_DOMCTL_createdomain (1): ssidref 16, handle 20, flags 36 (HVM and HAP), iommu_opts 40, max_vcpus 44,
/// max_evtchn_port 48, max_grant_frames 52, max_maptrack_frames 56, grant_opts 60, vmtrace_size 64,
/// cpupool_id 68, arch { gic_version 72, tee_type 74, nr_spis 76, clock_frequency 80 }. Later fields win.
macro_rules! create {
    ($name:literal $(, $field:expr)*) => {
        call(
            concat!("domctl.create.", $name),
            &[
                W(0, 1), VERSION, W(36, 3), W(44, 2), W(48, 1023), W(52, 64), W(56, 1024), W(60, 1),
                Q(20, 0x0706_0504_0302_0100), Q(28, 0x0f0e_0d0c_0b0a_0908) $(, $field)*
            ],
        )
        .hide(&[(8, 2), (80, 4)])
    };
}

const fn destroy(name: &'static str) -> Step {
    One(call(name, &[W(0, 2), VERSION, S(8, OTHER)]))
}

/// In order.
pub const CASES: &[Step] = &[
    Handles(call("domctl.block", &[]), 0),
    One(call("domctl.odd", &[W(1, 1), W(5, 0x15)]).word(0, Word::P(Place::Block(1)))),
    One(call("domctl.version.older", &[W(0, 1), W(4, 0x14)])),
    One(call("domctl.version.newer", &[W(0, 1), W(4, 0x16)])),
    One(call("domctl.version.zero", &[W(0, 1), W(4, 0)])),
    One(call("domctl.version.unknown-op", &[W(0, 5555), W(4, 0)])),
    One(call("domctl.unknown.0", &[W(0, 0), VERSION])),
    One(call("domctl.unknown.6", &[W(0, 6), VERSION])),
    One(call("domctl.unknown.5555", &[W(0, 5555), VERSION])),
    One(call("domctl.unknown.nobody", &[W(0, 5555), VERSION, H(8, 77)])),
    One(create!("vcpus-0", W(44, 0))),
    One(create!("vcpus-1000", W(44, 1000))),
    One(create!("vcpus-max", W(44, u32::MAX))),
    One(create!("flags-none", W(36, 0))),
    One(create!("flags-hvm-only", W(36, 1))),
    One(create!("flags-hap-only", W(36, 2))),
    One(create!("flags-s3", W(36, 7))),
    One(create!("flags-oos-off", W(36, 11))),
    One(create!("flags-iommu", W(36, 0x23))),
    One(create!("flags-nested", W(36, 0x43))),
    One(create!("flags-unknown", W(36, 0x8000_0003))),
    One(create!("iommu-opts-without-iommu", W(40, 1))),
    One(create!("iommu-opts-unknown", W(40, 0x100))),
    One(create!("evtchn-port-max", W(48, u32::MAX)).keep(OTHER, 8)),
    destroy("domctl.destroy.evtchn-port-max"),
    One(create!("evtchn-port-0", W(48, 0)).keep(OTHER, 8)),
    destroy("domctl.destroy.evtchn-port-0"),
    One(create!("grant-frames-0", W(52, 0)).keep(OTHER, 8)),
    destroy("domctl.destroy.grant-frames-0"),
    One(create!("grant-frames-default", W(52, u32::MAX), W(56, u32::MAX)).keep(OTHER, 8)),
    destroy("domctl.destroy.grant-frames-default"),
    One(create!("grant-frames-65", W(52, 65))),
    One(create!("grant-frames-huge", W(52, 0x7fff_ffff))),
    One(create!("maptrack-0", W(56, 0)).keep(OTHER, 8)),
    destroy("domctl.destroy.maptrack-0"),
    One(create!("maptrack-huge", W(56, 0x7fff_ffff))),
    One(create!("grant-version-0", W(60, 0))),
    One(create!("grant-version-2", W(60, 2))),
    One(create!("grant-version-3", W(60, 3))),
    One(create!("grant-opts-unknown", W(60, 0x11))),
    One(create!("vmtrace", W(64, 4096))),
    One(create!("pool-9", W(68, 9))),
    One(create!("gic-unknown", B(72, 9))),
    One(create!("tee-1", H(74, 1))),
    One(create!("tee-9", H(74, 9))),
    One(create!("spis-max", W(76, u32::MAX)).keep(OTHER, 8)),
    destroy("domctl.destroy.spis-max"),
    One(create!("spis-1000", W(76, 1000))),
    One(create!("domain-first-reserved", H(8, 0x7ff0)).keep(OTHER, 8)),
    destroy("domctl.destroy.domain-first-reserved"),
    One(create!("domain-invalid", H(8, 0x7ff4)).keep(OTHER, 8)),
    destroy("domctl.destroy.domain-invalid"),
    One(create!("good").keep(TARGET, 8)),
    One(create!("domain-100", H(8, 100)).keep(OTHER, 8)),
    One(create!("domain-100-again", H(8, 100))),
    destroy("domctl.destroy.domain-100"),
    destroy("domctl.destroy.twice"),
    One(create!("spis-32", W(76, 32)).keep(OTHER, 8)),
    destroy("domctl.destroy.spis-32"),
    Domains(call("domctl.destroy", &[W(0, 2), VERSION]), 8),
    One(call("domctl.destroy.self", &[W(0, 2), VERSION, H(8, 0x7ff0)])),
    One(call("domctl.destroy.dom0", &[W(0, 2), VERSION, H(8, 0)])),
    // XEN_DOMCTL_unpausedomain (4), pausedomain (3): before the target has a vCPU.
    One(call("domctl.unpause.without-vcpus", &[W(0, 4), VERSION, T(8)])),
    One(call("domctl.pause.without-vcpus", &[W(0, 3), VERSION, T(8)])),
    // XEN_DOMCTL_max_vcpus (15).
    One(call("domctl.max_vcpus.other", &[W(0, 15), VERSION, T(8), W(16, 1)])),
    One(call("domctl.max_vcpus.zero", &[W(0, 15), VERSION, T(8), W(16, 0)])),
    One(call("domctl.max_vcpus.max", &[W(0, 15), VERSION, T(8), W(16, u32::MAX)])),
    One(call("domctl.max_vcpus.dom0", &[W(0, 15), VERSION, H(8, 0), W(16, 1)])),
    Domains(call("domctl.max_vcpus", &[W(0, 15), VERSION, W(16, 2)]), 8),
    One(call("domctl.max_vcpus.good", &[W(0, 15), VERSION, T(8), W(16, 2)])),
    One(call("domctl.max_vcpus.again", &[W(0, 15), VERSION, T(8), W(16, 2)])),
    // XEN_DOMCTL_set_address_size (35): size 16.
    Domains(call("domctl.set_address_size", &[W(0, 35), VERSION, W(16, 32)]), 8),
    One(call("domctl.set_address_size.dom0", &[W(0, 35), VERSION, H(8, 0), W(16, 32)])),
    One(call("domctl.set_address_size.16", &[W(0, 35), VERSION, T(8), W(16, 16)])),
    One(call("domctl.set_address_size.max", &[W(0, 35), VERSION, T(8), W(16, u32::MAX)])),
    One(call("domctl.set_address_size.64", &[W(0, 35), VERSION, T(8), W(16, 64)])),
    One(call("domctl.set_address_size.32", &[W(0, 35), VERSION, T(8), W(16, 32)])),
    // XEN_DOMCTL_max_mem (11), in KiB.
    Domains(call("domctl.max_mem", &[W(0, 11), VERSION, Q(16, 4096)]), 8),
    One(call("domctl.max_mem.self", &[W(0, 11), VERSION, H(8, 0x7ff0), Q(16, 4096)])),
    One(call("domctl.max_mem.zero", &[W(0, 11), VERSION, T(8), Q(16, 0)])),
    One(call("domctl.max_mem.max", &[W(0, 11), VERSION, T(8), Q(16, u64::MAX)])),
    One(call("domctl.max_mem.good", &[W(0, 11), VERSION, T(8), Q(16, 16384)])),
    // XEN_DOMCTL_set_paging_mempool_size (86), get (85), in bytes.
    Domains(call("domctl.set_paging_mempool_size", &[W(0, 86), VERSION, Q(16, 0x10_0000)]), 8),
    One(call("domctl.set_paging_mempool_size.odd", &[W(0, 86), VERSION, T(8), Q(16, 0x10_0001)])),
    One(call("domctl.set_paging_mempool_size.dom0", &[W(0, 86), VERSION, H(8, 0), Q(16, 0x10_0000)])),
    One(call("domctl.set_paging_mempool_size.good", &[W(0, 86), VERSION, T(8), Q(16, 0x10_0000)])),
    Domains(call("domctl.get_paging_mempool_size", &[W(0, 85), VERSION]), 8),
    One(call("domctl.get_paging_mempool_size.good", &[W(0, 85), VERSION, T(8)])),
    One(call("domctl.get_paging_mempool_size.dom0", &[W(0, 85), VERSION, H(8, 0)]).hide(&[(16, 8)])),
];
