//! The instructions at which the first CPU starts: they pass the tree's address to the image, as firmware would.

use super::rig::Mmu;
use crate::arch::Arch;

/// `ldr x0, .+16; ldr x1, .+20; br x1; nop`, then the tree's address and the entry.
const ARM64: [u32; 4] = [0x5800_0080, 0x5800_00a1, 0xd61f_0020, 0xd503_201f];
/// Turns the MMU on; behind it are the address of the tables and TCR_EL2.
const ARM64_MMU: [u32; 12] = [
    0x5800_0182, // ldr x2, .+48
    0xd51c_2002, // msr ttbr0_el2, x2
    0x5800_0182, // ldr x2, .+48
    0xd51c_2042, // msr tcr_el2, x2
    0xd280_1fe2, // mov x2, #0xff: attribute 0 is Normal memory
    0xd51c_a202, // msr mair_el2, x2
    0xd503_3fdf, // isb
    0xd53c_1002, // mrs x2, sctlr_el2
    0xb240_0042, // orr x2, x2, #1
    0xd51c_1002, // msr sctlr_el2, x2
    0xd503_3fdf, // isb
    0x1400_0005, // b .+20
];
/// 39 bits of addresses from a level-1 table, 40 bits of physical ones.
const TCR_EL2: u64 = 25 | 2 << 16 | 1 << 31 | 1 << 23;

/// `ldr r2, .+16; ldr pc, .+16; nop; nop`, then the tree's address and the entry.
const ARM32: [u32; 4] = [0xe59f_2008, 0xe59f_f008, 0xe320_f000, 0xe320_f000];
/// Turns the MMU on; behind it are the address of the tables and HTCR.
const ARM32_MMU: [u32; 14] = [
    0xe59f_2030, // ldr r2, .+56
    0xe3a0_3000, // mov r3, #0
    0xec43_2f42, // mcrr p15, 4, r2, r3, c2: HTTBR
    0xe59f_2028, // ldr r2, .+48
    0xee82_2f50, // mcr p15, 4, r2, c2, c0, 2: HTCR
    0xe3a0_20ff, // mov r2, #0xff: attribute 0 is Normal memory
    0xee8a_2f12, // mcr p15, 4, r2, c10, c2, 0: HMAIR0
    0xf57f_f06f, // isb
    0xee91_2f10, // mrc p15, 4, r2, c1, c0, 0: HSCTLR
    0xe382_2001, // orr r2, r2, #1
    0xee81_2f10, // mcr p15, 4, r2, c1, c0, 0
    0xf57f_f06f, // isb
    0xea00_0002, // b .+16
    0xe320_f000, // nop
];
/// 32 bits of addresses.
const HTCR: u32 = 1 << 31 | 1 << 23;

/// A level-1 block of Normal memory: valid, accessed, inner shareable.
const BLOCK: u64 = 1 | 3 << 8 | 1 << 10;
/// Where the tables are, from the start.
const TABLES: u64 = 0x1000;

/// Gives the code for `start`, which passes the first of two addresses to what is at the second.
pub fn code(arch: Arch, mmu: Mmu, start: u64, [tree, entry]: [u64; 2]) -> Vec<u8> {
    let tables = start + TABLES;
    let mut code = match (arch, mmu) {
        (_, Mmu::Off) => Vec::new(),
        (Arch::Arm64, Mmu::On) => [words(&ARM64_MMU), wide(&[tables, TCR_EL2])].concat(),
        (Arch::Arm32, Mmu::On) => [words(&ARM32_MMU), narrow(&[tables]), words(&[HTCR])].concat(),
    };
    code.extend(match arch {
        Arch::Arm64 => [words(&ARM64), wide(&[tree, entry])].concat(),
        Arch::Arm32 => [words(&ARM32), narrow(&[tree, entry])].concat(),
    });
    if mmu == Mmu::On {
        // The first 4 GiB at their own addresses.
        code.resize(0x1000, 0);
        code.extend(wide(&[0, 1, 2, 3].map(|gib: u64| gib << 30 | BLOCK)));
        code.resize(0x2000, 0);
    }
    code
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn wide(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// Addresses of 32 bits; a case with a wider one makes no sense on arm32.
fn narrow(addresses: &[u64]) -> Vec<u8> {
    addresses.iter().flat_map(|address| u32::try_from(*address).unwrap_or(u32::MAX).to_le_bytes()).collect()
}
