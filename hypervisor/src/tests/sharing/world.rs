//! Domains that share, as the kernel has them, and what their CPUs remember of stage 2.

use super::super::{GICD, GICR, GICR_STRIDE};
use super::model::{Dom, ENTRIES, Entry, Kind, Life, Model, Word};
use crate::arch::{state, sysreg};
use crate::domain::vgic::{DomainVgic, Frames, Model as GicModel, Version};
use crate::domain::{Domain, Parts, Role, grants, life, memory, settings};
use crate::drivers::gic;
use crate::hypercall::Budget;
use crate::machine::frame_window;
use crate::mm::{frames, p2m, vmid};
use ::frames::{Usage, Used, Within};
use gnttab::Access;
use pagetable::{Mapping, PageType};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use types::{DomId, Gfn, IntId, Ipa, IpaRange, Mfn, PhysAddr, Port};

/// Domains that live at a time; the first is like dom0.
pub const DOMAINS: usize = 4;
/// Pages of memory of each, and other frames that things are mapped at.
pub const PAGES: u64 = 6;
/// The first guest frame of a guest's memory.
const MEMORY: u64 = 0x4_0000;
/// The first of those that have no memory at first.
const EMPTY: u64 = 0x3_8000;
/// The first number; they are given again.
const FIRST_ID: u16 = 700;

/// What the CPUs remember: which frame they reach, by VTTBR and guest frame.
type Tlb = Rc<RefCell<BTreeMap<(u64, u64), Remembered>>>;

/// A translation that a CPU remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    mfn: u64,
    owner: DomId,
    writable: bool,
}

/// A domain and its table's first frame.
pub struct Slot {
    pub domain: Arc<Domain>,
    table: Mfn,
}

/// All of it, beside its model.
pub struct World {
    pub slots: Vec<Slot>,
    pub model: Model,
    /// Dom0's frames: it keeps them.
    pub kept: Vec<u64>,
    lives: Life,
    tlb: Tlb,
}

impl World {
    pub fn new() -> Self {
        let tlb = Tlb::default();
        let forget = tlb.clone();
        state::with(|cpu| cpu.on_flush = Some(Box::new(move || flush(&forget))));
        let mut world = Self { slots: vec![], model: Model::default(), kept: vec![], lives: 0, tlb };
        for number in 0..DOMAINS {
            let (slot, dom) = world.born(number);
            world.slots.push(slot);
            world.model.doms.push(dom);
        }
        world.kept = (0..PAGES).map(|number| world.give_dom0(number)).collect();
        for guest in 1..DOMAINS {
            (0..PAGES).for_each(|page| world.give(guest, MEMORY + page));
        }
        world
    }

    fn born(&mut self, number: usize) -> (Slot, Dom) {
        self.lives += 1;
        let id = DomId::new(FIRST_ID + number as u16);
        let (vmid, keeps) = (vmid::Owned::take().unwrap(), number == 0);
        let p2m = if keeps { p2m::P2m::new(vmid) } else { p2m::P2m::new_guest(vmid, id) };
        let ipas = |start: u64, bytes: u64| IpaRange::new(Ipa::new(start), bytes).unwrap();
        let regions = Frames::V3 {
            gicd: ipas(GICD, 0x1_0000),
            redistributors: vec![(ipas(GICR, GICR_STRIDE), GICR_STRIDE)],
        };
        let model = GicModel::new(Version::V3, 1, 32, gic::get().unwrap().limits()).unwrap();
        let domain = Domain::new(Parts {
            id,
            role: if keeps { Role::Hardware } else { Role::Guest },
            p2m: p2m.unwrap(),
            vgic: DomainVgic::new(model, regions).unwrap(),
            max_port: Port::new(100),
            grant_frames: 1,
            event_interrupt: IntId::new(31),
            grant_region: ipas(0x3800_0000, 0x1000),
            life: life::Life::running(),
            settings: settings::Values::NONE,
            time_base: 0,
        });
        let domain = domain.unwrap_or_else(|_| panic!("memory is short"));
        domain.pages.max.store(PAGES, std::sync::atomic::Ordering::Relaxed);
        domain.shared_info.grants.grow(1).unwrap();
        let table = domain.shared_info.grants.with(|table| table.frame(0)).unwrap();
        (Slot { domain, table }, Dom::new(self.lives, id.raw(), keeps))
    }

    /// Gives dom0 a frame at its own number; of one of them it may only read.
    fn give_dom0(&mut self, number: u64) -> u64 {
        let usage = Usage::ram(self.slots[0].domain.id);
        let mfn = frames::alloc(0, Within::Any, usage).unwrap().mfn;
        frame_window::zero_frame(mfn.addr());
        let (page, kind) =
            if number == 0 { (PageType::RamRo, Kind::RamRo) } else { (PageType::RamRw, Kind::Ram) };
        self.slots[0].domain.p2m.replace(Gfn::new(mfn.raw()), mfn.addr(), page).unwrap();
        self.model.owned.insert(mfn.raw(), self.model.doms[0].life);
        self.model.content.insert(mfn.raw(), 0);
        self.model.put(0, mfn.raw(), Entry { mfn: mfn.raw(), kind });
        mfn.raw()
    }

