//! `domctl`: what is asked and set of a domain that exists. xen/include/public/domctl.h.

use super::create::{VERSION, call};
use crate::case::Case;
use crate::case::Field::{self, B, G, H, P, Q, S, T, W, X};
use crate::case::Frame::Free;
use crate::case::Place::{Buffer, Null, Unmapped};
use crate::case::Step::{self, Domains, Fields, One};

const DOM0: Field = H(8, 0);

/// A command with the domain named and its structure from 16 on.
macro_rules! ctl {
    ($name:literal, $op:literal $(, $field:expr)*) => {
        call(concat!("domctl.", $name), &[W(0, $op), VERSION $(, $field)*])
    };
}

/// The bad domains, the caller by both its names, and the target.
macro_rules! everyone {
    ($name:literal, $op:literal $(, $field:expr)*) => {
        Domains(ctl!($name, $op $(, $field)*), 8)
    };
}

/// XEN_DOMCTL_getdomaininfo (5): domain 16, flags 20, tot_pages 24, max_pages 32, outstanding 40, shr 48,
/// paged 56, shared_info_frame 64, cpu_time 72, nr_online_vcpus 80, max_vcpu_id 84, ssidref 88, handle 92,
/// cpupool 108, gpaddr_bits 112, arch 120.
const INFO: &[Step] = &[
    everyone!("getdomaininfo", 5),
    One(ctl!("getdomaininfo.self", 5, H(8, 0x7ff0)).hide(&[(8, 2), (16, 120)])),
    One(ctl!("getdomaininfo.dom0", 5, DOM0).hide(&[(23, 41), (64, 16), (132, 4)])),
    One(ctl!("getdomaininfo.target", 5, T(8)).hide(&[(16, 2), (23, 1), (64, 16), (112, 1), (132, 4)])),
    // The next domain that exists is told of.
    One(ctl!("getdomaininfo.last-of-all", 5, H(8, 0x7fef)).hide(&[(8, 2), (16, 120)])),
];

/// XEN_DOMCTL_pausedomain (3), unpausedomain (4), resumedomain (27), soft_reset (79).
const RUNNING: &[Step] = &[
    everyone!("pause", 3),
    One(ctl!("pause.dom0", 3, DOM0)),
    One(ctl!("pause.self", 3, H(8, 0x7ff0))),
    One(ctl!("pause.good", 3, T(8))),
    everyone!("unpause", 4),
    One(ctl!("unpause.dom0", 4, DOM0)),
    One(ctl!("unpause.good", 4, T(8))),
    One(ctl!("unpause.again", 4, T(8))),
    One(ctl!("unpause.and-again", 4, T(8))),
    One(ctl!("pause.after-unpause", 3, T(8))),
    everyone!("resume", 27),
    One(ctl!("resume.dom0", 27, DOM0)),
    One(ctl!("resume.not-shut-down", 27, T(8))),
    everyone!("soft_reset", 79),
    One(ctl!("soft_reset.dom0", 79, DOM0)),
];

