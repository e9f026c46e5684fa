//! gzip (RFC 1952), inflated in steps through lent memory.

use crate::GzipError;
use crate::crc32::Crc32;
use crate::source::{Source, bytes_at, le32};
use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use core::ops::ControlFlow;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_IGNORE_ADLER32};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

const WINDOW_BYTES: usize = 32 << 10;
const INPUT_BYTES: usize = 4 << 10;
/// Deflate makes at most 1032 bytes of one.
const MAX_RATIO: u64 = 1032;

const FLAG_HEADER_CRC: u8 = 1 << 1;
const FLAG_EXTRA: u8 = 1 << 2;
const FLAG_NAME: u8 = 1 << 3;
const FLAG_COMMENT: u8 = 1 << 4;
const FLAGS_RESERVED: u8 = 0xe0;

/// Memory to read and inflate through: 36 KiB of buffers and the decompressor's 11 KiB.
pub struct Scratch {
    decompressor: Vec<DecompressorOxide>,
    pub(crate) window: Vec<u8>,
    pub(crate) input: Vec<u8>,
}

impl Scratch {
    /// Allocates the memory.
    ///
    /// # Errors
    /// If it cannot be had.
    pub fn new() -> Result<Self, TryReserveError> {
        let mut decompressor = Vec::new();
        decompressor.try_reserve_exact(1)?;
        decompressor.push(DecompressorOxide::new());
        Ok(Self { decompressor, window: zeroed(WINDOW_BYTES)?, input: zeroed(INPUT_BYTES)? })
    }
}

fn zeroed(bytes: usize) -> Result<Vec<u8>, TryReserveError> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(bytes)?;
    buffer.resize(bytes, 0);
    Ok(buffer)
}

/// Tells whether a gzip stream starts at `offset`.
pub(crate) fn is_gzip<S: Source + ?Sized>(source: &S, offset: u64) -> bool {
    bytes_at(source, offset) == Some([0x1f, 0x8b])
}

/// The unpacked length that the trailer claims, if the ratio is possible.
pub(crate) fn claimed_bytes<S: Source + ?Sized>(source: &S) -> u64 {
    let bytes = source.len_bytes();
    let claimed = bytes.checked_sub(4).and_then(|at| le32(source, at)).map_or(0, u64::from);
    if claimed <= bytes.saturating_mul(MAX_RATIO) { claimed } else { 0 }
}

/// Inflates one stream, handing out its bytes with their offset in order, until `out` breaks.
///
/// At most `limit` bytes are handed out. The check sum is verified when the stream ends.
pub(crate) fn inflate<S: Source + ?Sized>(
    source: &S,
    scratch: &mut Scratch,
    limit: u64,
    out: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
) -> Result<u64, GzipError> {
    let mut at = header_bytes(source)?;
    let Scratch { decompressor, window, input } = scratch;
    let decompressor = decompressor.first_mut().ok_or(GzipError::Corrupt)?;
    decompressor.init();
    let mut crc = Crc32::new();
    let mut made = 0u64;
    let mut position = 0;
    loop {
        let read = source.read(at, input);
        let chunk = input.get(..read).unwrap_or_default();
        let last = at.saturating_add(read as u64) >= source.len_bytes();
        let more = if last { 0 } else { TINFL_FLAG_HAS_MORE_INPUT };
        let (status, used, count) =
            decompress(decompressor, chunk, window, position, TINFL_FLAG_IGNORE_ADLER32 | more);
        at = at.saturating_add(used as u64);
        let end = position.saturating_add(count);
        let bytes = window.get(position..end).unwrap_or_default();
        position = if end >= WINDOW_BYTES { 0 } else { end };
        crc.update(bytes);
        if made.saturating_add(count as u64) > limit {
            return Err(GzipError::TooLarge { limit });
        }
        if out(made, bytes).is_break() {
            return Ok(made.saturating_add(count as u64));
        }
        made = made.saturating_add(count as u64);
        match status {
            TINFLStatus::Done => break,
            TINFLStatus::HasMoreOutput => {}
            TINFLStatus::NeedsMoreInput if used > 0 || count > 0 => {}
            TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => {
                return Err(GzipError::Truncated);
            }
            _ => return Err(GzipError::Corrupt),
        }
    }
    check_trailer(source, at, (crc, made))?;
    Ok(made)
}

fn check_trailer<S: Source + ?Sized>(
    source: &S,
    at: u64,
    (crc, made): (Crc32, u64),
) -> Result<(), GzipError> {
    let trailer = bytes_at::<8>(source, at).ok_or(GzipError::Truncated)?;
    let [a, b, c, d, length @ ..] = trailer;
    let same = u32::from_le_bytes([a, b, c, d]) == crc.value()
        && u64::from(u32::from_le_bytes(length)) == made & u64::from(u32::MAX);
    if same { Ok(()) } else { Err(GzipError::Checksum) }
}

/// The length of the stream's header.
fn header_bytes<S: Source + ?Sized>(source: &S) -> Result<u64, GzipError> {
    let [id1, id2, method, flags] = bytes_at(source, 0).ok_or(GzipError::Truncated)?;
    if (id1, id2, method) != (0x1f, 0x8b, 8) || flags & FLAGS_RESERVED != 0 {
        return Err(GzipError::Header);
    }
    let mut at = 10u64;
    if flags & FLAG_EXTRA != 0 {
        let extra = bytes_at(source, at).map(u16::from_le_bytes).ok_or(GzipError::Truncated)?;
        at = at.saturating_add(2).saturating_add(extra.into());
    }
    for flag in [FLAG_NAME, FLAG_COMMENT] {
        if flags & flag != 0 {
            at = after_string(source, at)?;
        }
    }
    if flags & FLAG_HEADER_CRC != 0 {
        at = at.saturating_add(2);
    }
    Ok(at)
}

fn after_string<S: Source + ?Sized>(source: &S, from: u64) -> Result<u64, GzipError> {
    const MAX_BYTES: u64 = 4096;
    for at in from..from.saturating_add(MAX_BYTES) {
        match bytes_at(source, at) {
            Some([0]) => return Ok(at.saturating_add(1)),
            Some(_) => {}
            None => return Err(GzipError::Truncated),
        }
    }
    Err(GzipError::Header)
}
