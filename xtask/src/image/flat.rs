//! Lays an ELF's segments out as the flat image that a boot loader copies to memory.

use super::elf::Elf;
use anyhow::{Context, Result, bail};

/// More than any image of ours: a linker script gone wrong, not a hypervisor.
const IMAGE_BYTES_MAX: u64 = 16 << 20;

/// A flat image; byte `n` belongs at `base + n`.
#[derive(Clone, Debug)]
pub struct Flat {
    /// The lowest address linked to.
    pub base: u64,
    /// The image's bytes.
    pub bytes: Vec<u8>,
}

impl Flat {
    /// Writes `bytes` at the linked address `address`, filling a gap before it with zeros.
    ///
    /// # Errors
    /// The address is below the image, or absurdly far above.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> Result<()> {
        let start = address.checked_sub(self.base).context("an address is below the image's base")?;
        let end = start + u64::try_from(bytes.len())?;
        if end > IMAGE_BYTES_MAX {
            bail!(
                "{address:#x} is {start:#x} bytes from the base {:#x}: look at the linker script",
                self.base
            );
        }
        let (start, end) = (usize::try_from(start)?, usize::try_from(end)?);
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes.get_mut(start..end).context("the image was just made long enough")?.copy_from_slice(bytes);
        Ok(())
    }
}

/// Puts every loadable segment at its address minus the lowest one.
///
/// # Errors
/// There is nothing to load, or segments lie too far apart.
pub fn flatten(elf: &Elf<'_>) -> Result<Flat> {
    let loaded = || elf.segments.iter().filter(|segment| !segment.bytes.is_empty());
    let base = loaded().map(|segment| segment.address).min().context("the ELF has nothing to load")?;
    let mut flat = Flat { base, bytes: Vec::new() };
    for segment in loaded() {
        flat.write(segment.address, segment.bytes)?;
    }
    Ok(flat)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::elf::Segment;

    #[test]
    fn segments_go_to_their_addresses_and_gaps_are_zero() {
        let segments =
            vec![Segment { address: 0x2004, bytes: &[5, 6] }, Segment { address: 0x2000, bytes: &[1, 2] }];
        let flat = flatten(&Elf { segments, symbols: Vec::new() }).unwrap();
        assert_eq!((flat.base, flat.bytes.as_slice()), (0x2000, [1, 2, 0, 0, 5, 6].as_slice()));
    }

    #[test]
    fn refuses_nothing_and_too_much() {
        assert!(flatten(&Elf { segments: Vec::new(), symbols: Vec::new() }).is_err());
        let segments = vec![Segment { address: 0, bytes: &[1] }, Segment { address: 1 << 40, bytes: &[1] }];
        assert!(flatten(&Elf { segments, symbols: Vec::new() }).is_err());
    }
}
