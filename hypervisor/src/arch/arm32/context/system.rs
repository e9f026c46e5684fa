//! What only a vCPU switch saves and loads: the kernel's CP15 registers and its modes' banked registers.

use super::Named;
use super::banked::{read_banked, write_banked};
use crate::arch::cp15::low;
use crate::arch::{cpu, sysreg};
use arm_spec::Width;

/// SCTLR at a vCPU's start: MMU and caches off, the bits that read as one.
const SCTLR_START: u32 = 0x00c5_0078;
/// SCTLR.M.
const SCTLR_M: u32 = 1;
/// ID_PFR0.State3: ThumbEE.
const PFR0_THUMBEE: u32 = 0xf << 12;

/// The registers of a vCPU that does not run.
#[derive(Clone, Copy, Default)]
pub struct SystemRegs {
    pub(super) sctlr: u32,
    cpacr: u32,
    pub(super) ttbcr: u32,
    dacr: u32,
    dfsr: u32,
    ifsr: u32,
    adfsr: u32,
    aifsr: u32,
    dfar: u32,
    ifar: u32,
    prrr: u32,
    nmrr: u32,
    amair0: u32,
    amair1: u32,
    vbar: u32,
    fcseidr: u32,
    contextidr: u32,
    tpidrurw: u32,
    tpidruro: u32,
    tpidrprw: u32,
    csselr: u32,
    cntkctl: u32,
    hcr: u32,
    vmpidr: u32,
    pub(super) ttbr0: u64,
    pub(super) ttbr1: u64,
    par: u64,
    vttbr: u64,
    /// TEECR and TEEHBR, where there is ThumbEE.
    thumbee: [u32; 2],
    pub(super) modes: Modes,
}

/// What the modes bank: SP, LR and SPSR of each, r8-r12 of FIQ mode, and User mode's SP.
#[derive(Clone, Copy, Default)]
pub(super) struct Modes {
    pub(super) sp_usr: u32,
    pub(super) svc: [u32; 3],
    pub(super) abt: [u32; 3],
    pub(super) und: [u32; 3],
    pub(super) irq: [u32; 3],
    pub(super) fiq: [u32; 3],
    pub(super) fiq_r8: [u32; 5],
}

impl Modes {
    fn save(&mut self) {
        self.sp_usr = read_banked!("sp_usr");
        self.svc = [read_banked!("sp_svc"), read_banked!("lr_svc"), read_banked!("spsr_svc")];
        self.abt = [read_banked!("sp_abt"), read_banked!("lr_abt"), read_banked!("spsr_abt")];
        self.und = [read_banked!("sp_und"), read_banked!("lr_und"), read_banked!("spsr_und")];
        self.irq = [read_banked!("sp_irq"), read_banked!("lr_irq"), read_banked!("spsr_irq")];
        self.fiq = [read_banked!("sp_fiq"), read_banked!("lr_fiq"), read_banked!("spsr_fiq")];
        self.fiq_r8 = [
            read_banked!("r8_fiq"),
            read_banked!("r9_fiq"),
            read_banked!("r10_fiq"),
            read_banked!("r11_fiq"),
            read_banked!("r12_fiq"),
        ];
    }

    fn load(&self) {
        write_banked!("sp_usr", self.sp_usr);
        write_banked!("sp_svc", self.svc[0]);
        write_banked!("lr_svc", self.svc[1]);
        write_banked!("spsr_svc", self.svc[2]);
        write_banked!("sp_abt", self.abt[0]);
        write_banked!("lr_abt", self.abt[1]);
        write_banked!("spsr_abt", self.abt[2]);
        write_banked!("sp_und", self.und[0]);
        write_banked!("lr_und", self.und[1]);
        write_banked!("spsr_und", self.und[2]);
        write_banked!("sp_irq", self.irq[0]);
        write_banked!("lr_irq", self.irq[1]);
        write_banked!("spsr_irq", self.irq[2]);
        write_banked!("sp_fiq", self.fiq[0]);
        write_banked!("lr_fiq", self.fiq[1]);
        write_banked!("spsr_fiq", self.fiq[2]);
        write_banked!("r8_fiq", self.fiq_r8[0]);
        write_banked!("r9_fiq", self.fiq_r8[1]);
        write_banked!("r10_fiq", self.fiq_r8[2]);
        write_banked!("r11_fiq", self.fiq_r8[3]);
        write_banked!("r12_fiq", self.fiq_r8[4]);
    }
}

fn has_thumbee() -> bool {
    read!(id_pfr0) & PFR0_THUMBEE != 0
}

impl SystemRegs {
    /// Returns the registers of a vCPU that starts: MMU off, affinity and stage 2 set.
    pub fn start(_: Width, vmpidr: u64, vttbr: u64) -> Self {
        Self { sctlr: SCTLR_START, vmpidr: low(vmpidr), vttbr, hcr: sysreg::hcr::GUEST, ..Self::default() }
    }

    /// Lets writes of the registers of virtual memory control trap ([`vm_control`](crate::arch::vm_control)).
    pub fn watch_vm_control(&mut self) {
        self.hcr |= sysreg::hcr::TVM;
    }

