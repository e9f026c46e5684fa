//! The page a domain shares with the hypervisor, and each vCPU's part of it.
//!
//! Both live in guest memory and are written by both sides at any time: the hypervisor reaches them
//! word by word, at the offsets given here, never through these structures.

use crate::codec::guest_struct;
use core::mem::offset_of;

guest_struct! {
    /// A vCPU's clock (`struct vcpu_time_info`); zero on Arm, where guests read the architected counter.
    VcpuTimeInfo = "struct vcpu_time_info" {
        /// Odd while the rest is being written.
        version: u32,
        /// Padding.
        pad0: u32,
        /// Counter at the last update.
        tsc_timestamp: u64,
        /// System time at the last update, in ns.
        system_time: u64,
        /// Scale.
        tsc_to_system_mul: u32,
        /// Shift.
        tsc_shift: u8,
        /// Flags.
        flags: u8,
        /// Padding.
        pad1: [u8; 2],
    }
}

guest_struct! {
    /// A vCPU's part of the shared information (`struct vcpu_info`).
    VcpuInfo = "struct vcpu_info" {
        /// Not 0 if an event waits.
        evtchn_upcall_pending: u8,
        /// Padding: on Arm there is no upcall mask.
        pad0: u8,
        /// Padding.
        _pad1: [u8; 6],
        /// 2-level ABI: one bit for each word of `evtchn_pending` in which an event waits.
        evtchn_pending_sel: u64,
        /// The clock.
        time: VcpuTimeInfo,
    }
}

guest_struct! {
    /// The page a domain shares with the hypervisor (`struct shared_info`).
    SharedInfo = "struct shared_info" {
        /// vCPU 0's part, until it registers another place.
        vcpu_info: VcpuInfo,
        /// 2-level ABI: one bit per port.
        evtchn_pending: [u64; 64],
        /// 2-level ABI: one bit per port.
        evtchn_mask: [u64; 64],
        /// Odd while the wall clock is being written.
        wc_version: u32,
        /// The wall clock at system time 0: seconds, lower half.
        wc_sec: u32,
        /// Nanoseconds.
        wc_nsec: u32,
        /// Seconds, upper half.
        wc_sec_hi: u32,
    }
}

/// vCPUs whose `vcpu_info` is in the shared page (`XEN_LEGACY_MAX_VCPUS`).
pub const LEGACY_MAX_VCPUS: u16 = 1;
/// Bytes of a vCPU's part.
pub const VCPU_INFO_BYTES: usize = size_of::<VcpuInfo>();

/// Offset of `evtchn_upcall_pending` in a vCPU's part.
pub const UPCALL_PENDING: usize = offset_of!(VcpuInfo, evtchn_upcall_pending);
/// Offset of `evtchn_pending_sel` in a vCPU's part.
pub const PENDING_SEL: usize = offset_of!(VcpuInfo, evtchn_pending_sel);

/// Offset of vCPU 0's part in the page.
pub const VCPU_INFO: usize = offset_of!(SharedInfo, vcpu_info);
/// Offset of `evtchn_pending` in the page.
pub const EVTCHN_PENDING: usize = offset_of!(SharedInfo, evtchn_pending);
/// Offset of `evtchn_mask` in the page.
pub const EVTCHN_MASK: usize = offset_of!(SharedInfo, evtchn_mask);
/// Offset of `wc_version` in the page.
pub const WC_VERSION: usize = offset_of!(SharedInfo, wc_version);
/// Offset of `wc_sec` in the page.
pub const WC_SEC: usize = offset_of!(SharedInfo, wc_sec);
/// Offset of `wc_nsec` in the page.
pub const WC_NSEC: usize = offset_of!(SharedInfo, wc_nsec);
/// Offset of `wc_sec_hi` in the page.
pub const WC_SEC_HI: usize = offset_of!(SharedInfo, wc_sec_hi);
