//! Random sequences of what hostile domains do to each other's memory, against a model.
//!
//! Each step is done by the kernel's own functions and by the model, which must agree about the result; what
//! CPUs remember of stage 2 is compared again and again, and all references, entries and mappings every now
//! and then. `XENOLITH_SHARING_STEPS` says how many steps are done.

#![expect(clippy::cast_possible_truncation, reason = "small numbers")]

mod model;
mod world;

use super::Rig;
use crate::domain::grants::{self, Copy, Page, Request, Side};
use crate::mm::frames;
use crate::mm::p2m::Share;
use gnttab::{Access, GrantRef, Handle};
use model::{ENTRIES, Entry, FRAMES, Kind, Word};
use pagetable::PageType;
use types::{Gfn, Ipa, IpaRange, PAGE_BYTES, PhysAddr};
use world::{DOMAINS, PAGES, World};
use xen_abi::grant_table::{GTF_PERMIT_ACCESS, GTF_READONLY};

/// Steps where nobody says otherwise.
const STEPS: u64 = 300_000;
/// Mappings that dom0 has at most at a time: it does not end.
const MAPPINGS: usize = 300;
/// Steps between comparisons of what CPUs remember, and of everything.
const TLB_EVERY: u64 = 4;
const ALL_EVERY: u64 = 32;

/// Numbers that look random (xorshift64*, Vigna 2016).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn domain(&mut self) -> usize {
        self.below(DOMAINS as u64) as usize
    }

    fn access(&mut self) -> Access {
        if self.below(3) == 0 { Access::Read } else { Access::Write }
    }

    /// One of the entries that are written, or another, or none.
    fn grant(&mut self) -> u32 {
        match self.below(20) {
            0 => 512 + self.below(1 << 20) as u32,
            1 => self.below(512) as u32,
            n => n as u32 % ENTRIES,
        }
    }
}

impl World {
    fn step(&mut self, random: &mut Random) {
        let dom = random.domain();
        let gfn = self.gfn(dom, random.next());
        match random.below(20) {
            0..=3 => self.grant(dom, random),
            4..=8 if self.model.doms[0].mappings() < MAPPINGS => self.map(dom, gfn, random),
            4..=8 => self.unmap(0, gfn, random),
            9..=11 => self.unmap(dom, gfn, random),
            12..=13 => self.copy(dom, random),
            14 => self.swap(dom, random),
            15 if dom > 0 => self.give_or_take(dom, gfn, random),
            15 => self.balloon(gfn, random),
            16 => self.map_foreign(gfn, random),
            17 => self.remove(dom, gfn),
            18 if dom > 0 && random.below(50) == 0 => self.destroy(dom),
            _ => self.touch(dom, gfn, random.next()),
        }
    }

    /// A domain writes an entry: mostly one that grants a page of its own.
    fn grant(&mut self, dom: usize, random: &mut Random) {
        let to = self.model.doms[random.domain()].id;
        let flags = match random.below(10) {
            0 => 0,
            1 => random.next() as u16,
            2..=4 => GTF_PERMIT_ACCESS | GTF_READONLY,
            _ => GTF_PERMIT_ACCESS,
        };
        let gfn = match random.below(8) {
            0 => self.gfn(dom, random.next()),
            _ => self.gfn(dom, random.below(PAGES)),
        } as u32;
        self.write_entry(dom, random.below(ENTRIES.into()) as u32, Word { flags, domid: to, gfn });
    }

    fn map(&mut self, dom: usize, gfn: u64, random: &mut Random) {
        let (granter, grant, access) = (random.domain(), random.grant(), random.access());
        // Mostly it is for whom the entry says, and mapped where no memory was.
        let meant = self.model.doms[granter].words.get(grant as usize).map_or(0, |word| word.domid);
        let meant = self.model.doms.iter().position(|dom| dom.id == meant);
        let dom = meant.filter(|_| random.below(8) != 0).unwrap_or(dom);
        let gfn = match random.below(8) {
            0 => gfn,
            _ => self.gfn(dom, PAGES + random.below(PAGES)),
        };
        let place = (gfn < FRAMES).then_some(gfn);
        let expected = self.model.map(dom, (granter, grant), access, place);
        let request = Request {
            granter: &self.slots[granter].domain,
            grant: GrantRef::new(grant),
            access,
            gfn: Some(Gfn::new(gfn)),
        };
        let mapped = grants::map(&self.slots[dom].domain, &request);
        assert_eq!(mapped.map(|(handle, mfn)| (handle.raw(), mfn.raw())), expected, "map {dom} {granter}");
    }

    /// A domain unmaps: mostly what it has mapped.
    fn unmap(&mut self, dom: usize, gfn: u64, random: &mut Random) {
        let count = self.model.doms[dom].mappings() as u64;
        let own = self.model.doms[dom].handles().nth(random.below(count + 1) as usize);
        let (handle, gfn) = match (random.below(10), own) {
            (0, _) | (_, None) => (random.below(600) as u32, gfn),
            (1, Some((handle, _))) => (handle, gfn),
            (_, Some(own)) => own,
        };
        let expected = self.model.unmap(dom, handle, gfn);
        let unmapped = grants::unmap(&self.slots[dom].domain, Handle::new(handle), Gfn::new(gfn));
        assert_eq!(unmapped, expected, "unmap {dom} {handle} {gfn:#x}");
    }

