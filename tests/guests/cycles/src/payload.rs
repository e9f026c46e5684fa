//! What the guests execute: they count in a word of their own page and give up the CPU, for ever. They begin
//! without MMU, wherever their first page is.

/// Where the word is, from the start of the page.
pub const COUNT: usize = 0x100;

/// The instructions.
#[cfg(target_arch = "aarch64")]
pub const CODE: [u32; 8] = [
    0x1000_0801, // adr  x1, . + COUNT
    0xb940_0022, // ldr  w2, [x1]
    0x1100_0442, // add  w2, w2, #1
    0xb900_0022, // str  w2, [x1]
    0xd280_03b0, // mov  x16, #29, sched_op
    0xd280_0000, // mov  x0, #0, yield
    0xd401_d422, // hvc  #0xEA1
    0x17ff_fff9, // b    . - 28
];

/// The instructions.
#[cfg(target_arch = "arm")]
pub const CODE: [u32; 8] = [
    0xe28f_10f8, // add  r1, pc, #COUNT - 8
    0xe591_2000, // ldr  r2, [r1]
    0xe282_2001, // add  r2, r2, #1
    0xe581_2000, // str  r2, [r1]
    0xe3a0_c01d, // mov  r12, #29, sched_op
    0xe3a0_0000, // mov  r0, #0, yield
    0xe140_ea71, // hvc  #0xEA1
    0xeaff_fff7, // b    . - 28
];

/// The processor state of the first instruction (arch-arm.h, PSR_GUEST64_INIT and PSR_GUEST32_INIT).
pub const STATE: u64 = if cfg!(target_arch = "arm") { 0x4000_01d3 } else { 0x1c5 };
/// The guest's width in bits.
pub const WIDTH: u32 = if cfg!(target_arch = "arm") { 32 } else { 64 };
/// SCTLR of the first instruction (arch-arm.h, SCTLR_GUEST_INIT).
pub const SCTLR: u64 = 0x00c5_0078;
