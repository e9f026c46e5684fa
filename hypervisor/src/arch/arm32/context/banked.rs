//! The registers that the guest's modes have of their own, in the CPU.

use arm_spec::a32;

/// Reads a banked register by its assembler name.
macro_rules! read_banked {
    ($name:literal) => {{
        let value: u32;
        // SAFETY: reads a register that Hyp mode does not use itself.
        unsafe {
            core::arch::asm!(".arch_extension virt", concat!("mrs {}, ", $name), out(reg) value,
                options(nomem, nostack, preserves_flags))
        }
        value
    }};
}

/// Writes a banked register by its assembler name.
macro_rules! write_banked {
    ($name:literal, $value:expr) => {{
        let value: u32 = $value;
        // SAFETY: writes a register of the guest's that Hyp mode does not use itself.
        unsafe {
            core::arch::asm!(".arch_extension virt", concat!("msr ", $name, ", {}"), in(reg) value,
                options(nomem, nostack, preserves_flags))
        }
    }};
}

pub(super) use {read_banked, write_banked};

/// Reads the stack pointer of a mode.
pub fn read_sp(mode: u32) -> u32 {
    match mode {
        a32::MODE_USR | a32::MODE_SYS => read_banked!("sp_usr"),
        a32::MODE_SVC => read_banked!("sp_svc"),
        a32::MODE_ABT => read_banked!("sp_abt"),
        a32::MODE_UND => read_banked!("sp_und"),
        a32::MODE_IRQ => read_banked!("sp_irq"),
        a32::MODE_FIQ => read_banked!("sp_fiq"),
        _ => 0,
    }
}

/// Writes the stack pointer of a mode.
pub fn write_sp(mode: u32, value: u32) {
    match mode {
        a32::MODE_USR | a32::MODE_SYS => write_banked!("sp_usr", value),
        a32::MODE_SVC => write_banked!("sp_svc", value),
        a32::MODE_ABT => write_banked!("sp_abt", value),
        a32::MODE_UND => write_banked!("sp_und", value),
        a32::MODE_IRQ => write_banked!("sp_irq", value),
        a32::MODE_FIQ => write_banked!("sp_fiq", value),
        _ => {}
    }
}

/// Reads the link register of a privileged mode.
pub fn read_lr(mode: u32) -> u32 {
    match mode {
        a32::MODE_SVC => read_banked!("lr_svc"),
        a32::MODE_ABT => read_banked!("lr_abt"),
        a32::MODE_UND => read_banked!("lr_und"),
        a32::MODE_IRQ => read_banked!("lr_irq"),
        a32::MODE_FIQ => read_banked!("lr_fiq"),
        _ => 0,
    }
}

/// Writes the link register of a privileged mode.
pub fn write_lr(mode: u32, value: u32) {
    match mode {
        a32::MODE_SVC => write_banked!("lr_svc", value),
        a32::MODE_ABT => write_banked!("lr_abt", value),
        a32::MODE_UND => write_banked!("lr_und", value),
        a32::MODE_IRQ => write_banked!("lr_irq", value),
        a32::MODE_FIQ => write_banked!("lr_fiq", value),
        _ => {}
    }
}

/// Writes the saved state of a mode that takes exceptions.
pub fn write_spsr(mode: u32, value: u32) {
    match mode {
        a32::MODE_ABT => write_banked!("spsr_abt", value),
        a32::MODE_UND => write_banked!("spsr_und", value),
        _ => {}
    }
}

/// Reads r8-r12 of FIQ mode.
pub fn read_fiq(n: u32) -> u32 {
    match n {
        8 => read_banked!("r8_fiq"),
        9 => read_banked!("r9_fiq"),
        10 => read_banked!("r10_fiq"),
        11 => read_banked!("r11_fiq"),
        12 => read_banked!("r12_fiq"),
        _ => 0,
    }
}

/// Writes r8-r12 of FIQ mode.
pub fn write_fiq(n: u32, value: u32) {
    match n {
        8 => write_banked!("r8_fiq", value),
        9 => write_banked!("r9_fiq", value),
        10 => write_banked!("r10_fiq", value),
        11 => write_banked!("r11_fiq", value),
        12 => write_banked!("r12_fiq", value),
        _ => {}
    }
}
