//! A domain on as many CPUs as it has vCPUs, with the virtual CPU interfaces that the hardware
//! would have: what the guest does there, and what the kernel does around it.

use crate::{
    Access, Controls, Distributor, Effects, HwLines, Level, Limits, ListRegs, Lr, LrState, Mailbox,
    Mailboxes, Maintenance, Model, Origin, Outcome, PhysOp, Place, SgiGroup, VcpuGic, VcpuSet, Version,
    Width,
};
use std::collections::BTreeSet;
use std::vec::Vec;
use types::{IntId, VcpuId};

/// A virtual CPU interface: list registers and active priorities.
pub struct Cpu {
    pub lrs: Vec<Lr>,
    pub wanted: Maintenance,
    /// Ends that found no list register.
    pub eoi_count: u32,
    /// Interrupts acknowledged and not yet ended: priority, identifier as IAR gave it.
    pub running: Vec<(u8, u32)>,
    pub pmr: u8,
    /// Group enables of the CPU interface.
    pub groups: u32,
}

impl Cpu {
    pub fn new(lrs: usize) -> Self {
        Self {
            lrs: std::vec![Lr::EMPTY; lrs],
            wanted: Maintenance::default(),
            eoi_count: 0,
            running: Vec::new(),
            pmr: 0xff,
            groups: 3,
        }
    }

    fn best(&self) -> Option<usize> {
        // What is active and pending is not signalled (GIC IHI 0069H 4.1.2).
        let heard = |lr: &Lr| self.groups & if lr.group1 { 2 } else { 1 } != 0;
        let all = self.lrs.iter().enumerate();
        let pending = all.filter(|(_, lr)| lr.state == LrState::Pending && heard(lr));
        let (index, lr) = pending.min_by_key(|(_, lr)| lr.priority)?;
        let running = self.running.iter().map(|(p, _)| *p).min().unwrap_or(0xff);
        (lr.priority < self.pmr && lr.priority < running).then_some(index)
    }

    /// The guest reads IAR: the identifier, with an SGI's source at bit 10 as on version 2.
    pub fn acknowledge(&mut self) -> Option<u32> {
        let index = self.best()?;
        let lr = &mut self.lrs[index];
        lr.state = LrState::Active;
        let source = match lr.origin {
            Origin::Software { source, .. } => u32::from(source),
            Origin::Hardware { .. } => 0,
        };
        let iar = lr.intid.raw() | source << 10;
        self.running.push((lr.priority, iar));
        Some(iar)
    }

    /// The guest writes EOIR with EOImode 0. Returns the physical interrupt deactivated.
    pub fn end(&mut self, iar: u32) -> Option<u16> {
        self.running.pop();
        self.deactivate(iar)
    }

    /// The guest writes EOIR with EOImode 1.
    pub fn drop_priority(&mut self) {
        self.running.pop();
    }

    /// The guest writes DIR.
    pub fn deactivate(&mut self, iar: u32) -> Option<u16> {
        let active = |lr: &&mut Lr| lr.intid.raw() == iar & 0x3ff && lr.state.is_active();
        let Some(lr) = self.lrs.iter_mut().find(active) else {
            self.eoi_count += 1;
            return None;
        };
        lr.state = LrState::from_halves(lr.state.is_pending(), false);
        match lr.origin {
            Origin::Hardware { pintid } => Some(pintid),
            Origin::Software { .. } => None,
        }
    }

    pub fn maintenance_due(&self) -> bool {
        let ended =
            |lr: &Lr| lr.state == LrState::Invalid && matches!(lr.origin, Origin::Software { eoi: true, .. });
        let occupied = self.lrs.iter().filter(|lr| lr.state != LrState::Invalid).count();
        self.lrs.iter().any(ended)
            || (self.wanted.underflow && occupied <= 1)
            || (self.wanted.no_pending && self.lrs.iter().all(|lr| lr.state != LrState::Pending))
            || self.wanted.group_enabled & self.groups != 0
            || self.wanted.group_disabled & !self.groups != 0
            || (self.wanted.unlisted && self.eoi_count != 0)
    }
}