    /// Returns the registers that tell what the guest does, with their names.
    pub fn named(&self) -> [Named; 29] {
        let m = &self.modes;
        let [sp_svc, lr_svc, spsr_svc] = m.svc;
        let [sp_abt, lr_abt, spsr_abt] = m.abt;
        let [sp_und, lr_und, spsr_und] = m.und;
        let [sp_irq, lr_irq, spsr_irq] = m.irq;
        let word = |(name, value): (&'static str, u32)| (name, u64::from(value));
        [
            word(("SP_usr", m.sp_usr)),
            word(("SP_svc", sp_svc)),
            word(("LR_svc", lr_svc)),
            word(("SPSR_svc", spsr_svc)),
            word(("SP_abt", sp_abt)),
            word(("LR_abt", lr_abt)),
            word(("SPSR_abt", spsr_abt)),
            word(("SP_und", sp_und)),
            word(("LR_und", lr_und)),
            word(("SPSR_und", spsr_und)),
            word(("SP_irq", sp_irq)),
            word(("LR_irq", lr_irq)),
            word(("SPSR_irq", spsr_irq)),
            word(("SCTLR", self.sctlr)),
            word(("TTBCR", self.ttbcr)),
            word(("DACR", self.dacr)),
            ("TTBR0", self.ttbr0),
            ("TTBR1", self.ttbr1),
            ("PAR", self.par),
            word(("DFSR", self.dfsr)),
            word(("DFAR", self.dfar)),
            word(("IFSR", self.ifsr)),
            word(("IFAR", self.ifar)),
            word(("VBAR", self.vbar)),
            word(("CONTEXTIDR", self.contextidr)),
            word(("TPIDRPRW", self.tpidrprw)),
            word(("VMPIDR", self.vmpidr)),
            ("VTTBR", self.vttbr),
            word(("HCR", self.hcr)),
        ]
    }

    /// Returns the vCPU's execution state.
    pub fn width(&self) -> Width {
        Width::A32
    }

    /// Returns VTTBR.
    pub fn vttbr(&self) -> u64 {
        self.vttbr
    }

    /// Saves what the CPU holds for the vCPU that leaves.
    pub fn save(&mut self) {
        self.sctlr = read!(sctlr);
        self.cpacr = read!(cpacr);
        self.ttbcr = read!(ttbcr);
        self.dacr = read!(dacr);
        self.dfsr = read!(dfsr);
        self.ifsr = read!(ifsr);
        self.adfsr = read!(adfsr);
        self.aifsr = read!(aifsr);
        self.dfar = read!(dfar);
        self.ifar = read!(ifar);
        self.prrr = read!(prrr);
        self.nmrr = read!(nmrr);
        self.amair0 = read!(amair0);
        self.amair1 = read!(amair1);
        self.vbar = read!(vbar);
        self.fcseidr = read!(fcseidr);
        self.contextidr = read!(contextidr);
        self.tpidrurw = read!(tpidrurw);
        self.tpidruro = read!(tpidruro);
        self.tpidrprw = read!(tpidrprw);
        self.csselr = read!(csselr);
        self.cntkctl = read!(cntkctl);
        self.hcr = read!(hcr);
        self.ttbr0 = read64!(ttbr0);
        self.ttbr1 = read64!(ttbr1);
        self.par = read64!(par);
        if has_thumbee() {
            self.thumbee = [read!(teecr), read!(teehbr)];
        }
        self.modes.save();
    }

    /// Loads the registers of the vCPU that comes.
    ///
    /// With stage 1 off the new stage 2 and tables are loaded, then SCTLR, so that no speculative walk
    /// mixes two guests.
    pub fn load(&self) {
        write!(sctlr, self.sctlr & !SCTLR_M);
        cpu::isb();
        write!(hcr, self.hcr);
        write!(vmpidr, self.vmpidr);
        write64!(vttbr, self.vttbr);
        write!(ttbcr, self.ttbcr);
        cpu::isb();
        write64!(ttbr0, self.ttbr0);
        write64!(ttbr1, self.ttbr1);
        write64!(par, self.par);
        write!(cpacr, self.cpacr);
        write!(dacr, self.dacr);
        write!(dfsr, self.dfsr);
        write!(ifsr, self.ifsr);
        write!(adfsr, self.adfsr);
        write!(aifsr, self.aifsr);
        write!(dfar, self.dfar);
        write!(ifar, self.ifar);
        write!(prrr, self.prrr);
        write!(nmrr, self.nmrr);
        write!(amair0, self.amair0);
        write!(amair1, self.amair1);
        write!(vbar, self.vbar);
        write!(fcseidr, self.fcseidr);
        write!(contextidr, self.contextidr);
        write!(tpidrurw, self.tpidrurw);
        write!(tpidruro, self.tpidruro);
        write!(tpidrprw, self.tpidrprw);
        write!(csselr, self.csselr);
        write!(cntkctl, self.cntkctl);
        if has_thumbee() {
            write!(teecr, self.thumbee[0]);
            write!(teehbr, self.thumbee[1]);
        }
        self.modes.load();
        cpu::isb();
        write!(sctlr, self.sctlr);
        cpu::isb();
    }
}
