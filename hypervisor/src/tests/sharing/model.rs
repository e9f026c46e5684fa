//! What sharing means, written down once more and simply: who may reach which frame, and how often each
//! frame is referenced.

use gnttab::Access;
use std::collections::{BTreeMap, VecDeque};
use xen_abi::grant_table::{
    GTF_PERMIT_ACCESS, GTF_READING, GTF_READONLY, GTF_TYPE_MASK, GTF_WRITING, GrantStatus,
};

/// A domain that lived: numbers are given again, lives are not.
pub type Life = usize;

/// No stage 2 has guest frames from here on.
pub const FRAMES: u64 = 1 << 36;
/// Entries of a table that the test writes.
pub const ENTRIES: u32 = 6;

/// What is mapped at a guest frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ram,
    RamRo,
    Grant(Access),
    Foreign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub mfn: u64,
    pub kind: Kind,
}

impl Entry {
    pub fn is_ram(&self) -> bool {
        matches!(self.kind, Kind::Ram | Kind::RamRo)
    }

    fn is_grant_of(&self, mfn: u64) -> bool {
        matches!(self.kind, Kind::Grant(_)) && self.mfn == mfn
    }
}

/// An entry of a grant table, as the guest wrote it and the hypervisor marked it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub flags: u16,
    pub domid: u16,
    pub gfn: u32,
}

#[derive(Clone, Copy, Debug)]
struct Pin {
    mfn: u64,
    writable: bool,
    grantee: u16,
    readers: u32,
    writers: u32,
}

#[derive(Clone, Copy, Debug)]
struct Handle {
    granter: Life,
    grant: u32,
    access: Access,
    gfn: u64,
}

/// A domain.
pub struct Dom {
    pub life: Life,
    pub id: u16,
    /// Its memory stays its own when it is unmapped.
    pub keeps: bool,
    pub p2m: BTreeMap<u64, Entry>,
    pub words: [Word; ENTRIES as usize],
    handles: BTreeMap<u32, Handle>,
    free: VecDeque<u32>,
}

/// All of it.
#[derive(Default)]
pub struct Model {
    pub doms: Vec<Dom>,
    pins: BTreeMap<(Life, u32), Pin>,
    /// Frames that are a domain's memory, and by whom.
    pub owned: BTreeMap<u64, Life>,
    /// What the first word of each known frame says.
    pub content: BTreeMap<u64, u64>,
}

/// One side of a copy: of which domain, by which entry or at which frame.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    Grant(usize, u32),
    Own(u64),
}

impl Dom {
    pub fn new(life: Life, id: u16, keeps: bool) -> Self {
        let (p2m, words) = (BTreeMap::new(), [Word::default(); ENTRIES as usize]);
        Self { life, id, keeps, p2m, words, handles: BTreeMap::new(), free: VecDeque::new() }
    }

    pub fn mappings(&self) -> usize {
        self.handles.len()
    }

    pub fn handles(&self) -> impl Iterator<Item = (u32, u64)> {
        self.handles.iter().map(|(number, handle)| (*number, handle.gfn))
    }
}

impl Model {
    /// References that a frame must have.
    pub fn references(&self, mfn: u64) -> u32 {
        let shared = |entry: &&Entry| entry.mfn == mfn && !entry.is_ram();
        let mapped: usize = self.doms.iter().map(|dom| dom.p2m.values().filter(shared).count()).sum();
        let pinned = self.pins.values().filter(|pin| pin.mfn == mfn).count();
        u32::from(self.owned.contains_key(&mfn)) + (mapped + pinned) as u32
    }

    /// Puts an entry in place of whatever is there.
    pub fn put(&mut self, dom: usize, gfn: u64, entry: Entry) {
        self.take(dom, gfn);
        self.doms[dom].p2m.insert(gfn, entry);
    }

