//! The accesses to the distributor that need no vCPU's part: they find or change no list register.
//!
//! They are those that guests make most, and ask for the distributor's lock only.

use super::{Access, Bank, Width, bank_word};
use crate::effects::Effects;
use crate::port::Mailboxes;
use crate::{Distributor, Mailbox, Model, Version};
use arm_spec::gic::{SPI_END, gicd};
use types::IntId;

impl Model {
    /// Reads a word of the distributor that needs no lock: what never changes, and GICD_CTLR, of whose group
    /// enables `mailbox`, any vCPU's, has a copy.
    #[inline(always)]
    pub fn read_unlocked(&self, offset: u32, mailbox: &Mailbox) -> Option<u32> {
        if offset == gicd::CTLR {
            return Some(self.control(mailbox.groups()));
        }
        self.constant(offset)
    }

    /// Returns GICD_CTLR.
    #[inline]
    pub(super) const fn control(&self, groups: u32) -> u32 {
        match self.version() {
            Version::V2 => groups,
            Version::V3 => groups | gicd::CTLR_ARE | gicd::CTLR_DS,
        }
    }
}

impl Distributor {
    /// Reads a register that shows nothing of a list register's content, or returns `None`.
    #[inline]
    pub fn read_alone(&self, access: Access) -> Option<u64> {
        if access.width != Width::Word {
            return None;
        }
        let value = match (access.offset, Bank::of(access.offset)) {
            (gicd::CTLR, _) => self.model.control(self.groups),
            (reg, Some(Bank::Group)) => self.words.get(word_of(reg)?)?.group,
            (reg, Some(Bank::SetEnable | Bank::ClearEnable)) => self.words.get(word_of(reg)?)?.enabled,
            _ => return None,
        };
        Some(u64::from(value))
    }

    /// Tells whether a write of a word only enables what is enabled, or disables what is disabled.
    #[inline]
    pub fn changes_nothing(&self, offset: u32, value: u32) -> bool {
        let word = |reg| word_of(reg).and_then(|index| self.words.get(index));
        let changed = match Bank::of(offset) {
            Some(Bank::SetEnable) => word(offset).map(|word| value & !word.enabled),
            Some(Bank::ClearEnable) => word(offset).map(|word| value & word.enabled),
            _ => None,
        };
        changed == Some(0)
    }

    /// Enables or disables SPIs, or returns false and does nothing where one of them is in a list register,
    /// or the access is another.
    pub fn write_alone<M: Mailboxes + ?Sized>(
        &mut self,
        access: Access,
        value: u64,
        boxes: &M,
        fx: &mut Effects,
    ) -> bool {
        let (Some(bank), Some(index)) = (Bank::of(access.offset), word_of(access.offset)) else {
            return false;
        };
        let Some(word) = self.words.get_mut(index) else { return false };
        let base = IntId::new(crate::dist::first_of(index));
        let value = crate::bits::low32(value) & if base.raw() == LAST_WORD { LAST_SPIS } else { !0 };
        let (new, old) = match bank {
            Bank::SetEnable => (value & !word.enabled, 0),
            Bank::ClearEnable => (0, value & word.enabled),
            _ => return false,
        };
        if access.width != Width::Word || word.may_have_fallen(new) | old & word.resident != 0 {
            return false;
        }
        fx.phys = word.write(bank, new | old, new | old, base).0;
        self.dispatch_word(index, new, boxes, fx);
        true
    }
}

/// First interrupt of the last word, and which of that word there are.
const LAST_WORD: u32 = SPI_END & !31;
const LAST_SPIS: u32 = (1 << (SPI_END & 31)) - 1;

/// Returns the index of the word of SPIs that an aligned register of a bank is about.
#[inline]
const fn word_of(reg: u32) -> Option<usize> {
    match bank_word(reg) {
        0 => None,
        _ if reg & 3 != 0 => None,
        n => Some(n.wrapping_sub(1) as usize),
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;
    use crate::{Effects, PhysOp};

    fn distributor() -> Distributor {
        let limits = crate::Limits { priority_bits: 5, affinity3: false };
        let mut dist = Distributor::new(Model::new(Version::V3, 1, 988, limits).unwrap()).unwrap();
        dist.forward(IntId::new(40), IntId::new(40)).unwrap();
        dist
    }

    fn at(offset: u32) -> Access {
        Access { offset, width: Width::Word }
    }

    /// Writes, and returns what is left to do.
    fn write(dist: &mut Distributor, offset: u32, value: u32) -> Option<Effects> {
        let mut fx = Effects::NONE;
        let boxes = [Mailbox::new()];
        dist.write_alone(at(offset), value.into(), boxes.as_slice(), &mut fx).then_some(fx)
    }

    #[test]
    fn enabling_is_seen_and_passed_on_once() {
        let mut dist = distributor();
        let mask = 1 << 8;
        let on = Effects { phys: PhysOp::Enable { base: IntId::new(32), mask }, ..Effects::NONE };
        assert!(!dist.changes_nothing(0x104, mask));
        assert_eq!(write(&mut dist, 0x104, mask), Some(on));
        assert!(dist.changes_nothing(0x104, mask));
        assert!(!dist.changes_nothing(0x184, mask));
        assert_eq!(write(&mut dist, 0x104, mask), Some(Effects::NONE));
        assert_eq!(dist.read_alone(at(0x184)), Some(0x100));
        let off = Effects { phys: PhysOp::Disable { base: IntId::new(32), mask }, ..Effects::NONE };
        assert_eq!(write(&mut dist, 0x184, mask), Some(off));
        assert!(dist.changes_nothing(0x184, mask));
        assert_eq!(write(&mut dist, 0x184, mask), Some(Effects::NONE));
        assert_eq!(dist.read_alone(at(0x104)), Some(0));
    }

    #[test]
    fn banked_narrow_and_other_registers_are_left_to_the_vcpu() {
        let mut dist = distributor();
        for offset in [0x100, 0x105, 0x204, 0x304, 0x420, 0xc08] {
            assert_eq!(dist.read_alone(at(offset)), None, "{offset:#x}");
            assert_eq!(write(&mut dist, offset, 1), None, "{offset:#x}");
            assert!(!dist.changes_nothing(offset, 0), "{offset:#x}");
        }
        assert_eq!(dist.read_alone(Access { offset: 0x104, width: Width::Byte }), None);
    }

    #[test]
    fn there_are_no_spis_beyond_the_last() {
        let mut dist = distributor();
        assert!(write(&mut dist, 0x17c, 0xffff_ffff).is_some());
        assert_eq!(dist.read_alone(at(0x17c)), Some(0x0fff_ffff));
    }
}
