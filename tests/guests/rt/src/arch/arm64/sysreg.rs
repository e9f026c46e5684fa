//! Access to the system registers the guests use, by name.

use core::arch::asm;

macro_rules! read_only {
    ($($name:ident)*) => {
        $(#[doc = concat!("Reads ", stringify!($name), ".")]
        pub fn $name() -> u64 {
            let value: u64;
            // SAFETY: Reading a system register changes no memory.
            unsafe { asm!(concat!("mrs {}, ", stringify!($name)), out(reg) value, options(nostack)) }
            value
        })*
    };
}

macro_rules! read_write {
    ($($name:ident $set:ident)*) => {
        read_only!($($name)*);
        $(#[doc = concat!("Writes ", stringify!($name), ", then ISB.")]
        pub fn $set(value: u64) {
            // SAFETY: None of these registers moves code, stack or memory under the compiler's feet.
            unsafe { asm!(concat!("msr ", stringify!($name), ", {}"), "isb", in(reg) value, options(nostack)) }
        })*
    };
}

read_only! {
    midr_el1 mpidr_el1 ctr_el0 dczid_el0 currentel daif spsel isr_el1 ttbr0_el1 tcr_el1
    cntfrq_el0 cntpct_el0 cntvct_el0 esr_el1 far_el1 par_el1 tpidr_el1 clidr_el1 ccsidr_el1 revidr_el1
    id_aa64pfr0_el1 id_aa64pfr1_el1 id_aa64mmfr0_el1 id_aa64mmfr1_el1 id_aa64isar0_el1 id_aa64isar1_el1
    id_aa64dfr0_el1 id_aa64dfr1_el1 id_aa64afr0_el1 id_pfr0_el1 id_mmfr0_el1 id_isar0_el1 oslsr_el1
    rvbar_el1 aidr_el1 actlr_el1
}

read_write! {
    tpidr_el0 set_tpidr_el0 tpidrro_el0 set_tpidrro_el0 contextidr_el1 set_contextidr_el1
    cpacr_el1 set_cpacr_el1 cntkctl_el1 set_cntkctl_el1 csselr_el1 set_csselr_el1
    cntv_ctl_el0 set_cntv_ctl_el0 cntv_cval_el0 set_cntv_cval_el0 cntv_tval_el0 set_cntv_tval_el0
    cntp_ctl_el0 set_cntp_ctl_el0 cntp_cval_el0 set_cntp_cval_el0 cntp_tval_el0 set_cntp_tval_el0
    sctlr_el1 set_sctlr_el1 mdscr_el1 set_mdscr_el1 afsr0_el1 set_afsr0_el1 amair_el1 set_amair_el1
}
