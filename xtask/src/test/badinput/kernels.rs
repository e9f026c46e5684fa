//! Kernels of a few bytes: they do nothing, with the header of a real one.

use crate::arch::Arch;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// Bytes of a kernel's header.
const HEADER_BYTES: usize = 64;

/// A kernel of `bytes` bytes that waits for interrupts for ever: an arm64 Image or a zImage.
pub fn image(arch: Arch, bytes: usize) -> Vec<u8> {
    let mut image = vec![0; bytes.max(2 * HEADER_BYTES)];
    match arch {
        Arch::Arm64 => {
            let size = u64::try_from(bytes).unwrap_or(0);
            put(&mut image, 0, &0x1400_0010_u32.to_le_bytes()); // b .+64
            put(&mut image, 16, &size.to_le_bytes());
            put(&mut image, 24, &0xa_u64.to_le_bytes());
            put(&mut image, 56, b"ARM\x64");
            put_words(&mut image, HEADER_BYTES, &[0xd503_207f, 0x17ff_ffff]); // wfi; b .-4
        }
        Arch::Arm32 => {
            let size = u32::try_from(bytes).unwrap_or(0);
            put_words(&mut image, 0, &[0xea00_000e]); // b .+64
            // zImage's magic, start, end, byte order.
            put_words(&mut image, 0x24, &[0x016f_2818, 0, size, 0x0403_0201]);
            put_words(&mut image, HEADER_BYTES, &[0xe320_f003, 0xeaff_fffd]); // wfi; b .-4
        }
    }
    image
}

fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

fn put_words(image: &mut [u8], at: usize, words: &[u32]) {
    for (index, word) in words.iter().enumerate() {
        put(image, at + 4 * index, &word.to_le_bytes());
    }
}

/// Sets the bytes that a kernel says it occupies.
pub fn claim(arch: Arch, image: &mut [u8], bytes: u32) {
    match arch {
        Arch::Arm64 => put(image, 16, &u64::from(bytes).to_le_bytes()),
        Arch::Arm32 => put_words(image, 0x2c, &[bytes]),
    }
}

/// An [`image`] whose bytes hardly compress.
pub fn busy_image(arch: Arch, bytes: usize) -> Vec<u8> {
    let mut image = image(arch, bytes);
    for (byte, random) in image.iter_mut().skip(128).zip(noise(bytes)) {
        *byte = random;
    }
    image
}

/// The bytes that a [`truncated`] kernel promises.
pub const PROMISED: u32 = 0x10_1000;

/// An [`image`] of one page that promises [`PROMISED`] bytes: an arm64 Image in its PE header, as its own
/// size counts what is zero and not in the file.
pub fn truncated(arch: Arch) -> Vec<u8> {
    let mut image = image(arch, 0x1000);
    if arch == Arch::Arm32 {
        claim(arch, &mut image, PROMISED);
        return image;
    }
    // DOS header, PE header at 0x80: machine, one section, 0 bytes of optional header, then the section:
    // its raw size at +16, its raw offset at +20 (Microsoft PE format, 2 to 4).
    put(&mut image, 0, b"MZ");
    put_words(&mut image, 60, &[0x80]);
    put(&mut image, 0x80, b"PE\0\0\0\0\x01\0");
    let section = 0x80 + 24;
    put_words(&mut image, section + 16, &[PROMISED - 0x1000, 0x1000]);
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