    /// Takes out whatever is there.
    pub fn take(&mut self, dom: usize, gfn: u64) -> Option<Entry> {
        let dom = &mut self.doms[dom];
        let old = dom.p2m.remove(&gfn)?;
        if old.is_ram() && !dom.keeps {
            self.owned.remove(&old.mfn);
        }
        Some(old)
    }

    fn pin(&mut self, by: u16, granter: usize, grant: u32, access: Access) -> Result<u64, GrantStatus> {
        let key = (self.doms[granter].life, grant);
        if grant >= 512 {
            return Err(GrantStatus::BadGntref);
        }
        let known = self.pins.get(&key).copied();
        let first_write = access == Access::Write && known.is_none_or(|pin| pin.writers == 0);
        if known.is_some_and(|pin| pin.grantee != by) {
            return Err(GrantStatus::GeneralError);
        }
        if first_write && known.is_some_and(|pin| !pin.writable) {
            return Err(GrantStatus::BadPage);
        }
        if known.is_none() || first_write {
            self.granted(by, granter, grant, access)?;
        }
        let mut pin = match known {
            Some(pin) => pin,
            None => self.first(by, granter, grant, access).inspect_err(|_| {
                // The mark was set before the page was looked up.
                self.doms[granter].words[grant as usize].flags &= !(GTF_READING | GTF_WRITING);
            })?,
        };
        match access {
            Access::Read => pin.readers += 1,
            Access::Write => pin.writers += 1,
        }
        self.pins.insert(key, pin);
        if known.is_none() || first_write {
            let marks = if access == Access::Write { GTF_READING | GTF_WRITING } else { GTF_READING };
            self.doms[granter].words[grant as usize].flags |= marks;
        }
        Ok(pin.mfn)
    }

    /// Whether the entry says so.
    fn granted(&self, by: u16, granter: usize, grant: u32, access: Access) -> Result<(), GrantStatus> {
        let word = self.doms[granter].words.get(grant as usize).copied().unwrap_or_default();
        let is_access = word.flags & (GTF_TYPE_MASK | 1 << 8) == GTF_PERMIT_ACCESS;
        let allowed = access == Access::Read || word.flags & GTF_READONLY == 0;
        if is_access && allowed && word.domid == by { Ok(()) } else { Err(GrantStatus::GeneralError) }
    }

    fn first(&self, by: u16, granter: usize, grant: u32, access: Access) -> Result<Pin, GrantStatus> {
        let word = self.doms[granter].words[grant as usize];
        let page = self.doms[granter].p2m.get(&u64::from(word.gfn)).filter(|entry| entry.is_ram());
        let page = page.ok_or(GrantStatus::BadPage)?;
        let writable = page.kind == Kind::Ram;
        if access == Access::Write && !writable {
            return Err(GrantStatus::BadPage);
        }
        Ok(Pin { mfn: page.mfn, writable, grantee: by, readers: 0, writers: 0 })
    }

    fn unpin(&mut self, granter: Life, grant: u32, access: Access) {
        let pin = self.pins.get_mut(&(granter, grant)).unwrap();
        let before = pin.writers;
        match access {
            Access::Read => pin.readers -= 1,
            Access::Write => pin.writers -= 1,
        }
        let left = (pin.readers, pin.writers);
        let clear = match left {
            (0, 0) => GTF_READING | GTF_WRITING,
            (_, 0) if before > 0 => GTF_WRITING,
            _ => 0,
        };
        if left == (0, 0) {
            self.pins.remove(&(granter, grant));
        }
        if let Some(dom) = self.doms.iter_mut().find(|dom| dom.life == granter) {
            dom.words[grant as usize].flags &= !clear;
        }
    }

