//! Why an operation was refused.

use xen_abi::XenErrno;
use xen_abi::grant_table::GrantStatus;

/// Why an operation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The table may not have so many frames.
    TooManyFrames,
    /// The table has no such frame.
    NoFrame,
    /// The table has no such entry.
    BadRef,
    /// There is such a version of the interface, but it is not offered.
    VersionNotOffered,
    /// There is no such version of the interface.
    NoVersion,
    /// There is no memory.
    OutOfMemory,
}

impl From<Error> for XenErrno {
    fn from(error: Error) -> Self {
        match error {
            Error::TooManyFrames => Self::Einval,
            Error::NoFrame => Self::Einval,
            Error::BadRef => Self::Einval,
            Error::VersionNotOffered => Self::Enosys,
            Error::NoVersion => Self::Einval,
            Error::OutOfMemory => Self::Enomem,
        }
    }
}

impl From<Error> for GrantStatus {
    fn from(error: Error) -> Self {
        match error {
            Error::TooManyFrames => Self::GeneralError,
            Error::NoFrame => Self::GeneralError,
            Error::BadRef => Self::BadGntref,
            Error::VersionNotOffered => Self::GeneralError,
            Error::NoVersion => Self::GeneralError,
            Error::OutOfMemory => Self::NoSpace,
        }
    }
}
