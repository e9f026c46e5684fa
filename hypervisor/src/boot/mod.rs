//! From the first Rust instruction to dom0, stage by stage.

pub mod blame;
pub mod end;
mod interrupts;
pub mod memory;
pub mod options;
mod placement;
mod smp;
mod tree;
mod uart;

pub use end::{end_of_machine, fatal};

use crate::arch;
use crate::arch::{layout, sysreg};
use crate::domain::{self, build, policy};
use crate::drivers::{smmu, timer};
use crate::machine::console;
use crate::machine::percpu::PerCpu;
use crate::machine::sync::Once;
use crate::mm::{frames, p2m};
use crate::sched;
use devicetree::Tree;
use options::{BootScrub, Options, Warning, Xsm};
use types::{CpuId, PAGE_SHIFT, PhysAddr, PhysRange};

/// What boot found out and what later stages, hypercalls and debug keys ask for.
pub struct Machine {
    /// The host's device tree.
    pub tree: Tree<'static>,
    /// The hypervisor's command line.
    pub command_line: &'static str,
    /// Its options.
    pub options: Options<'static>,
    /// The board.
    pub platform: &'static dyn platforms::Platform,
    /// Bytes of RAM in the host's tree.
    pub ram_bytes: u64,
    /// The highest frame of RAM.
    pub max_page: u64,
}

static MACHINE: Once<Machine> = Once::new();

/// Returns what boot found out.
pub fn machine() -> Option<&'static Machine> {
    MACHINE.get()
}

/// Boots: called by the entry code on the first CPU, with the address of the device tree.
pub fn primary(dtb: PhysAddr) -> ! {
    console::init();
    uart::early();
    let tree = tree::find(dtb);
    let modules = tree.modules();
    // What is wrong with the modules is said when there is a console, for which the options are needed.
    let arguments = tree.chosen().arguments(&modules.unwrap_or_default());
    let mut ignored = |_: Warning<'_>| {};
    let options = options::parse(arguments.hypervisor, &mut ignored);
    let platform = platforms::select(&tree);
    end::prepare(tree, platform, options.noreboot);
    crate::console::configure(&options);
    uart::init(&tree, &options);
    banner(&tree, arguments.hypervisor);
    options::parse(arguments.hypervisor, &mut |warning| log::warn!("Command line: {warning}"));
    let modules = modules.unwrap_or_else(|error| fatal(format_args!("{error}")));
    let mut memory = memory::survey(&tree, &modules).unwrap_or_else(|error| fatal(format_args!("{error}")));
    placement::check(&tree, &modules, &memory.ram).unwrap_or_else(|error| fatal(format_args!("{error}")));
    let ram_bytes = tree.memory().fold(0, |sum: u64, bank| sum.saturating_add(bank.len_bytes()));
    let max_page = memory.ram.as_slice().last().map_or(0, |last| last.end().raw() >> PAGE_SHIFT);
    memory::bring_up(&mut memory).unwrap_or_else(|error| fatal(format_args!("{error}")));
    let command_line = arguments.hypervisor;
    let machine =
        MACHINE.call_once(|| Machine { tree, command_line, options, platform, ram_bytes, max_page });
    log::info!("Platform: {}", machine.platform.name());
    start_cpu(machine);
    smmu::bypass_all(&machine.tree);
    let others = smp::start_others(machine);
    if machine.options.xsm == Xsm::Dummy {
        policy::open();
    }
    let dom0 = build::dom0(machine, &modules, memory);
    if machine.options.bootscrub == BootScrub::Now {
        frames::scrub_free();
    }
    if others == smp::Arrived::All {
        memory::unmap_identity();
    }
    report(machine, &dom0);
    crate::console::begin(&machine.options);
    run(&dom0)
}

fn banner(tree: &Tree<'_>, command_line: &str) {
    log::info!(
        "Xenolith {} (Xen {}.{}{} ABI)",
        env!("CARGO_PKG_VERSION"),
        xen_abi::version::XEN_MAJOR,
        xen_abi::version::XEN_MINOR,
        xen_abi::version::EXTRAVERSION
    );
    log::info!(
        "Machine: {}",
        tree.root().str("model").or(tree.root().str("compatible")).unwrap_or("unknown")
    );
    log::info!("Image at {}, processor {:#x}", arch::boot::image_phys(), sysreg::midr());
    log::info!("Command line: {command_line}");
}

/// Prepares the first CPU: its data, timer, interrupts and stage 2.
fn start_cpu(machine: &Machine) {
    let tree = &machine.tree;
    let stack_top = arch::boot::boot_stack().wrapping_add(layout::BOOT_STACK_BYTES);
    let cpu = PerCpu::create(CpuId::new(0), sysreg::mpidr(), stack_top);
    cpu.adopt();
    let gic = interrupts::init(tree);
    arch::errata::detect(|text| log::info!("Erratum: {text}"));
    let shape = p2m::init();
    sysreg::init_cpu();
    sysreg::set_vtcr(shape.vtcr);
    arch::timer::init_cpu();
    interrupts::init_first_cpu(gic, tree, cpu);
    crate::irq::init_cpu(gic);
    uart::enable_interrupt(tree);
    if sched::init(&machine.options).is_err() || sched::add_cpu(cpu).is_err() {
        fatal(format_args!("No memory for the scheduler"));
    }
    log::info!("Generic timer: {} Hz", timer::frequency_hz());
    log::info!("Stage 2: {} bits", shape.geometry.input_bits());
}

/// Called by the entry code on every other CPU.
pub fn secondary() -> ! {
    smp::secondary()
}

/// Says where the machine's memory went.
fn report(machine: &Machine, dom0: &domain::Domain) {
    let mib = |bytes: u64| bytes >> 20;
    let dom0_bytes = dom0.owned_pages() << PAGE_SHIFT;
    let free = frames::stats().free_frames << PAGE_SHIFT;
    let own = machine.ram_bytes.saturating_sub(dom0_bytes).saturating_sub(free);
    log::info!(
        "Memory: {} MiB RAM, {} MiB dom0, {} MiB free, {} KiB hypervisor",
        mib(machine.ram_bytes),
        mib(dom0_bytes),
        mib(free),
        own >> 10
    );
}

/// Leaves boot for good: this CPU runs what the scheduler says.
fn run(dom0: &domain::Domain) -> ! {
    let Some(cpu) = crate::machine::percpu::this() else { fatal(format_args!("CPU 0 has no data")) };
    if let Some(vcpu) = dom0.vcpus().first() {
        sched::bring_online(vcpu);
    }
    sched::leave(cpu);
    arch::traps::enter(cpu)
}

/// Returns the node of the console's UART.
pub fn console_node() -> Option<devicetree::NodeId> {
    uart::node()
}

/// Returns where the host's tree is.
pub fn tree_range(tree: &Tree<'_>) -> Option<PhysRange> {
    let start = tree::address()?;
    PhysRange::new(start, tree.used().len() as u64).ok()
}

/// The range that the image occupies, `.bss` included.
pub fn image_range() -> Option<PhysRange> {
    PhysRange::new(arch::boot::image_phys(), arch::boot::image_bytes() as u64).ok()
}
