//! The end of a stage 2: its memory goes run by run, then its tables, then its root and VMID.

use super::{Inner, P2m, frames, is_ram, shape};
use crate::arch::tlb;
use pagetable::{Attrs, Extent, Span, Teardown};
use types::{Ipa, Mfn, PAGE_BYTES, PAGE_SHIFT};

/// The most that is unmapped at once when a domain ends: frames that are alike are freed as one.
const RUN_BYTES: u64 = 2 << 20;
/// Tables that are freed at once.
const TABLES: usize = 8;

/// A run of pages that was unmapped.
#[derive(Clone, Copy, Debug)]
pub struct Unmapped {
    /// The first frame behind it.
    pub mfn: Mfn,
    /// Frames.
    pub frames: u64,
    attrs: Attrs,
}

impl Unmapped {
    /// Tells whether it was memory that the domain owns.
    pub fn is_own_memory(&self) -> bool {
        is_ram(self.attrs)
    }
}

impl P2m {
    /// Unmaps the first run of a domain that never runs again, or returns `None` if nothing is mapped.
    pub fn take_first(&self) -> Option<Unmapped> {
        let inner = &mut *self.inner.write();
        let Inner { table, store, .. } = inner;
        let start = store.emptied;
        let all = Span::new(Ipa::new(start), shape().geometry.input_end().saturating_sub(start));
        let Some(found) = table.next_mapped(store, all) else {
            // Somebody who was at it before the end began may still map a page: look again from the start.
            store.emptied = 0;
            return None;
        };
        let first = found.span.start.raw();
        // Up to the next boundary, so that the runs after it are whole.
        let room = RUN_BYTES - first % RUN_BYTES;
        let bytes = found.span.bytes.min(room).max(PAGE_BYTES);
        let run = Extent { span: Span::new(found.span.start, bytes), mapping: found.mapping };
        if table.unmap(store, run.span).is_err() {
            // A block of 1 GiB could not be split for want of a table: it goes at once.
            table.unmap(store, found.span).ok()?;
            return Some(unmapped(found));
        }
        store.emptied = first;
        if !is_ram(run.mapping.attrs) {
            inner.release(Some(run.mapping));
        }
        Some(unmapped(run))
    }

    /// Gives some of the tables back; true once only the root is left.
    pub fn free_some_tables(&self) -> bool {
        let Inner { table, store, .. } = &mut *self.inner.write();
        table.teardown(store, TABLES) == Teardown::Complete
    }
}

fn unmapped(run: Extent<Ipa>) -> Unmapped {
    let mfn = run.mapping.pa.frame();
    Unmapped { mfn, frames: run.span.bytes >> PAGE_SHIFT, attrs: run.mapping.attrs }
}

impl Drop for P2m {
    fn drop(&mut self) {
        let mut inner = self.inner.write();
        let Inner { table, store, .. } = &mut *inner;
        while table.teardown(store, TABLES) != Teardown::Complete {}
        // The tables translate nothing any more: what is forgotten now does not come back.
        store.with_vmid(tlb::flush_vmid);
        store.spare.drain(..).for_each(frames::free_table);
        frames::free_root(table.root(), shape().geometry.root_bytes());
    }
}
