//! The log that the hypervisor keeps in memory, found in a dump of that memory.
//!
//! A magic number, the ring's size, the bytes ever written, the ring (hypervisor/src/machine/ram_log.rs).

/// Starts the log.
const MAGIC: &[u8; 16] = b"XENOLITH RAM LOG";
/// Magic, size, count.
const HEADER_BYTES: usize = 24;
/// No ring is larger.
const MAX_BYTES: usize = 1 << 20;

/// Gives the text of the first log in `memory`, oldest byte first.
pub fn find(memory: &[u8]) -> Option<String> {
    (0..memory.len()).step_by(8).find_map(|at| read(memory.get(at..)?))
}

/// Reads the log at the start of `memory`, if there is one and not only the magic number in some code.
fn read(memory: &[u8]) -> Option<String> {
    memory.strip_prefix(MAGIC)?;
    let word = |offset: usize| {
        let bytes = memory.get(offset..offset + 4)?;
        usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    let (size, written) = (word(16)?, word(20)?);
    if !size.is_power_of_two() || size > MAX_BYTES {
        return None;
    }
    let ring = memory.get(HEADER_BYTES..HEADER_BYTES + size)?;
    let (newer, older) = ring.split_at_checked(written % size)?;
    let text = if written < size { newer.to_vec() } else { [older, newer].concat() };
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(written: u32, ring: &[u8]) -> Vec<u8> {
        let size = u32::try_from(ring.len()).unwrap().to_le_bytes();
        [&[0xee; 40], MAGIC.as_slice(), &size, &written.to_le_bytes(), ring, &[0; 9]].concat()
    }

    #[test]
    fn finds_a_log_and_unrolls_it() {
        assert_eq!(find(&memory(3, b"abc\0\0\0\0\0")).as_deref(), Some("abc"));
        assert_eq!(find(&memory(10, b"ijcdefgh")).as_deref(), Some("cdefghij"));
        assert_eq!(find(&memory(3, b"abc\0\0\0\0\0")[..70]), None);
        assert_eq!(find(&memory(3, b"abc")), None);
        assert_eq!(find(&[0; 100]), None);
    }
}
