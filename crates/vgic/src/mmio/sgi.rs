//! CPENDSGIR and SPENDSGIR: version 2's pending SGIs by sender (GIC IHI 0048B.b 4.3.16, 4.3.17).

use crate::VcpuGic;
use crate::bits::bit;
use crate::effects::Effects;
use crate::port::Host;
use arm_spec::gic::gicd;

impl VcpuGic {
    /// Reads the senders of four pending SGIs.
    pub(super) fn read_sgi_sources<H: Host>(&mut self, reg: u32, host: &mut H) -> u32 {
        let first = reg & 0xc;
        self.publish_word(0, None, host);
        let byte = |n: u32| {
            let id = first | n;
            let waiting = self.sources.get(id as usize).copied().unwrap_or(0);
            waiting | self.resident_source(id)
        };
        u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)])
    }

    /// Writes the senders of four SGIs: those named become, or are no more, pending.
    pub(super) fn write_sgi_sources<H: Host>(&mut self, reg: u32, value: u32, host: &mut H) -> Effects {
        let first = reg & 0xc;
        let set = reg & !0xf == gicd::SPENDSGIR;
        let fx = if set { Effects::NONE } else { self.take_word_back(0, 0xf << first, None, host) };
        let existing = crate::bits::low8(bit(u32::from(self.model.vcpus())).wrapping_sub(1));
        for (byte, id) in value.to_le_bytes().into_iter().zip(first..) {
            if set && byte & existing != 0 {
                self.add_sgi(id, byte & existing);
            } else if let Some(sources) = self.sources.get_mut(id as usize)
                && !set
            {
                *sources &= !byte;
                crate::word::put(&mut self.word.latch, bit(id), *sources != 0);
            }
        }
        self.touch();
        fx
    }
}
