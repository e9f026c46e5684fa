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

header_enum! {
    /// A parameter that does not exist on Arm: it gives `-EINVAL`.
    NotOnArm: u32 {
        PaeEnabled = 4 = "HVM_PARAM_PAE_ENABLED",
        IoreqPfn = 5 = "HVM_PARAM_IOREQ_PFN",
        BufioreqPfn = 6 = "HVM_PARAM_BUFIOREQ_PFN",
        TimerMode = 10 = "HVM_PARAM_TIMER_MODE",
        HpetEnabled = 11 = "HVM_PARAM_HPET_ENABLED",
        IdentPt = 12 = "HVM_PARAM_IDENT_PT",
        DmDomain = 13 = "HVM_PARAM_DM_DOMAIN",
        AcpiSState = 14 = "HVM_PARAM_ACPI_S_STATE",
        Vm86Tss = 15 = "HVM_PARAM_VM86_TSS",
        VptAlign = 16 = "HVM_PARAM_VPT_ALIGN",
        AcpiIoportsLocation = 19 = "HVM_PARAM_ACPI_IOPORTS_LOCATION",
        MemoryEventCr0 = 20 = "HVM_PARAM_MEMORY_EVENT_CR0",
        MemoryEventCr3 = 21 = "HVM_PARAM_MEMORY_EVENT_CR3",
        MemoryEventCr4 = 22 = "HVM_PARAM_MEMORY_EVENT_CR4",
        MemoryEventInt3 = 23 = "HVM_PARAM_MEMORY_EVENT_INT3",
        Nestedhvm = 24 = "HVM_PARAM_NESTEDHVM",
        MemoryEventSingleStep = 25 = "HVM_PARAM_MEMORY_EVENT_SINGLE_STEP",
        BufioreqEvtchn = 26 = "HVM_PARAM_BUFIOREQ_EVTCHN",
        PagingRingPfn = 27 = "HVM_PARAM_PAGING_RING_PFN",
        SharingRingPfn = 29 = "HVM_PARAM_SHARING_RING_PFN",
        MemoryEventMsr = 30 = "HVM_PARAM_MEMORY_EVENT_MSR",
        TripleFaultReason = 31 = "HVM_PARAM_TRIPLE_FAULT_REASON",
        IoreqServerPfn = 32 = "HVM_PARAM_IOREQ_SERVER_PFN",
        NrIoreqServerPages = 33 = "HVM_PARAM_NR_IOREQ_SERVER_PAGES",
        VmGenerationIdAddr = 34 = "HVM_PARAM_VM_GENERATION_ID_ADDR",
        Altp2m = 35 = "HVM_PARAM_ALTP2M",
        X87FipWidth = 36 = "HVM_PARAM_X87_FIP_WIDTH",
        Vm86TssSized = 37 = "HVM_PARAM_VM86_TSS_SIZED",
        McaCap = 38 = "HVM_PARAM_MCA_CAP",
    }
}

header_consts! {
    /// Parameters there are numbers for
    NR_PARAMS: u32 = 39 => "HVM_NR_PARAMS",
    /// The bits of the callback that hold its type
    CALLBACK_TYPE_MASK: u64 = 0xff << 56 => "HVM_PARAM_CALLBACK_IRQ_TYPE_MASK",
    /// Type of the callback, in the parameter's top byte: a private peripheral interrupt
    CALLBACK_TYPE_PPI: u64 = 2 => "HVM_PARAM_CALLBACK_TYPE_PPI",
    /// The bits of the callback that hold a PPI's flags
    CALLBACK_PPI_FLAG_MASK: u64 = 0xff00 => "HVM_PARAM_CALLBACK_TYPE_PPI_FLAG_MASK",
    /// A PPI's flag: active low, level triggered
    CALLBACK_PPI_FLAG_LOW_LEVEL: u64 = 2 => "HVM_PARAM_CALLBACK_TYPE_PPI_FLAG_LOW_LEVEL",
}

header_enum! {
    /// An operation of `hvm_op` that does not exist on Arm: it gives `-ENOSYS`.
    OpNotOnArm: u32 {
        FlushTlbs = 5 = "HVMOP_flush_tlbs",
        PagetableDying = 9 = "HVMOP_pagetable_dying",
        GetTime = 10 = "HVMOP_get_time",
        Xentrace = 11 = "HVMOP_xentrace",
        SetMemAccess = 12 = "HVMOP_set_mem_access",
        GetMemAccess = 13 = "HVMOP_get_mem_access",
        GetMemType = 15 = "HVMOP_get_mem_type",
        Altp2m = 25 = "HVMOP_altp2m",
    }
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
