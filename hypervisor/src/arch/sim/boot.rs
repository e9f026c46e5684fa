//! The image: on the host, the process. Its addresses are its physical addresses.

use super::layout;
use core::sync::atomic::AtomicU64;
use types::{PhysAddr, VirtAddr};

#[repr(C, align(4096))]
struct Root([AtomicU64; 512]);

static ROOT: Root = Root([const { AtomicU64::new(0) }; 512]);

/// Returns where the image was loaded.
pub fn image_phys() -> PhysAddr {
    PhysAddr::new(layout::IMAGE.raw() as u64)
}

/// Returns the bytes of the image: all of the process above the simulated RAM.
pub fn image_bytes() -> usize {
    (1 << 47) - layout::IMAGE.raw()
}

/// Returns the physical address of a part of the image.
pub fn image_to_phys(va: VirtAddr) -> PhysAddr {
    PhysAddr::new(va.raw() as u64)
}

/// Returns the aligned 64-bit word at `offset` bytes into the image: an entry of a table in it.
pub fn image_word(offset: usize) -> &'static AtomicU64 {
    // SAFETY: callers pass tables in statics of the kernel, made of atomics.
    unsafe { &*((layout::IMAGE.raw() + offset) as *const AtomicU64) }
}

/// Returns EL2's root page table.
pub fn root_table() -> PhysAddr {
    PhysAddr::new((&raw const ROOT) as u64)
}

/// Returns where a CPU must be started.
pub fn secondary_entry_phys() -> PhysAddr {
    image_phys()
}

/// Sets the stack of the CPU that is started next.
pub fn set_secondary_stack(_top: VirtAddr) {}

/// Returns the page of the entry code that is mapped at its physical address, if it is in EL2's tables.
pub fn identity_page() -> Option<VirtAddr> {
    None
}

/// Returns the boot CPU's stack: its lowest address.
pub fn boot_stack() -> VirtAddr {
    layout::STACKS
}

/// Tells whether `va` is in the image's code.
pub fn is_text(_va: usize) -> bool {
    false
}

/// Returns the UART baked into the image: none.
pub fn early_uart() -> (u32, u64) {
    (0, 0)
}

/// Returns the room for the symbol table: none.
pub fn symbols() -> &'static [u8] {
    &[]
}