/// XEN_DOMCTL_setvcpuaffinity (9), getvcpuaffinity (25): vcpu 16, flags 20 (hard 1, soft 2, force 4), hard
/// map { 24, bits 32 }, soft map { 40, bits 48 }.
const AFFINITY: &[Step] = &[
    everyone!("setvcpuaffinity", 9),
    One(ctl!("setvcpuaffinity.flags-0", 9, T(8))),
    One(ctl!("setvcpuaffinity.vcpu-2", 9, T(8), W(16, 2), W(20, 1), P(24, Buffer(0)), W(32, 8))),
    One(ctl!("setvcpuaffinity.vcpu-max", 9, T(8), W(16, u32::MAX), W(20, 1), P(24, Buffer(0)), W(32, 8))),
    One(ctl!("setvcpuaffinity.no-cpu", 9, T(8), W(20, 1), P(24, Buffer(0)), W(32, 8)).buffer(&[B(0, 0)])),
    One(ctl!("setvcpuaffinity.other-cpu", 9, T(8), W(20, 1), P(24, Buffer(0)), W(32, 8)).buffer(&[B(0, 2)])),
    One(ctl!("setvcpuaffinity.bits-0", 9, T(8), W(20, 1), P(24, Buffer(0)))),
    Fields(ctl!("setvcpuaffinity.map", 9, T(8), W(20, 1), W(32, 8)), 24),
    One(ctl!("setvcpuaffinity.hard", 9, T(8), W(20, 1), P(24, Buffer(0)), W(32, 8)).buffer(&[B(0, 255)])),
    One(ctl!("setvcpuaffinity.soft", 9, T(8), W(20, 2), P(40, Buffer(0)), W(48, 8)).buffer(&[B(0, 1)])),
    One(ctl!(
        "setvcpuaffinity.both",
        9,
        T(8),
        W(20, 3),
        P(24, Buffer(0)),
        W(32, 8),
        P(40, Buffer(8)),
        W(48, 8)
    )
    .buffer(&[B(0, 1), B(8, 1)])),
    One(ctl!("setvcpuaffinity.flags-unknown", 9, T(8), W(20, 0x100))),
    everyone!("getvcpuaffinity", 25),
    One(ctl!("getvcpuaffinity.flags-0", 25, T(8))),
    One(ctl!("getvcpuaffinity.vcpu-2", 25, T(8), W(16, 2), W(20, 1), P(24, Buffer(0)), W(32, 8))),
    One(ctl!("getvcpuaffinity.bits-0", 25, T(8), W(20, 1), P(24, Buffer(0)))),
    One(ctl!("getvcpuaffinity.hard", 25, T(8), W(16, 1), W(20, 1), P(24, Buffer(0)), W(32, 8))),
    One(ctl!("getvcpuaffinity.soft", 25, T(8), W(20, 2), P(40, Buffer(0)), W(48, 8))),
    Fields(ctl!("getvcpuaffinity.map", 25, T(8), W(20, 1), W(32, 8)), 24),
    // XEN_DOMCTL_setnodeaffinity (68), getnodeaffinity (69): nodemap { 16, bits 24 }.
    everyone!("setnodeaffinity", 68),
    One(ctl!("setnodeaffinity.none", 68, T(8), P(16, Buffer(0)), W(24, 8)).buffer(&[B(0, 0)])),
    One(ctl!("setnodeaffinity.other", 68, T(8), P(16, Buffer(0)), W(24, 8)).buffer(&[B(0, 2)])),
    One(ctl!("setnodeaffinity.good", 68, T(8), P(16, Buffer(0)), W(24, 8)).buffer(&[B(0, 1)])),
    Fields(ctl!("setnodeaffinity.map", 68, T(8), W(24, 8)), 16),
    everyone!("getnodeaffinity", 69),
    One(ctl!("getnodeaffinity.good", 69, T(8), P(16, Buffer(0)), W(24, 8))),
    One(ctl!("getnodeaffinity.bits-0", 69, T(8), P(16, Buffer(0)))),
];

/// XEN_DOMCTL_setvcpucontext (12), getvcpucontext (13): vcpu 16, ctxt 24; getvcpuinfo (14): vcpu 16, online
/// 20, blocked 21, running 22, cpu_time 24, cpu 32.
const CONTEXT: &[Step] = &[
    everyone!("getvcpuinfo", 14),
    One(ctl!("getvcpuinfo.vcpu-2", 14, T(8), W(16, 2))),
    One(ctl!("getvcpuinfo.vcpu-max", 14, T(8), W(16, u32::MAX))),
    One(ctl!("getvcpuinfo.good", 14, T(8), W(16, 0))),
    One(ctl!("getvcpuinfo.second", 14, T(8), W(16, 1))),
    One(ctl!("getvcpuinfo.dom0", 14, DOM0).hide(&[(24, 8)])),
    everyone!("getvcpucontext", 13),
    One(ctl!("getvcpucontext.vcpu-2", 13, T(8), W(16, 2), P(24, Buffer(0)))),
    One(ctl!("getvcpucontext.before", 13, T(8), P(24, Buffer(0)))),
    One(ctl!("getvcpucontext.dom0", 13, DOM0, P(24, Buffer(0)))),
    everyone!("setvcpucontext", 12),
    One(ctl!("setvcpucontext.dom0", 12, DOM0, P(24, Buffer(0)))),
    One(ctl!("setvcpucontext.vcpu-2", 12, T(8), W(16, 2), P(24, Buffer(0)))),
    One(ctl!("setvcpucontext.vcpu-max", 12, T(8), W(16, u32::MAX), P(24, Buffer(0)))),
    One(ctl!("setvcpucontext.offline", 12, T(8), P(24, Null))),
    Fields(ctl!("setvcpucontext.context", 12, T(8)), 24),
    // XEN_DOMCTL_set_address_size (35), get (36): size 16.
    One(ctl!("set_address_size.populated-64", 35, T(8), W(16, 64))),
    One(ctl!("set_address_size.populated-32", 35, T(8), W(16, 32))),
    One(ctl!("get_address_size", 36, T(8))),
];

