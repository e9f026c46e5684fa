//! What a guest may do with a page, as a listener restricts it.

use crate::codec::guest_struct;
use crate::constant::header_enum;
use types::{DomId, GuestVa};

header_enum! {
    /// What [`MemAccessOp::op`] asks for.
    AccessOp: u8 {
        SetAccess = 0 = "XENMEM_access_op_set_access",
        GetAccess = 1 = "XENMEM_access_op_get_access",
        SetAccessMulti = 4 = "XENMEM_access_op_set_access_multi",
    }
}

header_enum! {
    /// What is allowed (`xenmem_access_t`).
    MemAccess: u8 {
        N = 0 = "XENMEM_access_n",
        R = 1 = "XENMEM_access_r",
        W = 2 = "XENMEM_access_w",
        Rw = 3 = "XENMEM_access_rw",
        X = 4 = "XENMEM_access_x",
        Rx = 5 = "XENMEM_access_rx",
        Wx = 6 = "XENMEM_access_wx",
        Rwx = 7 = "XENMEM_access_rwx",
        /// Reading and execution; a write makes it reading and writing.
        Rx2rw = 8 = "XENMEM_access_rx2rw",
        /// Nothing; any access makes it everything.
        N2rwx = 9 = "XENMEM_access_n2rwx",
        /// What the domain has by default.
        Default = 10 = "XENMEM_access_default",
    }
}

guest_struct! {
    /// The argument of [`MemoryOp::AccessOp`](super::MemoryOp::AccessOp).
    MemAccessOp = "struct xen_mem_access_op" {
        /// In: an [`AccessOp`].
        op: u8,
        /// In: a [`MemAccess`].
        access: u8,
        /// In: whose memory.
        domid: DomId,
        /// In: pages.
        nr: u32,
        /// In: the first guest frame, all ones for the domain's default.
        pfn: u64,
        /// In, for [`AccessOp::SetAccessMulti`]: the guest frames, as `uint64_t`.
        pfn_list: GuestVa,
        /// In, for [`AccessOp::SetAccessMulti`]: what is allowed for each, as `uint8_t`.
        access_list: GuestVa,
    }
}