    fn copy(&mut self, dom: usize, random: &mut Random) {
        let mut side = || match random.below(3) {
            0 => model::Side::Own(self.gfn(dom, random.next())),
            _ => model::Side::Grant(random.domain(), random.grant()),
        };
        let (from, to) = (side(), side());
        let expected = self.model.copy(dom, from, to);
        let real = |side| match side {
            model::Side::Own(gfn) => (dom, Page::Own(Gfn::new(gfn))),
            model::Side::Grant(granter, grant) => (granter, Page::Grant(GrantRef::new(grant))),
        };
        let [source, dest] = [from, to].map(|side| {
            let (owner, page) = real(side);
            Side { owner: &self.slots[owner].domain, page, offset: 0 }
        });
        let copied = grants::copy(&self.slots[dom].domain, &Copy { source, dest, len: 64 });
        assert_eq!(copied, expected, "copy {dom} {from:?} {to:?}");
    }

    fn swap(&mut self, dom: usize, random: &mut Random) {
        let (a, b) = (random.grant(), random.grant());
        // Entries that the model does not know are all zero, and stay it.
        if (ENTRIES..512).contains(&a) || (ENTRIES..512).contains(&b) {
            return;
        }
        let expected = self.model.swap(dom, a, b);
        let swapped = self.slots[dom].domain.shared_info.grants.swap(GrantRef::new(a), GrantRef::new(b));
        assert_eq!(swapped.map_err(|error| error.into()), expected);
    }

    /// A guest gives a page of its memory back, or gets one.
    fn give_or_take(&mut self, guest: usize, gfn: u64, random: &mut Random) {
        if gfn >= FRAMES || random.below(3) == 0 {
            let is_memory = self.model.doms[guest].p2m.get(&gfn).is_some_and(Entry::is_ram);
            let taken = crate::domain::memory::take(&self.slots[guest].domain, Gfn::new(gfn), 0);
            assert_eq!(taken.is_some(), is_memory, "taking {gfn:#x}");
            if is_memory {
                self.model.take(guest, gfn);
            }
        } else {
            self.give(guest, gfn);
        }
    }

    /// Dom0, which keeps its frames, unmaps some, or maps them again.
    fn balloon(&mut self, gfn: u64, random: &mut Random) {
        let p2m = &self.slots[0].domain.p2m;
        let page = |gfn: u64, pages| IpaRange::new(Ipa::new(gfn << 12), pages * PAGE_BYTES).unwrap();
        match random.below(4) {
            0 => {
                let is_memory = self.model.doms[0].p2m.get(&gfn).is_some_and(Entry::is_ram);
                assert_eq!(p2m.take_memory(Gfn::new(gfn)), Ok(is_memory).filter_range(gfn));
                if is_memory {
                    self.model.take(0, gfn);
                }
            }
            1 if gfn < FRAMES => {
                p2m.unmap(page(gfn, 4)).unwrap();
                (gfn..gfn + 4).for_each(|gfn| {
                    self.model.take(0, gfn);
                });
            }
            choice => {
                let own = self.kept[random.below(self.kept.len() as u64) as usize];
                let pa = PhysAddr::new(own << 12);
                if choice == 2 {
                    p2m.replace(Gfn::new(own), pa, PageType::RamRw).unwrap();
                } else {
                    p2m.map_over(page(own, 1), pa, PageType::RamRw).unwrap();
                }
                self.model.put(0, own, Entry { mfn: own, kind: Kind::Ram });
            }
        }
    }

    /// Dom0 maps a guest's page.
    fn map_foreign(&mut self, gfn: u64, random: &mut Random) {
        let guest = 1 + random.below(DOMAINS as u64 - 1) as usize;
        let from = self.gfn(guest, random.next());
        let expected =
            self.model.doms[guest].p2m.get(&from).filter(|entry| entry.is_ram()).map(|entry| entry.mfn);
        let domain = &self.slots[guest].domain;
        let page = domain.p2m.hold_page(Gfn::new(from), domain.id);
        assert_eq!(page.as_ref().map(|(page, _)| page.mfn().raw()), expected);
        let Some((page, _)) = page else { return };
        let mfn = page.mfn().raw();
        let shared = self.slots[0].domain.p2m.share(Gfn::new(gfn), page, Share::ForeignRw);
        assert_eq!(shared.is_ok(), gfn < FRAMES);
        if shared.is_ok() {
            self.model.put(0, gfn, Entry { mfn, kind: Kind::Foreign });
        }
    }

    /// A domain removes whatever is at a guest frame (`XENMEM_remove_from_physmap`).
    fn remove(&mut self, dom: usize, gfn: u64) {
        let taken = self.slots[dom].domain.p2m.take(Gfn::new(gfn), |_| true);
        assert_eq!(taken.is_ok_and(|old| old.is_some()), self.model.take(dom, gfn).is_some());
    }
}

/// What [`crate::mm::p2m::P2m::take_memory`] says of a guest frame that no stage 2 has.
trait FilterRange {
    fn filter_range(self, gfn: u64) -> Self;
}

impl FilterRange for Result<bool, crate::mm::p2m::Error> {
    fn filter_range(self, gfn: u64) -> Self {
        if gfn < FRAMES { self } else { Err(crate::mm::p2m::Error::OutOfRange) }
    }
}

fn run(seed: u64, steps: u64) {
    let _rig = Rig::new();
    let before = frames::stats().free_frames;
    let mut world = World::new();
    let mut random = Random(seed);
    for step in 0..steps {
        world.step(&mut random);
        if step % TLB_EVERY == 0 {
            world.check_tlbs();
        }
        if step % ALL_EVERY == 0 {
            world.check();
        }
    }
    world.check();
    world.end();
    assert_eq!(frames::stats().free_frames, before, "frames are lost");
}

#[test]
fn no_sequence_of_hostile_calls_breaks_a_rule() {
    let steps = std::env::var("XENOLITH_SHARING_STEPS").ok().and_then(|text| text.parse().ok());
    run(0x1234_5678_9abc_def1, steps.unwrap_or(STEPS));
}
