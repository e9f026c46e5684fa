//! The arm32 zImage (Linux Documentation/arch/arm/booting.rst; its head and its size table).

use super::Present;
use crate::source::{Source, le32};
use crate::{Error, LoadRule};
use types::PhysAddr;

const MAGIC: u32 = 0x016f_2818;
const MAGIC_OFFSET: u64 = 0x24;
const LITTLE_ENDIAN: u32 = 0x0403_0201;
const BIG_ENDIAN: u32 = 0x0102_0304;
const TABLE_MAGIC: u32 = 0x4545_4545;
const TAG_KERNEL_SIZE: u32 = 0x5a53_4c4b;
const MAX_BYTES: u64 = 128 << 20;

/// What an image whose size is not known is taken to unpack to.
const UNKNOWN_BYTES: u64 = 64 << 20;
/// The largest offset from its base at which a kernel that does not say so runs, and its page tables below.
const DEFAULT_TEXT_OFFSET: u64 = 0x20_8000;
/// The decompressor's own stack, heap and bss behind the kernel.
const DECOMPRESSOR_BYTES: u64 = 1 << 20;

/// Where a zImage may run and the bytes it needs from there; `None` if it is no zImage.
pub(crate) fn probe<S: Source + ?Sized>(
    source: &S,
    present: Present,
) -> Option<Result<(LoadRule, u64), Error>> {
    if le32(source, MAGIC_OFFSET)? != MAGIC {
        return None;
    }
    Some(read(source, present))
}

fn read<S: Source + ?Sized>(source: &S, present: Present) -> Result<(LoadRule, u64), Error> {
    let field = |offset| le32(source, offset).ok_or(Error::BadHeader("zImage"));
    let (start, end, endian) = (field(0x28)?, field(0x2c)?, field(0x30)?);
    if endian == BIG_ENDIAN {
        return Err(Error::BigEndian);
    }
    let bytes = u64::from(end.checked_sub(start).ok_or(Error::BadHeader("zImage end"))?);
    if bytes <= MAGIC_OFFSET || bytes > MAX_BYTES {
        return Err(Error::BadHeader("zImage end"));
    }
    // What follows the image, such as an appended device tree, is left out.
    match present {
        Present::All(present) if present < bytes => {
            return Err(Error::Truncated { promised: bytes, present });
        }
        Present::All(_) | Present::Head(_) => {}
    }
    if start != 0 {
        let load = PhysAddr::new(start.into());
        return Ok((LoadRule::Fixed { load, entry: load }, bytes));
    }
    let unpacked = if endian == LITTLE_ENDIAN { unpacked_bytes(source) } else { None };
    let room_bytes = unpacked.unwrap_or(UNKNOWN_BYTES).saturating_add(DECOMPRESSOR_BYTES);
    Ok((LoadRule::ZImage { room_bytes }, bytes))
}

/// The bytes from its base up to the end of the unpacked kernel's bss, if the size table tells.
fn unpacked_bytes<S: Source + ?Sized>(source: &S) -> Option<u64> {
    const MAX_TAGS: usize = 16;
    if le32(source, 0x34)? != TABLE_MAGIC {
        return None;
    }
    let mut at = u64::from(le32(source, 0x38)?);
    for _ in 0..MAX_TAGS {
        let words = le32(source, at)?;
        if words < 2 {
            return None;
        }
        let word = |index: u64| le32(source, at.checked_add(index.checked_mul(4)?)?).map(u64::from);
        if word(1)? == TAG_KERNEL_SIZE.into() {
            let text = le32(source, word(2)?)?;
            let offset = if words >= 5 { word(4)? } else { DEFAULT_TEXT_OFFSET };
            let end = u64::from(text).checked_add(word(3)?)?.checked_add(offset)?;
            return (end <= MAX_BYTES).then_some(end);
        }
        at = at.checked_add(u64::from(words).checked_mul(4)?)?;
    }
    None
}
