//! Single operations to be measured. Each is a module with `act`, which does it, and `shape`, the same code
//! without the instruction itself: what a loop of the one costs above a loop of the other is the operation.

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) $text:literal or $none:literal,
        { $($operand:tt)* })*) => {
        $($(#[$doc])* pub mod $name {
            operations!(@one act "Does it.", ($($argument: $type),*), $text, $($operand)*);
            operations!(@one shape "Does all but it.", ($($argument: $type),*), $none, $($operand)*);
        })*
    };
    (@one $act:ident $doc:literal, ($($argument:ident: $type:ty),*), $text:literal, $($operand:tt)*) => {
        #[doc = $doc]
        #[inline(always)]
        pub fn $act($($argument: $type),*) {
            // SAFETY: One call, register access or device access; every register it may change is declared,
            // and callers pass only addresses of devices or of memory that they own.
            unsafe { core::arch::asm!($text, $($operand)* options(nostack)) }
        }
    };
}

operations! {
    /// A hypercall.
    hypercall(number: usize, a0: usize, a1: usize, a2: usize) "hvc #0xEA1" or "", {
        inout("x0") a0 => _, inout("x1") a1 => _, inout("x2") a2 => _, in("x16") number,
    }
    /// An SMCCC call by HVC.
    firmware(function: usize, a1: usize, a2: usize) "hvc #0" or "", {
        inout("x0") function => _, inout("x1") a1 => _, inout("x2") a2 => _, out("x3") _,
        out("x4") _, out("x5") _, out("x6") _, out("x7") _, out("x8") _, out("x9") _, out("x10")
        _, out("x11") _, out("x12") _, out("x13") _, out("x14") _, out("x15") _, out("x16") _,
        out("x17") _,
    }
    /// A 32-bit load from a device.
    load32(address: usize) "ldr w9, [{a}]" or "/* {a} */", {
        a = in(reg) address, out("x9") _,
    }
    /// As [`load32`], into another register.
    load32_other(address: usize) "ldr w12, [{a}]" or "/* {a} */", {
        a = in(reg) address, out("x12") _,
    }
    /// A 32-bit store to a device.
    store32(address: usize, value: u32) "str {v:w}, [{a}]" or "/* {v:w} {a} */", {
        a = in(reg) address, v = in(reg) value,
    }
    /// Reads ID_AA64PFR0_EL1.
    id_register() "mrs x9, id_aa64pfr0_el1" or "", {
        out("x9") _,
    }
    /// Reads ID_AA64MMFR0_EL1.
    id_register_b() "mrs x9, id_aa64mmfr0_el1" or "", {
        out("x9") _,
    }
    /// Reads ID_AA64ISAR0_EL1.
    id_register_c() "mrs x9, id_aa64isar0_el1" or "", {
        out("x9") _,
    }
    /// Reads CNTP_CTL_EL0.
    ptimer_control() "mrs x9, cntp_ctl_el0" or "", {
        out("x9") _,
    }
    /// As [`ptimer_control`], into another register.
    ptimer_control_b() "mrs x3, cntp_ctl_el0" or "", {
        out("x3") _,
    }
    /// As [`ptimer_control`], into another register.
    ptimer_control_c() "mrs x12, cntp_ctl_el0" or "", {
        out("x12") _,
    }
    /// Writes ICC_SGI1R_EL1.
    sgi1r(value: u64) "msr S3_0_C12_C11_5, {v}" or "/* {v} */", {
        v = in(reg) value,
    }
    /// Reads ICC_IAR1_EL1, writes what it was to ICC_EOIR1_EL1 and to ICC_DIR_EL1.
    take_v3() "mrs x9, S3_0_C12_C12_0; msr S3_0_C12_C12_1, x9; msr S3_0_C12_C11_1, x9" or "", {
        out("x9") _,
    }
    /// Reads GICC_IAR, writes what it was to GICC_EOIR and to GICC_DIR.
    take_v2(gicc: usize, dir: usize) "ldr w9, [{a}, #0xc]; str w9, [{a}, #0x10]; str w9, [{d}]" or "/* {a} {d} */", {
        a = in(reg) gicc, d = in(reg) dir, out("x9") _,
    }
    /// Cleans the cache line of a set and way.
    clean_set_way(line: usize) "dc csw, {l}" or "/* {l} */", {
        l = in(reg) line,
    }
    /// Changes an FP register.
    touch_fp() ".arch_extension fp; fmov d0, xzr" or "", {}
}
