//! Access to the system registers the guests use, by their A64 names (the A32 name is in the doc).

use core::arch::asm;

macro_rules! read_only {
    ($($name:ident $a32:literal $coprocessor:literal)*) => {
        $(#[doc = concat!("Reads ", $a32, ".")]
        pub fn $name() -> u64 {
            let value: u32;
            // SAFETY: Reading a system register changes no memory.
            unsafe {
                asm!(concat!("mrc p15, ", $coprocessor), v = out(reg) value, options(nostack));
            }
            u64::from(value)
        })*
    };
}

macro_rules! read_write {
    ($($name:ident $set:ident $a32:literal $coprocessor:literal)*) => {
        read_only!($($name $a32 $coprocessor)*);
        $(#[doc = concat!("Writes ", $a32, ", then ISB.")]
        pub fn $set(value: u64) {
            let value = low(value);
            // SAFETY: None of these registers moves code, stack or memory under the compiler's feet.
            unsafe {
                asm!(concat!("mcr p15, ", $coprocessor), "isb", v = in(reg) value, options(nostack));
            }
        })*
    };
}

macro_rules! wide {
    ($($name:ident $a32:literal $coprocessor:literal)*) => {
        $(#[doc = concat!("Reads ", $a32, ".")]
        pub fn $name() -> u64 {
            let (low, high): (u32, u32);
            // SAFETY: Reading a system register changes no memory.
            unsafe {
                asm!(concat!("mrrc p15, ", $coprocessor), l = out(reg) low, h = out(reg) high,
                    options(nostack));
            }
            u64::from(low) | u64::from(high) << 32
        })*
    };
}

macro_rules! set_wide {
    ($($name:ident $a32:literal $coprocessor:literal)*) => {
        $(#[doc = concat!("Writes ", $a32, ", then ISB.")]
        pub fn $name(value: u64) {
            let (low, high) = (low(value), low(value >> 32));
            // SAFETY: A timer's compare value; no memory changes.
            unsafe {
                asm!(concat!("mcrr p15, ", $coprocessor), "isb", l = in(reg) low, h = in(reg) high,
                    options(nostack));
            }
        })*
    };
}

/// The low word of a value.
pub fn low(value: u64) -> u32 {
    u32::try_from(value & 0xffff_ffff).unwrap_or(0)
}

read_only! {
    midr_el1 "MIDR" "0, {v}, c0, c0, 0"
    ctr_el0 "CTR" "0, {v}, c0, c0, 1"
    mpidr_el1 "MPIDR" "0, {v}, c0, c0, 5"
    revidr_el1 "REVIDR" "0, {v}, c0, c0, 6"
    id_pfr0_el1 "ID_PFR0" "0, {v}, c0, c1, 0"
    id_pfr1_el1 "ID_PFR1" "0, {v}, c0, c1, 1"
    id_mmfr0_el1 "ID_MMFR0" "0, {v}, c0, c1, 4"
    id_isar0_el1 "ID_ISAR0" "0, {v}, c0, c2, 0"
    clidr_el1 "CLIDR" "1, {v}, c0, c0, 1"
    ccsidr_el1 "CCSIDR" "1, {v}, c0, c0, 0"
    isr_el1 "ISR" "0, {v}, c12, c1, 0"
    tpidr_el1 "TPIDRPRW" "0, {v}, c13, c0, 4"
    cntfrq_el0 "CNTFRQ" "0, {v}, c14, c0, 0"
    dfsr "DFSR" "0, {v}, c5, c0, 0"
    ifsr "IFSR" "0, {v}, c5, c0, 1"
    dfar "DFAR" "0, {v}, c6, c0, 0"
    ifar "IFAR" "0, {v}, c6, c0, 2"
}

read_write! {
    tpidr_el0 set_tpidr_el0 "TPIDRURW" "0, {v}, c13, c0, 2"
    tpidrro_el0 set_tpidrro_el0 "TPIDRURO" "0, {v}, c13, c0, 3"
    sctlr_el1 set_sctlr_el1 "SCTLR" "0, {v}, c1, c0, 0"
    contextidr_el1 set_contextidr_el1 "CONTEXTIDR" "0, {v}, c13, c0, 1"
    cpacr_el1 set_cpacr_el1 "CPACR" "0, {v}, c1, c0, 2"
    cntkctl_el1 set_cntkctl_el1 "CNTKCTL" "0, {v}, c14, c1, 0"
    csselr_el1 set_csselr_el1 "CSSELR" "2, {v}, c0, c0, 0"
    actlr_el1 set_actlr_el1 "ACTLR" "0, {v}, c1, c0, 1"
    cntv_ctl_el0 set_cntv_ctl_el0 "CNTV_CTL" "0, {v}, c14, c3, 1"
    cntv_tval_el0 set_cntv_tval_el0 "CNTV_TVAL" "0, {v}, c14, c3, 0"
    cntp_ctl_el0 set_cntp_ctl_el0 "CNTP_CTL" "0, {v}, c14, c2, 1"
    cntp_tval_el0 set_cntp_tval_el0 "CNTP_TVAL" "0, {v}, c14, c2, 0"
}

wide! {
    cntpct_el0 "CNTPCT" "0, {l}, {h}, c14"
    cntvct_el0 "CNTVCT" "1, {l}, {h}, c14"
    cntp_cval_el0 "CNTP_CVAL" "2, {l}, {h}, c14"
    cntv_cval_el0 "CNTV_CVAL" "3, {l}, {h}, c14"
    par_el1 "PAR" "0, {l}, {h}, c7"
    ttbr0_el1 "TTBR0" "0, {l}, {h}, c2"
}

set_wide! {
    set_cntp_cval_el0 "CNTP_CVAL" "2, {l}, {h}, c14"
    set_cntv_cval_el0 "CNTV_CVAL" "3, {l}, {h}, c14"
}

/// Reads CPSR, whose A, I and F bits are where DAIF has them.
pub fn daif() -> u64 {
    let value: u32;
    // SAFETY: Reading CPSR changes nothing.
    unsafe { asm!("mrs {}, cpsr", out(reg) value, options(nostack)) }
    u64::from(value)
}
