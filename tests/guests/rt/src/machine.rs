//! What the device tree says the machine is, and the state the entry code found.
//!
//! Key types: [`Machine`], [`BootRecord`], [`GicInfo`], [`Hypervisor`].

use crate::cpu::MAX_CPUS;
use crate::fdt::{Fdt, Node};
use crate::psci::Conduit;

/// Registers at the first instruction, as asm/*.s stores them.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct BootRecord {
    /// x0-x3 or r0-r3.
    pub args: [usize; 4],
    /// Physical address of the image.
    pub head: usize,
    /// CurrentEL, or CPSR.
    pub level: usize,
    /// DAIF, or CPSR.
    pub masks: usize,
    /// SCTLR.
    pub sctlr: usize,
    /// SPSel; 0 on arm32.
    pub spsel: usize,
    /// ISR.
    pub isr: usize,
    /// CNTV_CTL.
    pub cntv_ctl: usize,
    /// CNTP_CTL.
    pub cntp_ctl: usize,
    /// CNTVCT: one word on arm64, low and high on arm32.
    pub counter: [usize; 2],
    /// TTBR0.
    pub ttbr0: usize,
    /// CPACR.
    pub cpacr: usize,
    /// CNTPCT, read by the first instruction: one word on arm64, low and high on arm32.
    pub first: [usize; 2],
}

impl BootRecord {
    /// Virtual counter at entry.
    pub fn counter(&self) -> u64 {
        self.counter[0] as u64 | (self.counter[1] as u64) << 32
    }

    /// Physical counter as the first instruction read it.
    pub fn first(&self) -> u64 {
        self.first[0] as u64 | (self.first[1] as u64) << 32
    }
}

/// A list with room for `N`.
#[derive(Clone, Copy)]
pub struct List<T: Copy, const N: usize> {
    items: [T; N],
    used: usize,
}

impl<T: Copy, const N: usize> List<T, N> {
    /// An empty list; `filler` is never seen.
    pub const fn new(filler: T) -> Self {
        Self { items: [filler; N], used: 0 }
    }

    /// Adds an item while there is room.
    pub fn push(&mut self, item: T) {
        if let Some(slot) = self.items.get_mut(self.used) {
            *slot = item;
            self.used += 1;
        }
    }

    /// The items.
    pub fn as_slice(&self) -> &[T] {
        self.items.get(..self.used).unwrap_or(&[])
    }
}

/// Physical addresses from `base`, `size` of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// First address.
    pub base: u64,
    /// Bytes.
    pub size: u64,
}

impl Range {
    /// Whether all of `[base, base + size)` is inside.
    pub fn holds(&self, base: u64, size: u64) -> bool {
        base >= self.base && base + size <= self.base + self.size
    }

    /// Whether the two share an address.
    pub fn overlaps(&self, other: &Range) -> bool {
        self.base < other.base + other.size && other.base < self.base + self.size
    }
}

/// The interrupt controller's register frames.
#[derive(Clone, Copy, Debug)]
pub enum GicInfo {
    /// GICv2: distributor and CPU interface.
    V2 {
        /// GICD.
        gicd: Range,
        /// GICC.
        gicc: Range,
    },
    /// GICv3: distributor and redistributor regions (the first two).
    V3 {
        /// GICD.
        gicd: Range,
        /// GICR regions; a missing one has size 0.
        gicr: [Range; 2],
    },
    /// None that the guests know.
    Unknown,
}

/// The `/hypervisor` node.
#[derive(Clone, Copy)]
pub struct Hypervisor {
    /// Its node.
    pub node: Node<'static>,
    /// Where grant frames may be mapped.
    pub grants: Range,
    /// INTID of the event-channel PPI.
    pub ppi: u32,
}

/// The machine.
pub struct Machine {
    /// Its tree.
    pub fdt: Fdt<'static>,
    /// The tree's physical address.
    pub fdt_base: u64,
    /// State at entry.
    pub boot: BootRecord,
    /// The image with its zeroed memory.
    pub image: Range,
    /// RAM banks.
    pub memory: List<Range, 16>,
    /// Affinity of each CPU, the boot CPU first; at most [`MAX_CPUS`].
    pub cpus: List<u64, MAX_CPUS>,
    /// CPUs the tree has.
    pub cpus_total: usize,
    /// GIC.
    pub gic: GicInfo,
    /// Timer INTIDs: secure, non-secure physical, virtual, hypervisor.
    pub timer: [Option<u32>; 4],
    /// PL011 of the tree.
    pub uart: Option<Range>,
    /// PSCI conduit.
    pub conduit: Conduit,
    /// `/hypervisor`.
    pub hypervisor: Option<Hypervisor>,
    /// `/chosen` `bootargs`.
    pub bootargs: &'static str,
}

fn range(pair: Option<(u64, u64)>) -> Range {
    pair.map_or(Range { base: 0, size: 0 }, |(base, size)| Range { base, size })
}

