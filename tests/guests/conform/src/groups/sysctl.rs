//! `sysctl`. xen/include/public/sysctl.h: struct xen_sysctl has cmd at 0, the version at 4 and the
//! operation's structure at 8.

use crate::case::Case;
use crate::case::Field::{self, B, H, P, Q, T, W, X};
use crate::case::Place::{Buffer, Null, Unmapped};
use crate::case::Step::{self, Fields, Handles, One};

const SYSCTL: usize = 35;
/// XEN_SYSCTL_INTERFACE_VERSION of 4.17.
const VERSION: Field = W(4, 0x15);
/// Where a pool's number is kept.
const POOL: usize = 16;

macro_rules! ctl {
    ($name:literal, $op:literal $(, $field:expr)*) => {
        Case::block(concat!("sysctl.", $name), SYSCTL, &[W(0, $op), VERSION $(, $field)*])
    };
}

/// XEN_SYSCTL_physinfo (3): threads 8, cores 12, nr_cpus 16, max_cpu_id 20, nr_nodes 24, max_node_id 28,
/// cpu_khz 32, capabilities 36, arch_capabilities 40, total_pages 48, free_pages 56, scrub_pages 64,
/// outstanding_pages 72, max_mfn 80, hw_cap 88; sched_id (4): 8; getcpuinfo (8): max_cpus 8, info 16,
/// nr_cpus 24; availheap (9): min 8, max 12, node 16, bytes 24; cputopoinfo (16): num_cpus 8, 16;
/// numainfo (17): num_nodes 8, meminfo 16, distance 24; pcitopoinfo (22): num_devs 8.
const MACHINE: &[Step] = &[
    Handles(ctl!("block", 3), 0),
    One(ctl!("version.older", 3, W(4, 0x14))),
    One(ctl!("version.newer", 3, W(4, 0x16))),
    One(ctl!("version.unknown-op", 99, W(4, 0))),
    One(ctl!("unknown.0", 0)),
    One(ctl!("unknown.13", 13)),
    One(ctl!("unknown.24", 24)),
    One(ctl!("unknown.99", 99)),
    One(ctl!("unknown.max", 0xffff_ffff)),
    One(ctl!("physinfo", 3).hide(&[(20, 4), (32, 4), (48, 24), (80, 8)])),
    One(ctl!("sched_id", 4)),
    One(ctl!("getcpuinfo", 8, W(8, 4), P(16, Buffer(0))).hide_buffer(&[(0, 8)])),
    One(ctl!("getcpuinfo.none", 8, W(8, 0), P(16, Buffer(0)))),
    One(ctl!("getcpuinfo.max", 8, W(8, u32::MAX), P(16, Buffer(0))).hide_buffer(&[(0, 8)])),
    Fields(ctl!("getcpuinfo.info", 8, W(8, 4)), 16),
    One(ctl!("availheap", 9, W(16, u32::MAX)).hide(&[(24, 8)])),
    One(ctl!("availheap.node-0", 9).hide(&[(24, 8)])),
    One(ctl!("availheap.node-9", 9, W(16, 9)).hide(&[(24, 8)])),
    One(ctl!("cputopoinfo.null", 16)),
    One(ctl!("cputopoinfo", 16, W(8, 1), P(16, Buffer(0)))),
    One(ctl!("cputopoinfo.4", 16, W(8, 4), P(16, Buffer(0)))),
    One(ctl!("cputopoinfo.unmapped", 16, W(8, 1), P(16, Unmapped))),
    One(ctl!("numainfo.null", 17)),
    One(ctl!("numainfo", 17, W(8, 1), P(16, Buffer(0)), P(24, Buffer(64))).hide_buffer(&[(0, 16)])),
    One(ctl!("numainfo.4", 17, W(8, 4), P(16, Buffer(0)), P(24, Buffer(64))).hide_buffer(&[(0, 16)])),
    One(ctl!("numainfo.meminfo-only", 17, W(8, 1), P(16, Buffer(0))).hide_buffer(&[(0, 16)])),
    One(ctl!("numainfo.meminfo-unmapped", 17, W(8, 1), P(16, Unmapped), P(24, Buffer(64)))),
    One(ctl!("numainfo.distance-unmapped", 17, W(8, 1), P(16, Buffer(0)), P(24, Unmapped))
        .hide_buffer(&[(0, 16)])),
    One(ctl!("pcitopoinfo", 22, W(8, 1), P(16, Buffer(0)), P(24, Buffer(64)))),
    One(ctl!("pcitopoinfo.null", 22)),
];

