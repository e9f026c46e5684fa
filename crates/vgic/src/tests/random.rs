//! Random guests on a simulated machine, step by step against [`Spec`].
//!
//! The machine has devices behind physical interrupts that the rig's kernel acknowledges and
//! forwards. After every step all running vCPUs pass through an exit, as if kicked.

use super::delivery::Boxes;
use super::rig::Rig;
use super::spec::Spec;
use crate::{Level, PhysOp, SgiGroup, Version, Width, sgi1r, sgir};
use types::{IntId, VcpuId};

const CPUS: usize = 3;
const SPIS: u32 = 64;
/// Forwarded: 32-47 level or edge, by their number.
const FORWARDED: std::ops::Range<u32> = 32..48;
const TIMER: u32 = 27;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(bound)) as u32
    }
}

/// A physical interrupt of a device.
#[derive(Clone, Copy, Debug, Default)]
struct Phys {
    enabled: bool,
    latch: bool,
    line: bool,
    active: bool,
}

struct World {
    rig: Rig,
    spec: Spec,
    random: Random,
    spis: [Phys; 16],
    timers: [Phys; CPUS],
    v2: bool,
    /// Whether the guest also writes active bits, which it cannot while list registers are few:
    /// then an end without a list register would not tell which one it means.
    activates: bool,
    /// EOImode 1: what each CPU has yet to deactivate.
    dropped: Option<[std::vec::Vec<u32>; CPUS]>,
    trace: std::vec::Vec<std::string::String>,
}

fn edge(spi: u32) -> bool {
    spi & 1 == 1
}

impl World {
    fn new(version: Version, lrs: usize, seed: u64) -> Self {
        let v2 = version == Version::V2;
        let mut rig = Rig::new(version, CPUS as u16, lrs);
        let mut spec = Spec::new(CPUS, SPIS as usize, v2);
        for spi in FORWARDED {
            rig.dist.forward(IntId::new(spi), IntId::new(spi)).unwrap();
        }
        for vcpu in &mut rig.vcpus {
            vcpu.forward(IntId::new(TIMER), IntId::new(TIMER)).unwrap();
        }
        for (n, word) in (32..96).step_by(16).zip(2..) {
            rig.write32(0, 0xc00 + 4 * word, 0x8888_8888);
            (n..n + 16).for_each(|spi| spec.int(0, spi).edge = edge(spi));
        }
        rig.phys.clear();
        let timers = [Phys { enabled: true, ..Phys::default() }; CPUS];
        Self {
            rig,
            spec,
            random: Random(seed),
            spis: [Phys::default(); 16],
            timers,
            v2,
            activates: lrs == 16,
            dropped: seed.is_multiple_of(3).then(Default::default),
            trace: std::vec::Vec::new(),
        }
    }

    fn log(&mut self, what: std::string::String) {
        self.trace.push(what);
    }

    /// The kernel and the hardware, until nothing moves.
    fn settle(&mut self) {
        for _ in 0..100 {
            self.rig.high.clear();
            for (spi, phys) in FORWARDED.zip(&self.spis) {
                if phys.latch || (phys.line && !edge(spi)) {
                    self.rig.high.insert(spi);
                }
            }
            for (high, timer) in self.rig.ppis_high.iter_mut().zip(&self.timers) {
                *high = if timer.line || timer.latch { 1 << TIMER } else { 0 };
            }
            let mut moved = self.apply_phys() | self.apply_ppis();
            for v in self.running() {
                moved |= self.fire_timer(v);
                moved |= self.rig.enter(v) != 0;
            }
            moved |= self.fire_spis();
            if !moved {
                return;
            }
        }
        panic!("does not settle");
    }