/// INTID of entry `index` of a three-cell `interrupts`.
pub fn interrupt(node: &Node<'_>, index: usize) -> Option<u32> {
    let number = node.cell("interrupts", index * 3 + 1)?;
    match node.cell("interrupts", index * 3)? {
        0 => Some(number + 32),
        1 => Some(number + 16),
        _ => None,
    }
}

impl Machine {
    /// Reads the machine off its tree.
    pub fn read(fdt: Fdt<'static>, boot: BootRecord, image: Range) -> Self {
        let mut machine = Self {
            fdt,
            fdt_base: boot.args[if cfg!(target_arch = "arm") { 2 } else { 0 }] as u64,
            boot,
            image,
            memory: List::new(Range { base: 0, size: 0 }),
            cpus: List::new(0),
            cpus_total: 0,
            gic: gic(&fdt),
            timer: timer(&fdt),
            uart: fdt.compatible("arm,pl011").map(|node| range(node.reg(0))),
            conduit: conduit(&fdt),
            hypervisor: hypervisor(&fdt),
            bootargs: fdt.path("/chosen").and_then(|node| node.str("bootargs")).unwrap_or(""),
        };
        machine.read_memory();
        machine.read_cpus();
        machine
    }

    fn read_memory(&mut self) {
        for node in self.fdt.nodes().filter(|node| node.str("device_type") == Some("memory")) {
            (0..16).map_while(|index| node.reg(index)).for_each(|pair| self.memory.push(range(Some(pair))));
        }
    }

    fn read_cpus(&mut self) {
        let own = crate::cpu::affinity();
        self.cpus.push(own);
        for node in self.fdt.nodes().filter(|node| node.str("device_type") == Some("cpu")) {
            self.cpus_total += 1;
            let affinity = cpu_affinity(&node);
            if affinity != own {
                self.cpus.push(affinity);
            }
        }
    }

    /// Whether a range lies in one RAM bank.
    pub fn is_memory(&self, base: u64, size: u64) -> bool {
        self.memory.as_slice().iter().any(|bank| bank.holds(base, size))
    }

    /// Finds a 2 MiB block of addresses with nothing behind them.
    pub fn hole(&self) -> Option<usize> {
        let nothing = |base: &u64| {
            let block = Range { base: *base, size: 0x20_0000 };
            let grants = self.hypervisor.is_some_and(|hypervisor| hypervisor.grants.overlaps(&block));
            !grants && self.memory.as_slice().iter().all(|bank| !bank.overlaps(&block))
        };
        let hole = [0xf000_0000, 0xe000_0000, 0x0e00_0000].into_iter().find(nothing)?;
        usize::try_from(hole).ok()
    }

    /// Whether a hypervisor announces itself.
    pub fn is_xen(&self) -> bool {
        self.hypervisor.is_some()
    }
}

/// `reg` of a CPU's node: one or two cells of affinity.
pub fn cpu_affinity(node: &Node<'_>) -> u64 {
    let cell = |index| node.cell("reg", index).map_or(0, u64::from);
    if node.cells.0 == 2 { cell(0) << 32 | cell(1) } else { cell(0) }
}

fn gic(fdt: &Fdt<'static>) -> GicInfo {
    if let Some(node) = fdt.compatible("arm,gic-v3") {
        let regions = node.u32("#redistributor-regions").unwrap_or(1);
        let second = if regions > 1 { range(node.reg(2)) } else { range(None) };
        return GicInfo::V3 { gicd: range(node.reg(0)), gicr: [range(node.reg(1)), second] };
    }
    ["arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a7-gic", "arm,cortex-a9-gic"]
        .iter()
        .find_map(|name| fdt.compatible(name))
        .map_or(GicInfo::Unknown, |node| GicInfo::V2 { gicd: range(node.reg(0)), gicc: range(node.reg(1)) })
}

fn timer(fdt: &Fdt<'static>) -> [Option<u32>; 4] {
    let node = fdt.compatible("arm,armv8-timer").or_else(|| fdt.compatible("arm,armv7-timer"));
    node.map_or([None; 4], |node| [0, 1, 2, 3].map(|index| interrupt(&node, index)))
}

fn conduit(fdt: &Fdt<'static>) -> Conduit {
    let node = ["arm,psci-1.0", "arm,psci-0.2", "arm,psci"].iter().find_map(|name| fdt.compatible(name));
    match node.and_then(|node| node.str("method")) {
        Some("hvc") => Conduit::Hvc,
        Some("smc") => Conduit::Smc,
        _ => Conduit::None,
    }
}

fn hypervisor(fdt: &Fdt<'static>) -> Option<Hypervisor> {
    let node = fdt.compatible("xen,xen")?;
    Some(Hypervisor { node, grants: range(node.reg(0)), ppi: interrupt(&node, 0).unwrap_or(0) })
}
