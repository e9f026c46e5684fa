//! Layouts of real and random machines, and what must hold of any.

use super::*;
use crate::{Isa, LoadRule, Packing, Payload};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

fn range(start: u64, bytes: u64) -> PhysRange {
    PhysRange::new(PhysAddr::new(start), bytes).unwrap()
}

fn image(bytes: u64, image_size: u64) -> Kernel {
    let payload = Payload { offset: 0, bytes, packing: Packing::Plain, skip: 0 };
    Kernel { isa: Isa::A64, load: LoadRule::Image { text_offset: 0 }, needed_bytes: image_size, payload }
}

fn zimage(bytes: u64) -> Kernel {
    let payload = Payload { offset: 0, bytes, packing: Packing::Plain, skip: 0 };
    Kernel { isa: Isa::A32, load: LoadRule::ZImage { room_bytes: 26 * MIB }, needed_bytes: bytes, payload }
}

/// Debian's arm64 kernel and RAM disk where guest-loader puts them.
fn debian<'a>(free: &'a [PhysRange], kernel: &'a Kernel, memory_bytes: u64) -> Dom0<'a> {
    Dom0 {
        free,
        memory_bytes,
        dma_limit: PhysAddr::new(4 * GIB),
        kernel,
        kernel_module: range(0x5000_0000, kernel.payload.bytes),
        ramdisk: Some(range(0x5800_0000, 35 * MIB + 123)),
        tree_bytes: 64 << 10,
    }
}

/// All that must hold of any layout.
fn check(request: &Dom0<'_>, layout: &Layout) {
    let page = 4095;
    assert_eq!(layout.banks.total_bytes(), (request.memory_bytes + page) & !page);
    for bank in layout.banks.as_slice() {
        assert!(request.free.iter().any(|f| f.covers(bank)), "{bank} is not free");
    }
    let low: u64 = layout
        .banks
        .as_slice()
        .iter()
        .filter_map(|b| PhysRange::from_bounds(b.start(), b.end().min(request.dma_limit)).ok())
        .map(|b| b.len_bytes())
        .sum();
    assert!(low >= (128 * MIB).min(request.memory_bytes), "{low:#x} below the limit");
    let mut placed = vec![layout.kernel.range(), layout.tree];
    placed.extend(layout.ramdisk.map(|r| r.range()));
    for (i, a) in placed.iter().enumerate() {
        assert!(layout.banks.covers(a), "{a} is not dom0's");
        assert!(placed[..i].iter().all(|b| !a.overlaps(b)), "{a} overlaps");
    }
    assert_eq!(layout.kernel.range().len_bytes(), request.kernel.needed_bytes);
    // A copy never lands on what is still to be read, or stays.
    let modules = [Some(request.kernel_module), request.ramdisk];
    let moved = [Some(layout.kernel), layout.ramdisk];
    for place in moved.into_iter().flatten() {
        match place {
            Place::Moves(to) => assert!(modules.iter().flatten().all(|m| !m.overlaps(&to))),
            Place::Stays(at) => assert!(modules.iter().flatten().any(|m| m.start() == at.start())),
        }
    }
    let base = match request.kernel.load {
        LoadRule::Image { text_offset } => {
            assert_eq!((layout.entry.raw() - text_offset) % (2 * MIB), 0);
            return;
        }
        LoadRule::ZImage { room_bytes } => {
            let base = layout.entry.align_down(128 * MIB);
            let room = range(base.raw(), room_bytes);
            assert!(layout.banks.covers(&room), "no room to unpack at {room}");
            let others = layout.ramdisk.iter().map(|r| r.range()).chain([layout.tree]);
            assert!(others.into_iter().all(|o| !o.overlaps(&room)));
            base
        }
        LoadRule::Fixed { .. } => return,
    };
    let mapped = range(base.raw(), 512 * MIB);
    assert!(mapped.covers(&layout.tree));
    assert!(layout.ramdisk.is_none_or(|r| mapped.covers(&r.range())));
}