/// XEN_SYSCTL_getdomaininfolist (6): first_domain 8, max_domains 12, buffer 16, num_domains 24; readconsole
/// (1): clear 8, incremental 9, pads 10 11, index 12, buffer 16, count 24; debug_keys (7): keys 8, nr_keys
/// 16.
const DOMAINS: &[Step] = &[
    One(ctl!("getdomaininfolist", 6, W(12, 8), P(16, Buffer(0))).hide_buffer(&[
        (7, 57),
        (116, 4),
        (120, 2),
        (127, 1),
        (168, 16),
        (216, 1),
        (236, 4),
    ])),
    One(ctl!("getdomaininfolist.one", 6, W(12, 1), P(16, Buffer(0))).hide_buffer(&[(7, 57), (116, 4)])),
    One(ctl!("getdomaininfolist.second", 6, T(8), W(12, 1), P(16, Buffer(0))).hide_buffer(&[
        (0, 2),
        (7, 1),
        (48, 16),
        (96, 1),
        (116, 4),
    ])),
    One(ctl!("getdomaininfolist.none", 6, P(16, Buffer(0)))),
    One(ctl!("getdomaininfolist.after-last", 6, H(8, 0x7fef), W(12, 1), P(16, Buffer(0)))),
    One(ctl!("getdomaininfolist.first-max", 6, H(8, 0xffff), W(12, 1), P(16, Buffer(0)))),
    Fields(ctl!("getdomaininfolist.buffer", 6, W(12, 8)), 16),
    One(ctl!("readconsole", 1, P(16, Buffer(0)), W(24, 64)).hide_buffer(&[(0, 64)]).hide(&[(12, 4)])),
    One(ctl!("readconsole.none", 1, P(16, Buffer(0))).hide(&[(12, 4)])),
    One(ctl!("readconsole.index-max", 1, B(9, 1), W(12, u32::MAX), P(16, Buffer(0)), W(24, 16))
        .hide_buffer(&[(0, 16)])
        .hide(&[(12, 4), (24, 4)])),
    One(ctl!("readconsole.pads", 1, B(10, 1), B(11, 1), P(16, Buffer(0)), W(24, 16))
        .hide_buffer(&[(0, 16)])
        .hide(&[(12, 4)])),
    Fields(ctl!("readconsole.buffer", 1, W(24, 16)), 16),
    One(ctl!("debug_keys.none", 7, P(8, Buffer(0)))),
    One(ctl!("debug_keys.unknown", 7, P(8, Buffer(0)), W(16, 1)).buffer(&[X(0, "!")])),
    Fields(ctl!("debug_keys.keys", 7, W(16, 1)), 8),
];

/// XEN_SYSCTL_cpupool_op (18): op 8 (create 1, destroy 2, info 3, addcpu 4, rmcpu 5, movedomain 6, freeinfo
/// 7), cpupool_id 12, sched_id 16, domid 20, cpu 24, n_dom 28, cpumap { 32, bits 40 }.
const POOLS: &[Step] = &[
    One(ctl!("cpupool.unknown.0", 18)),
    One(ctl!("cpupool.unknown.8", 18, W(8, 8))),
    One(ctl!("cpupool.info", 18, W(8, 3), P(32, Buffer(0)), W(40, 8)).hide(&[(28, 4)])),
    One(ctl!("cpupool.info.any", 18, W(8, 3), W(12, u32::MAX), P(32, Buffer(0)), W(40, 8)).hide(&[(28, 4)])),
    One(ctl!("cpupool.info.next", 18, W(8, 3), W(12, 1), P(32, Buffer(0)), W(40, 8)).hide(&[(28, 4)])),
    One(ctl!("cpupool.info.map-unmapped", 18, W(8, 3), P(32, Unmapped), W(40, 8)).hide(&[(28, 4)])),
    One(ctl!("cpupool.info.bits-0", 18, W(8, 3), P(32, Buffer(0))).hide(&[(28, 4)])),
    One(ctl!("cpupool.freeinfo", 18, W(8, 7), P(32, Buffer(0)), W(40, 8))),
    One(ctl!("cpupool.freeinfo.null", 18, W(8, 7), W(40, 8))),
    One(ctl!("cpupool.create.sched-99", 18, W(8, 1), W(12, u32::MAX), W(16, 99))),
    One(ctl!("cpupool.create.taken", 18, W(8, 1), W(12, 0), W(16, 6))),
    One(ctl!("cpupool.create", 18, W(8, 1), W(12, u32::MAX), W(16, 6)).keep(POOL, 12)),
    One(ctl!("cpupool.addcpu.77", 18, W(8, 4), W(12, 1), W(24, 77))),
    One(ctl!("cpupool.addcpu.taken", 18, W(8, 4), W(12, 1), W(24, 0))),
    One(ctl!("cpupool.addcpu.none-free", 18, W(8, 4), W(12, 1), W(24, u32::MAX))),
    One(ctl!("cpupool.addcpu.no-pool", 18, W(8, 4), W(12, 9), W(24, 0))),
    One(ctl!("cpupool.rmcpu.no-pool", 18, W(8, 5), W(12, 9), W(24, 0))),
    One(ctl!("cpupool.rmcpu.77", 18, W(8, 5), W(12, 0), W(24, 77))),
    One(ctl!("cpupool.rmcpu.last", 18, W(8, 5), W(12, 0), W(24, 0))),
    One(ctl!("cpupool.movedomain.nobody", 18, W(8, 6), W(12, 1), W(20, 77))),
    One(ctl!("cpupool.movedomain.no-pool", 18, W(8, 6), W(12, 9), T(20))),
    One(ctl!("cpupool.movedomain.empty-pool", 18, W(8, 6), W(12, 1), T(20))),
    One(ctl!("cpupool.movedomain.same", 18, W(8, 6), W(12, 0), T(20))),
    One(ctl!("cpupool.destroy.0", 18, W(8, 2), W(12, 0))),
    One(ctl!("cpupool.destroy.no-pool", 18, W(8, 2), W(12, 9))),
    One(ctl!("cpupool.destroy", 18, W(8, 2), W(12, 1))),
    One(ctl!("cpupool.destroy.again", 18, W(8, 2), W(12, 1))),
];

