//! The hypervisor's console and its domains.

use crate::codec::guest_struct;
use types::{DomId, GuestVa};

guest_struct! {
    /// The structure of [`SysctlCmd::Readconsole`](super::SysctlCmd::Readconsole).
    Readconsole = "struct xen_sysctl_readconsole" {
        /// In: not 0 to forget what was read.
        clear: u8,
        /// In: not 0 to begin at `index`.
        incremental: u8,
        /// Padding.
        pad0: u8,
        /// Padding.
        pad1: u8,
        /// In: where to begin; out: where to go on.
        index: u32,
        /// Out: the text.
        buffer: GuestVa,
        /// In: bytes there is space for; out: bytes.
        count: u32,
        /// Padding.
        _pad: [u8; 4],
    }
}

guest_struct! {
    /// The structure of [`SysctlCmd::DebugKeys`](super::SysctlCmd::DebugKeys).
    DebugKeys = "struct xen_sysctl_debug_keys" {
        /// In: the keys, one byte each.
        keys: GuestVa,
        /// In: how many.
        nr_keys: u32,
        /// Padding.
        _pad: [u8; 4],
    }
}

guest_struct! {
    /// The structure of [`SysctlCmd::Getdomaininfolist`](super::SysctlCmd::Getdomaininfolist).
    Getdomaininfolist = "struct xen_sysctl_getdomaininfolist" {
        /// In: the first domain.
        first_domain: DomId,
        /// Padding.
        _pad: [u8; 2],
        /// In: elements there is space for.
        max_domains: u32,
        /// Out: the domains, as [`Getdomaininfo`](crate::domctl::info::Getdomaininfo).
        buffer: GuestVa,
        /// Out: elements.
        num_domains: u32,
        /// Padding.
        _pad2: [u8; 4],
    }
}
