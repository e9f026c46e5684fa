//! The GICv3 CPU interface's registers. Source: GIC IHI 0069H 12.2.

use core::arch::asm;

macro_rules! read {
    ($($name:ident $encoding:literal)*) => {
        $(#[doc = concat!("Reads ICC_", stringify!($name), "_EL1.")]
        pub fn $name() -> u64 {
            let value: u64;
            // SAFETY: Acknowledging or reading an interrupt register changes no memory.
            unsafe { asm!(concat!("mrs {}, ", $encoding), "dsb sy", out(reg) value, options(nostack)) }
            value
        })*
    };
}

macro_rules! write {
    ($($name:ident $encoding:literal)*) => {
        $(#[doc = concat!("Writes ICC register ", $encoding, ", after DSB: what it announces is visible.")]
        pub fn $name(value: u64) {
            // SAFETY: Interrupt state only.
            unsafe { asm!("dsb sy", concat!("msr ", $encoding, ", {}"), "isb", in(reg) value, options(nostack)) }
        })*
    };
}

read! {
    iar1 "S3_0_C12_C12_0"
    hppir1 "S3_0_C12_C12_2"
    bpr1 "S3_0_C12_C12_3"
    ctlr "S3_0_C12_C12_4"
    sre "S3_0_C12_C12_5"
    igrpen1 "S3_0_C12_C12_7"
    rpr "S3_0_C12_C11_3"
    pmr "S3_0_C4_C6_0"
    ap1r0 "S3_0_C12_C9_0"
}

write! {
    set_eoir1 "S3_0_C12_C12_1"
    set_bpr1 "S3_0_C12_C12_3"
    set_ctlr "S3_0_C12_C12_4"
    set_sre "S3_0_C12_C12_5"
    set_igrpen1 "S3_0_C12_C12_7"
    set_dir "S3_0_C12_C11_1"
    set_sgi1r "S3_0_C12_C11_5"
    set_pmr "S3_0_C4_C6_0"
    set_ap1r0 "S3_0_C12_C9_0"
}