/// What the crate sees of one CPU.
pub struct Port<'a> {
    pub cpu: &'a mut Cpu,
    boxes: &'a [Mailbox],
    high: &'a BTreeSet<u32>,
    ppis_high: &'a [u32],
}

impl ListRegs for Port<'_> {
    fn count(&self) -> usize {
        self.cpu.lrs.len()
    }
    fn read(&mut self, index: usize) -> Lr {
        self.cpu.lrs[index]
    }
    fn write(&mut self, index: usize, lr: Lr) {
        if let Origin::Hardware { .. } = lr.origin {
            assert_ne!(lr.state, LrState::ActivePending, "forbidden for a hardware interrupt");
        }
        let twin = self
            .cpu
            .lrs
            .iter()
            .enumerate()
            .find(|(n, other)| *n != index && other.state != LrState::Invalid && other.intid == lr.intid);
        assert!(lr.state == LrState::Invalid || twin.is_none(), "twice in list registers: {lr:?}");
        self.cpu.lrs[index] = lr;
    }
}

impl Controls for Port<'_> {
    fn enabled_groups(&mut self) -> u32 {
        self.cpu.groups
    }
    fn set_maintenance(&mut self, wanted: Maintenance) {
        self.cpu.wanted = wanted;
    }
}

impl HwLines for Port<'_> {
    fn pending(&mut self, vcpu: VcpuId, base: IntId, mask: u32) -> u32 {
        if base.raw() == 0 {
            return self.ppis_high[vcpu.index()] & mask;
        }
        (0..32).filter(|n| mask & 1 << n != 0 && self.high.contains(&(base.raw() + n))).map(|n| 1 << n).sum()
    }
}

impl Mailboxes for Port<'_> {
    fn mailbox(&self, vcpu: VcpuId) -> Option<&Mailbox> {
        self.boxes.get(vcpu.index())
    }
}

/// The domain.
pub struct Rig {
    pub dist: Distributor,
    pub vcpus: Vec<VcpuGic>,
    pub boxes: Vec<Mailbox>,
    pub cpus: Vec<Cpu>,
    /// Pending physical SPIs, and forwarded PPIs of each vCPU.
    pub high: BTreeSet<u32>,
    pub ppis_high: Vec<u32>,
    /// Changes of physical SPIs, and of the PPIs of a vCPU's CPU, not yet looked at.
    pub ppi_ops: Vec<(usize, PhysOp)>,
    pub phys: Vec<PhysOp>,
    /// vCPUs that run on no CPU.
    pub parked: Vec<bool>,
}

impl Rig {
    pub fn new(version: Version, vcpus: u16, lrs: usize) -> Self {
        let model = Model::new(version, vcpus, 64, Limits { priority_bits: 5, affinity3: false }).unwrap();
        let place = |n| if n + 1 == vcpus { Place::Last } else { Place::Inner };
        Self {
            dist: Distributor::new(model).unwrap(),
            vcpus: (0..vcpus).map(|n| VcpuGic::new(model, VcpuId::new(n), place(n)).unwrap()).collect(),
            boxes: (0..vcpus).map(|_| Mailbox::new()).collect(),
            cpus: (0..vcpus).map(|_| Cpu::new(lrs)).collect(),
            high: BTreeSet::new(),
            ppis_high: std::vec![0; usize::from(vcpus)],
            ppi_ops: Vec::new(),
            phys: Vec::new(),
            parked: std::vec![false; usize::from(vcpus)],
        }
    }

