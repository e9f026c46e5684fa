//! Requests in the pages that a device model shares with the hypervisor.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};

header_enum! {
    /// What a request is about (`xen/include/public/hvm/ioreq.h`).
    IoreqKind: u8 {
        Pio = 0 = "IOREQ_TYPE_PIO",
        /// Memory.
        Copy = 1 = "IOREQ_TYPE_COPY",
        PciConfig = 2 = "IOREQ_TYPE_PCI_CONFIG",
        Timeoffset = 7 = "IOREQ_TYPE_TIMEOFFSET",
        Invalidate = 8 = "IOREQ_TYPE_INVALIDATE",
    }
}

header_enum! {
    /// How far a request is, in bits 0 to 3 of [`Ioreq::flags`].
    IoreqState: u8 {
        None = 0 = "STATE_IOREQ_NONE",
        Ready = 1 = "STATE_IOREQ_READY",
        Inprocess = 2 = "STATE_IOREQ_INPROCESS",
        RespReady = 3 = "STATE_IORESP_READY",
    }
}

header_consts! {
    /// A request's direction: to the device
    WRITE: u8 = 0 => "IOREQ_WRITE",
    /// A request's direction: from the device
    READ: u8 = 1 => "IOREQ_READ",
    /// Buffered requests of a page
    BUFFER_SLOTS: usize = 511 => "IOREQ_BUFFER_SLOT_NUM",
}

/// Bit of [`Ioreq::flags`]: `data` is the address of the data.
pub const DATA_IS_PTR: u8 = 1 << 4;
/// Bit of [`Ioreq::flags`]: the direction, [`READ`] or [`WRITE`].
pub const DIR_SHIFT: u32 = 5;

guest_struct! {
    /// A synchronous request.
    Ioreq = "struct ioreq" {
        /// The address.
        addr: u64,
        /// The data.
        data: u64,
        /// How often.
        count: u32,
        /// Bytes of each.
        size: u32,
        /// The event channel of both ends.
        vp_eport: u32,
        /// Padding.
        _pad0: u16,
        /// An [`IoreqState`], [`DATA_IS_PTR`] and the direction; bit fields in C.
        flags: u8 = "_pad_bits",
        /// An [`IoreqKind`].
        kind: u8 = "type",
    }
}
