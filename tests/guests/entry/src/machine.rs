//! The memory a kernel is given: its own, all of it, and nothing odd.

use rt::check::{check, check_eq, check_with};
use rt::machine::Machine;
use rt::{arch, fault, mmio};

/// Placement of image and tree, and the banks.
pub fn memory(machine: &Machine) {
    let image = machine.image;
    placement(machine);
    check_with(
        "image and its zeroed memory lie in RAM",
        machine.is_memory(image.base, image.size),
        format_args!("{image:x?}"),
    );
    let size = machine.fdt.size() as u64;
    check_eq("tree is 8-byte aligned", machine.fdt_base & 7, 0);
    check_with("tree is at most 2 MiB", size <= 0x20_0000, format_args!("{size:#x}"));
    check("tree lies in RAM", machine.is_memory(machine.fdt_base, size));
    let tree = rt::machine::Range { base: machine.fdt_base, size };
    check("tree and image do not overlap", !tree.overlaps(&image));
    check("there is a memory node", !machine.memory.as_slice().is_empty());
    banks(machine);
}

#[cfg(target_arch = "aarch64")]
fn placement(machine: &Machine) {
    // booting.rst: text_offset (0 here) bytes from a 2 MiB aligned base.
    check_eq("image is at text_offset from 2 MiB", machine.image.base & 0x1f_ffff, 0);
}

#[cfg(target_arch = "arm")]
fn placement(machine: &Machine) {
    check_eq("image is page-aligned", machine.image.base & 0xfff, 0);
    // booting.rst 4a: not over the tree; a zImage within the first 128 MiB finds the RAM's start.
    let below = machine.image.base & !0x7ff_ffff;
    check(
        "128 MiB below the image are RAM up to it",
        machine.is_memory(machine.image.base.max(below + 1) - 1, 1) || below == machine.image.base,
    );
}

/// First and last words of each bank can be written; banks are apart from each other and from the GIC.
fn banks(machine: &Machine) {
    let banks = machine.memory.as_slice();
    let page = |bank: &rt::machine::Range| {
        bank.base.is_multiple_of(4096) && bank.size.is_multiple_of(4096) && bank.size > 0
    };
    check("banks are whole pages", banks.iter().all(page));
    let apart =
        banks.iter().enumerate().all(|(i, bank)| banks.iter().skip(i + 1).all(|other| !bank.overlaps(other)));
    check("banks do not overlap", apart);
    let total: u64 = banks.iter().map(|bank| bank.size).sum();
    check_with("at least 32 MiB of RAM", total >= 32 << 20, format_args!("{total:#x}"));
    let mut wrong = 0;
    for bank in banks {
        wrong += u32::from(!ends_work(machine, bank));
    }
    check_eq("both ends of every bank can be used", wrong, 0);
}

fn ends_work(machine: &Machine, bank: &rt::machine::Range) -> bool {
    let tree = rt::machine::Range { base: machine.fdt_base, size: machine.fdt.size() as u64 };
    [bank.base, bank.base + bank.size - 4].iter().all(|at| {
        let word = rt::machine::Range { base: *at, size: 4 };
        let Ok(address) = usize::try_from(*at) else { return true };
        word.overlaps(&machine.image) || word.overlaps(&tree) || keeps_a_word(address)
    })
}

/// Writes a word past the caches and reads it back, then restores it.
fn keeps_a_word(address: usize) -> bool {
    let mut kept = false;
    let fault = fault::catch(|| {
        let old = mmio::read32(address);
        mmio::store32(address, 0x5aa5_1234);
        arch::clean_invalidate(address, 4);
        kept = mmio::read32(address) == 0x5aa5_1234;
        mmio::store32(address, old);
    });
    kept && fault.is_none()
}