    /// Gives a guest a page where it has none, if it may have one more.
    pub fn give(&mut self, guest: usize, gfn: u64) {
        let dom = &self.model.doms[guest];
        let owned = dom.p2m.values().filter(|entry| entry.is_ram()).count() as u64;
        let expected = !dom.p2m.contains_key(&gfn) && owned < PAGES;
        let domain = &self.slots[guest].domain;
        let given = memory::give(domain, Gfn::new(gfn), 0, &mut Budget::new());
        assert_eq!(given == memory::Given::All, expected, "giving {gfn:#x}: {given:?}");
        if expected {
            let mfn = self.lookup(guest, gfn).unwrap().pa.frame().raw();
            assert_eq!(self.model.references(mfn), 0, "{mfn:#x} is somebody's");
            assert_eq!(word(mfn), 0, "{mfn:#x} tells what its last owner wrote");
            self.model.owned.insert(mfn, self.model.doms[guest].life);
            self.model.content.insert(mfn, 0);
            self.model.put(guest, gfn, Entry { mfn, kind: Kind::Ram });
        }
    }

    pub fn lookup(&self, dom: usize, gfn: u64) -> Option<Mapping> {
        self.slots[dom].domain.p2m.lookup(Ipa::new(gfn << 12))
    }

    /// A guest frame of a domain: one of its memory, or one that is empty at first, or one that no domain has.
    pub fn gfn(&self, dom: usize, number: u64) -> u64 {
        match number % (2 * PAGES + 1) {
            n if n < PAGES && dom == 0 => self.kept[n as usize],
            n if n < PAGES => MEMORY + n,
            n if n < 2 * PAGES => EMPTY + n - PAGES,
            _ => u64::MAX >> 12,
        }
    }

    /// Writes an entry of a domain's table, as the domain does.
    pub fn write_entry(&mut self, dom: usize, grant: u32, word: Word) {
        let at = self.slots[dom].table.addr().wrapping_add(u64::from(grant) * 8);
        let flags = u64::from(word.flags) | u64::from(word.domid) << 16 | u64::from(word.gfn) << 32;
        frame_window::write(at, &flags.to_le_bytes()).unwrap();
        self.model.doms[dom].words[grant as usize] = word;
    }

    /// Lets a domain write a page that it can reach, or read it.
    pub fn touch(&mut self, dom: usize, gfn: u64, value: u64) {
        let found = self.lookup(dom, gfn);
        let model = self.model.doms[dom].p2m.get(&gfn);
        assert_eq!(found.map(|mapping| mapping.pa.frame().raw()), model.map(|entry| entry.mfn));
        let Some(mapping) = found else { return };
        let (mfn, page) = (mapping.pa.frame(), mapping.attrs.page_type().unwrap());
        let owner = frames::used(mfn).expect("what is mapped is in use").usage.owner;
        let writable = page.is_writable();
        let vttbr = self.slots[dom].domain.p2m.vttbr();
        self.tlb.borrow_mut().insert((vttbr, gfn), Remembered { mfn: mfn.raw(), owner, writable });
        if writable {
            frame_window::write(mfn.addr(), &value.to_le_bytes()).unwrap();
            self.model.content.insert(mfn.raw(), value);
        }
        assert_eq!(word(mfn.raw()), self.model.content[&mfn.raw()]);
    }

    /// Destroys a guest, bit by bit, and makes another with its number.
    pub fn destroy(&mut self, guest: usize) {
        let domain = &self.slots[guest].domain;
        dissolve(domain);
        assert_eq!((domain.shared_info.maps.len(), domain.p2m.counted_pages()), (0, 0));
        let vttbr = domain.p2m.vttbr();
        self.tlb.borrow_mut().retain(|(own, _), _| *own != vttbr);
        let (slot, dom) = self.born(guest);
        self.slots[guest] = slot;
        self.model.end(guest, dom);
        (0..PAGES).for_each(|page| self.give(guest, MEMORY + page));
    }

    /// Ends all domains; dom0's frames, which it keeps, go by hand.
    pub fn end(self) {
        self.slots.iter().for_each(|slot| dissolve(&slot.domain));
        self.kept.iter().for_each(|mfn| frames::put(Mfn::new(*mfn)));
    }

