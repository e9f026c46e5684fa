//! The stage 1 tables after entry: memory becomes Normal write-back, the rest stays Device, everything
//! identity-mapped; the image is also in its window. One descriptor format on both architectures.

use core::cell::UnsafeCell;

use crate::arch::{self, WINDOW};
use crate::machine::{Machine, Range};

const BLOCK: u64 = 0x20_0000;
const GIB: u64 = 0x4000_0000;
const LOW: u64 = 4 * GIB;
#[cfg(target_arch = "aarch64")]
const XN: u64 = 1 << 54;
#[cfg(target_arch = "arm")]
const XN: u64 = 0;
/// AF, inner shareable, AttrIndx 1, block.
const NORMAL: u64 = 0x705 | XN;

/// Page 0 level 1, pages 1-4 level 2 of the low 4 GiB, page 5 that of the window, page 6 its level 3.
#[repr(C)]
struct Tables {
    level1: [u64; 512],
    level2: [u64; 2048],
}

unsafe extern "C" {
    static __tables: UnsafeCell<Tables>;
    static _head: u8;
    static _end: u8;
}

/// Physical address of something in the window; other addresses are identity-mapped.
pub fn physical(address: usize) -> u64 {
    let size = crate::start::image_bytes();
    if (WINDOW..WINDOW + size).contains(&address) {
        (address - WINDOW) as u64 + crate::start::head() as u64
    } else {
        address as u64
    }
}

/// Physical address of an object.
pub fn physical_of<T>(object: &T) -> u64 {
    physical(core::ptr::from_ref(object).expose_provenance())
}

/// Size of the image with its zeroed memory.
pub fn image_bytes() -> usize {
    (&raw const _end).addr() - (&raw const _head).addr()
}

fn set(level: usize, index: usize, descriptor: u64) {
    // SAFETY: The tables are this program's own, CPU 0 alone changes them, and no reference is kept.
    unsafe {
        let tables = __tables.get();
        let slot = if level == 1 {
            (&raw mut (*tables).level1).cast::<u64>().add(index & 511)
        } else {
            (&raw mut (*tables).level2).cast::<u64>().add(index & 2047)
        };
        if slot.read_volatile() != descriptor {
            slot.write_volatile(0);
            arch::tlbi_all();
            slot.write_volatile(descriptor);
            arch::dsb();
            arch::isb();
        }
    }
}

/// Makes the 2 MiB blocks (above 4 GiB: the GiBs) that touch a range Normal.
pub fn map_touching(range: Range) {
    let end = range.base + range.size;
    let mut at = range.base & !(BLOCK - 1);
    while at < end && at < LOW {
        // On arm32 the window lies over what may be memory there; that block stays out of reach.
        if at != WINDOW as u64 {
            set(2, index(at / BLOCK), at | NORMAL);
        }
        at += BLOCK;
    }
    if cfg!(target_arch = "aarch64") {
        at &= !(GIB - 1);
        while at < end && at < 511 * GIB {
            set(1, index(at / GIB), at | NORMAL);
            at += GIB;
        }
    }
}

/// Makes a machine's memory Normal: the whole blocks of each bank.
pub fn map_memory(machine: &Machine) {
    for bank in machine.memory.as_slice() {
        let start = bank.base.next_multiple_of(BLOCK);
        let end = (bank.base + bank.size) & !(BLOCK - 1);
        if start < end {
            map_touching(Range { base: start, size: end - start });
        }
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}