fn plan(request: &Dom0<'_>) -> Layout {
    let layout = plan_dom0(request).unwrap();
    check(request, &layout);
    layout
}

/// RAM from 1 GiB on with EL2's image and the boot loader's tree taken out.
fn virt(bytes: u64) -> Vec<PhysRange> {
    let first = range(0x4000_0000, 2 * MIB);
    let rest = PhysRange::from_bounds(PhysAddr::new(0x4040_0000), PhysAddr::new(GIB + bytes)).unwrap();
    vec![first, rest]
}

#[test]
fn debian_stays_in_place() {
    let kernel = image(32_956_352, 33_619_968);
    for (ram, asked) in [(1, 512), (4, 512), (4, 1024), (4, 1500), (4, 3072), (8, 4096), (8, 7000)] {
        let free = virt(ram * GIB);
        let layout = plan(&debian(&free, &kernel, asked * MIB));
        assert!(matches!(layout.kernel, Place::Stays(_)), "{asked} MiB of {ram} GiB");
        assert!(matches!(layout.ramdisk, Some(Place::Stays(_))));
        assert_eq!(layout.banks.as_slice().len(), 1, "{asked} MiB of {ram} GiB");
        assert!(layout.banks.as_slice()[0].start().is_aligned(2 * MIB));
    }
}

#[test]
fn odd_sizes_and_all_there_is() {
    let kernel = image(32_956_352, 33_619_968);
    let free = virt(GIB);
    let all: u64 = free.iter().map(|r| r.len_bytes()).sum();
    for asked in [all, all - 4096, 1_000_001 << 10, 300 * MIB + 1] {
        plan(&debian(&free, &kernel, asked));
    }
    let error = plan_dom0(&debian(&free, &kernel, all + 1)).err();
    assert_eq!(error, Some(LayoutError::TooMuch { asked: all + 4096, free: all }));
    let error = plan_dom0(&debian(&free, &kernel, 64 * MIB)).err();
    assert!(matches!(error, Some(LayoutError::TooSmall { .. })));
}

#[test]
fn too_small_for_in_place_but_not_for_moving() {
    let kernel = image(32_956_352, 33_619_968);
    let free = virt(GIB);
    // Kernel and RAM disk lie 128 MiB apart, but a bank for each is enough.
    let layout = plan(&debian(&free, &kernel, 96 * MIB));
    assert!(matches!(layout.kernel, Place::Stays(_)));
    assert_eq!(layout.banks.as_slice().len(), 2);
}

#[test]
fn misplaced_kernels_move() {
    let free = virt(4 * GIB);
    let kernel = image(32_956_352, 33_619_968);
    let request = debian(&free, &kernel, GIB);
    // Off its boundary.
    let layout = plan(&Dom0 { kernel_module: range(0x5000_1000, kernel.payload.bytes), ..request });
    assert!(matches!((layout.kernel, layout.ramdisk), (Place::Moves(_), Some(Place::Stays(_)))));
    // Its bss would lie in the RAM disk: one of them moves.
    let near = range(0x5000_0000 + 33_000_000 - 33_000_000 % 4096, 35 * MIB);
    let layout = plan(&Dom0 { ramdisk: Some(near), ..request });
    assert!(matches!((layout.kernel, layout.ramdisk), (Place::Stays(_), Some(Place::Moves(_)))));
    // Packed.
    let packed =
        Kernel { payload: Payload { packing: Packing::Gzip, bytes: 10 * MIB, ..kernel.payload }, ..kernel };
    let layout = plan(&Dom0 { kernel: &packed, kernel_module: range(0x5000_0000, 10 * MIB), ..request });
    assert!(matches!(layout.kernel, Place::Moves(_)));
    // Old kernels' offset.
    let old = Kernel { load: LoadRule::Image { text_offset: 0x8_0000 }, ..kernel };
    let layout = plan(&Dom0 { kernel: &old, ..request });
    assert!(matches!(layout.kernel, Place::Moves(_)));
    let layout =
        plan(&Dom0 { kernel: &old, kernel_module: range(0x5008_0000, kernel.payload.bytes), ..request });
    assert!(matches!(layout.kernel, Place::Stays(_)));
}

