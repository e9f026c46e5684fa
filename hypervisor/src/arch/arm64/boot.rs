//! From the entry code to Rust, and what the entry code knows: the image, its tables, its slots.

use super::layout;
use crate::machine::ram_log::{RAM_LOG, RING_BYTES};
use arm_spec::lpae;
use core::arch::global_asm;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use pagetable::{Attrs, El2Access, El2Memory};
use types::{PhysAddr, VirtAddr};

/// 48-bit addresses; the entry code adds the PA size.
const TCR: u64 = lpae::tcr_el2(48, 0);
/// RES1 bits, MMU, caches, SP alignment check, write implies execute-never.
const SCTLR: u64 = 0x30c5_0830 | 1 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 19;

const PAGE: u64 = lpae::VALID | lpae::TABLE_OR_PAGE;
const PAGE_RX: u64 = PAGE | Attrs::el2(El2Memory::Normal, El2Access::ReadExecute).bits();
const PAGE_RO: u64 = PAGE | Attrs::el2(El2Memory::Normal, El2Access::ReadOnly).bits();
const PAGE_RW: u64 = PAGE | Attrs::el2(El2Memory::Normal, El2Access::ReadWrite).bits();

/// [`layout::BOOT_STACK_BYTES`] for the assembler.
const STACK_BYTES: usize = layout::BOOT_STACK_BYTES;

/// Top of the stack of the CPU that comes up now.
static SECONDARY_STACK: AtomicUsize = AtomicUsize::new(0);

global_asm!(
    include_str!("../../../../boot/arm64/head.S"),
    MAIR = const lpae::MAIR,
    TCR = const TCR,
    SCTLR = const SCTLR,
    SECONDARY_STACK = sym SECONDARY_STACK,
    primary_start = sym primary_start,
    secondary_start = sym secondary_start,
);
global_asm!(
    include_str!("../../../../boot/arm64/early.S"),
    UART_PL011 = const 1,
    UART_8250_SHIFT2 = const 3,
    RAM_LOG = sym RAM_LOG,
    RAM_LOG_BYTES = const RING_BYTES,
);
global_asm!(
    include_str!("../../../../boot/arm64/tables.S"),
    PAGE_RX = const PAGE_RX,
    PAGE_RO = const PAGE_RO,
    PAGE_RW = const PAGE_RW,
    STACK_BYTES = const STACK_BYTES,
);

unsafe extern "C" {
    static boot_root: u8;
    static boot_stack_guard: u8;
    static early_uart_slot: u8;
    static secondary_entry: u8;
    static __text_start: u8;
    static __text_end: u8;
    static __symbols_start: u8;
    static __symbols_end: u8;
    static __image_end: u8;
}

/// Where the image was loaded.
static IMAGE_PHYS: AtomicUsize = AtomicUsize::new(0);

extern "C" fn primary_start(dtb: u64, image: u64) -> ! {
    IMAGE_PHYS.store(super::to_usize(image), Ordering::Relaxed);
    super::idregs::init();
    crate::boot::primary(PhysAddr::new(dtb))
}

extern "C" fn secondary_start() -> ! {
    crate::boot::secondary()
}

fn address_of(symbol: *const u8) -> VirtAddr {
    VirtAddr::new(symbol as usize)
}

/// Returns where the image was loaded.
pub fn image_phys() -> PhysAddr {
    PhysAddr::new(IMAGE_PHYS.load(Ordering::Relaxed) as u64)
}

/// Returns the bytes of the image, `.bss` included.
pub fn image_bytes() -> usize {
    address_of(&raw const __image_end).raw() - layout::IMAGE.raw()
}

/// Returns the physical address of a part of the image.
pub fn image_to_phys(va: VirtAddr) -> PhysAddr {
    image_phys().wrapping_add((va.raw() - layout::IMAGE.raw()) as u64)
}

/// Returns the aligned 64-bit word at `offset` bytes into the image: an entry of a table in it.
pub fn image_word(offset: usize) -> &'static AtomicU64 {
    debug_assert!(offset.is_multiple_of(8) && offset + 8 <= image_bytes());
    // SAFETY: the word lies in the image, which is mapped for good; callers pass tables of `.bss`,
    // which nobody accesses but atomically and the table walker.
    unsafe { &*((layout::IMAGE.raw() + offset) as *const AtomicU64) }
}

/// Returns EL2's root page table.
pub fn root_table() -> PhysAddr {
    image_to_phys(address_of(&raw const boot_root))
}

/// Returns where a CPU must be started.
pub fn secondary_entry_phys() -> PhysAddr {
    image_to_phys(address_of(&raw const secondary_entry))
}

/// Sets the stack of the CPU that is started next.
pub fn set_secondary_stack(top: VirtAddr) {
    SECONDARY_STACK.store(top.raw(), Ordering::Release);
}

/// Returns the page of the entry code that is mapped at its physical address, if it is in these tables.
pub fn identity_page() -> Option<VirtAddr> {
    Some(VirtAddr::new(super::to_usize(image_phys().raw())))
}

/// Returns the boot CPU's stack: its lowest address, above the guard page.
pub fn boot_stack() -> VirtAddr {
    VirtAddr::new(address_of(&raw const boot_stack_guard).raw() + 4096)
}

/// Tells whether `va` is in the image's code.
pub fn is_text(va: usize) -> bool {
    (address_of(&raw const __text_start).raw()..address_of(&raw const __text_end).raw()).contains(&va)
}

/// Returns the UART that `xtask build --early-uart` wrote into the image: kind and address.
pub fn early_uart() -> (u32, u64) {
    let slot = &raw const early_uart_slot;
    // SAFETY: the slot is 24 bytes in the image's text, 8-byte aligned; the volatile read keeps the
    // compiler from assuming the bytes it was built with.
    unsafe { (slot.add(8).cast::<u32>().read_volatile(), slot.add(16).cast::<u64>().read_volatile()) }
}

/// Returns the room for the symbol table, which holds one only if it says so itself.
pub fn symbols() -> &'static [u8] {
    let start = &raw const __symbols_start;
    let len = address_of(&raw const __symbols_end).raw() - address_of(start).raw();
    // SAFETY: the linker script reserves these bytes for the table, the entry code maps them, and
    // nothing writes them after load.
    unsafe { core::slice::from_raw_parts(start, len) }
}
