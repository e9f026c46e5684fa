//! What a debugger or a console key may see of an interrupt, without changing anything.
//!
//! The state of a resident interrupt is what its owner last wrote or read, so it may be old.

use crate::bits::bit;
use crate::dist::{NOBODY, named};
use crate::word::Word;
use crate::{Distributor, LrState, VcpuGic};
use types::{IntId, VcpuId};

/// One interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// GICD_ISENABLER or GICR_ISENABLER0.
    pub enabled: bool,
    /// Edge-triggered.
    pub edge: bool,
    /// Where it stands.
    pub state: LrState,
    /// The priority.
    pub priority: u8,
    /// The vCPU that has it in a list register or active.
    pub owner: Option<VcpuId>,
    /// The vCPU to which it is routed.
    pub home: Option<VcpuId>,
    /// The physical interrupt behind it.
    pub physical: Option<IntId>,
}

impl Distributor {
    /// Shows an SPI, or `None` if there is no such.
    pub fn inspect(&self, spi: IntId) -> Option<View> {
        let (word, mask) = self.word(spi)?;
        let entry = self.spi(spi)?;
        let owned = (word.resident | word.active) & mask != 0;
        let owner = if owned { entry.owner } else { NOBODY };
        let view = view(word, mask, entry.priority);
        Some(View { owner: named(owner), home: named(entry.home), physical: self.physical(spi), ..view })
    }
}

impl VcpuGic {
    /// Shows an SGI or a PPI, or `None` for another identifier.
    pub fn inspect(&self, private: IntId) -> Option<View> {
        let priority = *self.priority.get(private.index())?;
        let me = Some(self.id);
        let physical = self.physical(private);
        Some(View { owner: me, home: me, physical, ..view(&self.word, bit(private.raw()), priority) })
    }
}

fn view(word: &Word, mask: u32, priority: u8) -> View {
    let resident = word.resident & mask;
    let pending = (word.pending() & mask) | (word.snap_pending & resident);
    let active = (word.active & mask) | (word.snap_active & resident);
    View {
        enabled: word.enabled & mask != 0,
        edge: word.edge & mask != 0,
        state: LrState::from_halves(pending != 0, active != 0),
        priority,
        owner: None,
        home: None,
        physical: None,
    }
}