    fn apply_phys(&mut self) -> bool {
        let ops = core::mem::take(&mut self.rig.phys);
        for op in &ops {
            let mut each = |base: &IntId, mask: &u32, f: &dyn Fn(&mut Phys)| {
                for n in (0..32).filter(|n| mask & 1 << n != 0) {
                    let spi = base.raw() + n;
                    assert!(FORWARDED.contains(&spi), "{op:?}");
                    f(&mut self.spis[(spi - 32) as usize]);
                }
            };
            match op {
                PhysOp::Enable { base, mask } => each(base, mask, &|phys| phys.enabled = true),
                PhysOp::Disable { base, mask } => each(base, mask, &|phys| phys.enabled = false),
                PhysOp::SetPending { base, mask } => each(base, mask, &|phys| phys.latch = true),
                PhysOp::ClearPending { base, mask, deactivate } => {
                    each(base, mask, &|phys| phys.latch = false);
                    each(base, deactivate, &|phys| phys.active = false);
                }
                PhysOp::SetActive { base, mask } => each(base, mask, &|phys| phys.active = true),
                PhysOp::ClearActive { base, mask } => each(base, mask, &|phys| phys.active = false),
                PhysOp::Retarget { .. } => {}
                PhysOp::None | PhysOp::Trigger { .. } => panic!("{op:?}"),
            }
        }
        !ops.is_empty()
    }

    fn apply_ppis(&mut self) -> bool {
        let ops = core::mem::take(&mut self.rig.ppi_ops);
        for (v, op) in &ops {
            let timer = &mut self.timers[*v];
            match op {
                PhysOp::SetPending { mask: 0x0800_0000, .. } => timer.latch = true,
                PhysOp::ClearPending { mask: 0x0800_0000, deactivate, .. } => {
                    timer.latch = false;
                    timer.active &= *deactivate == 0;
                }
                PhysOp::SetActive { mask: 0x0800_0000, .. } => timer.active = true,
                PhysOp::ClearActive { mask: 0x0800_0000, .. } => timer.active = false,
                other => panic!("{other:?}"),
            }
        }
        !ops.is_empty()
    }

    fn fire_spis(&mut self) -> bool {
        let mut fired = false;
        for spi in FORWARDED {
            let phys = &mut self.spis[(spi - 32) as usize];
            if phys.enabled && !phys.active && (phys.latch || (phys.line && !edge(spi))) {
                (phys.active, phys.latch, fired) = (true, false, true);
                let _ = self.rig.dist.inject(IntId::new(spi), &Boxes(&self.rig.boxes)).unwrap();
            }
        }
        fired
    }

    fn fire_timer(&mut self, v: usize) -> bool {
        let timer = &mut self.timers[v];
        if !(timer.line || timer.latch) || timer.active {
            return false;
        }
        (timer.active, timer.latch) = (true, false);
        self.rig.fire(v, IntId::new(TIMER)).unwrap();
        true
    }

    fn running(&self) -> std::vec::Vec<usize> {
        (0..CPUS).filter(|v| !self.rig.parked[*v]).collect()
    }

    fn some_cpu(&mut self) -> Option<usize> {
        let running = self.running();
        let count = running.len() as u32;
        if count == 0 { None } else { Some(running[self.random.below(count) as usize]) }
    }

    fn step(&mut self) {
        let what = self.random.below(20);
        match what {
            0..4 => self.acknowledge(),
            4..8 => self.end(),
            8 => self.park_or_run(),
            9 | 10 => self.device(),
            11 => self.timer(),
            12 => self.software_spi(),
            13 | 14 => self.sgi(),
            15 => self.groups(),
            16 => self.route(),
            17 => self.priority(),
            _ => self.bits(),
        }
        self.settle();
        self.compare();
    }

    fn acknowledge(&mut self) {
        let Some(v) = self.some_cpu() else { return };
        let running = self.rig.cpus[v].running.iter().map(|(p, _)| *p).min().unwrap_or(0xff);
        let allowed = self.spec.deliverable(v, running, self.rig.cpus[v].groups);
        let taken = self.rig.cpus[v].acknowledge();
        self.log(std::format!("cpu {v} acknowledges {taken:?}, allowed {allowed:?}"));
        match taken {
            None => assert!(allowed.is_empty(), "not delivered: {allowed:?} on {v}"),
            Some(iar) => {
                let (id, source) = (iar & 0x3ff, (iar >> 10) as usize);
                assert!(
                    allowed.contains(&id),
                    "{id} delivered on {v}, not one of {allowed:?}: {:?}",
                    self.spec.int(v, id)
                );
                if id < 16 && self.v2 {
                    assert!(self.spec.int(v, id).sources & 1 << source != 0, "source {source}");
                }
                self.spec.acknowledge(v, id, source);
            }
        }
    }

