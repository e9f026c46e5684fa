//! What an operation has taken out of a tree and must flush, and then free.

use crate::node::Run;
use crate::{FlushRange, FlushScope, Stage, TableStore};
use types::PhysAddr;

/// Marks entry 0 of a detached table as the link to the next one; bit 0 is clear, so it is invalid.
const LINK: u64 = 1 << 1;

/// Leaves and tables unlinked since the last flush.
///
/// Detached tables are chained through their first entries, which a walker that still holds the
/// table in its cache takes for invalid: no memory is needed to remember them.
pub(crate) struct Detached {
    stage: Stage,
    hull: Option<Run>,
    stride_bytes: u64,
    scope: FlushScope,
    tables: Option<PhysAddr>,
}

impl Detached {
    pub fn new(stage: Stage) -> Self {
        Self { stage, hull: None, stride_bytes: u64::MAX, scope: FlushScope::Leaves, tables: None }
    }

    /// Notes that leaves of `leaf_bytes` in `run` have changed.
    pub fn leaf(&mut self, run: Run, leaf_bytes: u64) {
        let hull = self.hull.unwrap_or(run);
        self.hull = Some(Run { start: hull.start.min(run.start), end: hull.end.max(run.end) });
        self.stride_bytes = self.stride_bytes.min(leaf_bytes);
    }

    /// Takes `table`, unlinked from the slot `run`; its content is lost.
    pub fn table<S: TableStore>(&mut self, store: &mut S, table: PhysAddr, run: Run) {
        self.leaf(run, run.end - run.start);
        self.scope = FlushScope::Tables;
        store.write(table, 0, self.tables.map_or(0, |next| next.raw() | LINK));
        self.tables = Some(table);
    }

    /// Flushes what has changed, if anything, then frees the detached tables.
    pub fn flush_and_free<S: TableStore>(self, store: &mut S) {
        let Some(hull) = self.hull else { return };
        store.flush(FlushRange {
            stage: self.stage,
            start: hull.start,
            bytes: hull.end - hull.start,
            stride_bytes: self.stride_bytes,
            scope: self.scope,
        });
        let mut next = self.tables;
        while let Some(table) = next {
            let link = store.read(table, 0);
            next = (link & LINK != 0).then(|| PhysAddr::new(link & !LINK));
            store.free(table);
        }
    }
}
