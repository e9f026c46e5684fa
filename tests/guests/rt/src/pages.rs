//! Free pages of the machine's RAM, taken from the top of a bank and never given back: memory to share
//! with the hypervisor, to unmap, to run off.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::machine::{Machine, Range};
use crate::mmio;

static TAKEN: AtomicU32 = AtomicU32::new(0);

/// One 4 KiB page of RAM outside the image, identity-mapped and Normal.
#[derive(Clone, Copy)]
pub struct Page {
    address: usize,
}

/// Takes a fresh page, its content unknown.
pub fn take(machine: &Machine) -> Page {
    let order = u64::from(TAKEN.fetch_add(1, Ordering::Relaxed));
    let tree = Range { base: machine.fdt_base, size: machine.fdt.size() as u64 };
    let usable =
        |bank: &Range| usable_end(bank).checked_sub((order + 1) * 4096).filter(|at| *at >= bank.base);
    let page = machine.memory.as_slice().iter().filter_map(usable).find(|base| {
        let page = Range { base: *base, size: 4096 };
        !page.overlaps(&machine.image) && !page.overlaps(&tree)
    });
    match page.map(usize::try_from) {
        Some(Ok(address)) => Page { address },
        _ => crate::check::abandon(format_args!("no free page of RAM")),
    }
}

/// Gives a page that the hypervisor put at an address which is nobody's memory.
pub fn at(address: usize) -> Page {
    assert!(address.is_multiple_of(4096), "a page's address");
    Page { address }
}

/// End of the bank's part that is mapped Normal and can be addressed.
fn usable_end(bank: &Range) -> u64 {
    let end = (bank.base + bank.size) & !0x1f_ffff;
    if cfg!(target_arch = "arm") { end.min(0xfe00_0000) } else { end }
}

impl Page {
    /// Its address, virtual and physical.
    pub fn address(&self) -> usize {
        self.address
    }

    /// Its guest frame number.
    pub fn gfn(&self) -> u64 {
        self.address as u64 >> 12
    }

    fn at(&self, offset: usize, width: usize) -> usize {
        assert!(offset + width <= 4096 && offset.is_multiple_of(width), "offset in a page");
        self.address + offset
    }

    /// Reads a word.
    pub fn get32(&self, offset: usize) -> u32 {
        mmio::load32(self.at(offset, 4), 0)
    }

    /// Writes a word.
    pub fn set32(&self, offset: usize, value: u32) {
        mmio::store32(self.at(offset, 4), value);
    }

    /// Reads two words, low first.
    pub fn get64(&self, offset: usize) -> u64 {
        u64::from(self.get32(offset)) | u64::from(self.get32(offset + 4)) << 32
    }

    /// Fills it with one word.
    pub fn fill(&self, value: u32) {
        (0..4096).step_by(4).for_each(|offset| self.set32(offset, value));
    }

    /// A word that others change too.
    pub fn atomic32(&self, offset: usize) -> &'static AtomicU32 {
        let address = self.at(offset, 4);
        // SAFETY: Aligned, inside a page that only pages' users touch, all of them through volatile or
        // atomic accesses; pages are never given back.
        unsafe { AtomicU32::from_ptr(core::ptr::with_exposed_provenance_mut(address)) }
    }

    /// A doubleword that others change too.
    pub fn atomic64(&self, offset: usize) -> &'static AtomicU64 {
        let address = self.at(offset, 8);
        // SAFETY: As for `atomic32`.
        unsafe { AtomicU64::from_ptr(core::ptr::with_exposed_provenance_mut(address)) }
    }
}
