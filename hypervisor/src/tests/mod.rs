//! The kernel on the simulated CPU: a domain with one vCPU, the traps it causes, and what they do.
//!
//! The machine is made once and shared; a [`Rig`] is a session on its CPU 0, one at a time.

mod a32;
mod caches;
mod devices;
mod domains;
mod firmware;
mod sharing;
mod timers;
mod vuart;

use crate::arch::state::{self, Event, HYP_TIMER, VIRTUAL_TIMER};
use crate::arch::traps::Entry;
use crate::arch::window::{RAM_BYTES, RAM_START};
use crate::arch::{context::El1, sysreg, timer, traps};
use crate::domain::vgic::{DomainVgic, Frames, Model, Place, VcpuGic, Version};
use crate::domain::{Domain, Vcpu};
use crate::drivers::gic::{self, Gic, GicV3, RedistributorRegion};
use crate::machine::frame_window;
use crate::machine::mmio::MmioWindow;
use crate::machine::percpu::{self, PerCpu};
use crate::mm::{frames, p2m, vmid};
use crate::trap::Fault;
use crate::{drivers, irq, sched};
use ::frames::{CHUNK_ENTRIES, FrameInfo, FrameTable, Usage, Within};
use arm_spec::esr::Esr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use types::{CpuId, DomId, IntId, Ipa, IpaRange, PAGE_SHIFT, PhysAddr, PhysRange, VcpuId, VirtAddr};

/// Where a guest of the rig has its RAM, and how much.
pub const GUEST_RAM: u64 = 0x8000_0000;
const GUEST_RAM_ORDER: u32 = 4;
const GUEST_RAM_BYTES: u64 = 0x1000 << GUEST_RAM_ORDER;
/// Where it has its interrupt controller.
pub const GICD: u64 = 0x0800_0000;
pub const GICR: u64 = 0x080a_0000;
const GICR_STRIDE: u64 = 0x2_0000;
/// Where the kernel of a rig's guest begins.
pub const ENTRY: u64 = GUEST_RAM + 0x1000;
/// Where its vectors are.
pub const VECTORS: u64 = GUEST_RAM + 0x800;

/// The host's devices, at the end of RAM.
const DEVICES: u64 = RAM_START + RAM_BYTES as u64 - 0x10_0000;
const DEVICE_BYTES: u64 = 0x1_0000;

static SESSION: Mutex<()> = Mutex::new(());
static MACHINE: Once = Once::new();
static NEXT: AtomicU16 = AtomicU16::new(1);

/// Keeps other sessions, and with them other text in the RAM log, away.
pub fn session() -> MutexGuard<'static, ()> {
    SESSION.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A vCPU that runs on the simulated CPU.
pub struct Rig {
    pub cpu: &'static PerCpu,
    pub vcpu: Arc<Vcpu>,
    _session: MutexGuard<'static, ()>,
}

impl Rig {
    pub fn new() -> Self {
        let session = session();
        state::reset();
        MACHINE.call_once(make_machine);
        let cpu = percpu::get(CpuId::new(0)).unwrap();
        cpu.adopt();
        gic::get().unwrap().init_cpu(cpu.id, cpu.mpidr).unwrap();
        timer::init_cpu();
        let domain = make_domain();
        let vcpu = domain.vcpus()[0].clone();
        sched::bring_online(&vcpu);
        sched::leave(cpu);
        assert!(std::ptr::eq(cpu.current().unwrap(), &*vcpu), "the new vCPU runs");
        let ram = domain.p2m.lookup(Ipa::new(GUEST_RAM)).unwrap().pa;
        state::with(|cpu| {
            cpu.el1.vbar = VECTORS;
            cpu.events.clear();
            // The guest runs with its MMU off.
            cpu.translate = Some(Box::new(move |va, _| {
                let offset = va.checked_sub(GUEST_RAM).filter(|offset| *offset < GUEST_RAM_BYTES)?;
                Some(ram.raw() + offset)
            }));
        });
        Self { cpu, vcpu, _session: session }
    }

    /// Lets the guest trap with a syndrome.
    pub fn trap(&self, class: u32, iss: u32) {
        self.fault(Fault { esr: Esr::from_parts(class, iss), far: 0, hpfar: 0 });
    }

    /// Lets the guest's access to `ipa`, at the same virtual address, fault.
    pub fn abort(&self, class: u32, iss: u32, ipa: u64) {
        self.fault(Fault { esr: Esr::from_parts(class, iss), far: ipa, hpfar: ipa >> 12 << 4 });
    }

    fn fault(&self, fault: Fault) {
        traps::guest_trap(Entry::Synchronous(fault));
    }

    /// Lets an interrupt come while the guest runs.
    pub fn interrupt(&self, intid: u32) {
        state::with(|cpu| cpu.pending.push(intid));
        traps::guest_trap(Entry::Irq);
    }

