//! `sched_op`: giving up the CPU, waiting, shutting down.

use crate::codec::guest_struct;
use crate::constant::header_enum;
use types::{DomId, GuestVa};

header_enum! {
    /// An operation of `sched_op` (`xen/include/public/sched.h`).
    SchedOp: u32 {
        Yield = 0 = "SCHEDOP_yield",
        Block = 1 = "SCHEDOP_block",
        Shutdown = 2 = "SCHEDOP_shutdown",
        Poll = 3 = "SCHEDOP_poll",
        RemoteShutdown = 4 = "SCHEDOP_remote_shutdown",
        ShutdownCode = 5 = "SCHEDOP_shutdown_code",
        Watchdog = 6 = "SCHEDOP_watchdog",
        PinOverride = 7 = "SCHEDOP_pin_override",
    }
}

header_enum! {
    /// Why a domain shuts down.
    ShutdownReason: u32 {
        Poweroff = 0 = "SHUTDOWN_poweroff",
        Reboot = 1 = "SHUTDOWN_reboot",
        Suspend = 2 = "SHUTDOWN_suspend",
        Crash = 3 = "SHUTDOWN_crash",
        Watchdog = 4 = "SHUTDOWN_watchdog",
        SoftReset = 5 = "SHUTDOWN_soft_reset",
    }
}

guest_struct! {
    /// The argument of [`SchedOp::Shutdown`].
    SchedShutdown = "struct sched_shutdown" {
        /// In: a [`ShutdownReason`].
        reason: u32,
    }
}

guest_struct! {
    /// The argument of [`SchedOp::Poll`].
    SchedPoll = "struct sched_poll" {
        /// In: the ports, as `evtchn_port_t`.
        ports: GuestVa,
        /// In: how many.
        nr_ports: u32,
        /// Padding.
        _pad: [u8; 4],
        /// In: the system time at which to give up, in ns; 0 for never.
        timeout: u64,
    }
}

guest_struct! {
    /// The argument of [`SchedOp::RemoteShutdown`].
    SchedRemoteShutdown = "struct sched_remote_shutdown" {
        /// In: the domain.
        domain_id: DomId,
        /// Padding.
        _pad: [u8; 2],
        /// In: a [`ShutdownReason`].
        reason: u32,
    }
}

guest_struct! {
    /// The argument of [`SchedOp::Watchdog`].
    SchedWatchdog = "struct sched_watchdog" {
        /// In: 0 to set one up, else which.
        id: u32,
        /// In: seconds, 0 to stop it.
        timeout: u32,
    }
}

guest_struct! {
    /// The argument of [`SchedOp::PinOverride`].
    SchedPinOverride = "struct sched_pin_override" {
        /// In: the physical CPU, negative to undo.
        pcpu: i32,
    }
}
