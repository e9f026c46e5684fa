//! `platform_op`: what the hardware domain does to the machine.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};

header_consts! {
    /// The version a caller must give, else `-EACCES`
    INTERFACE_VERSION: u32 = 0x0300_0001 => "XENPF_INTERFACE_VERSION",
}

header_enum! {
    /// An operation of `platform_op` that exists on Arm (`xen/include/public/platform.h`).
    PlatformCmd: u32 {
        Settime64 = 62 = "XENPF_settime64",
    }
}

guest_struct! {
    /// The argument of `platform_op`.
    XenPlatformOp = "struct xen_platform_op" {
        /// In: a [`PlatformCmd`].
        cmd: u32,
        /// In: [`INTERFACE_VERSION`].
        interface_version: u32,
        /// In or out: the command's own structure.
        u: [u8; 128],
    }
}

guest_struct! {
    /// The structure of [`PlatformCmd::Settime64`]: the time of day at a system time.
    Settime64 = "struct xenpf_settime64" {
        /// In: seconds since 1970-01-01 00:00 UTC.
        secs: u64,
        /// In: nanoseconds.
        nsecs: u32,
        /// In: zero.
        mbz: u32,
        /// In: the system time, in ns.
        system_time: u64,
    }
}