#[test]
fn pages_that_are_not_free_make_it_move() {
    let kernel = image(32_956_352, 33_619_968);
    // A page of the kernel's bss is reserved; a page the RAM disk ends in is another's.
    let end = 0x5800_0000 + 35 * MIB;
    let free = [
        range(0x4040_0000, 0x5000_0000 + 33_619_968 - 0x4040_0000 - 4096),
        range(0x5400_0000, end - 0x5400_0000),
        PhysRange::from_bounds(PhysAddr::new(end + 4096), PhysAddr::new(2 * GIB)).unwrap(),
    ];
    let layout = plan(&debian(&free, &kernel, 512 * MIB));
    assert!(matches!((layout.kernel, layout.ramdisk), (Place::Moves(_), Some(Place::Moves(_)))));
}

#[test]
fn dma_memory_for_a_kernel_loaded_high() {
    let kernel = image(32_956_352, 33_619_968);
    let free = [range(GIB, GIB), range(8 * GIB, 8 * GIB)];
    let request = Dom0 {
        kernel_module: range(8 * GIB, kernel.payload.bytes),
        ramdisk: Some(range(9 * GIB, 35 * MIB)),
        ..debian(&free, &kernel, 3 * GIB)
    };
    let layout = plan(&request);
    assert!(matches!((layout.kernel, layout.ramdisk), (Place::Stays(_), Some(Place::Stays(_)))));
    assert!(layout.banks.as_slice().len() <= 3);
    // Pi 4: 1 GiB.
    let free = [range(0, 948 * MIB), range(GIB, 3 * GIB)];
    let request = Dom0 { dma_limit: PhysAddr::new(GIB), ..debian(&free, &kernel, 2 * GIB) };
    plan(&request);
    let none = [range(8 * GIB, 8 * GIB)];
    let request = Dom0 {
        kernel_module: range(8 * GIB, kernel.payload.bytes),
        ramdisk: None,
        ..debian(&none, &kernel, GIB)
    };
    let error = plan_dom0(&request).err();
    assert_eq!(error, Some(LayoutError::LowMemory { needed: 128 * MIB, free: 0 }));
}

#[test]
fn arm32_in_place_and_moved() {
    let kernel = zimage(5_526_016);
    for (ram, asked) in [(GIB, 512), (GIB, 800), (3 * GIB, 1500), (8 * GIB, 2048), (8 * GIB, 6000)] {
        let free = virt(ram);
        let request = Dom0 {
            kernel_module: range(0x4800_0000, kernel.payload.bytes),
            ..debian(&free, &kernel, asked * MIB)
        };
        let layout = plan(&request);
        assert!(matches!((layout.kernel, layout.ramdisk), (Place::Stays(_), Some(Place::Stays(_)))));
        assert_eq!(layout.banks.as_slice()[0].start().raw(), 0x4800_0000, "{asked} MiB of {ram:#x}");
        // At an address whose base is EL2's.
        let layout = plan(&Dom0 { kernel_module: range(0x4500_0000, kernel.payload.bytes), ..request });
        assert!(matches!(layout.kernel, Place::Moves(_)));
        // Where it unpacks to.
        let layout = plan(&Dom0 { ramdisk: Some(range(0x4900_0000, 35 * MIB)), ..request });
        assert!(matches!((layout.kernel, layout.ramdisk), (Place::Stays(_), Some(Place::Moves(_)))));
        // Not mapped by the kernel early enough.
        if ram > GIB {
            let layout = plan(&Dom0 { ramdisk: Some(range(0x7000_0000, 35 * MIB)), ..request });
            assert!(matches!(layout.ramdisk, Some(Place::Moves(_))));
        }
    }
}

