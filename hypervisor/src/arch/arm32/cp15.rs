//! CP15 (and two CP14) registers and operations by name, as the operands of MRC, MCR, MRRC and MCRR.
//!
//! Names are those of the Arm ARM DDI 0406C B4.1 and of GIC IHI 0069H 12.7, in lower case. `read!`
//! and `write!` transfer 32 bits, `read64!` and `write64!` 64; every module of the backend has them.

/// The operands of a register or operation, with the core register (or two) as `{}`.
#[rustfmt::skip]
macro_rules! cp15 {
    (midr) => { "p15, 0, {}, c0, c0, 0" };
    (ctr) => { "p15, 0, {}, c0, c0, 1" };
    (mpidr) => { "p15, 0, {}, c0, c0, 5" };
    (csselr) => { "p15, 2, {}, c0, c0, 0" };
    (vpidr) => { "p15, 4, {}, c0, c0, 0" };
    (vmpidr) => { "p15, 4, {}, c0, c0, 5" };
    (id_pfr0) => { "p15, 0, {}, c0, c1, 0" };
    (id_pfr1) => { "p15, 0, {}, c0, c1, 1" };
    (id_dfr0) => { "p15, 0, {}, c0, c1, 2" };
    (id_afr0) => { "p15, 0, {}, c0, c1, 3" };
    (id_mmfr0) => { "p15, 0, {}, c0, c1, 4" };
    (id_mmfr1) => { "p15, 0, {}, c0, c1, 5" };
    (id_mmfr2) => { "p15, 0, {}, c0, c1, 6" };
    (id_mmfr3) => { "p15, 0, {}, c0, c1, 7" };
    (id_isar0) => { "p15, 0, {}, c0, c2, 0" };
    (id_isar1) => { "p15, 0, {}, c0, c2, 1" };
    (id_isar2) => { "p15, 0, {}, c0, c2, 2" };
    (id_isar3) => { "p15, 0, {}, c0, c2, 3" };
    (id_isar4) => { "p15, 0, {}, c0, c2, 4" };
    (id_isar5) => { "p15, 0, {}, c0, c2, 5" };
    (id_mmfr4) => { "p15, 0, {}, c0, c2, 6" };
    (sctlr) => { "p15, 0, {}, c1, c0, 0" };
    (actlr) => { "p15, 0, {}, c1, c0, 1" };
    (cpacr) => { "p15, 0, {}, c1, c0, 2" };
    (hcr) => { "p15, 4, {}, c1, c1, 0" };
    (hdcr) => { "p15, 4, {}, c1, c1, 1" };
    (hcptr) => { "p15, 4, {}, c1, c1, 2" };
    (hstr) => { "p15, 4, {}, c1, c1, 3" };
    (ttbcr) => { "p15, 0, {}, c2, c0, 2" };
    (vtcr) => { "p15, 4, {}, c2, c1, 2" };
    (dacr) => { "p15, 0, {}, c3, c0, 0" };
    (icc_pmr) => { "p15, 0, {}, c4, c6, 0" };
    (dfsr) => { "p15, 0, {}, c5, c0, 0" };
    (ifsr) => { "p15, 0, {}, c5, c0, 1" };
    (adfsr) => { "p15, 0, {}, c5, c1, 0" };
    (aifsr) => { "p15, 0, {}, c5, c1, 1" };
    (hsr) => { "p15, 4, {}, c5, c2, 0" };
    (dfar) => { "p15, 0, {}, c6, c0, 0" };
    (ifar) => { "p15, 0, {}, c6, c0, 2" };
    (hdfar) => { "p15, 4, {}, c6, c0, 0" };
    (hifar) => { "p15, 4, {}, c6, c0, 2" };
    (hpfar) => { "p15, 4, {}, c6, c0, 4" };
    (prrr) => { "p15, 0, {}, c10, c2, 0" };
    (nmrr) => { "p15, 0, {}, c10, c2, 1" };
    (amair0) => { "p15, 0, {}, c10, c3, 0" };
    (amair1) => { "p15, 0, {}, c10, c3, 1" };
    (vbar) => { "p15, 0, {}, c12, c0, 0" };
    (isr) => { "p15, 0, {}, c12, c1, 0" };
    (hvbar) => { "p15, 4, {}, c12, c0, 0" };
    (icc_iar1) => { "p15, 0, {}, c12, c12, 0" };
    (icc_eoir1) => { "p15, 0, {}, c12, c12, 1" };
    (icc_bpr1) => { "p15, 0, {}, c12, c12, 3" };
    (icc_ctlr) => { "p15, 0, {}, c12, c12, 4" };
    (icc_igrpen1) => { "p15, 0, {}, c12, c12, 7" };
    (icc_dir) => { "p15, 0, {}, c12, c11, 1" };
    (icc_hsre) => { "p15, 4, {}, c12, c9, 5" };
    (ich_ap0r0) => { "p15, 4, {}, c12, c8, 0" };
    (ich_ap0r1) => { "p15, 4, {}, c12, c8, 1" };
    (ich_ap0r2) => { "p15, 4, {}, c12, c8, 2" };
    (ich_ap0r3) => { "p15, 4, {}, c12, c8, 3" };
    (ich_ap1r0) => { "p15, 4, {}, c12, c9, 0" };
    (ich_ap1r1) => { "p15, 4, {}, c12, c9, 1" };
    (ich_ap1r2) => { "p15, 4, {}, c12, c9, 2" };
    (ich_ap1r3) => { "p15, 4, {}, c12, c9, 3" };
    (ich_hcr) => { "p15, 4, {}, c12, c11, 0" };
    (ich_vtr) => { "p15, 4, {}, c12, c11, 1" };
    (ich_misr) => { "p15, 4, {}, c12, c11, 2" };
    (ich_elrsr) => { "p15, 4, {}, c12, c11, 5" };
    (ich_vmcr) => { "p15, 4, {}, c12, c11, 7" };
    (fcseidr) => { "p15, 0, {}, c13, c0, 0" };
    (contextidr) => { "p15, 0, {}, c13, c0, 1" };
    (tpidrurw) => { "p15, 0, {}, c13, c0, 2" };
    (tpidruro) => { "p15, 0, {}, c13, c0, 3" };
    (tpidrprw) => { "p15, 0, {}, c13, c0, 4" };
    (htpidr) => { "p15, 4, {}, c13, c0, 2" };
    (cntfrq) => { "p15, 0, {}, c14, c0, 0" };
    (cntkctl) => { "p15, 0, {}, c14, c1, 0" };
    (cntv_ctl) => { "p15, 0, {}, c14, c3, 1" };
    (cnthctl) => { "p15, 4, {}, c14, c1, 0" };
    (cnthp_ctl) => { "p15, 4, {}, c14, c2, 1" };
    (pmcr) => { "p15, 0, {}, c9, c12, 0" };
    (ats1cpr) => { "p15, 0, {}, c7, c8, 0" };
    (ats12nsopr) => { "p15, 0, {}, c7, c8, 4" };
    (ats12nsopw) => { "p15, 0, {}, c7, c8, 5" };
    (iciallu) => { "p15, 0, {}, c7, c5, 0" };
    (bpiall) => { "p15, 0, {}, c7, c5, 6" };
    (icialluis) => { "p15, 0, {}, c7, c1, 0" };
    (bpiallis) => { "p15, 0, {}, c7, c1, 6" };
    (dccimvac) => { "p15, 0, {}, c7, c14, 1" };
    (tlbiallis) => { "p15, 0, {}, c8, c3, 0" };
    (tlbiall) => { "p15, 0, {}, c8, c7, 0" };
    (tlbiallhis) => { "p15, 4, {}, c8, c3, 0" };
    (tlbimvahis) => { "p15, 4, {}, c8, c3, 1" };
    (tlbiallnsnhis) => { "p15, 4, {}, c8, c3, 4" };
    (tlbiallh) => { "p15, 4, {}, c8, c7, 0" };
    (tlbimvah) => { "p15, 4, {}, c8, c7, 1" };
    (ich_lr0) => { "p15, 4, {}, c12, c12, 0" };
    (ich_lrc0) => { "p15, 4, {}, c12, c14, 0" };
    (ich_lr1) => { "p15, 4, {}, c12, c12, 1" };
    (ich_lrc1) => { "p15, 4, {}, c12, c14, 1" };
    (ich_lr2) => { "p15, 4, {}, c12, c12, 2" };
    (ich_lrc2) => { "p15, 4, {}, c12, c14, 2" };
    (ich_lr3) => { "p15, 4, {}, c12, c12, 3" };
    (ich_lrc3) => { "p15, 4, {}, c12, c14, 3" };
    (ich_lr4) => { "p15, 4, {}, c12, c12, 4" };
    (ich_lrc4) => { "p15, 4, {}, c12, c14, 4" };
    (ich_lr5) => { "p15, 4, {}, c12, c12, 5" };
    (ich_lrc5) => { "p15, 4, {}, c12, c14, 5" };
    (ich_lr6) => { "p15, 4, {}, c12, c12, 6" };
    (ich_lrc6) => { "p15, 4, {}, c12, c14, 6" };
    (ich_lr7) => { "p15, 4, {}, c12, c12, 7" };
    (ich_lrc7) => { "p15, 4, {}, c12, c14, 7" };
    (ich_lr8) => { "p15, 4, {}, c12, c13, 0" };
    (ich_lrc8) => { "p15, 4, {}, c12, c15, 0" };
    (ich_lr9) => { "p15, 4, {}, c12, c13, 1" };
    (ich_lrc9) => { "p15, 4, {}, c12, c15, 1" };
    (ich_lr10) => { "p15, 4, {}, c12, c13, 2" };
    (ich_lrc10) => { "p15, 4, {}, c12, c15, 2" };
    (ich_lr11) => { "p15, 4, {}, c12, c13, 3" };
    (ich_lrc11) => { "p15, 4, {}, c12, c15, 3" };
    (ich_lr12) => { "p15, 4, {}, c12, c13, 4" };
    (ich_lrc12) => { "p15, 4, {}, c12, c15, 4" };
    (ich_lr13) => { "p15, 4, {}, c12, c13, 5" };
    (ich_lrc13) => { "p15, 4, {}, c12, c15, 5" };
    (ich_lr14) => { "p15, 4, {}, c12, c13, 6" };
    (ich_lrc14) => { "p15, 4, {}, c12, c15, 6" };
    (ich_lr15) => { "p15, 4, {}, c12, c13, 7" };
    (ich_lrc15) => { "p15, 4, {}, c12, c15, 7" };
    (teecr) => { "p14, 6, {}, c0, c0, 0" };
    (teehbr) => { "p14, 6, {}, c1, c0, 0" };
    (ttbr0) => { "p15, 0, {}, {}, c2" };
    (ttbr1) => { "p15, 1, {}, {}, c2" };
    (httbr) => { "p15, 4, {}, {}, c2" };
    (vttbr) => { "p15, 6, {}, {}, c2" };
    (par) => { "p15, 0, {}, {}, c7" };
    (icc_sgi1r) => { "p15, 0, {}, {}, c12" };
    (cntpct) => { "p15, 0, {}, {}, c14" };
    (cntv_cval) => { "p15, 3, {}, {}, c14" };
    (cntvoff) => { "p15, 4, {}, {}, c14" };
    (cnthp_cval) => { "p15, 6, {}, {}, c14" };
}

