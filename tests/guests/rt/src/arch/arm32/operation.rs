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
            unsafe { core::arch::asm!(".arch_extension virt", $text, $($operand)* options(nostack)) }
        }
    };
}

operations! {
    /// A hypercall.
    hypercall(number: usize, a0: usize, a1: usize, a2: usize) "hvc #0xEA1" or "", {
        inout("r0") a0 => _, inout("r1") a1 => _, inout("r2") a2 => _, in("r12") number,
    }
    /// An SMCCC call by HVC.
    firmware(function: usize, a1: usize, a2: usize) "hvc #0" or "", {
        inout("r0") function => _, inout("r1") a1 => _, inout("r2") a2 => _, out("r3") _,
        out("r12") _,
    }
    /// A 32-bit load from a device.
    load32(address: usize) "ldr r3, [{a}]" or "/* {a} */", {
        a = in(reg) address, out("r3") _,
    }
    /// As [`load32`], into another register.
    load32_other(address: usize) "ldr r12, [{a}]" or "/* {a} */", {
        a = in(reg) address, out("r12") _,
    }
    /// A 32-bit store to a device.
    store32(address: usize, value: u32) "str {v}, [{a}]" or "/* {v} {a} */", {
        a = in(reg) address, v = in(reg) value,
    }
    /// Reads ID_PFR0.
    id_register() "mrc p15, 0, r3, c0, c1, 0" or "", {
        out("r3") _,
    }
    /// Reads ID_MMFR0.
    id_register_b() "mrc p15, 0, r3, c0, c1, 4" or "", {
        out("r3") _,
    }
    /// Reads ID_ISAR0.
    id_register_c() "mrc p15, 0, r3, c0, c2, 0" or "", {
        out("r3") _,
    }
    /// Reads CNTP_CTL.
    ptimer_control() "mrc p15, 0, r3, c14, c2, 1" or "", {
        out("r3") _,
    }
    /// As [`ptimer_control`], into another register.
    ptimer_control_b() "mrc p15, 0, r1, c14, c2, 1" or "", {
        out("r1") _,
    }
    /// As [`ptimer_control`], into another register.
    ptimer_control_c() "mrc p15, 0, r12, c14, c2, 1" or "", {
        out("r12") _,
    }
    /// Reads GICC_IAR, writes what it was to GICC_EOIR and to GICC_DIR.
    take_v2(gicc: usize, dir: usize) "ldr r3, [{a}, #0xc]; str r3, [{a}, #0x10]; str r3, [{d}]" or "/* {a} {d} */", {
        a = in(reg) gicc, d = in(reg) dir, out("r3") _,
    }
    /// Cleans the cache line of a set and way.
    clean_set_way(line: usize) "mcr p15, 0, {l}, c7, c10, 2" or "/* {l} */", {
        l = in(reg) line,
    }
    /// Changes a VFP register.
    touch_fp() ".fpu neon; vmov.i32 d0, #0" or "", {}
}
