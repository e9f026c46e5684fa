//! Why an operation was refused.

use xen_abi::XenErrno;

/// Why an operation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The port does not exist, or nothing is bound to it.
    BadPort,
    /// The port's binding does not allow the operation.
    BadBinding,
    /// The remote port waits for another domain, or for none.
    NotForCaller,
    /// The domain has no such vCPU.
    NoVcpu,
    /// There is no such virtual interrupt, or it is bound through vCPU 0 only.
    BadVirq,
    /// The virtual interrupt has a port already.
    VirqBound,
    /// Event channels cannot carry physical interrupts on Arm.
    NoPirq,
    /// The domain has as many ports as it may have.
    NoPort,
    /// No port is free in the storage lent so far; more of it helps.
    NoStorage,
    /// The place in guest memory is not aligned, crosses a page or is set already.
    BadPlace,
    /// The operation belongs to the FIFO ABI, which the guest has not switched to.
    NotFifo,
    /// Priorities belong to the FIFO ABI, which the guest has not switched to.
    NoPriorities,
    /// There is no such priority.
    BadPriority,
    /// The port is the hypervisor's.
    Held,
    /// The event array has all the pages it can have.
    ArrayFull,
}

impl From<Error> for XenErrno {
    fn from(error: Error) -> Self {
        match error {
            Error::BadPort => Self::Einval,
            Error::BadBinding => Self::Einval,
            Error::NotForCaller => Self::Einval,
            Error::NoVcpu => Self::Enoent,
            Error::BadVirq => Self::Einval,
            Error::VirqBound => Self::Eexist,
            Error::NoPirq => Self::Enosys,
            Error::NoPort => Self::Enospc,
            Error::NoStorage => Self::Enomem,
            Error::BadPlace => Self::Einval,
            Error::NotFifo => Self::Eopnotsupp,
            Error::NoPriorities => Self::Enosys,
            Error::BadPriority => Self::Einval,
            Error::Held => Self::Eacces,
            Error::ArrayFull => Self::Enospc,
        }
    }
}
