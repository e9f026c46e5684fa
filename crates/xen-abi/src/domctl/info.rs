//! What is known of a domain.

use super::create::ArchDomainconfig;
use crate::codec::guest_struct;
use crate::constant::header_consts;
use types::DomId;

header_consts! {
    /// Flag of [`Getdomaininfo::flags`]: being destroyed
    DYING: u32 = 1 << 0 => "XEN_DOMINF_dying",
    /// Flag: the guest has a machine of its own; always on Arm
    HVM_GUEST: u32 = 1 << 1 => "XEN_DOMINF_hvm_guest",
    /// Flag: the guest has shut down, for the reason in bits [`SHUTDOWN_SHIFT`] and up
    SHUTDOWN: u32 = 1 << 2 => "XEN_DOMINF_shutdown",
    /// Flag: paused by the toolstack
    PAUSED: u32 = 1 << 3 => "XEN_DOMINF_paused",
    /// Flag: no vCPU can run before an event
    BLOCKED: u32 = 1 << 4 => "XEN_DOMINF_blocked",
    /// Flag: a vCPU is on a CPU
    RUNNING: u32 = 1 << 5 => "XEN_DOMINF_running",
    /// Flag: being debugged
    DEBUGGED: u32 = 1 << 6 => "XEN_DOMINF_debugged",
    /// Flag: runs xenstore
    XS_DOMAIN: u32 = 1 << 7 => "XEN_DOMINF_xs_domain",
    /// Flag: a second stage of translation by hardware; always on Arm
    HAP: u32 = 1 << 8 => "XEN_DOMINF_hap",
    /// The bits of the shutdown reason, after the shift
    SHUTDOWN_MASK: u32 = 255 => "XEN_DOMINF_shutdownmask",
    /// Where the shutdown reason begins
    SHUTDOWN_SHIFT: u32 = 16 => "XEN_DOMINF_shutdownshift",
    /// [`Getdomaininfo::max_vcpu_id`] of a domain without vCPUs
    INVALID_MAX_VCPU_ID: u32 = u32::MAX => "XEN_INVALID_MAX_VCPU_ID",
}

guest_struct! {
    /// The structure of [`DomctlCmd::Getdomaininfo`](super::DomctlCmd::Getdomaininfo), and an element
    /// of sysctl's list of domains.
    Getdomaininfo = "struct xen_domctl_getdomaininfo" {
        /// Out: the domain.
        domain: DomId,
        /// Padding.
        pad1: u16,
        /// Out: its state.
        flags: u32,
        /// Out: pages it has.
        tot_pages: u64,
        /// Out: pages it may have.
        max_pages: u64,
        /// Out: pages claimed for it that it does not have yet.
        outstanding_pages: u64,
        /// Out: pages it shares copy-on-write.
        shr_pages: u64,
        /// Out: pages that are paged out.
        paged_pages: u64,
        /// Out: the frame of its shared page.
        shared_info_frame: u64,
        /// Out: CPU time its vCPUs used, in ns.
        cpu_time: u64,
        /// Out: vCPUs that are online.
        nr_online_vcpus: u32,
        /// Out: its highest vCPU, or [`INVALID_MAX_VCPU_ID`].
        max_vcpu_id: u32,
        /// Out: its security label.
        ssidref: u32,
        /// Out: its UUID.
        handle: [u8; 16],
        /// Out: its CPU pool.
        cpupool: u32,
        /// Out: bits of a guest-physical address.
        gpaddr_bits: u8,
        /// Padding.
        pad2: [u8; 7],
        /// Out: Arm's part of its configuration.
        arch_config: ArchDomainconfig,
        /// Padding.
        _pad: [u8; 4],
    }
}
