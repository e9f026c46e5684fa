//! Kernels made by hand: each format, each way to be broken.

use crate::*;
use types::PhysAddr;

fn image64(file: usize, image_size: u64, text_offset: u64) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..=250u8).cycle().take(file).collect();
    bytes[..64].fill(0);
    bytes[8..16].copy_from_slice(&text_offset.to_le_bytes());
    bytes[16..24].copy_from_slice(&image_size.to_le_bytes());
    bytes[56..60].copy_from_slice(b"ARM\x64");
    bytes
}

fn zimage32(file: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..=240u8).cycle().take(file).collect();
    bytes[..64].fill(0);
    let words = [0x016f_2818, 0, u32::try_from(file).unwrap(), 0x0403_0201, 0, 0];
    for (slot, word) in bytes[0x24..].chunks_mut(4).zip(words) {
        slot.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

fn put32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

fn gzip(bytes: &[u8], flags: u8) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3];
    if flags & 4 != 0 {
        out.extend([3, 0, 1, 2, 3]);
    }
    if flags & 8 != 0 {
        out.extend(b"vmlinux\0");
    }
    if flags & 16 != 0 {
        out.extend(b"comment\0");
    }
    if flags & 2 != 0 {
        out.extend([0, 0]);
    }
    out.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
    let mut crc = crate::crc32::Crc32::new();
    crc.update(bytes);
    out.extend(crc.value().to_le_bytes());
    out.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    out
}

fn uimage(payload: &[u8], load: u32, entry: u32, comp: u8) -> Vec<u8> {
    let mut header = [0u8; 64];
    header[..4].copy_from_slice(&0x2705_1956u32.to_be_bytes());
    header[12..16].copy_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
    header[16..20].copy_from_slice(&load.to_be_bytes());
    header[20..24].copy_from_slice(&entry.to_be_bytes());
    header[28..32].copy_from_slice(&[5, 2, 2, comp]);
    let mut crc = crate::crc32::Crc32::new();
    crc.update(&header);
    header[4..8].copy_from_slice(&crc.value().to_be_bytes());
    [&header[..], payload].concat()
}

fn look(module: &[u8]) -> Result<Kernel, Error> {
    probe(module, &mut Scratch::new().unwrap())
}

fn unpacked(module: &[u8]) -> Result<Vec<u8>, Error> {
    let mut scratch = Scratch::new().unwrap();
    let kernel = probe(module, &mut scratch)?;
    let mut bytes = Vec::new();
    let count = unpack(module, &kernel, &mut scratch, &mut |at, part| {
        assert_eq!(at, bytes.len() as u64);
        bytes.extend_from_slice(part);
    })?;
    assert_eq!(count, bytes.len() as u64);
    Ok(bytes)
}

#[test]
fn plain_images() {
    let image = image64(100_000, 0x20_0000, 0);
    let kernel = look(&image).unwrap();
    assert_eq!((kernel.isa, kernel.needed_bytes), (Isa::A64, 0x20_0000));
    assert_eq!(kernel.load, LoadRule::Image { text_offset: 0 });
    assert_eq!(unpacked(&image).unwrap(), image);
    // Without image_size: 0x80000 and room for a bss.
    let legacy = look(&image64(100_000, 0, 0x1234)).unwrap();
    assert_eq!(legacy.load, LoadRule::Image { text_offset: 0x8_0000 });
    assert_eq!(legacy.needed_bytes, 100_000 + (16 << 20));
    let zimage = zimage32(70_000);
    let kernel = look(&zimage).unwrap();
    assert_eq!((kernel.isa, kernel.needed_bytes), (Isa::A32, 70_000));
    assert_eq!(kernel.load, LoadRule::ZImage { room_bytes: 65 << 20 });
    assert_eq!(unpacked(&zimage).unwrap(), zimage);
    // An appended device tree is tolerated and left out.
    assert_eq!(unpacked(&[&zimage[..], &[7; 3000]].concat()).unwrap(), zimage);
    assert_eq!(unpacked(&gzip(&[&zimage[..], &[7; 3000]].concat(), 0)).unwrap(), zimage);
}

