//! dom0's kernel and RAM disk: from the modules to where they run.

use super::{memory, must};
use crate::arch;
use crate::boot::memory::Memory;
use crate::boot::{Machine, fatal};
use crate::domain::Domain;
use crate::machine::frame_window;
use arm_spec::Width;
use bootimage::{Dom0, Isa, Kernel, Layout, Packing, Place, Scratch, Source};
use devicetree::query::Modules;
use types::{PhysAddr, PhysRange};

/// Room for dom0's tree beyond the host's own: its own nodes, CPUs and command line.
const TREE_ROOM: u64 = 64 << 10;

/// A module's bytes.
struct Bytes(PhysRange);

impl Source for Bytes {
    fn len_bytes(&self) -> u64 {
        self.0.len_bytes()
    }

    fn read(&self, offset: u64, to: &mut [u8]) -> usize {
        let left = self.0.len_bytes().saturating_sub(offset);
        let len = to.len().min(arch::to_usize(left.min(usize::MAX as u64)));
        let Some(to) = to.get_mut(..len) else { return 0 };
        match frame_window::read(self.0.start().wrapping_add(offset), to) {
            Ok(()) => len,
            Err(_) => 0,
        }
    }
}

/// Recognises the kernel and decides where everything goes.
pub fn plan(machine: &Machine, modules: &Modules<'static>, memory: Memory) -> (Kernel, Layout) {
    let Some(module) = modules.kernel() else {
        fatal(format_args!(
            "No dom0 kernel: the device tree has no multiboot,kernel module. The boot loader must load one \
             and describe it in /chosen."
        ));
    };
    let mut scratch = must(Scratch::new(), "memory to look at the kernel");
    let kernel = bootimage::probe(&Bytes(module.range), &mut scratch)
        .unwrap_or_else(|error| fatal(format_args!("dom0 kernel at {}: {error}", module.range)));
    let ramdisk = modules.ramdisk().map(|module| module.range);
    let own = [Some(module.range), ramdisk].map(|range| range.unwrap_or(module.range));
    let free = memory::available(&memory, &machine.tree, modules, &own);
    let memory_bytes = machine.options.dom0_mem.bytes(free.total_bytes());
    let dma_bits = machine.platform.dma_bits();
    let request = Dom0 {
        free: free.as_slice(),
        memory_bytes,
        dma_limit: PhysAddr::new(1u64.checked_shl(dma_bits).unwrap_or(u64::MAX)),
        kernel: &kernel,
        kernel_module: module.range,
        ramdisk,
        tree_bytes: machine.tree.used().len() as u64 + TREE_ROOM,
    };
    let layout = bootimage::plan_dom0(&request).unwrap_or_else(|error| fatal(format_args!("dom0: {error}")));
    (kernel, layout)
}

/// Gives a domain the execution state that its kernel is for, or ends boot.
pub fn set_width(domain: &Domain, kernel: &Kernel) {
    let width = match kernel.isa {
        Isa::A64 => Width::A64,
        Isa::A32 => Width::A32,
    };
    if domain.set_width(width).is_err() {
        fatal(format_args!(
            "The dom0 kernel has {} bits, and this CPU runs no kernels of {} bits. The boot loader must load \
             another.",
            width.bits(),
            width.bits()
        ));
    }
}

/// Copies or unpacks what does not stay where it is.
pub fn place(modules: &Modules<'static>, kernel: &Kernel, layout: &Layout) {
    if let (Some(module), Some(Place::Moves(to))) = (modules.ramdisk(), layout.ramdisk) {
        let len = module.range.len_bytes().min(to.len_bytes());
        must(frame_window::copy(module.range.start(), to.start(), len), "RAM disk");
    }
    let (Some(module), Place::Moves(to)) = (modules.kernel(), layout.kernel) else { return };
    if kernel.payload.packing == Packing::Plain && kernel.payload.skip == 0 {
        let from = module.range.start().wrapping_add(kernel.payload.offset);
        return must(frame_window::copy(from, to.start(), kernel.payload.bytes), "kernel");
    }
    let mut scratch = must(Scratch::new(), "memory to unpack the kernel");
    let unpacked = bootimage::unpack(&Bytes(module.range), kernel, &mut scratch, &mut |offset, bytes| {
        must(frame_window::write(to.start().wrapping_add(offset), bytes), "kernel");
    });
    if let Err(error) = unpacked {
        fatal(format_args!("dom0 kernel at {}: {error}", module.range));
    }
}

/// Cleans to memory what dom0 reads before its caches are on.
pub fn clean(layout: &Layout) {
    let ramdisk = layout.ramdisk.map(|ramdisk| ramdisk.range());
    for range in [Some(layout.kernel.range()), ramdisk, Some(layout.tree)].into_iter().flatten() {
        must(frame_window::clean_invalidate(range), "cache maintenance");
    }
    arch::cache::invalidate_instructions();
}
