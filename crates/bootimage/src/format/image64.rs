//! The arm64 Image (Linux Documentation/arch/arm64/booting.rst, section 4).

use super::Present;
use crate::source::{Source, bytes_at, le32, le64};
use crate::{Error, LoadRule};

const MAGIC: u32 = 0x644d_5241;
const MAGIC_OFFSET: u64 = 56;
const HEADER_BYTES: u64 = 64;
const FLAG_BIG_ENDIAN: u64 = 1;
/// Where images without `image_size` go.
const LEGACY_TEXT_OFFSET: u64 = 0x8_0000;
/// Room for the bss of images without `image_size`.
const LEGACY_BSS_BYTES: u64 = 16 << 20;
/// No kernel has more; a header that says so is corrupt.
const MAX_BYTES: u64 = 1 << 30;
const BASE_ALIGN: u64 = 2 << 20;

/// Where an Image may run and the bytes it needs from there; `None` if it is no Image.
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
    let field = |offset| le64(source, offset).ok_or(Error::BadHeader("Image"));
    let (text_offset, image_size, flags) = (field(8)?, field(16)?, field(24)?);
    let unpacked = match present {
        Present::All(bytes) => {
            check_complete(source, bytes)?;
            bytes
        }
        Present::Head(bytes) => bytes,
    };
    if image_size == 0 {
        let needed = unpacked.saturating_add(LEGACY_BSS_BYTES);
        return Ok((LoadRule::Image { text_offset: LEGACY_TEXT_OFFSET }, needed));
    }
    if flags & FLAG_BIG_ENDIAN != 0 {
        return Err(Error::BigEndian);
    }
    if image_size > MAX_BYTES {
        return Err(Error::BadHeader("image_size"));
    }
    if text_offset >= BASE_ALIGN || text_offset & 0xfff != 0 {
        return Err(Error::BadHeader("text_offset"));
    }
    Ok((LoadRule::Image { text_offset }, image_size.max(unpacked)))
}

/// Checks that the sections of the PE header, if there is one, are all there.
///
/// `image_size` counts the bss too, so that it cannot tell a short file (Microsoft PE format, 4 and 5).
fn check_complete<S: Source + ?Sized>(source: &S, present: u64) -> Result<(), Error> {
    match pe_end(source) {
        Some(promised) if promised > present => Err(Error::Truncated { promised, present }),
        _ if present < HEADER_BYTES => Err(Error::TooShort { bytes: present }),
        _ => Ok(()),
    }
}

/// The end of the last section's bytes in the file.
fn pe_end<S: Source + ?Sized>(source: &S) -> Option<u64> {
    const SECTION_BYTES: u64 = 40;
    const MAX_SECTIONS: u16 = 16;
    if bytes_at(source, 0)? != *b"MZ" {
        return None;
    }
    let pe = u64::from(le32(source, 60)?);
    if bytes_at(source, pe)? != *b"PE\0\0" {
        return None;
    }
    let half = |offset: u64| bytes_at(source, pe.checked_add(offset)?).map(u16::from_le_bytes);
    let (sections, optional) = (half(6)?, half(20)?);
    if sections > MAX_SECTIONS {
        return None;
    }
    let table = pe.checked_add(24)?.checked_add(optional.into())?;
    (0..u64::from(sections)).try_fold(0, |end, index| {
        let section = table.checked_add(index.checked_mul(SECTION_BYTES)?)?;
        let bytes = u64::from(le32(source, section.checked_add(16)?)?);
        let start = u64::from(le32(source, section.checked_add(20)?)?);
        start.checked_add(bytes).map(|section_end| section_end.max(end))
    })
}