#[test]
fn zimage_that_tells_its_size() {
    let mut zimage = zimage32(70_000);
    put32(&mut zimage, 0x34, 0x4545_4545);
    put32(&mut zimage, 0x38, 0x1000);
    for (i, word) in [2, 0x1111_1111, 6, 0x5a53_4c4b, 0x2000, 0x3000, 0x8000, 0].into_iter().enumerate() {
        put32(&mut zimage, 0x1000 + 4 * i, word);
    }
    put32(&mut zimage, 0x2000, 0x100_0000);
    let rule = LoadRule::ZImage { room_bytes: 0x100_0000 + 0x3000 + 0x8000 + (1 << 20) };
    assert_eq!(look(&zimage).unwrap().load, rule);
    // A table that leads nowhere is no error.
    put32(&mut zimage, 0x38, 0xffff_fff0);
    assert_eq!(look(&zimage).unwrap().load, LoadRule::ZImage { room_bytes: 65 << 20 });
    put32(&mut zimage, 0x28, 0x8000);
    put32(&mut zimage, 0x2c, 0x8000 + 70_000);
    let at = PhysAddr::new(0x8000);
    assert_eq!(look(&zimage).unwrap().load, LoadRule::Fixed { load: at, entry: at });
}

#[test]
fn every_wrapping() {
    for kernel in [image64(300_000, 0x20_0000, 0), zimage32(200_000)] {
        assert_eq!(unpacked(&gzip(&kernel, 0)).unwrap(), kernel);
        assert_eq!(unpacked(&gzip(&kernel, 2 | 4 | 8 | 16)).unwrap(), kernel);
        assert_eq!(unpacked(&uimage(&kernel, 0, 0, 0)).unwrap(), kernel);
        assert_eq!(unpacked(&uimage(&gzip(&kernel, 8), 0, 0, 1)).unwrap(), kernel);
        assert_eq!(unpacked(&gzip(&uimage(&kernel, 0x8000, 0x8000, 0), 0)).unwrap(), kernel);
        let trailing = [&uimage(&kernel, 0, 0, 0)[..], &[0; 100]].concat();
        assert_eq!(unpacked(&trailing).unwrap(), kernel);
    }
}

#[test]
fn raw_kernels_with_an_address() {
    let raw: Vec<u8> = (1..=229u8).cycle().take(50_000).collect();
    let rule = LoadRule::Fixed { load: PhysAddr::new(0x4800_0000), entry: PhysAddr::new(0x4800_0040) };
    for module in [
        uimage(&raw, 0x4800_0000, 0x4800_0040, 0),
        uimage(&gzip(&raw, 0), 0x4800_0000, 0x4800_0040, 1),
        gzip(&uimage(&raw, 0x4800_0000, 0x4800_0040, 0), 0),
    ] {
        let kernel = look(&module).unwrap();
        assert_eq!((kernel.load, kernel.needed_bytes, kernel.isa), (rule, 50_000, Isa::A32));
        assert_eq!(unpacked(&module).unwrap(), raw);
    }
    assert!(matches!(look(&uimage(&raw, 0, 0, 0)), Err(Error::Unknown(_))));
    assert!(matches!(look(&uimage(&raw, 0, 4, 0)), Err(Error::BadHeader(_))));
}

