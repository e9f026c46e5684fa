//! `platform_op`: what dom0 does to the machine (`xen/include/public/platform.h`): set the time of day.

use super::{Args, guest, privileged};
use crate::domain::shared_info::{self, WallClock};
use crate::trap::Cx;
use xen_abi::platform::{INTERFACE_VERSION, PlatformCmd, Settime64, XenPlatformOp};
use xen_abi::{GuestStruct, XenErrno};

const SECOND_NS: u128 = 1_000_000_000;

/// Performs an operation.
///
/// # Errors
/// EFAULT, EACCES for another version, EPERM, EINVAL, ENOSYS.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, [op, ..]: Args) -> Result<i64, XenErrno> {
    let op: XenPlatformOp = guest::read(op)?;
    if op.interface_version != INTERFACE_VERSION {
        return Err(XenErrno::Eacces);
    }
    privileged(cx)?;
    match PlatformCmd::from_raw(op.cmd).ok_or(XenErrno::Enosys)? {
        PlatformCmd::Settime64 => {
            let time = Settime64::decode_prefix(&op.u).ok_or(XenErrno::Einval)?;
            shared_info::set_wall_clock(at_boot(&time)?);
            Ok(0)
        }
    }
}

/// Converts "this time of day at that system time" to the time of day at system time zero.
fn at_boot(time: &Settime64) -> Result<WallClock, XenErrno> {
    if time.mbz != 0 {
        return Err(XenErrno::Einval);
    }
    let since_epoch = u128::from(time.secs) * SECOND_NS + u128::from(time.nsecs);
    let at_boot = since_epoch.saturating_sub(time.system_time.into());
    let seconds = u64::try_from(at_boot / SECOND_NS).map_err(|_| XenErrno::Einval)?;
    let nanoseconds = u32::try_from(at_boot % SECOND_NS).map_err(|_| XenErrno::Einval)?;
    Ok(WallClock { seconds, nanoseconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(secs: u64, nsecs: u32, system_time: u64) -> Settime64 {
        Settime64 { secs, nsecs, mbz: 0, system_time }
    }

    #[test]
    fn the_wall_clock_is_that_of_boot() {
        let clock = at_boot(&time(1000, 5, 2_000_000_006)).unwrap();
        assert_eq!(clock, WallClock { seconds: 997, nanoseconds: 999_999_999 });
    }

    #[test]
    fn a_time_before_the_epoch_is_the_epoch() {
        let clock = at_boot(&time(1, 0, u64::MAX)).unwrap();
        assert_eq!(clock, WallClock { seconds: 0, nanoseconds: 0 });
    }

    #[test]
    fn far_times_do_not_overflow() {
        assert_eq!(at_boot(&time(u64::MAX, u32::MAX, 0)), Err(XenErrno::Einval));
        assert_eq!(at_boot(&time(u64::MAX, 0, 0)).unwrap().seconds, u64::MAX);
    }

    #[test]
    fn reserved_bits_are_zero() {
        assert_eq!(at_boot(&Settime64 { mbz: 1, ..time(1, 1, 1) }), Err(XenErrno::Einval));
    }
}
