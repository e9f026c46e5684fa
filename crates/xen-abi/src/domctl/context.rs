//! A vCPU's registers as the toolstack sets and reads them.

use crate::codec::guest_struct;
use crate::constant::header_consts;
use types::GuestVa;

header_consts! {
    /// Flag of [`VcpuGuestContext::flags`]: the vCPU is online
    VGCF_ONLINE: u32 = 1 << 0 => "VGCF_online",
    /// CPSR of an AArch32 guest's first instruction
    PSR_GUEST32_INIT: u64 = 0x4000_01d3 => "PSR_GUEST32_INIT",
    /// SPSR of an AArch64 guest's first instruction
    PSR_GUEST64_INIT: u64 = 0x1c5 => "PSR_GUEST64_INIT",
    /// The bit of `cpsr` that is set in AArch32
    PSR_MODE_BIT: u64 = 0x10 => "PSR_MODE_BIT",
    /// SCTLR of a guest's first instruction: caches and MMU off
    SCTLR_GUEST_INIT: u64 = 0x00c5_0078 => "SCTLR_GUEST_INIT",
    /// Index in [`CoreRegs::x`] of AArch32's SP_usr
    SP_USR: usize = 13 => "__builtin_offsetof(struct vcpu_guest_core_regs, sp_usr) / 8",
    /// Index of LR_usr
    LR_USR: usize = 14 => "__builtin_offsetof(struct vcpu_guest_core_regs, lr_usr) / 8",
    /// Index of LR_irq
    LR_IRQ: usize = 16 => "__builtin_offsetof(struct vcpu_guest_core_regs, lr_irq) / 8",
    /// Index of SP_irq
    SP_IRQ: usize = 17 => "__builtin_offsetof(struct vcpu_guest_core_regs, sp_irq) / 8",
    /// Index of LR_svc
    LR_SVC: usize = 18 => "__builtin_offsetof(struct vcpu_guest_core_regs, lr_svc) / 8",
    /// Index of SP_svc
    SP_SVC: usize = 19 => "__builtin_offsetof(struct vcpu_guest_core_regs, sp_svc) / 8",
    /// Index of LR_abt
    LR_ABT: usize = 20 => "__builtin_offsetof(struct vcpu_guest_core_regs, lr_abt) / 8",
    /// Index of SP_abt
    SP_ABT: usize = 21 => "__builtin_offsetof(struct vcpu_guest_core_regs, sp_abt) / 8",
    /// Index of LR_und
    LR_UND: usize = 22 => "__builtin_offsetof(struct vcpu_guest_core_regs, lr_und) / 8",
    /// Index of SP_und
    SP_UND: usize = 23 => "__builtin_offsetof(struct vcpu_guest_core_regs, sp_und) / 8",
    /// Index of R8_fiq, which R9 to R12 follow
    R8_FIQ: usize = 24 => "__builtin_offsetof(struct vcpu_guest_core_regs, r8_fiq) / 8",
    /// Index of SP_fiq
    SP_FIQ: usize = 29 => "__builtin_offsetof(struct vcpu_guest_core_regs, sp_fiq) / 8",
    /// Index of LR_fiq
    LR_FIQ: usize = 30 => "__builtin_offsetof(struct vcpu_guest_core_regs, lr_fiq) / 8",
}

guest_struct! {
    /// The structure of setvcpucontext and getvcpucontext.
    Vcpucontext = "struct xen_domctl_vcpucontext" {
        /// In: the vCPU.
        vcpu: u32,
        /// Padding.
        _pad: [u8; 4],
        /// In or out: a [`VcpuGuestContext`].
        ctxt: GuestVa,
    }
}

guest_struct! {
    /// The core registers (`xen/include/public/arch-arm.h`).
    CoreRegs = "struct vcpu_guest_core_regs" {
        /// X0 to X30, or R0 to R12 and the banked registers of AArch32.
        x: [u64; 31] = "x0..x30",
        /// The program counter.
        pc: u64 = "pc64",
        /// The processor state.
        cpsr: u64,
        /// SPSR_EL1, or in its lower half SPSR_svc.
        spsr_el1: u64,
        /// AArch32's SPSR_fiq.
        spsr_fiq: u32,
        /// AArch32's SPSR_irq.
        spsr_irq: u32,
        /// AArch32's SPSR_und.
        spsr_und: u32,
        /// AArch32's SPSR_abt.
        spsr_abt: u32,
        /// AArch64's SP_EL0.
        sp_el0: u64,
        /// AArch64's SP_EL1.
        sp_el1: u64,
        /// AArch64's ELR_EL1.
        elr_el1: u64,
    }
}

guest_struct! {
    /// A vCPU's registers (`xen/include/public/arch-arm.h`).
    VcpuGuestContext = "struct vcpu_guest_context" {
        /// [`VGCF_ONLINE`] or 0.
        flags: u32,
        /// Padding.
        _pad: [u8; 4],
        /// The core registers.
        user_regs: CoreRegs,
        /// SCTLR.
        sctlr: u64,
        /// TTBCR, or TCR_EL1.
        ttbcr: u64,
        /// TTBR0.
        ttbr0: u64,
        /// TTBR1.
        ttbr1: u64,
    }
}