    /// Compares all that is cheap to compare: what CPUs remember.
    pub fn check_tlbs(&self) {
        for ((vttbr, gfn), remembered) in self.tlb.borrow().iter() {
            let slot = self.slots.iter().find(|slot| slot.domain.p2m.vttbr() == *vttbr).unwrap();
            let mapping = slot.domain.p2m.lookup(Ipa::new(gfn << 12));
            let now = mapping.map(|mapping| {
                (mapping.pa.frame().raw(), mapping.attrs.page_type().is_some_and(PageType::is_writable))
            });
            assert_eq!(now, Some((remembered.mfn, remembered.writable)), "{gfn:#x} is remembered");
        }
    }

    /// Compares everything.
    pub fn check(&mut self) {
        self.check_tlbs();
        for (slot, dom) in self.slots.iter().zip(&self.model.doms) {
            let p2m = &slot.domain.p2m;
            let found = |gfn: u64| p2m.lookup(Ipa::new(gfn << 12)).map(|mapping| entry(&mapping));
            for gfn in (0..2 * PAGES).map(|n| self.gfn(usize::from(dom.id - FIRST_ID), n)) {
                assert_eq!(found(gfn), dom.p2m.get(&gfn).copied(), "d{} {gfn:#x}", dom.id);
            }
            let shared = dom.p2m.values().filter(|entry| !entry.is_ram()).count();
            assert_eq!(p2m.counted_pages(), shared as u64, "d{}", dom.id);
            assert_eq!(slot.domain.shared_info.maps.len() as usize, dom.mappings(), "d{}", dom.id);
            for grant in 0..ENTRIES {
                let at = slot.table.addr().wrapping_add(u64::from(grant) * 8);
                assert_eq!(read_entry(at), dom.words[grant as usize], "d{} entry {grant}", dom.id);
            }
        }
        self.check_frames();
    }

    fn check_frames(&mut self) {
        let mut free = vec![];
        for (mfn, content) in &self.model.content {
            let expected = self.model.references(*mfn);
            let used = frames::used(Mfn::new(*mfn));
            if expected > 0 {
                assert_eq!(used.map(|used: Used| used.references), Some(expected), "frame {mfn:#x}");
                assert_eq!(word(*mfn), *content, "frame {mfn:#x}");
                continue;
            }
            // It may be in use again for something else.
            let ids = FIRST_ID..FIRST_ID + DOMAINS as u16;
            let leaked = used.is_some_and(|used| {
                ids.contains(&used.usage.owner.raw()) && used.usage.kind == ::frames::FrameKind::Ram
            });
            assert!(!leaked, "frame {mfn:#x} is nobody's");
            free.push(*mfn);
        }
        self.model.content.retain(|mfn, _| !free.contains(mfn));
    }
}

impl Drop for World {
    fn drop(&mut self) {
        state::with(|cpu| cpu.on_flush = None);
    }
}

/// Takes all that a domain has, bit by bit, as its destruction does.
fn dissolve(domain: &Domain) {
    let steps: [fn(&Domain, &mut Budget) -> bool; 3] = [
        grants::release_all,
        |domain, budget| domain.is_hardware() || memory::release_all(domain, budget),
        memory::free_tables,
    ];
    if domain.is_hardware() {
        while domain.p2m.take_first().is_some() {}
    }
    while !steps.iter().all(|step| step(domain, &mut Budget::new())) {}
}

/// Forgets the loaded VMID's translations. What they lead to must still be what it was.
fn flush(tlb: &Tlb) {
    let loaded = sysreg::vttbr();
    tlb.borrow_mut().retain(|(vttbr, gfn), remembered| {
        let owner =
            frames::used(Mfn::new(remembered.mfn)).map(|used| (used.usage.owner, used.references > 0));
        assert_eq!(owner, Some((remembered.owner, true)), "{gfn:#x} was dropped before the flush");
        *vttbr != loaded
    });
}

fn word(mfn: u64) -> u64 {
    let mut bytes = [0; 8];
    frame_window::read(Mfn::new(mfn).addr(), &mut bytes).unwrap();
    u64::from_le_bytes(bytes)
}

fn read_entry(at: PhysAddr) -> Word {
    let mut bytes = [0; 8];
    frame_window::read(at, &mut bytes).unwrap();
    let [a, b, c, d, e, f, g, h] = bytes;
    Word {
        flags: u16::from_le_bytes([a, b]),
        domid: u16::from_le_bytes([c, d]),
        gfn: u32::from_le_bytes([e, f, g, h]),
    }
}

fn entry(mapping: &Mapping) -> Entry {
    let kind = match mapping.attrs.page_type().unwrap() {
        PageType::RamRw => Kind::Ram,
        PageType::RamRo => Kind::RamRo,
        PageType::GrantRw => Kind::Grant(Access::Write),
        PageType::GrantRo => Kind::Grant(Access::Read),
        _ => Kind::Foreign,
    };
    Entry { mfn: mapping.pa.frame().raw(), kind }
}