#[test]
fn refusals_are_named() {
    assert_eq!(look(&[1, 2, 3]), Err(Error::TooShort { bytes: 3 }));
    assert_eq!(look(&[]), Err(Error::TooShort { bytes: 0 }));
    assert_eq!(look(&[0x55; 4096]), Err(Error::Unknown(0x5555_5555)));
    let elf = [&b"\x7fELF"[..], &[0; 100]].concat();
    assert_eq!(look(&elf), Err(Error::Elf));
    let mut big = image64(1000, 0x1000, 0);
    big[24] = 1;
    assert_eq!(look(&big), Err(Error::BigEndian));
    let mut zimage = zimage32(1000);
    assert_eq!(look(&zimage[..900]), Err(Error::Truncated { promised: 1000, present: 900 }));
    put32(&mut zimage, 0x30, 0x0102_0304);
    assert_eq!(look(&zimage), Err(Error::BigEndian));
    assert!(matches!(look(&image64(1000, 1 << 40, 0)), Err(Error::BadHeader(_))));
    assert!(matches!(look(&image64(1000, 0x1000, 0x123)), Err(Error::BadHeader(_))));
    assert_eq!(look(&uimage(&zimage32(1000), 0, 0, 2)), Err(Error::Compression(2)));
    let short = uimage(&zimage32(1000), 0, 0, 0);
    assert_eq!(look(&short[..1000]), Err(Error::Truncated { promised: 1000, present: 936 }));
    let mut corrupt = short.clone();
    corrupt[40] ^= 1;
    assert!(matches!(look(&corrupt), Err(Error::BadHeader(_))));
}

#[test]
fn image_shorter_than_its_sections() {
    let mut image = image64(0x3000, 0x20_0000, 0);
    image[..2].copy_from_slice(b"MZ");
    put32(&mut image, 60, 0x40);
    image[0x40..0x44].copy_from_slice(b"PE\0\0");
    put32(&mut image, 0x44, 0x0001_aa64);
    put32(&mut image, 0x54, 0xa0);
    put32(&mut image, 0x58 + 0xa0 + 16, 0x2000);
    put32(&mut image, 0x58 + 0xa0 + 20, 0x1000);
    assert!(look(&image).is_ok());
    assert_eq!(look(&image[..0x2fff]), Err(Error::Truncated { promised: 0x3000, present: 0x2fff }));
}

#[test]
fn broken_gzip() {
    let image = image64(300_000, 0x20_0000, 0);
    let packed = gzip(&image, 0);
    let cut = unpacked(&packed[..packed.len() / 2]);
    assert_eq!(cut, Err(Error::Gzip(GzipError::Truncated)));
    assert_eq!(unpacked(&packed[..packed.len() - 3]), Err(Error::Gzip(GzipError::Truncated)));
    assert_eq!(look(&[0x1f, 0x8b]), Err(Error::Gzip(GzipError::Truncated)));
    let mut bad = packed.clone();
    bad[2] = 9;
    assert_eq!(look(&bad), Err(Error::Gzip(GzipError::Header)));
    let mut bad = packed.clone();
    let last = bad.len() - 5;
    bad[last] ^= 1;
    assert_eq!(unpacked(&bad), Err(Error::Gzip(GzipError::Checksum)));
    // A stream that holds far more than its kernel says.
    let bomb = gzip(&[image64(4096, 0x1000, 0), vec![0; 40 << 20]].concat(), 0);
    let mut lying = bomb;
    let end = lying.len() - 4;
    put32(&mut lying, end, 0);
    assert_eq!(unpacked(&lying), Err(Error::Gzip(GzipError::TooLarge { limit: 4096 })));
}

/// Whatever the bytes, an answer comes.
#[test]
fn mutations_never_panic() {
    let raw = image64(5000, 0x20_0000, 0);
    let originals = [
        raw.clone(),
        zimage32(5000),
        gzip(&raw, 8 | 16),
        uimage(&gzip(&raw, 0), 0, 0, 1),
        gzip(&uimage(&zimage32(5000), 0, 0, 0), 0),
    ];
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |n: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % n as u64).unwrap()
    };
    for round in 0..3000 {
        let mut bytes = originals[round % originals.len()].clone();
        for _ in 0..1 + next(4) {
            let at = next(bytes.len().min(200));
            bytes[at] = u8::try_from(next(256)).unwrap();
        }
        bytes.truncate(1 + next(bytes.len() * 2));
        let _ = unpacked(&bytes);
    }
}