/// XEN_DOMCTL_scheduler_op (16): sched_id 16 (credit2 is 6), cmd 20 (putinfo 0, getinfo 1, putvcpuinfo 2,
/// getvcpuinfo 3), weight 24, cap 26.
const SCHEDULER: &[Step] = &[
    everyone!("scheduler_op", 16, W(16, 6), W(20, 1)),
    One(ctl!("scheduler_op.get", 16, T(8), W(16, 6), W(20, 1))),
    One(ctl!("scheduler_op.put", 16, T(8), W(16, 6), W(20, 0), H(24, 512), H(26, 25))),
    One(ctl!("scheduler_op.get-what-was-put", 16, T(8), W(16, 6), W(20, 1))),
    One(ctl!("scheduler_op.put-weight-0", 16, T(8), W(16, 6), W(20, 0), H(24, 0), H(26, 50))),
    One(ctl!("scheduler_op.get-weight-0", 16, T(8), W(16, 6), W(20, 1))),
    One(ctl!("scheduler_op.put-cap-max", 16, T(8), W(16, 6), W(20, 0), H(24, 256), H(26, 0xffff))),
    One(ctl!("scheduler_op.get-cap-max", 16, T(8), W(16, 6), W(20, 1))),
    One(ctl!("scheduler_op.put-weight-max", 16, T(8), W(16, 6), W(20, 0), H(24, 0xffff), H(26, 0))),
    One(ctl!("scheduler_op.get-weight-max", 16, T(8), W(16, 6), W(20, 1))),
    One(ctl!("scheduler_op.put-default", 16, T(8), W(16, 6), W(20, 0), H(24, 256))),
    One(ctl!("scheduler_op.credit", 16, T(8), W(16, 5), W(20, 1))),
    One(ctl!("scheduler_op.sched-max", 16, T(8), W(16, u32::MAX), W(20, 1))),
    One(ctl!("scheduler_op.cmd-4", 16, T(8), W(16, 6), W(20, 4))),
    One(ctl!("scheduler_op.putvcpuinfo", 16, T(8), W(16, 6), W(20, 2), P(24, Buffer(0)), W(32, 1))),
    One(ctl!("scheduler_op.getvcpuinfo", 16, T(8), W(16, 6), W(20, 3), P(24, Buffer(0)), W(32, 1))),
    One(ctl!("scheduler_op.dom0", 16, DOM0, W(16, 6), W(20, 1))),
];