    fn end(&mut self) {
        let Some(v) = self.some_cpu() else { return };
        let mut iar = self.rig.cpus[v].running.last().map(|(_, iar)| *iar);
        if let Some(dropped) = &mut self.dropped {
            if let Some(iar) = iar.filter(|_| self.random.below(2) == 0) {
                self.rig.cpus[v].drop_priority();
                dropped[v].push(iar);
                self.trace.push(std::format!("cpu {v} drops {iar:#x}"));
                return;
            }
            let count = dropped[v].len() as u32;
            let at = if count == 0 { None } else { Some(self.random.below(count) as usize) };
            iar = at.map(|at| dropped[v].remove(at));
        }
        let Some(iar) = iar else { return };
        let intid = iar & 0x3ff;
        let listed = |lr: &crate::Lr| lr.intid.raw() == intid && lr.state.is_active();
        let is_listed = self.rig.cpus[v].lrs.iter().any(listed);
        if self.dropped.is_none() && self.activates && !is_listed {
            return;
        }
        self.log(std::format!("cpu {v} ends {iar:#x}"));
        if self.dropped.is_some() && self.rig.cpus[v].wanted.unlisted {
            self.rig.trapped_deactivate(v, intid);
        } else {
            let pintid = match self.dropped {
                None => self.rig.cpus[v].end(iar),
                Some(_) => self.rig.cpus[v].deactivate(iar),
            };
            match pintid.map(u32::from) {
                Some(TIMER) => self.timers[v].active = false,
                Some(spi) => self.spis[spi as usize - 32].active = false,
                None => {}
            }
        }
        self.spec.int(v, intid).active = false;
    }

    fn park_or_run(&mut self) {
        let v = self.random.below(CPUS as u32) as usize;
        self.log(std::format!("cpu {v} parks or runs"));
        self.rig.parked[v] = !self.rig.parked[v];
        if self.rig.parked[v] {
            self.rig.park(v);
            self.timers[v].active = false;
        } else {
            self.timers[v].active = self.rig.vcpus[v].hw_ppis_active() & 1 << TIMER != 0;
        }
    }

    /// A device raises its line, gives an edge, or is served.
    fn device(&mut self) {
        let spi = FORWARDED.start + self.random.below(16);
        self.log(std::format!("device {spi}"));
        let phys = &mut self.spis[(spi - 32) as usize];
        let int = self.spec.int(0, spi);
        if edge(spi) {
            // Between the physical and the guest's acknowledge a second edge is kept apart.
            if !phys.active || int.active {
                (phys.latch, int.latch) = (true, true);
            }
        } else if !phys.line {
            (phys.line, int.line) = (true, true);
        } else if int.active || !phys.active || !int.enabled {
            // Between the physical and the guest's acknowledge a line stays: it was too late.
            (phys.line, int.line) = (false, false);
        }
    }

    fn timer(&mut self) {
        let v = self.random.below(CPUS as u32) as usize;
        if self.rig.parked[v] {
            return;
        }
        self.log(std::format!("timer {v}"));
        let (timer, int) = (&mut self.timers[v], self.spec.int(v, TIMER));
        if !timer.line {
            (timer.line, int.line) = (true, true);
        } else if int.active || !timer.active {
            (timer.line, int.line) = (false, false);
        }
    }

    fn software_spi(&mut self) {
        let spi = FORWARDED.end + self.random.below(SPIS - 16);
        let id = IntId::new(spi);
        let level = if self.spec.int(0, spi).line { Level::Low } else { Level::High };
        self.log(std::format!("line {spi} {level:?}"));
        let _ = self.rig.dist.set_line(id, level, &Boxes(&self.rig.boxes)).unwrap();
        let int = self.spec.int(0, spi);
        int.line = level == Level::High;
        int.latch |= int.line && int.edge;
        let (v, ppi) = (self.random.below(CPUS as u32) as usize, 28 + self.random.below(4));
        let int = self.spec.int(v, ppi);
        self.trace.push(std::format!("ppi {ppi} of {v}"));
        if ppi & 1 == 1 {
            int.latch = true;
            if self.random.below(2) == 0 || self.rig.parked[v] {
                let _ = self.rig.boxes[v].post_ppi(IntId::new(ppi));
            } else {
                self.rig.raise(v, IntId::new(ppi));
            }
        } else {
            int.line = !int.line;
            let level = if int.line { Level::High } else { Level::Low };
            if self.random.below(2) == 0 || self.rig.parked[v] {
                let _ = self.rig.boxes[v].set_ppi_line(IntId::new(ppi), level).unwrap();
            } else {
                self.rig.turn(v, IntId::new(ppi), level);
            }
        }
    }

