//! Patches of the running hypervisor.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};
use types::GuestVa;

header_enum! {
    /// What [`LivepatchOp::cmd`] asks for.
    LivepatchCmd: u32 {
        Upload = 0 = "XEN_SYSCTL_LIVEPATCH_UPLOAD",
        Get = 1 = "XEN_SYSCTL_LIVEPATCH_GET",
        List = 2 = "XEN_SYSCTL_LIVEPATCH_LIST",
        Action = 3 = "XEN_SYSCTL_LIVEPATCH_ACTION",
    }
}

header_enum! {
    /// What [`LivepatchAction::cmd`] asks for.
    LivepatchActionCmd: u32 {
        Unload = 1 = "LIVEPATCH_ACTION_UNLOAD",
        Revert = 2 = "LIVEPATCH_ACTION_REVERT",
        Apply = 3 = "LIVEPATCH_ACTION_APPLY",
        Replace = 4 = "LIVEPATCH_ACTION_REPLACE",
    }
}

header_enum! {
    /// A patch's state.
    LivepatchState: u32 {
        Checked = 1 = "LIVEPATCH_STATE_CHECKED",
        Applied = 2 = "LIVEPATCH_STATE_APPLIED",
    }
}

header_consts! {
    /// The most bytes of a patch's name
    NAME_SIZE: u16 = 128 => "XEN_LIVEPATCH_NAME_SIZE",
    /// The version of a patch's functions
    PAYLOAD_VERSION: u8 = 2 => "LIVEPATCH_PAYLOAD_VERSION",
    /// Flag of [`LivepatchAction::flags`]: do not ask what the patch was built upon
    APPLY_NODEPS: u32 = 1 << 0 => "LIVEPATCH_ACTION_APPLY_NODEPS",
}

guest_struct! {
    /// A patch's name.
    LivepatchName = "struct xen_livepatch_name" {
        /// The text, zero-terminated.
        name: GuestVa,
        /// Its bytes.
        size: u16,
        /// Padding, zero.
        pad: [u16; 3],
    }
}

guest_struct! {
    /// A patch's state.
    LivepatchStatus = "struct xen_livepatch_status" {
        /// A [`LivepatchState`].
        state: u32,
        /// 0 or a negative error number.
        rc: i32,
    }
}

guest_struct! {
    /// The structure of [`LivepatchCmd::Upload`].
    LivepatchUpload = "struct xen_sysctl_livepatch_upload" {
        /// In: the patch.
        name: LivepatchName,
        /// In: its bytes.
        size: u64,
        /// In: the file.
        payload: GuestVa,
    }
}

guest_struct! {
    /// The structure of [`LivepatchCmd::Get`].
    LivepatchGet = "struct xen_sysctl_livepatch_get" {
        /// In: the patch.
        name: LivepatchName,
        /// Out: its state.
        status: LivepatchStatus,
    }
}

guest_struct! {
    /// The structure of [`LivepatchCmd::List`].
    LivepatchList = "struct xen_sysctl_livepatch_list" {
        /// Out: the list's version.
        version: u32,
        /// In: the first patch.
        idx: u32,
        /// In: elements there is space for; out: those that are left.
        nr: u32,
        /// Padding, zero.
        pad: u32,
        /// Out: bytes of all names.
        name_total_size: u32,
        /// Out: bytes of all metadata.
        metadata_total_size: u32,
        /// Out: the states, as [`LivepatchStatus`].
        status: GuestVa,
        /// Out: the names.
        name: GuestVa,
        /// Out: the names' bytes, as `uint32_t`.
        len: GuestVa,
        /// Out: the metadata.
        metadata: GuestVa,
        /// Out: the metadata's bytes, as `uint32_t`.
        metadata_len: GuestVa,
    }
}

guest_struct! {
    /// The structure of [`LivepatchCmd::Action`].
    LivepatchAction = "struct xen_sysctl_livepatch_action" {
        /// In: the patch.
        name: LivepatchName,
        /// In: a [`LivepatchActionCmd`].
        cmd: u32,
        /// In: the most time it may take, in ns; 0 for the default.
        timeout: u32,
        /// In: [`APPLY_NODEPS`] or 0.
        flags: u32,
        /// Padding, zero.
        pad: u32,
    }
}

guest_struct! {
    /// The structure of [`SysctlCmd::LivepatchOp`](super::SysctlCmd::LivepatchOp).
    LivepatchOp = "struct xen_sysctl_livepatch_op" {
        /// In: a [`LivepatchCmd`].
        cmd: u32,
        /// Padding, zero.
        pad: u32,
        /// In or out: the operation's structure.
        u: [u8; 64],
    }
}
