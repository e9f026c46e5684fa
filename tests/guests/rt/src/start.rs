//! From the entry code to the topic: tree, memory, console, CPUs, then `rt_topic` and the verdict.

use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use crate::machine::{BootRecord, Hypervisor, Machine, Range};
use crate::{arch, check, console, fdt::Fdt, gic, mm, println, psci};

unsafe extern "Rust" {
    fn rt_topic(machine: &'static Machine) -> &'static str;
}

static HEAD: AtomicUsize = AtomicUsize::new(0);
static MACHINE: AtomicPtr<Machine> = AtomicPtr::new(core::ptr::null_mut());

/// Physical address of the image.
pub fn head() -> usize {
    HEAD.load(Ordering::Relaxed)
}

/// The machine, once it is known.
pub fn machine() -> Option<&'static Machine> {
    // SAFETY: Null, or set once to the `Machine` in the frame of `rt_main`, which never returns.
    unsafe { MACHINE.load(Ordering::Acquire).as_ref() }
}

#[unsafe(no_mangle)]
extern "C" fn rt_main(boot: &BootRecord) -> ! {
    HEAD.store(boot.head, Ordering::Relaxed);
    let image = Range { base: boot.head as u64, size: mm::image_bytes() as u64 };
    let base = boot.args[if cfg!(target_arch = "arm") { 2 } else { 0 }];
    let Some(fdt) = open_tree(base) else { no_tree() };
    let mut machine = Machine::read(fdt, *boot, image);
    psci::set_conduit(machine.conduit);
    mm::map_memory(&machine);
    mm::map_touching(image);
    match (&machine.hypervisor, machine.uart) {
        (Some(Hypervisor { .. }), _) => console::use_xen(),
        (None, Some(uart)) => console::use_pl011(usize::try_from(uart.base).unwrap_or(0)),
        (None, None) => {}
    }
    MACHINE.store(&raw mut machine, Ordering::Release);
    let Some(machine) = self::machine() else { no_tree() };
    println!(
        "guest at {:#x}, tree at {:#x}, {} CPUs, {}",
        boot.head,
        machine.fdt_base,
        machine.cpus_total,
        if machine.is_xen() { "hypervisor" } else { "bare machine" }
    );
    gic::init(machine);
    // SAFETY: The `guest!` macro defines it with this signature; a guest without it does not link.
    let topic = unsafe { rt_topic(machine) };
    check::verdict(topic)
}

/// Size of the image with its zeroed memory.
pub fn image_bytes() -> usize {
    mm::image_bytes()
}

fn open_tree(base: usize) -> Option<Fdt<'static>> {
    if base == 0 || base & 3 != 0 {
        return None;
    }
    mm::map_touching(Range { base: base as u64, size: 40 });
    // SAFETY: The boot protocol puts the tree in RAM at this address; it is mapped, and nobody writes it.
    let header = unsafe { core::slice::from_raw_parts(core::ptr::with_exposed_provenance(base), 40) };
    let size = Fdt::announced_size(header)?;
    mm::map_touching(Range { base: base as u64, size: size as u64 });
    // SAFETY: As above, for the size that the header announces.
    Fdt::new(unsafe { core::slice::from_raw_parts(core::ptr::with_exposed_provenance(base), size) })
}

/// Nothing is known, not even a console: QEMU and Xen both take PSCI by HVC.
fn no_tree() -> ! {
    psci::set_conduit(psci::Conduit::Hvc);
    check::abandon(format_args!("no device tree"))
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    arch::mask_irq();
    check::abandon(format_args!("{info}"))
}