/// XEN_DOMCTL_setdomainhandle (17): handle 16; setdebugging (18): enable 16; settimeoffset (24): seconds
/// 16; subscribe (29): port 16; set_target (46): target 16; set_access_required (64): required 16;
/// set_virq_handler (66): virq 16; cacheflush (71): start_pfn 16, nr_pfns 24.
const SETTINGS: &[Step] = &[
    everyone!("setdomainhandle", 17),
    One(ctl!("setdomainhandle.good", 17, T(8), Q(16, 0x1122_3344_5566_7788))),
    One(ctl!("getdomaininfo.handle", 5, T(8)).hide(&[(16, 76), (112, 1), (132, 4)])),
    everyone!("setdebugging", 18),
    One(ctl!("setdebugging.dom0", 18, DOM0, B(16, 1))),
    One(ctl!("setdebugging.on", 18, T(8), B(16, 1))),
    One(ctl!("getdomaininfo.debugged", 5, T(8)).hide(&[(16, 2), (23, 1), (64, 16), (112, 1), (132, 4)])),
    One(ctl!("setdebugging.off", 18, T(8))),
    everyone!("settimeoffset", 24, Q(16, 60)),
    One(ctl!("settimeoffset.good", 24, T(8), Q(16, 60))),
    One(ctl!("settimeoffset.max", 24, T(8), Q(16, u64::MAX))),
    everyone!("subscribe", 29),
    One(ctl!("subscribe.port-0", 29, T(8), W(16, 0))),
    One(ctl!("subscribe.port-900", 29, T(8), W(16, 900))),
    One(ctl!("subscribe.port-max", 29, T(8), W(16, u32::MAX))),
    everyone!("set_target", 46),
    One(ctl!("set_target.to-nobody", 46, T(8), H(16, 77))),
    One(ctl!("set_target.itself", 46, T(8), T(16))),
    One(ctl!("set_target.dom0", 46, T(8), H(16, 0))),
    One(ctl!("set_target.again", 46, T(8), H(16, 0))),
    everyone!("set_access_required", 64),
    One(ctl!("set_access_required.good", 64, T(8), B(16, 1))),
    One(ctl!("set_access_required.dom0", 64, DOM0, B(16, 1))),
    everyone!("set_virq_handler", 66, W(16, 3)),
    One(ctl!("set_virq_handler.24", 66, T(8), W(16, 24))),
    One(ctl!("set_virq_handler.max", 66, T(8), W(16, u32::MAX))),
    One(ctl!("set_virq_handler.per-vcpu", 66, T(8), W(16, 0))),
    One(ctl!("set_virq_handler.good", 66, DOM0, W(16, 3))),
    One(ctl!("set_virq_handler.con_ring", 66, DOM0, W(16, 8))),
    everyone!("cacheflush", 71, Q(16, 0x4_0004), Q(24, 1)),
    One(ctl!("cacheflush.good", 71, T(8), Q(16, 0x4_0004), Q(24, 1))),
    One(ctl!("cacheflush.holes", 71, T(8), Q(16, 0x4_0000), Q(24, 0x1000)).hide(&[(16, 16)])),
    One(ctl!("cacheflush.none", 71, T(8), Q(16, 0x4_0004))),
    One(ctl!("cacheflush.max", 71, T(8), Q(16, u64::MAX), Q(24, 2))),
    One(ctl!("cacheflush.count-max", 71, T(8), Q(16, 0x4_0004), Q(24, u64::MAX))),
    One(ctl!("cacheflush.dom0", 71, DOM0, G(16, Free(0)), Q(24, 1))),
];

