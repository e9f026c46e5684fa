//! Checked big-endian reads.

/// Reads the 32-bit word at byte `at`.
pub(crate) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk::<4>()?))
}

/// Reads the 64-bit word at byte `at`.
pub(crate) fn be64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(at..)?.first_chunk::<8>()?))
}

/// Reads the text from byte `at` up to the NUL that ends it.
pub(crate) fn text(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let tail = bytes.get(at..)?;
    tail.get(..tail.iter().position(|&byte| byte == 0)?)
}

/// Widens an offset of the format to an index; no target has a `usize` below 32 bits.
pub(crate) const fn index(offset: u32) -> usize {
    offset as usize
}