#[test]
fn arm32_with_all_memory_uses_what_lies_below_too() {
    let kernel = zimage(5_526_016);
    let free = virt(GIB);
    let all: u64 = free.iter().map(|r| r.len_bytes()).sum();
    plan(&Dom0 { kernel_module: range(0x4800_0000, kernel.payload.bytes), ..debian(&free, &kernel, all) });
}

#[test]
fn a_packed_zimage_in_the_way_of_its_own_place() {
    // The one 128 MiB block that is free holds the module where the kernel must unpack.
    let kernel = Kernel { payload: Payload { packing: Packing::Gzip, ..zimage(MIB).payload }, ..zimage(MIB) };
    let free = [range(GIB + 3 * MIB, 125 * MIB), range(GIB + 129 * MIB, 380 * MIB)];
    let request = Dom0 {
        kernel_module: range(GIB + 256 * MIB + 8 * MIB, MIB),
        ramdisk: None,
        ..debian(&free, &kernel, 96 * MIB)
    };
    let layout = plan(&request);
    assert!(matches!(layout.kernel, Place::Moves(_)));
    assert!(!layout.kernel.range().overlaps(&request.kernel_module));
}

#[test]
fn fixed_kernels() {
    let at = PhysAddr::new(0x4800_0000);
    let kernel = Kernel { load: LoadRule::Fixed { load: at, entry: at }, ..zimage(4 * MIB) };
    let free = virt(GIB);
    let layout = plan(&debian(&free, &kernel, 512 * MIB));
    assert_eq!(layout.kernel, Place::Moves(range(0x4800_0000, 4 * MIB)));
    let at = PhysAddr::new(0x4020_0000);
    let kernel = Kernel { load: LoadRule::Fixed { load: at, entry: at }, ..kernel };
    let error = plan_dom0(&debian(&free, &kernel, 512 * MIB)).err();
    assert_eq!(error, Some(LayoutError::Fixed(range(0x4020_0000, 4 * MIB))));
}

/// Random memory maps, modules and sizes: what is planned holds together, what fits is planned.
#[test]
fn random_machines() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |n: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % n
    };
    let mut planned = 0;
    for _ in 0..4000 {
        let mut free = PhysSet::<MAX_FREE>::new();
        for _ in 0..1 + next(3) {
            free.add(range((1 + next(12)) * GIB / 2, (64 + next(2000)) * MIB)).unwrap();
        }
        for _ in 0..next(6) {
            free.subtract(range((1 + next(12)) * GIB / 2 + next(600) * MIB / 4, 4096 * (1 + next(2000))))
                .unwrap();
        }
        let kernel = if next(2) == 0 { image(30 * MIB, 33 * MIB) } else { zimage(6 * MIB) };
        let somewhere = |at: u64| free.as_slice()[0].start().raw() + at * 4096;
        let kernel_at = somewhere(next(4) * 0x8000 + next(2));
        let ramdisk_at = somewhere(next(100_000));
        let ramdisk = range(ramdisk_at, 20 * MIB);
        let kernel_module = range(kernel_at, kernel.payload.bytes);
        if ramdisk.overlaps(&kernel_module) || !free.covers(&ramdisk) || !free.covers(&kernel_module) {
            continue;
        }
        let request = Dom0 {
            free: free.as_slice(),
            memory_bytes: (128 + next(1200)) * MIB,
            dma_limit: PhysAddr::new(4 * GIB),
            kernel: &kernel,
            kernel_module,
            ramdisk: Some(ramdisk),
            tree_bytes: 1 << 16,
        };
        match plan_dom0(&request) {
            Ok(layout) => {
                check(&request, &layout);
                planned += 1;
            }
            Err(LayoutError::TooMuch { .. }) => assert!(free.total_bytes() < request.memory_bytes),
            Err(error) => {
                let excuse = kernel.isa == Isa::A32 || matches!(error, LayoutError::LowMemory { .. });
                assert!(excuse, "{error}: {free:?}", free = free.as_slice());
            }
        }
    }
    assert!(planned > 500, "{planned}");
}
