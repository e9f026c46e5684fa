//! Virtual interrupts that event channels deliver.

use crate::constant::{header_consts, header_enum};

header_enum! {
    /// A virtual interrupt (`xen/include/public/xen.h`, `enum virq`).
    Virq: u32 {
        /// Per vCPU.
        Timer = 0 = "VIRQ_TIMER",
        /// Per vCPU.
        Debug = 1 = "VIRQ_DEBUG",
        /// Global: bytes were received on the emergency console.
        Console = 2 = "VIRQ_CONSOLE",
        /// Global: a domain was shut down, crashed or died.
        DomExc = 3 = "VIRQ_DOM_EXC",
        /// Global.
        Tbuf = 4 = "VIRQ_TBUF",
        /// Global.
        Debugger = 6 = "VIRQ_DEBUGGER",
        /// Per vCPU.
        Xenoprof = 7 = "VIRQ_XENOPROF",
        /// Global: the hypervisor's console has new text.
        ConRing = 8 = "VIRQ_CON_RING",
        /// Global.
        PcpuState = 9 = "VIRQ_PCPU_STATE",
        /// Global.
        MemEvent = 10 = "VIRQ_MEM_EVENT",
        /// Global, but of every domain.
        Argo = 11 = "VIRQ_ARGO",
        /// Global.
        Enomem = 12 = "VIRQ_ENOMEM",
        /// Per vCPU.
        Xenpmu = 13 = "VIRQ_XENPMU",
        /// Global.
        Arch0 = 16 = "VIRQ_ARCH_0",
        /// Global.
        Arch1 = 17 = "VIRQ_ARCH_1",
        /// Global.
        Arch2 = 18 = "VIRQ_ARCH_2",
        /// Global.
        Arch3 = 19 = "VIRQ_ARCH_3",
        /// Global.
        Arch4 = 20 = "VIRQ_ARCH_4",
        /// Global.
        Arch5 = 21 = "VIRQ_ARCH_5",
        /// Global.
        Arch6 = 22 = "VIRQ_ARCH_6",
        /// Global.
        Arch7 = 23 = "VIRQ_ARCH_7",
    }
}

header_consts! {
    /// Virtual interrupts there are
    NR_VIRQS: u32 = 24 => "NR_VIRQS",
}

/// How far a virtual interrupt reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VirqScope {
    /// Each vCPU has its own.
    PerVcpu,
    /// One for the whole domain, bound through vCPU 0.
    Global,
}

impl Virq {
    /// Returns how far the interrupt reaches (the header's `V.` and `G.`).
    pub const fn scope(self) -> VirqScope {
        match self {
            Self::Timer | Self::Debug | Self::Xenoprof | Self::Xenpmu => VirqScope::PerVcpu,
            _ => VirqScope::Global,
        }
    }
}