/// Reads a 32-bit register.
macro_rules! read {
    ($name:ident) => {{
        let value: u32;
        // SAFETY: the register named reads without a side effect on memory or control flow.
        unsafe {
            core::arch::asm!(
                concat!("mrc ", cp15!($name)), out(reg) value,
                options(nostack, preserves_flags)
            )
        }
        value
    }};
}

/// Writes a 32-bit register, or performs an operation.
macro_rules! write {
    ($name:ident, $value:expr) => {{
        let value: u32 = $value;
        // SAFETY: the register named belongs to a guest, configures what a guest may do or maintains
        // a cache or TLB; Hyp mode's own translation and stack are not among those written by this
        // macro after boot.
        unsafe {
            core::arch::asm!(
                concat!("mcr ", cp15!($name)), in(reg) value,
                options(nostack, preserves_flags)
            )
        }
    }};
}

/// Reads a 64-bit register.
macro_rules! read64 {
    ($name:ident) => {{
        let (low, high): (u32, u32);
        // SAFETY: as in `read!`.
        unsafe {
            core::arch::asm!(
                concat!("mrrc ", cp15!($name)), out(reg) low, out(reg) high,
                options(nostack, preserves_flags)
            )
        }
        u64::from(low) | u64::from(high) << 32
    }};
}

/// Writes a 64-bit register.
macro_rules! write64 {
    ($name:ident, $value:expr) => {{
        let value: u64 = $value;
        let (low, high) = ($crate::arch::cp15::low(value), $crate::arch::cp15::high(value));
        // SAFETY: as in `write!`.
        unsafe {
            core::arch::asm!(
                concat!("mcrr ", cp15!($name)), in(reg) low, in(reg) high,
                options(nostack, preserves_flags)
            )
        }
    }};
}

/// Returns bits 31:0.
#[inline]
pub const fn low(value: u64) -> u32 {
    (value & 0xffff_ffff) as u32
}

/// Returns an address as a register holds it.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "an address has 32 bits here")]
pub const fn word(address: usize) -> u32 {
    address as u32
}

/// Returns bits 63:32.
#[inline]
pub const fn high(value: u64) -> u32 {
    (value >> 32) as u32
}
