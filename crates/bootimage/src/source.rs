//! Reading a boot module.

/// The bytes of a module; the kernel reads them through its frame windows.
pub trait Source {
    /// Returns the number of bytes.
    fn len_bytes(&self) -> u64;

    /// Copies the bytes from `offset` on into `to`, and returns how many there were.
    fn read(&self, offset: u64, to: &mut [u8]) -> usize;
}

impl Source for [u8] {
    fn len_bytes(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, offset: u64, to: &mut [u8]) -> usize {
        let from = usize::try_from(offset).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let count = from.len().min(to.len());
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
        count
    }
}

/// A part of a source.
pub(crate) struct Part<'a, S: ?Sized> {
    pub whole: &'a S,
    pub offset: u64,
    pub bytes: u64,
}

impl<S: Source + ?Sized> Source for Part<'_, S> {
    fn len_bytes(&self) -> u64 {
        self.bytes
    }

    fn read(&self, offset: u64, to: &mut [u8]) -> usize {
        let left = usize::try_from(self.bytes.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = to.len().min(left);
        match to.get_mut(..count) {
            Some(to) if count > 0 => self.whole.read(self.offset.saturating_add(offset), to),
            _ => 0,
        }
    }
}

/// Reads exactly `N` bytes.
pub(crate) fn bytes_at<const N: usize>(source: &(impl Source + ?Sized), offset: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    (source.read(offset, &mut bytes) == N).then_some(bytes)
}

/// Reads a little-endian word.
pub(crate) fn le32(source: &(impl Source + ?Sized), offset: u64) -> Option<u32> {
    bytes_at(source, offset).map(u32::from_le_bytes)
}

/// Reads a little-endian double word.
pub(crate) fn le64(source: &(impl Source + ?Sized), offset: u64) -> Option<u64> {
    bytes_at(source, offset).map(u64::from_le_bytes)
}

/// Reads a big-endian word.
pub(crate) fn be32(source: &(impl Source + ?Sized), offset: u64) -> Option<u32> {
    bytes_at(source, offset).map(u32::from_be_bytes)
}