    pub fn with<T>(
        &mut self,
        v: usize,
        run: impl FnOnce(&mut VcpuGic, &mut Distributor, &mut Port<'_>) -> T,
    ) -> T {
        let port = &mut Port {
            cpu: &mut self.cpus[v],
            boxes: &self.boxes,
            high: &self.high,
            ppis_high: &self.ppis_high,
        };
        run(&mut self.vcpus[v], &mut self.dist, port)
    }

    fn keep(&mut self, v: usize, fx: Effects) {
        let private = match fx.phys {
            PhysOp::SetPending { base, .. }
            | PhysOp::ClearPending { base, .. }
            | PhysOp::SetActive { base, .. }
            | PhysOp::ClearActive { base, .. } => base.raw() == 0,
            _ => false,
        };
        if private {
            self.ppi_ops.push((v, fx.phys));
        } else if fx.phys != PhysOp::None {
            self.phys.push(fx.phys);
        }
        if fx.deactivate_ppis != 0 {
            let op = PhysOp::ClearActive { base: IntId::new(0), mask: fx.deactivate_ppis };
            self.ppi_ops.push((v, op));
        }
    }

    /// The timer of a vCPU's CPU is acknowledged for it.
    pub fn fire(&mut self, v: usize, ppi: IntId) -> Result<(), crate::Error> {
        self.with(v, |vcpu, _, port| {
            let (id, boxes) = (vcpu.id().index(), port.boxes);
            vcpu.deliver_hw_ppi(ppi, &boxes[id], port)
        })
    }

    /// An event of a PPI of the vCPU that runs.
    pub fn raise(&mut self, v: usize, ppi: IntId) {
        self.with(v, |vcpu, _, port| {
            let (id, boxes) = (vcpu.id().index(), port.boxes);
            vcpu.deliver_ppi(ppi, &boxes[id], port);
        });
    }

    /// The line of a PPI of the vCPU that runs.
    pub fn turn(&mut self, v: usize, ppi: IntId, level: Level) {
        self.with(v, |vcpu, _, port| {
            let (id, boxes) = (vcpu.id().index(), port.boxes);
            vcpu.set_own_line(ppi, level, &boxes[id], port);
        });
    }

    /// A vCPU sends an SGI to itself alone.
    pub fn send_own(&mut self, v: usize, sgi: IntId, group: SgiGroup) {
        self.with(v, |vcpu, _, port| {
            let (id, boxes) = (vcpu.id().index(), port.boxes);
            vcpu.deliver_own_sgi(sgi, group, &boxes[id], port);
        });
    }

    /// What the kernel does before guest entry. Returns how often it flushed.
    pub fn enter(&mut self, v: usize) -> usize {
        if self.cpus[v].maintenance_due() {
            let ends = core::mem::take(&mut self.cpus[v].eoi_count);
            self.vcpus[v].maintain(ends);
        }
        let mut flushes = 0;
        while self.vcpus[v].needs_flush(&self.boxes[v]) {
            let fx = self.with(v, |vcpu, dist, port| {
                let wanted = port.mailbox(vcpu.id()).is_some_and(|mailbox| vcpu.wants_distributor(mailbox));
                vcpu.flush(wanted.then_some(dist), port)
            });
            self.keep(v, fx);
            flushes += 1;
            assert!(flushes < 8, "flushes for ever");
        }
        assert!(!self.cpus[v].maintenance_due(), "maintenance for ever");
        flushes
    }

    pub fn enter_all(&mut self) {
        for v in (0..self.vcpus.len()).filter(|v| !self.parked[*v]).collect::<Vec<_>>() {
            self.enter(v);
        }
    }

    pub fn read(&mut self, v: usize, offset: u32, width: Width) -> u64 {
        for _ in 0..4 {
            let access = Access { offset, width };
            let unlocked =
                self.dist.model().read_unlocked(offset, &self.boxes[v]).filter(|_| width == Width::Word);
            if let Some(value) = unlocked.map(u64::from).or_else(|| self.dist.read_alone(access)) {
                return value;
            }
            match self.with(v, |vcpu, dist, port| vcpu.gicd_read(dist, access, port)) {
                Outcome::Value(value) => return value,
                // The kernel kicks; the others pass through their exit and entry.
                Outcome::Retry(_) => self.enter_all(),
            }
        }
        panic!("read of {offset:#x} retried for ever");
    }

    pub fn read32(&mut self, v: usize, offset: u32) -> u32 {
        self.read(v, offset, Width::Word) as u32
    }

    pub fn write(&mut self, v: usize, offset: u32, width: Width, value: u64) -> VcpuSet {
        let access = Access { offset, width };
        let mut fx = Effects::NONE;
        let quiet = width == Width::Word && self.dist.changes_nothing(offset, value as u32);
        if !self.dist.write_alone(access, value, self.boxes.as_slice(), &mut fx) {
            fx = self.with(v, |vcpu, dist, port| vcpu.gicd_write(dist, access, value, port));
        }
        assert!(!quiet || fx.is_none(), "{fx:?} left of nothing");
        self.keep(v, fx);
        fx.kick
    }

    pub fn write32(&mut self, v: usize, offset: u32, value: u32) -> VcpuSet {
        self.write(v, offset, Width::Word, u64::from(value))
    }

    pub fn redist_read(&mut self, caller: usize, of: usize, offset: u32, width: Width) -> u64 {
        for _ in 0..4 {
            let access = Access { offset, width };
            let caller = VcpuId::new(caller as u16);
            match self.with(of, |vcpu, _, port| vcpu.gicr_read(caller, access, port)) {
                Outcome::Value(value) => return value,
                Outcome::Retry(_) => self.enter_all(),
            }
        }
        panic!("read of {offset:#x} retried for ever");
    }

    pub fn redist_write(&mut self, caller: usize, of: usize, offset: u32, value: u32) -> VcpuSet {
        let access = Access { offset, width: Width::Word };
        let id = VcpuId::new(caller as u16);
        let fx = self.with(of, |vcpu, _, port| vcpu.gicr_write(id, access, u64::from(value), port));
        self.keep(caller, fx);
        fx.kick
    }

    /// The guest's write to ICC_DIR_EL1 trapped.
    pub fn trapped_deactivate(&mut self, v: usize, intid: u32) {
        let fx = self.with(v, |vcpu, dist, port| vcpu.deactivate(dist, IntId::new(intid), port));
        self.keep(v, fx);
    }

    pub fn park(&mut self, v: usize) {
        let fx =
            self.with(v, |vcpu, dist, port| vcpu.park(vcpu.park_wants_distributor().then_some(dist), port));
        self.keep(v, fx);
        assert!(self.cpus[v].lrs.iter().all(|lr| lr.state == LrState::Invalid), "left behind");
    }

    /// The guest takes one interrupt and ends it at once.
    pub fn take(&mut self, v: usize) -> Option<u32> {
        self.enter(v);
        let iar = self.cpus[v].acknowledge()?;
        self.cpus[v].end(iar);
        self.enter(v);
        Some(iar)
    }

    /// Does what Linux does at boot on every CPU.
    pub fn boot_linux(&mut self) {
        let v3 = self.dist.model().version() == Version::V3;
        self.write32(0, 0x0, if v3 { 0x12 } else { 1 });
        for n in 1..3u32 {
            if v3 {
                self.write32(0, 0x80 + 4 * n, !0);
            }
            self.write32(0, 0x380 + 4 * n, !0);
            self.write32(0, 0x180 + 4 * n, !0);
        }
        for spi in 32..96u32 {
            self.write(0, 0x400 + spi, Width::Byte, 0xa0);
            if v3 {
                self.write(0, 0x6000 + 8 * spi, Width::Double, 0);
            } else {
                self.write(0, 0x800 + spi, Width::Byte, 1);
            }
        }
        for v in 0..self.vcpus.len() {
            for first in (0..32).step_by(4) {
                if v3 {
                    self.redist_write(v, v, 0x1_0400 + first, 0xa0a0_a0a0);
                } else {
                    self.write32(v, 0x400 + first, 0xa0a0_a0a0);
                }
            }
            if v3 {
                self.redist_write(v, v, 0x14, 0);
                self.redist_write(v, v, 0x1_0080, !0);
                self.redist_write(v, v, 0x1_0100, 0xffff);
            }
        }
        self.enter_all();
        self.phys.clear();
    }
}