    fn sgi(&mut self) {
        let Some(v) = self.some_cpu() else { return };
        let (list, id) = (self.random.below(8), self.random.below(4));
        self.log(std::format!("cpu {v} sends {id} to {list:#b}"));
        let me = VcpuId::new(v as u16);
        let value = u64::from(id << 24 | list);
        let (targets, group) = match self.v2 {
            true => (sgir(list << 16 | id, me), SgiGroup::Any),
            false => (sgi1r(value, SgiGroup::One, me), SgiGroup::One),
        };
        if targets.is_only(me) {
            self.rig.send_own(v, IntId::new(id), group);
        } else if self.v2 {
            self.rig.write32(v, 0xf00, list << 16 | id);
        } else {
            let model = *self.rig.dist.model();
            let _ = sgi1r(value, SgiGroup::One, me).post(&model, me, &Boxes(&self.rig.boxes));
        }
        for target in (0..CPUS).filter(|n| list & 1 << n != 0) {
            let int = self.spec.int(target, id);
            if self.v2 {
                int.sources |= 1 << v;
            } else {
                int.latch |= int.group1;
            }
        }
    }

    /// Group enables: the distributor's, or a CPU interface's, of which a write does not trap.
    fn groups(&mut self) {
        let Some(v) = self.some_cpu() else { return };
        if self.random.below(2) == 0 {
            let groups = [1, 2, 3, 3, 3][self.random.below(5) as usize];
            self.rig.cpus[v].groups = groups;
            self.log(std::format!("groups of cpu {v} {groups}"));
            return;
        }
        let groups = if self.random.below(3) == 0 { self.random.below(4) } else { 3 };
        self.log(std::format!("groups {groups}"));
        self.rig.write32(v, 0, groups);
        self.spec.groups = groups;
    }

    fn route(&mut self) {
        let Some(v) = self.some_cpu() else { return };
        let (spi, to) = (32 + self.random.below(SPIS), self.random.below(CPUS as u32 + 1));
        self.log(std::format!("route {spi} to {to}"));
        if self.v2 {
            self.rig.write(v, 0x800 + spi, Width::Byte, 1 << to);
        } else {
            self.rig.write(v, 0x6000 + 8 * spi, Width::Double, u64::from(to));
        }
        self.spec.int(v, spi).target = Some(to as usize).filter(|to| *to < CPUS);
    }

    fn priority(&mut self) {
        let Some(v) = self.some_cpu() else { return };
        let (id, priority) = (self.random.below(32 + SPIS), 8 * self.random.below(31));
        // An active one's priority is the running priority: not changed under way.
        let of = self.some_cpu().filter(|_| !self.v2).unwrap_or(v);
        if self.spec.int(of, id).active {
            return;
        }
        self.log(std::format!("priority {id} of {of} {priority:#x}"));
        match id {
            0..32 if !self.v2 => {
                let reg = 0x1_0400 + (id & !3);
                let old = self.rig.redist_read(v, of, reg, Width::Word) as u32;
                let shift = (id & 3) * 8;
                self.rig.redist_write(v, of, reg, (old & !(0xff << shift)) | priority << shift);
            }
            _ => {
                self.rig.write(v, 0x400 + id, Width::Byte, u64::from(priority));
            }
        }
        self.spec.int(of, id).priority = priority as u8;
    }

