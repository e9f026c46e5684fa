//! A second domain that runs this same program: a copy of it as it stands, at the same addresses, entered as
//! another CPU of this one would be. What both see is [`BOARD`].

use crate::domain::{Domain, Refused};
use crate::events;
use crate::pair;
use core::sync::atomic::{AtomicU32, Ordering};
use rt::check::check;
use rt::machine::{GicInfo, Machine, Range};
use rt::pages::{self, Page};
use rt::xen::{self, Block, DOMID_SELF};
use rt::{arch, gic, mm, mmio, smp};

/// Words in the page that the copy shares with its original.
#[repr(C, align(4096))]
pub struct Board([AtomicU32; 1024]);

/// The copy's page; the original's own is of no use.
pub static BOARD: Board = Board([const { AtomicU32::new(0) }; 1024]);

/// Not zero once the copy is ready.
pub const READY: usize = 0;
/// The copy's port.
pub const PORT: usize = 1;
/// Where the copy may have its shared_info: an address without memory.
pub const INFO: usize = 2;
/// What the copy counts.
pub const TURNS: usize = 3;
/// When the copy woke up: two words, low first.
pub const WOKEN: usize = 4;

/// The copy's CPU index: it has a stack of its own there.
const CPU: usize = 1;
const BLOCK: u64 = 0x20_0000;
/// Yields until the copy must be ready.
const PATIENCE: u32 = 10_000;
/// XENMAPSPACE_gmfn_foreign, XENMEM_add_to_physmap_range, XENMEM_remove_from_physmap.
const FOREIGN: u16 = 4;
const ADD_RANGE: usize = 23;
const REMOVE: usize = 15;
/// Frames for foreign pages in the region for grants, behind those of the grant table itself.
const COPIED_AT: u64 = 40;
const BOARD_AT: u64 = 41;

/// The interrupt controllers of guests (xen/include/public/arch-arm.h).
const GICV2: GicInfo = GicInfo::V2 {
    gicd: Range { base: 0x0300_1000, size: 0x1000 },
    gicc: Range { base: 0x0300_2000, size: 0x2000 },
};
const GICV3: GicInfo = GicInfo::V3 {
    gicd: Range { base: 0x0300_1000, size: 0x1_0000 },
    gicr: [Range { base: 0x0302_0000, size: 0x100_0000 }, Range { base: 0, size: 0 }],
};

/// A running copy.
pub struct Twin {
    domain: Domain,
    /// This domain's end of the event channel between both.
    pub port: u32,
    /// Its [`BOARD`].
    pub board: Page,
}

impl Board {
    /// Reads a word.
    pub fn get(&self, index: usize) -> u32 {
        self.0.get(index).map_or(0, |word| word.load(Ordering::Acquire))
    }

    /// Writes a word.
    pub fn set(&self, index: usize, value: u32) {
        if let Some(word) = self.0.get(index) {
            word.store(value, Ordering::Release);
        }
    }
}

impl Twin {
    /// Makes the copy, starts it with a job and waits until it is ready.
    pub fn start(machine: &Machine, job: fn(usize)) -> Option<Self> {
        match Self::make(machine, job) {
            Ok(twin) => {
                let ready = (0..PATIENCE).any(|_| {
                    pair::yield_once();
                    twin.get(READY) != 0
                });
                check("the copy runs", ready);
                Some(twin)
            }
            Err(refused) => {
                refused.tell();
                None
            }
        }
    }

    fn make(machine: &Machine, job: fn(usize)) -> Result<Self, Refused> {
        let first = machine.image.base / BLOCK;
        let end = (machine.image.base + machine.image.size).div_ceil(BLOCK);
        let mut extents = [first << 9, (first + 1) << 9];
        let domain = Domain::make(extents.get_mut(..if end - first > 1 { 2 } else { 1 }).unwrap_or(&mut []))?;
        let (port, remote) = events::channel_to(domain.id).unwrap_or((0, 0));
        smp::assign(CPU, job);
        gic::locate(if gic::version() == 3 { GICV3 } else { GICV2 });
        copy(machine, &domain);
        gic::locate(machine.gic);
        let board = foreign(machine, &domain, mm::physical_of(&BOARD) >> 12, BOARD_AT);
        let twin = Self { domain, port, board };
        twin.set(PORT, remote);
        twin.set(INFO, u32::try_from(end * BLOCK).unwrap_or(0));
        twin.domain.set_entry(smp::entry(), CPU as u64)?;
        twin.domain.unpause()?;
        Ok(twin)
    }

    /// Reads a word of its board.
    pub fn get(&self, index: usize) -> u32 {
        self.board.get32(index * 4)
    }

    fn set(&self, index: usize, value: u32) {
        self.board.set32(index * 4, value);
    }

    /// Ends it, whatever it does.
    pub fn end(self) {
        leave(self.board);
        self.domain.destroy();
    }
}

/// Copies the program, page by page.
fn copy(machine: &Machine, domain: &Domain) {
    let base = usize::try_from(machine.image.base).unwrap_or(0);
    let size = usize::try_from(machine.image.size).unwrap_or(0);
    for from in (base..base + size).step_by(4096) {
        let page = foreign(machine, domain, from as u64 >> 12, COPIED_AT);
        for offset in (0..4096).step_by(4) {
            page.set32(offset, mmio::load32(from + offset, 0));
        }
        // The copy begins without caches.
        arch::clean_invalidate(page.address(), 4096);
        leave(page);
    }
}

/// Maps a page of the domain.
fn foreign(machine: &Machine, domain: &Domain, gfn: u64, at: u64) -> Page {
    let grants = machine.hypervisor.map_or(0, |hypervisor| hypervisor.grants.base);
    mm::map_touching(Range { base: grants, size: 64 << 12 });
    let mut lists = Block::<64>::new();
    lists.set64(0, gfn).set64(16, (grants >> 12) + at);
    let address = lists.address() as u64;
    let mut block = Block::<32>::new();
    block.set16(0, DOMID_SELF).set16(2, FOREIGN).set16(4, 1).set16(6, domain.id);
    block.set64(8, address).set64(16, address + 16).set64(24, address + 32);
    let result = xen::call(xen::MEMORY_OP, ADD_RANGE, &mut block);
    if result != 0 || lists.get32(32) != 0 {
        rt::check::abandon(format_args!("a foreign page: {result}, {:#x}", lists.get32(32)));
    }
    pages::at(usize::try_from(grants + (at << 12)).unwrap_or(0))
}

/// Unmaps a page of another domain.
fn leave(page: Page) {
    let mut block = Block::<16>::new();
    block.set16(0, DOMID_SELF).set64(8, page.gfn());
    if xen::call(xen::MEMORY_OP, REMOVE, &mut block) != 0 {
        check("a foreign page is let go", false);
    }
}