    pub fn map(
        &mut self,
        mapper: usize,
        (granter, grant): (usize, u32),
        access: Access,
        gfn: Option<u64>,
    ) -> Result<(u32, u64), GrantStatus> {
        let dom = &mut self.doms[mapper];
        if dom.free.is_empty() {
            let first = dom.handles.len() as u32;
            dom.free.extend(first..first + 256);
        }
        let (number, by) = (dom.free.pop_front().unwrap(), dom.id);
        let pinned = self.pin(by, granter, grant, access);
        let (Ok(mfn), Some(gfn)) = (pinned, gfn) else {
            self.doms[mapper].free.push_back(number);
            if pinned.is_ok() {
                self.unpin(self.doms[granter].life, grant, access);
            }
            return Err(pinned.err().unwrap_or(GrantStatus::GeneralError));
        };
        self.put(mapper, gfn, Entry { mfn, kind: Kind::Grant(access) });
        let granter = self.doms[granter].life;
        self.doms[mapper].handles.insert(number, Handle { granter, grant, access, gfn });
        Ok((number, mfn))
    }

    pub fn unmap(&mut self, mapper: usize, number: u32, gfn: u64) -> Result<(), GrantStatus> {
        let handle = *self.doms[mapper].handles.get(&number).ok_or(GrantStatus::BadHandle)?;
        let mfn = self.pins[&(handle.granter, handle.grant)].mfn;
        let other = self.doms[mapper].p2m.get(&gfn).is_some_and(|entry| !entry.is_grant_of(mfn));
        if other || gfn >= FRAMES {
            return Err(GrantStatus::GeneralError);
        }
        self.take(mapper, gfn);
        if self.doms[mapper].p2m.get(&handle.gfn).is_some_and(|entry| entry.is_grant_of(mfn)) {
            self.take(mapper, handle.gfn);
        }
        self.forget(mapper, number);
        Ok(())
    }

    fn forget(&mut self, mapper: usize, number: u32) {
        let handle = self.doms[mapper].handles.remove(&number).unwrap();
        self.doms[mapper].free.push_back(number);
        self.unpin(handle.granter, handle.grant, handle.access);
    }

    fn hold(&mut self, copier: usize, side: Side, access: Access) -> Result<u64, GrantStatus> {
        match side {
            Side::Grant(granter, grant) => self.pin(self.doms[copier].id, granter, grant, access),
            Side::Own(gfn) => {
                let page = self.doms[copier].p2m.get(&gfn).filter(|entry| entry.is_ram());
                let page = page.filter(|entry| access == Access::Read || entry.kind == Kind::Ram);
                page.map(|entry| entry.mfn).ok_or(GrantStatus::BadPage)
            }
        }
    }

    fn let_go(&mut self, side: Side, access: Access) {
        if let Side::Grant(granter, grant) = side {
            self.unpin(self.doms[granter].life, grant, access);
        }
    }

    pub fn copy(&mut self, copier: usize, source: Side, dest: Side) -> Result<(), GrantStatus> {
        let from = self.hold(copier, source, Access::Read)?;
        let to = self.hold(copier, dest, Access::Write);
        if let Ok(to) = to {
            self.let_go(dest, Access::Write);
            let content = self.content[&from];
            self.content.insert(to, content);
        }
        self.let_go(source, Access::Read);
        to.map(|_| ())
    }

    pub fn swap(&mut self, dom: usize, a: u32, b: u32) -> Result<(), GrantStatus> {
        let dom = &mut self.doms[dom];
        if a >= 512 || b >= 512 {
            return Err(GrantStatus::BadGntref);
        }
        if a != b && [a, b].iter().any(|grant| self.pins.contains_key(&(dom.life, *grant))) {
            return Err(GrantStatus::Eagain);
        }
        dom.words.swap(a as usize, b as usize);
        Ok(())
    }

    /// Ends a life; another begins in its place.
    pub fn end(&mut self, dom: usize, next: Dom) {
        let numbers: Vec<u32> = self.doms[dom].handles.keys().copied().collect();
        numbers.into_iter().for_each(|number| self.forget(dom, number));
        let life = self.doms[dom].life;
        self.doms[dom] = next;
        self.owned.retain(|_, owner| *owner != life);
    }
}
