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

/// The flags of every domain on Arm.
pub const ARM_DOMAIN: u32 = HVM_GUEST | HAP;

/// Returns the flags of a domain that has shut down for a reason, of which the header has 8 bits.
pub const fn shutdown(reason: u8) -> u32 {
    SHUTDOWN | (reason as u32) << SHUTDOWN_SHIFT
}

/// Returns why a domain has shut down, or `None` if it has not.
pub const fn shutdown_reason(flags: u32) -> Option<u8> {
    let [_, _, reason, _] = flags.to_le_bytes();
    if flags & SHUTDOWN != 0 { Some(reason) } else { None }
}

/// What a vCPU does, as far as its domain's flags tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It is not online.
    Down,
    /// It waits for an event.
    Blocked,
    /// It could run.
    Ready,
    /// It is on a CPU.
    Running,
}

/// Returns the flags that follow from what a domain's vCPUs do, and how many of them are online: it
/// runs if any does, and is blocked if all that are online are.
pub fn activity(vcpus: impl IntoIterator<Item = Activity>) -> (u32, u32) {
    let online = vcpus.into_iter().filter(|vcpu| *vcpu != Activity::Down);
    let (running, unblocked, count) = online.fold((0, 0, 0u32), |(running, unblocked, count), vcpu| {
        let runs = if vcpu == Activity::Running { RUNNING } else { 0 };
        let moves = if vcpu == Activity::Blocked { 0 } else { BLOCKED };
        (running | runs, unblocked | moves, count.saturating_add(1))
    });
    let blocked = if count == 0 { 0 } else { BLOCKED & !unblocked };
    (running | blocked, count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Activity::{Blocked, Down, Ready, Running};

    #[test]
    fn a_domain_is_blocked_if_all_of_it_is() {
        assert_eq!(activity([]), (0, 0));
        assert_eq!(activity([Down, Down]), (0, 0));
        assert_eq!(activity([Blocked, Down, Blocked]), (BLOCKED, 2));
        assert_eq!(activity([Blocked, Ready]), (0, 2));
        assert_eq!(activity([Blocked, Running, Down]), (RUNNING, 2));
        assert_eq!(activity([Running, Running]), (RUNNING, 2));
    }

    #[test]
    fn a_reason_is_kept_in_the_flags() {
        for reason in 0..=u8::MAX {
            let flags = shutdown(reason) | ARM_DOMAIN | PAUSED;
            assert_eq!(shutdown_reason(flags), Some(reason));
            assert_eq!(flags >> SHUTDOWN_SHIFT & SHUTDOWN_MASK, reason.into());
        }
        assert_eq!(shutdown_reason(ARM_DOMAIN | 3 << SHUTDOWN_SHIFT), None);
    }
}