/// XEN_DOMCTL_irq_permission (19): pirq 16, allow 20; iomem_permission (20): first_mfn 16, nr_mfns 24, allow
/// 32; memory_mapping (39): first_gfn 16, first_mfn 24, nr_mfns 32, add 40; assign_device (37), deassign
/// (47), test (45): dev 16 (PCI 0, DT 1), flags 20, size 24, path 32; bind_pt_irq (38), unbind (48):
/// machine_irq 16, irq_type 20 (SPI 4), spi 24; get_device_group (50).
const DEVICES: &[Step] = &[
    everyone!("irq_permission", 19, W(16, 40), B(20, 1)),
    One(ctl!("irq_permission.max", 19, T(8), W(16, u32::MAX), B(20, 1))),
    One(ctl!("irq_permission.2000", 19, T(8), W(16, 2000), B(20, 1))),
    One(ctl!("irq_permission.good", 19, T(8), W(16, 40), B(20, 1))),
    One(ctl!("irq_permission.take-back", 19, T(8), W(16, 40), B(20, 0))),
    everyone!("iomem_permission", 20, Q(16, 0x9010), Q(24, 1), B(32, 1)),
    One(ctl!("iomem_permission.none", 20, T(8), Q(16, 0x9010), B(32, 1))),
    One(ctl!("iomem_permission.overflow", 20, T(8), Q(16, u64::MAX), Q(24, 2), B(32, 1))),
    One(ctl!("iomem_permission.beyond", 20, T(8), Q(16, 1 << 50), Q(24, 1), B(32, 1))),
    One(ctl!("iomem_permission.good", 20, T(8), Q(16, 0x9010), Q(24, 1), B(32, 1))),
    everyone!("memory_mapping", 39, Q(16, 0x2_0000), Q(24, 0x9010), Q(32, 1), W(40, 1)),
    One(ctl!("memory_mapping.none", 39, T(8), Q(16, 0x2_0000), Q(24, 0x9010), W(40, 1))),
    One(ctl!("memory_mapping.overflow", 39, T(8), Q(16, u64::MAX), Q(24, 0x9010), Q(32, 2), W(40, 1))),
    One(ctl!("memory_mapping.mfn-overflow", 39, T(8), Q(16, 0x2_0000), Q(24, u64::MAX), Q(32, 2), W(40, 1))),
    One(ctl!("memory_mapping.65", 39, T(8), Q(16, 0x2_0000), Q(24, 0x9010), Q(32, 65), W(40, 1))),
    One(ctl!("memory_mapping.not-permitted", 39, T(8), Q(16, 0x2_0000), Q(24, 0x4_5000), Q(32, 1), W(40, 1))),
    One(ctl!("memory_mapping.good", 39, T(8), Q(16, 0x2_0000), Q(24, 0x9010), Q(32, 1), W(40, 1))),
    One(ctl!("memory_mapping.take-back", 39, T(8), Q(16, 0x2_0000), Q(24, 0x9010), Q(32, 1))),
    One(ctl!("iomem_permission.take-back", 20, T(8), Q(16, 0x9010), Q(24, 1))),
    everyone!("assign_device", 37, W(16, 1)),
    One(ctl!("assign_device.dt", 37, T(8), W(16, 1), W(24, 8), P(32, Buffer(0))).buffer(&[X(0, "/missing")])),
    One(ctl!("assign_device.pci", 37, T(8), W(16, 0))),
    One(ctl!("assign_device.other", 37, T(8), W(16, 2))),
    One(ctl!("assign_device.unmapped", 37, T(8), W(16, 1), W(24, 8), P(32, Unmapped))),
    everyone!("test_assign_device", 45, W(16, 1)),
    One(ctl!("test_assign_device.dt", 45, T(8), W(16, 1), W(24, 8), P(32, Buffer(0)))),
    One(ctl!("deassign_device.dt", 47, T(8), W(16, 1), W(24, 8), P(32, Buffer(0)))),
    everyone!("deassign_device", 47, W(16, 1)),
    everyone!("bind_pt_irq", 38, W(16, 40), W(20, 4), H(24, 40)),
    One(ctl!("bind_pt_irq.msi", 38, T(8), W(16, 40), W(20, 2), H(24, 40))),
    One(ctl!("bind_pt_irq.other-virq", 38, T(8), W(16, 40), W(20, 4), H(24, 41))),
    One(ctl!("bind_pt_irq.not-permitted", 38, T(8), W(16, 40), W(20, 4), H(24, 40))),
    One(ctl!("bind_pt_irq.beyond", 38, T(8), W(16, 5000), W(20, 4), H(24, 5000))),
    everyone!("unbind_pt_irq", 48, W(16, 40), W(20, 4), H(24, 40)),
    One(ctl!("unbind_pt_irq.not-bound", 48, T(8), W(16, 40), W(20, 4), H(24, 40))),
    One(ctl!("unbind_pt_irq.msi", 48, T(8), W(16, 40), W(20, 2), H(24, 40))),
    One(ctl!("get_device_group", 50, T(8))),
];