/// XEN_SYSCTL_scheduler_op (19): cpupool_id 8, sched_id 12, cmd 16 (put 0, get 1), ratelimit_us 24; tbuf_op
/// (2): cmd 8, cpu_mask { 16, 24 }, evt_mask 32, buffer_mfn 40, size 48; the rest for the most part is not
/// on Arm.
const OTHERS: &[Step] = &[
    One(ctl!("scheduler_op.get", 19, W(12, 6), W(16, 1))),
    One(ctl!("scheduler_op.put", 19, W(12, 6), W(16, 0), W(24, 2000))),
    One(ctl!("scheduler_op.get-what-was-put", 19, W(12, 6), W(16, 1))),
    One(ctl!("scheduler_op.put-1", 19, W(12, 6), W(16, 0), W(24, 1))),
    One(ctl!("scheduler_op.put-max", 19, W(12, 6), W(16, 0), W(24, u32::MAX))),
    One(ctl!("scheduler_op.put-0", 19, W(12, 6), W(16, 0), W(24, 0))),
    One(ctl!("scheduler_op.put-default", 19, W(12, 6), W(16, 0), W(24, 1000))),
    One(ctl!("scheduler_op.credit", 19, W(12, 5), W(16, 1))),
    One(ctl!("scheduler_op.pool-9", 19, W(8, 9), W(12, 6), W(16, 1))),
    One(ctl!("scheduler_op.cmd-2", 19, W(12, 6), W(16, 2))),
    One(ctl!("tbuf_op.get_info", 2).hide(&[(32, 4), (40, 12)])),
    One(ctl!("tbuf_op.set_evt_mask", 2, W(8, 2), W(32, 0))),
    One(ctl!("tbuf_op.set_size-0", 2, W(8, 3))),
    One(ctl!("tbuf_op.disable", 2, W(8, 5))),
    One(ctl!("tbuf_op.unknown.9", 2, W(8, 9))),
    One(ctl!("perfc_op.reset", 5, W(8, 1))),
    One(ctl!("perfc_op.query", 5, W(8, 2))),
    One(ctl!("perfc_op.9", 5, W(8, 9))),
    One(ctl!("get_pmstat", 10, W(8, 0x11))),
    One(ctl!("pm_op", 12, W(8, 0x11))),
    One(ctl!("cpu_hotplug.77", 11, W(8, 77))),
    One(ctl!("page_offline.query", 14, W(8, 3), W(12, 0x45000), W(16, 0x45000), P(24, Buffer(0)))),
    One(ctl!("lockprof.reset", 15, W(8, 1))),
    One(ctl!("lockprof.9", 15, W(8, 9))),
    One(ctl!("coverage.get_size", 20)),
    One(ctl!("coverage.9", 20, W(8, 9))),
    One(ctl!("psr_cmt_op", 21)),
    One(ctl!("psr_alloc", 23)),
    One(ctl!("get_cpu_levelling_caps", 25)),
    One(ctl!("get_cpu_featureset", 26)),
    One(ctl!("livepatch.list", 27, W(8, 2))),
    One(ctl!("livepatch.9", 27, W(8, 9))),
    One(ctl!("livepatch.pad", 27, W(8, 2), W(12, 1))),
    One(ctl!("get_cpu_policy", 29)),
    One(ctl!("readconsole.null", 1, P(16, Null), W(24, 0), Q(32, 0)).hide(&[(12, 4)])),
];

/// In order.
pub const CASES: &[&[Step]] = &[MACHINE, DOMAINS, POOLS, OTHERS];
