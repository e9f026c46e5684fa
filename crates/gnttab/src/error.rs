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
    /// The entry grants nothing to the domain.
    NotGranted,
    /// The entry grants reading only.
    ReadOnly,
    /// The guest changes the entry all the time.
    Unstable,
    /// The entry is used as often as can be counted.
    TooManyUses,
    /// The entry names no page of the granter's own memory, or one that it may only read itself.
    BadPage,
    /// The entry is in use.
    InUse,
    /// There is no such mapping.
    BadHandle,
    /// There can be no more mappings.
    NoHandle,
    /// The page cannot be mapped where it is to be.
    NotPlaced,
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
            Error::BadRef
            | Error::NotGranted
            | Error::ReadOnly
            | Error::Unstable
            | Error::TooManyUses
            | Error::BadPage
            | Error::InUse
            | Error::BadHandle
            | Error::NotPlaced => Self::Einval,
            Error::NoHandle => Self::Enospc,
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
            Error::NotGranted | Error::ReadOnly | Error::Unstable | Error::TooManyUses | Error::NotPlaced => {
                Self::GeneralError
            }
            Error::BadPage => Self::BadPage,
            Error::InUse => Self::Eagain,
            Error::BadHandle => Self::BadHandle,
            Error::NoHandle => Self::NoSpace,
            Error::VersionNotOffered => Self::GeneralError,
            Error::NoVersion => Self::GeneralError,
            Error::OutOfMemory => Self::NoSpace,
        }
    }
}