/// XEN_DOMCTL_setvnumainfo (74): nr_vnodes 16, nr_vmemranges 20, nr_vcpus 24, pad 28, handles 32 40 48 56;
/// vuart_op (81): cmd 16, type 20, gfn 24, console_domid 32, evtchn 36; monitor_op (77), vm_event_op (56):
/// op 16, mode 20.
const PARTS: &[Step] = &[
    everyone!("setvnumainfo", 74),
    One(ctl!("setvnumainfo.none", 74, T(8))),
    One(ctl!("setvnumainfo.pad", 74, T(8), W(28, 1))),
    One(ctl!("setvnumainfo.vcpus", 74, T(8), W(16, 1), W(20, 1), W(24, 9))),
    One(ctl!("setvnumainfo.null", 74, T(8), W(16, 1), W(20, 1), W(24, 2))),
    One(ctl!(
        "setvnumainfo.good",
        74,
        T(8),
        W(16, 1),
        W(20, 1),
        W(24, 2),
        P(32, Buffer(0)),
        P(40, Buffer(8)),
        P(48, Buffer(16)),
        P(56, Buffer(32))
    )
    .buffer(&[W(0, 10), Q(8, 0), W(16, 0), Q(32, 0x4000_0000), Q(40, 0x4100_0000), Q(48, 0)])),
    everyone!("vuart_op", 81),
    One(ctl!("vuart_op.cmd-9", 81, T(8), W(16, 9))),
    One(ctl!("vuart_op.type-9", 81, T(8), W(20, 9), Q(24, 0x4_0004))),
    One(ctl!("vuart_op.gfn-not-there", 81, T(8), Q(24, 0x9_9999))),
    One(ctl!("vuart_op.gfn-max", 81, T(8), Q(24, u64::MAX))),
    One(ctl!("vuart_op.console-nobody", 81, T(8), Q(24, 0x4_0004), H(32, 77))),
    One(ctl!("vuart_op.good", 81, T(8), Q(24, 0x4_0004)).keep(14, 36).hide(&[(36, 4)])),
    One(ctl!("vuart_op.again", 81, T(8), Q(24, 0x4_0004)).hide(&[(36, 4)])),
    // DOMID_INVALID brings real Xen 4.17 down here.
    One(ctl!("vm_event_op.nobody", 56, H(8, 77), W(20, 2))),
    One(ctl!("vm_event_op.monitor", 56, T(8), W(20, 2))),
    everyone!("monitor_op", 77),
    One(ctl!("monitor_op.enable", 77, T(8), W(20, 4))),
    One(ctl!("monitor_op.get_capabilities", 77, T(8), W(16, 2))),
    One(ctl!("monitor_op.9", 77, T(8), W(16, 9))),
    One(ctl!("shadow_op", 10, T(8))),
    One(ctl!("ioport_permission", 21, T(8))),
    One(ctl!("hypercall_init", 22, T(8))),
    One(ctl!("real_mode_area", 26, T(8))),
    One(ctl!("sendtrigger", 28, T(8))),
    One(ctl!("gethvmcontext", 33, T(8))),
    One(ctl!("sethvmcontext", 34, T(8))),
    One(ctl!("ioport_mapping", 40, T(8))),
    One(ctl!("set_ext_vcpucontext", 42, T(8))),
    One(ctl!("get_ext_vcpucontext", 43, T(8))),
    One(ctl!("debug_op", 54, T(8))),
    One(ctl!("gethvmcontext_partial", 55, T(8))),
    One(ctl!("mem_sharing_op", 57, T(8))),
    One(ctl!("gettscinfo", 59, T(8))),
    One(ctl!("getpageframeinfo3", 61, T(8))),
    One(ctl!("audit_p2m", 65, T(8))),
    One(ctl!("set_broken_page_p2m", 67, T(8))),
    One(ctl!("psr_cmt_op", 75, T(8))),
    One(ctl!("psr_alloc", 78, T(8))),
    One(ctl!("get_cpu_policy", 82, T(8))),
    One(ctl!("vmtrace_op", 84, T(8), W(16, 1))),
    One(ctl!("vmtrace_op.9", 84, T(8), W(16, 9))),
    One(ctl!("gdbsx_guestmemio", 1000, T(8))),
    One(ctl!("gdbsx_pausevcpu", 1001, T(8))),
    One(ctl!("gdbsx_unpausevcpu", 1002, T(8))),
    One(ctl!("gdbsx_domstatus", 1003, T(8))),
];

/// Before the target's end.
pub const CASES: &[&[Step]] = &[INFO, RUNNING, AFFINITY, CONTEXT, SCHEDULER, SETTINGS, DEVICES, PARTS];

/// Its end: XEN_DOMCTL_destroydomain (2), and what is left.
pub const END: &[Step] = &[
    // XENMEM_populate_physmap (6) of what is there: xen_memory_reservation as in memory_op's cases.
    One(Case::op("memory.populate.again", 12, 6, &[P(0, Buffer(0)), Q(8, 1), T(24)])
        .buffer(&[Q(0, 0x4_0004)])),
    // Frames of its grant table, which memory_op's cases left in dom0 (XENMEM_remove_from_physmap, 15).
    One(Case::op("memory.remove.at-end", 12, 15, &[H(0, 0x7ff0), G(8, Free(10))])),
    One(Case::op("memory.remove.at-end-2", 12, 15, &[H(0, 0x7ff0), G(8, Free(11))])),
    One(ctl!("destroy.target", 2, T(8))),
    One(ctl!("destroy.target-again", 2, T(8))),
    One(ctl!("getdomaininfo.destroyed", 5, T(8)).hide(&[(8, 2), (16, 120)])),
    One(ctl!("max_mem.destroyed", 11, T(8), Q(16, 4096))),
    One(ctl!("unknown.0.destroyed", 0, T(8), S(16, 0))),
];