    /// A write to one of the registers with a bit for each interrupt, of a CPU's own private
    /// interrupts, of another's, or shared.
    fn bits(&mut self) {
        let Some(v) = self.some_cpu() else { return };
        let bank = [0x80, 0x100, 0x100, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380];
        let bank = match bank[self.random.below(if self.activates { 9 } else { 7 }) as usize] {
            0x300 if self.spec.active() > 8 => 0x380,
            bank => bank,
        };
        let first = 32 * self.random.below(3);
        let of = if self.v2 { v } else { self.some_cpu().unwrap_or(v) };
        let mut value = 0;
        for _ in 0..=self.random.below(6) {
            value |= 1 << self.random.below(32);
        }
        if first == 0 && of != v {
            // What another CPU's timer does to its physical interrupt is not the writer's to change.
            value &= !(1 << TIMER);
        }
        if bank == 0x380 {
            // What is running is not ended behind its back.
            for (v, cpu) in self.rig.cpus.iter().enumerate() {
                let dropped = self.dropped.iter().flat_map(|dropped| &dropped[v]);
                for iar in cpu.running.iter().map(|(_, iar)| iar).chain(dropped) {
                    let id = iar & 0x3ff;
                    if id & !31 == first && (first != 0 || v == of) {
                        value &= !(1 << (id & 31));
                    }
                }
            }
        }
        self.log(std::format!("cpu {v} writes {:#x} {value:#x} of {of}", bank + first / 8));
        if first == 0 && !self.v2 {
            self.rig.redist_write(v, of, 0x1_0000 + bank, value);
        } else {
            self.rig.write32(v, bank + first / 8, value);
        }
        for n in 0..32 {
            let (id, set) = (first + n, value & 1 << n != 0);
            if self.v2 && id < 16 && !matches!(bank, 0x80 | 0x300 | 0x380) {
                continue;
            }
            let int = self.spec.int(of, id);
            match bank {
                0x80 => int.group1 = set,
                _ if !set => {}
                0x100 => int.enabled = true,
                0x180 => int.enabled = false,
                0x200 => int.latch = true,
                0x280 => int.latch = false,
                0x300 => int.active = true,
                _ => int.active = false,
            }
        }
    }

    /// Reads back everything that a running CPU can read.
    fn compare(&mut self) {
        let Some(v) = self.some_cpu() else { return };
        for first in [0, 32, 64] {
            let of = if self.v2 || first != 0 { v } else { self.random.below(CPUS as u32) as usize };
            let mut read = |bank: u32| {
                if first == 0 && !self.v2 {
                    self.rig.redist_read(v, of, 0x1_0000 + bank, Width::Word) as u32
                } else {
                    self.rig.read32(v, bank + first / 8)
                }
            };
            let (enabled, pending, active) = (read(0x100), read(0x200), read(0x300));
            self.settle();
            let spec = &self.spec;
            assert_eq!(enabled, spec.bits(of, first, |int| int.enabled), "enabled {first} of {of}");
            assert_eq!(active, spec.bits(of, first, |int| int.active), "active {first} of {of}");
            let expected = spec.bits(of, first, super::spec::Int::pending);
            assert_eq!(pending, expected, "pending {first} of {of} read by {v}");
        }
    }
}

fn run(version: Version, lrs: usize, seeds: core::ops::Range<u64>, steps: usize) {
    for seed in seeds {
        let mut world = World::new(version, lrs, seed);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            (0..steps).for_each(|_| world.step());
        }));
        if let Err(cause) = result {
            let from = world.trace.len().saturating_sub(40);
            for line in &world.trace[from..] {
                std::eprintln!("{line}");
            }
            std::eprintln!("{version:?}, {lrs} list registers, seed {seed}");
            std::panic::resume_unwind(cause);
        }
    }
}

#[test]
fn version_3_with_room() {
    run(Version::V3, 16, 0..80, 1500);
}

#[test]
fn version_2_with_room() {
    run(Version::V2, 16, 0..80, 1500);
}

#[test]
fn version_3_crowded() {
    run(Version::V3, 4, 0..80, 1500);
    run(Version::V3, 1, 0..30, 1500);
}

#[test]
fn version_2_crowded() {
    run(Version::V2, 4, 0..80, 1500);
    run(Version::V2, 2, 0..30, 1500);
}
