//! Kernels of a few bytes: they do nothing, with the header of a real one.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// `wfi; b .-4`.
const IDLE: [u32; 2] = [0xd503_207f, 0x17ff_ffff];

/// An arm64 Image of `bytes` bytes that waits for interrupts for ever.
pub fn image(bytes: usize) -> Vec<u8> {
    let mut image = vec![0; bytes.max(128)];
    // The first instruction jumps over the header: b .+64.
    let fields: [(usize, &[u8]); 5] = [
        (0, &0x1400_0010_u32.to_le_bytes()),
        (16, &u64::try_from(image.len()).unwrap_or(0).to_le_bytes()),
        (24, &0xa_u64.to_le_bytes()),
        (56, b"ARM\x64"),
        (64, &[IDLE[0].to_le_bytes(), IDLE[1].to_le_bytes()].concat()),
    ];
    for (at, value) in fields {
        image[at..at + value.len()].copy_from_slice(value);
    }
    image
}

/// An [`image`] whose bytes hardly compress.
pub fn busy_image(bytes: usize) -> Vec<u8> {
    let mut image = image(bytes);
    for (byte, random) in image.iter_mut().skip(128).zip(noise(bytes)) {
        *byte = random;
    }
    image
}

/// An [`image`] with the header of a PE file, which promises more bytes than there are.
pub fn truncated() -> Vec<u8> {
    let mut image = image(0x1000);
    let pe = 0x80;
    // DOS header, PE header at 0x80: machine, one section, 0 bytes of optional header, then the section:
    // its raw size at +16, its raw offset at +20 (Microsoft PE format, 2 to 4).
    image[0..2].copy_from_slice(b"MZ");
    image[60..64].copy_from_slice(&0x80_u32.to_le_bytes());
    image[pe..pe + 4].copy_from_slice(b"PE\0\0");
    image[pe + 6] = 1;
    let section = pe + 24;
    image[section + 16..section + 20].copy_from_slice(&0x10_0000_u32.to_le_bytes());
    image[section + 20..section + 24].copy_from_slice(&0x1000_u32.to_le_bytes());
    image
}

/// Bytes compressed by gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Bytes that look like nothing and do not compress, the same in each run.
pub fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..bytes).map(|_| next()).collect()
}
