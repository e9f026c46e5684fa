//! The GICv3 CPU interface's registers. Source: GIC IHI 0069H 12.7.

use core::arch::asm;

use super::sysreg::low;

macro_rules! read {
    ($($name:ident $coprocessor:literal)*) => {
        $(#[doc = concat!("Reads ICC_", stringify!($name), ".")]
        pub fn $name() -> u64 {
            let value: u32;
            // SAFETY: Acknowledging or reading an interrupt register changes no memory.
            unsafe { asm!(concat!("mrc p15, 0, {}, ", $coprocessor), "dsb sy", out(reg) value, options(nostack)) }
            u64::from(value)
        })*
    };
}

macro_rules! write {
    ($($name:ident $coprocessor:literal)*) => {
        $(#[doc = concat!("Writes ICC register ", $coprocessor, ", after DSB: what it announces is visible.")]
        pub fn $name(value: u64) {
            // SAFETY: Interrupt state only.
            unsafe {
                asm!("dsb sy", concat!("mcr p15, 0, {}, ", $coprocessor), "isb", in(reg) low(value), options(nostack));
            }
        })*
    };
}

read! {
    iar1 "c12, c12, 0"
    hppir1 "c12, c12, 2"
    bpr1 "c12, c12, 3"
    ctlr "c12, c12, 4"
    sre "c12, c12, 5"
    igrpen1 "c12, c12, 7"
    rpr "c12, c11, 3"
    pmr "c4, c6, 0"
    ap1r0 "c12, c9, 0"
}

write! {
    set_eoir1 "c12, c12, 1"
    set_bpr1 "c12, c12, 3"
    set_ctlr "c12, c12, 4"
    set_sre "c12, c12, 5"
    set_igrpen1 "c12, c12, 7"
    set_dir "c12, c11, 1"
    set_pmr "c4, c6, 0"
    set_ap1r0 "c12, c9, 0"
}

/// Writes ICC_SGI1R, after DSB: what it announces is visible.
pub fn set_sgi1r(value: u64) {
    // SAFETY: Interrupt state only.
    unsafe {
        asm!("dsb sy", "mcrr p15, 0, {}, {}, c12", "isb", in(reg) low(value), in(reg) low(value >> 32),
            options(nostack));
    }
}
