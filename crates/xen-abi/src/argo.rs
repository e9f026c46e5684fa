//! `argo_op`: messages between domains.

use crate::constant::header_enum;

header_enum! {
    /// An operation of `argo_op` (`xen/include/public/argo.h`).
    ArgoOp: u32 {
        RegisterRing = 1 = "XEN_ARGO_OP_register_ring",
        UnregisterRing = 2 = "XEN_ARGO_OP_unregister_ring",
        Sendv = 3 = "XEN_ARGO_OP_sendv",
        Notify = 4 = "XEN_ARGO_OP_notify",
    }
}
