//! Operations that no guest on Arm needs: version 2 tables, transfers, exchanges.

use crate::codec::guest_struct;
use types::{DomId, GuestVa};

guest_struct! {
    /// The argument of [`GnttabOp::DumpTable`](super::GnttabOp::DumpTable).
    DumpTable = "struct gnttab_dump_table" {
        /// In: whose table.
        dom: DomId,
        /// Out: a [`GrantStatus`](super::GrantStatus).
        status: i16,
    }
}

guest_struct! {
    /// The argument of [`GnttabOp::Transfer`](super::GnttabOp::Transfer).
    Transfer = "struct gnttab_transfer" {
        /// In: the frame.
        mfn: u64,
        /// In: who gets it.
        domid: DomId,
        /// Padding.
        _pad: [u8; 2],
        /// In: the grant by which it takes it.
        grant_ref: u32 = "ref",
        /// Out: a [`GrantStatus`](super::GrantStatus).
        status: i16,
        /// Padding.
        _pad2: [u8; 6],
    }
}

guest_struct! {
    /// The argument of [`GnttabOp::UnmapAndReplace`](super::GnttabOp::UnmapAndReplace).
    UnmapAndReplace = "struct gnttab_unmap_and_replace" {
        /// In: where it is mapped.
        host_addr: u64,
        /// In: what shall be mapped there.
        new_addr: u64,
        /// In: the mapping's handle.
        handle: u32,
        /// Out: a [`GrantStatus`](super::GrantStatus).
        status: i16,
        /// Padding.
        _pad: [u8; 2],
    }
}

guest_struct! {
    /// The argument of [`GnttabOp::GetStatusFrames`](super::GnttabOp::GetStatusFrames).
    GetStatusFrames = "struct gnttab_get_status_frames" {
        /// In: elements there is space for.
        nr_frames: u32,
        /// In: whose table.
        dom: DomId,
        /// Out: a [`GrantStatus`](super::GrantStatus).
        status: i16,
        /// Out: the frames, as `uint64_t`.
        frame_list: GuestVa,
    }
}

guest_struct! {
    /// The argument of [`GnttabOp::SwapGrantRef`](super::GnttabOp::SwapGrantRef).
    SwapGrantRef = "struct gnttab_swap_grant_ref" {
        /// In: a grant.
        ref_a: u32,
        /// In: another.
        ref_b: u32,
        /// Out: a [`GrantStatus`](super::GrantStatus).
        status: i16,
        /// Padding.
        _pad: [u8; 2],
    }
}
