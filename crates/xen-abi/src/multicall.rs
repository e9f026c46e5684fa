//! `multicall`: hypercalls in a batch.

use crate::codec::guest_struct;

guest_struct! {
    /// One call of a batch (`xen/include/public/xen.h`, `struct multicall_entry`).
    MulticallEntry = "struct multicall_entry" {
        /// In: the hypercall's number.
        op: u64,
        /// Out: its result.
        result: u64,
        /// In: its arguments.
        args: [u64; 6],
    }
}
