//! What only a vCPU switch saves and loads: EL1's system registers.

use super::Named;
use super::a32::A32Regs;
use crate::arch::cpu;
use crate::arch::sysreg::{hcr, read, write};
use arm_spec::Width;

/// SCTLR_EL1 at a vCPU's start: MMU and caches off, the bits that read as one.
const SCTLR_START: u64 = 0x00c5_0078 | 0x3000_0000;
/// SCTLR at an A32 vCPU's start: likewise.
const SCTLR_A32_START: u64 = 0x00c5_0078;
/// TCR_EL1.EPD0 and EPD1, and TTBCR.EAE.
const TCR_NO_WALKS: u64 = 1 << 7 | 1 << 23 | 1 << 31;

/// EL1's system registers.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct SystemRegs {
    pub(super) sctlr: u64,
    cpacr: u64,
    pub(super) ttbr0: u64,
    pub(super) ttbr1: u64,
    pub(super) tcr: u64,
    mair: u64,
    amair: u64,
    vbar: u64,
    esr: u64,
    far: u64,
    afsr0: u64,
    afsr1: u64,
    contextidr: u64,
    tpidr_el0: u64,
    tpidrro_el0: u64,
    tpidr_el1: u64,
    pub(super) sp_el0: u64,
    pub(super) sp_el1: u64,
    pub(super) elr: u64,
    pub(super) spsr: u64,
    par: u64,
    csselr: u64,
    cntkctl: u64,
    vmpidr: u64,
    vttbr: u64,
    hcr: u64,
    /// Of an A32 vCPU alone.
    pub(super) a32: A32Regs,
}

impl SystemRegs {
    /// Returns the registers of a vCPU that starts: MMU off, affinity and stage 2 set.
    pub fn start(width: Width, vmpidr: u64, vttbr: u64) -> Self {
        let (sctlr, hcr) = match width {
            Width::A64 => (SCTLR_START, hcr::GUEST),
            Width::A32 => (SCTLR_A32_START, hcr::GUEST & !hcr::RW),
        };
        Self { sctlr, vmpidr, vttbr, hcr, ..Self::default() }
    }

    /// Returns the vCPU's execution state.
    pub fn width(&self) -> Width {
        if self.hcr & hcr::RW != 0 { Width::A64 } else { Width::A32 }
    }

    /// Lets writes of the registers of virtual memory control trap ([`vm_control`](crate::arch::vm_control)).
    pub fn watch_vm_control(&mut self) {
        self.hcr |= hcr::TVM;
    }

    /// Returns the registers that tell what the guest does, with their names.
    pub fn named(&self) -> [Named; 21] {
        [
            ("SP_EL0", self.sp_el0),
            ("SP_EL1", self.sp_el1),
            ("ELR_EL1", self.elr),
            ("SPSR_EL1", self.spsr),
            ("ESR_EL1", self.esr),
            ("FAR_EL1", self.far),
            ("SCTLR_EL1", self.sctlr),
            ("TCR_EL1", self.tcr),
            ("TTBR0_EL1", self.ttbr0),
            ("TTBR1_EL1", self.ttbr1),
            ("MAIR_EL1", self.mair),
            ("VBAR_EL1", self.vbar),
            ("CONTEXTIDR", self.contextidr),
            ("TPIDR_EL0", self.tpidr_el0),
            ("TPIDRRO_EL0", self.tpidrro_el0),
            ("TPIDR_EL1", self.tpidr_el1),
            ("CPACR_EL1", self.cpacr),
            ("PAR_EL1", self.par),
            ("VMPIDR_EL2", self.vmpidr),
            ("VTTBR_EL2", self.vttbr),
            ("HCR_EL2", self.hcr),
        ]
    }

    /// Returns VTTBR_EL2.
    pub fn vttbr(&self) -> u64 {
        self.vttbr
    }

    /// Saves what the CPU holds for the vCPU that leaves.
    pub fn save(&mut self) {
        self.sctlr = read!("sctlr_el1");
        self.cpacr = read!("cpacr_el1");
        self.ttbr0 = read!("ttbr0_el1");
        self.ttbr1 = read!("ttbr1_el1");
        self.tcr = read!("tcr_el1");
        self.mair = read!("mair_el1");
        self.amair = read!("amair_el1");
        self.vbar = read!("vbar_el1");
        self.esr = read!("esr_el1");
        self.far = read!("far_el1");
        self.afsr0 = read!("afsr0_el1");
        self.afsr1 = read!("afsr1_el1");
        self.contextidr = read!("contextidr_el1");
        self.tpidr_el0 = read!("tpidr_el0");
        self.tpidrro_el0 = read!("tpidrro_el0");
        self.tpidr_el1 = read!("tpidr_el1");
        self.sp_el0 = read!("sp_el0");
        self.sp_el1 = read!("sp_el1");
        self.elr = read!("elr_el1");
        self.spsr = read!("spsr_el1");
        self.par = read!("par_el1");
        self.csselr = read!("csselr_el1");
        self.cntkctl = read!("cntkctl_el1");
        self.hcr = read!("hcr_el2");
        if self.width() == Width::A32 {
            self.a32.save();
        }
    }

    /// Loads the registers of the vCPU that comes.
    ///
    /// Order: with stage-1 walks off (TCR_EL1.EPDx) the new stage 2 and tables are loaded, then
    /// TCR_EL1 and SCTLR_EL1, so that no speculative AT or walk mixes two guests (errata 1165522,
    /// 1319367, 1530923). In A32 walks are turned off so with long descriptors only, which are chosen too
    /// (TTBCR.EAE, where A64 has half a granule that nobody uses then).
    pub fn load(&self) {
        write!("tcr_el1", read!("tcr_el1") | TCR_NO_WALKS);
        cpu::isb();
        write!("hcr_el2", self.hcr);
        write!("vmpidr_el2", self.vmpidr);
        write!("vttbr_el2", self.vttbr);
        write!("ttbr0_el1", self.ttbr0);
        write!("ttbr1_el1", self.ttbr1);
        cpu::isb();
        write!("sctlr_el1", self.sctlr);
        write!("tcr_el1", self.tcr);
        write!("cpacr_el1", self.cpacr);
        write!("mair_el1", self.mair);
        write!("amair_el1", self.amair);
        write!("vbar_el1", self.vbar);
        write!("esr_el1", self.esr);
        write!("far_el1", self.far);
        write!("afsr0_el1", self.afsr0);
        write!("afsr1_el1", self.afsr1);
        write!("contextidr_el1", self.contextidr);
        write!("tpidr_el0", self.tpidr_el0);
        write!("tpidrro_el0", self.tpidrro_el0);
        write!("tpidr_el1", self.tpidr_el1);
        write!("sp_el0", self.sp_el0);
        write!("sp_el1", self.sp_el1);
        write!("elr_el1", self.elr);
        write!("spsr_el1", self.spsr);
        write!("par_el1", self.par);
        write!("csselr_el1", self.csselr);
        write!("cntkctl_el1", self.cntkctl);
        write!("mdscr_el1", 0);
        if self.width() == Width::A32 {
            self.a32.load();
        }
        cpu::isb();
    }
}
