//! Settings of one number each.

use crate::codec::guest_struct;
use types::{DomId, Port};

guest_struct! {
    /// The structure of [`DomctlCmd::Setdomainhandle`](super::DomctlCmd::Setdomainhandle).
    Setdomainhandle = "struct xen_domctl_setdomainhandle" {
        /// In: the domain's UUID.
        handle: [u8; 16],
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::Setdebugging`](super::DomctlCmd::Setdebugging).
    Setdebugging = "struct xen_domctl_setdebugging" {
        /// In: 0 to stop debugging.
        enable: u8,
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::Settimeoffset`](super::DomctlCmd::Settimeoffset).
    Settimeoffset = "struct xen_domctl_settimeoffset" {
        /// In: what is added to the domain's wall clock, in s.
        time_offset_seconds: i64,
    }
}

guest_struct! {
    /// The structure of set_address_size and get_address_size.
    AddressSize = "struct xen_domctl_address_size" {
        /// In or out: 32 or 64.
        size: u32,
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::SetTarget`](super::DomctlCmd::SetTarget).
    SetTarget = "struct xen_domctl_set_target" {
        /// In: the domain that may be controlled.
        target: DomId,
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::Subscribe`](super::DomctlCmd::Subscribe).
    Subscribe = "struct xen_domctl_subscribe" {
        /// In: the caller's port that learns of the domain's suspension.
        port: Port,
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::SetVirqHandler`](super::DomctlCmd::SetVirqHandler).
    SetVirqHandler = "struct xen_domctl_set_virq_handler" {
        /// In: a global [`Virq`](crate::virq::Virq).
        virq: u32,
    }
}