    pub fn x(&self, n: u32) -> u64 {
        traps::with_guest(|regs| regs.reg(n))
    }

    pub fn set_x(&self, n: u32, value: u64) {
        traps::with_guest(|regs| regs.set_reg(n, value));
    }

    pub fn pc(&self) -> u64 {
        traps::with_guest(|regs| regs.pc())
    }

    pub fn el1(&self) -> El1 {
        state::with(|cpu| cpu.el1)
    }

    pub fn events(&self) -> Vec<Event> {
        state::with(|cpu| cpu.events.clone())
    }

    /// Returns bytes of the guest's memory.
    pub fn memory(&self, at: u64, bytes: usize) -> Vec<u8> {
        let pa = self.vcpu.domain.p2m.lookup(Ipa::new(at)).unwrap().pa;
        let mut buffer = vec![0; bytes];
        frame_window::read(pa, &mut buffer).unwrap();
        buffer
    }

    /// Returns the interrupts that the list registers hold pending.
    pub fn pending(&self) -> Vec<u32> {
        let regs = state::with(|cpu| cpu.list_registers);
        regs.iter().filter(|lr| *lr >> 62 & 1 != 0).map(|lr| (lr & 0xffff_ffff) as u32).collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        sched::take_offline(self.cpu, &self.vcpu);
    }
}

fn range(start: u64, bytes: u64) -> PhysRange {
    PhysRange::new(PhysAddr::new(start), bytes).unwrap()
}

fn make_machine() {
    let ram = range(RAM_START, DEVICES - RAM_START);
    frame_window::add_ram(range(RAM_START, RAM_BYTES as u64)).unwrap();
    let infos = vec![FrameInfo::default(); CHUNK_ENTRIES + (ram.len_bytes() >> PAGE_SHIFT) as usize];
    let mut table = FrameTable::with_capacity(1).unwrap();
    table.add_section(ram.start().frame(), Box::leak(infos.into_boxed_slice())).unwrap();
    frames::init(table);
    frames::add_free(ram).unwrap();
    p2m::init();
    irq::set_private(irq::Private {
        hyp_timer: IntId::new(HYP_TIMER),
        virtual_timer: IntId::new(VIRTUAL_TIMER),
        physical_timer: IntId::new(30),
        maintenance: IntId::new(25),
    });
    drivers::timer::init(None).unwrap();
    let cpu = PerCpu::create(CpuId::new(0), sysreg::mpidr(), VirtAddr::new(0));
    cpu.adopt();
    let region = RedistributorRegion {
        registers: MmioWindow::map(range(DEVICES + DEVICE_BYTES, GICR_STRIDE)).unwrap(),
        stride_bytes: None,
        bytes: GICR_STRIDE,
    };
    let dist = MmioWindow::map(range(DEVICES, DEVICE_BYTES)).unwrap();
    // GICD_TYPER.ITLinesNumber: 96 interrupts.
    dist.write32(4, 2);
    gic::init(Gic::V3(GicV3::new(dist, vec![region])));
    sched::add_cpu(cpu).unwrap();
}

/// Makes the interrupt controller of a domain with one vCPU.
pub fn controller() -> DomainVgic {
    let ipas = |start: u64, bytes: u64| IpaRange::new(Ipa::new(start), bytes).unwrap();
    let frames = Frames::V3 {
        gicd: ipas(GICD, 0x1_0000),
        redistributors: vec![(ipas(GICR, GICR_STRIDE), GICR_STRIDE)],
    };
    let model = Model::new(Version::V3, 1, 64, gic::get().unwrap().limits()).unwrap();
    DomainVgic::new(model, frames).unwrap()
}

fn make_domain() -> Arc<Domain> {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let p2m = p2m::P2m::new(vmid::Owned::take().unwrap()).unwrap();
    let ipas = |start: u64, bytes: u64| IpaRange::new(Ipa::new(start), bytes).unwrap();
    let ram = frames::alloc(GUEST_RAM_ORDER, Within::Any, Usage::HYPERVISOR).unwrap().mfn.addr();
    p2m.map(ipas(GUEST_RAM, GUEST_RAM_BYTES), ram, pagetable::PageType::RamRw).unwrap();
    let vgic = controller();
    let model = vgic.model;
    let domain = Domain::for_test(DomId::new(number), p2m, vgic).unwrap();
    let mut gic = VcpuGic::new(model, VcpuId::new(0), Place::Last).unwrap();
    gic.forward(IntId::new(VIRTUAL_TIMER), IntId::new(VIRTUAL_TIMER)).unwrap();
    let vcpu = Arc::new(Vcpu::new(&domain, VcpuId::new(0), gic));
    vcpu.start_kernel(ENTRY, 0);
    sched::add(core::slice::from_ref(&vcpu)).unwrap();
    domain.set_vcpus(vec![vcpu]);
    domain
}
