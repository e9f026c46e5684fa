//! `vm_assist`: behaviour a domain switches on or off.

use crate::constant::{header_consts, header_enum};

header_enum! {
    /// An operation of `vm_assist` (`xen/include/public/xen.h`).
    VmAssistCmd: u32 {
        Enable = 0 = "VMASST_CMD_enable",
        Disable = 1 = "VMASST_CMD_disable",
    }
}

header_consts! {
    /// The only assist of an Arm domain: mark run state areas while they are written
    RUNSTATE_UPDATE_FLAG: u32 = 5 => "VMASST_TYPE_runstate_update_flag",
}
