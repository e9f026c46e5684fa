//! `hvm_op`: numbers the toolstack leaves for a guest.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};
use types::{DomId, IntId};

header_enum! {
    /// An operation of `hvm_op` that exists on Arm (`xen/include/public/hvm/hvm_op.h`).
    HvmOp: u32 {
        SetParam = 0 = "HVMOP_set_param",
        GetParam = 1 = "HVMOP_get_param",
        GuestRequestVmEvent = 24 = "HVMOP_guest_request_vm_event",
    }
}

header_enum! {
    /// A parameter that exists on Arm (`xen/include/public/hvm/params.h`).
    HvmParam: u32 {
        CallbackIrq = 0 = "HVM_PARAM_CALLBACK_IRQ",
        StorePfn = 1 = "HVM_PARAM_STORE_PFN",
        StoreEvtchn = 2 = "HVM_PARAM_STORE_EVTCHN",
        ConsolePfn = 17 = "HVM_PARAM_CONSOLE_PFN",
        ConsoleEvtchn = 18 = "HVM_PARAM_CONSOLE_EVTCHN",
        MonitorRingPfn = 28 = "HVM_PARAM_MONITOR_RING_PFN",
    }
}

header_consts! {
    /// Type of the callback, in the parameter's top byte: a private peripheral interrupt
    CALLBACK_TYPE_PPI: u64 = 2 => "HVM_PARAM_CALLBACK_TYPE_PPI",
    /// The bits of the callback that hold a PPI's flags
    CALLBACK_PPI_FLAG_MASK: u64 = 0xff00 => "HVM_PARAM_CALLBACK_TYPE_PPI_FLAG_MASK",
    /// A PPI's flag: active low, level triggered
    CALLBACK_PPI_FLAG_LOW_LEVEL: u64 = 2 => "HVM_PARAM_CALLBACK_TYPE_PPI_FLAG_LOW_LEVEL",
}

/// Returns the value of [`HvmParam::CallbackIrq`] that says "this PPI, active low".
pub const fn callback_ppi(ppi: IntId) -> u64 {
    CALLBACK_TYPE_PPI << 56 | CALLBACK_PPI_FLAG_LOW_LEVEL << 8 | (ppi.raw() & 0xff) as u64
}

guest_struct! {
    /// The argument of both parameter operations.
    XenHvmParam = "struct xen_hvm_param" {
        /// In: whose parameter.
        domid: DomId,
        /// Padding.
        pad: u16,
        /// In: an [`HvmParam`].
        index: u32,
        /// In or out: its value.
        value: u64,
    }
}
