//! The 2-level ABI: a bit per port in `shared_info`, a bit per 64 ports in `vcpu_info`.

use crate::domain::EventChannels;
use crate::send::Delivery;
use crate::words::{Change, Hostile, Place, SharedWords, Word, clear, set};
use types::{Port, VcpuId};
use xen_abi::shared_info::{EVTCHN_MASK, EVTCHN_PENDING, PENDING_SEL, UPCALL_PENDING};

/// Offsets of the two words of `evtchn_pending_sel`.
pub(crate) const SELECTOR_HALVES: [usize; 2] = [PENDING_SEL, PENDING_SEL + 4];
/// Words of `evtchn_pending`.
pub(crate) const PENDING_WORDS: usize = 128;

/// Tells a vCPU's guest that an event waits; the interrupt is to be raised if it did not know.
#[inline]
pub(crate) fn upcall<W: SharedWords>(info: Place, vcpu: VcpuId, words: &W) -> Result<Delivery, Hostile> {
    // The pending flag is the first of the word's bytes; the other ones are padding on Arm.
    Ok(match set(words, info.word(UPCALL_PENDING), 1)? {
        Change::Made => Delivery::Notify(vcpu),
        Change::Unneeded => Delivery::Pending,
    })
}

impl EventChannels {
    #[inline]
    pub(crate) fn set_pending_2l<W: SharedWords>(
        &self,
        port: Port,
        vcpu: VcpuId,
        words: &W,
    ) -> Result<Delivery, Hostile> {
        if set(words, self.pending_word(port), bit(port))? == Change::Unneeded {
            return Ok(Delivery::Nothing);
        }
        if words.load(self.mask_word(port)) & bit(port) != 0 {
            return Ok(Delivery::Pending);
        }
        self.select(port, vcpu, words)
    }

    #[inline]
    pub(crate) fn unmask_2l<W: SharedWords>(
        &self,
        port: Port,
        vcpu: VcpuId,
        words: &W,
    ) -> Result<Delivery, Hostile> {
        let unmasked = clear(words, self.mask_word(port), bit(port))?;
        if unmasked == Change::Unneeded || !self.is_pending_2l(port, words) {
            return Ok(Delivery::Nothing);
        }
        self.select(port, vcpu, words)
    }

    pub(crate) fn is_pending_2l<W: SharedWords>(&self, port: Port, words: &W) -> bool {
        words.load(self.pending_word(port)) & bit(port) != 0
    }

    pub(crate) fn is_masked_2l<W: SharedWords>(&self, port: Port, words: &W) -> bool {
        words.load(self.mask_word(port)) & bit(port) != 0
    }

    pub(crate) fn clear_pending_2l<W: SharedWords>(&self, port: Port, words: &W) -> Result<(), Hostile> {
        clear(words, self.pending_word(port), bit(port)).map(|_| ())
    }

    /// Returns a word of `evtchn_pending`.
    pub(crate) const fn pending_at(&self, index: usize) -> Word {
        Word { frame: self.shared_info, index: index.wrapping_add(EVTCHN_PENDING >> 2) }
    }

    /// Points the notified vCPU at the port's word.
    #[inline]
    fn select<W: SharedWords>(&self, port: Port, vcpu: VcpuId, words: &W) -> Result<Delivery, Hostile> {
        let Some(info) = self.vcpu_info(vcpu) else {
            return Ok(Delivery::Pending);
        };
        let group = port.raw() >> 6;
        let half = if group < 32 { 0 } else { 4 };
        match set(words, info.word(half | PENDING_SEL), 1 << (group & 31))? {
            Change::Made => upcall(info, vcpu, words),
            Change::Unneeded => Ok(Delivery::Pending),
        }
    }

    const fn pending_word(&self, port: Port) -> Word {
        self.pending_at(port.index() >> 5)
    }

    const fn mask_word(&self, port: Port) -> Word {
        let index = (port.index() >> 5).wrapping_add(EVTCHN_MASK >> 2);
        Word { frame: self.shared_info, index }
    }
}

/// The port's bit in its 32-bit word: the ABI's 64-bit words are little-endian.
const fn bit(port: Port) -> u32 {
    1 << (port.raw() & 31)
}
