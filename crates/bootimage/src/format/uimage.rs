//! The U-Boot legacy image header (U-Boot include/image.h, `legacy_img_hdr`).

use crate::crc32::Crc32;
use crate::source::{Source, be32, bytes_at};
use crate::{Error, Isa};

const MAGIC: u32 = 0x2705_1956;
const ARCH_ARM: u8 = 2;
const ARCH_ARM64: u8 = 22;
const COMP_NONE: u8 = 0;
const COMP_GZIP: u8 = 1;

/// Bytes of the header.
pub(crate) const HEADER_BYTES: u64 = 64;

/// What a header says.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    /// Bytes behind the header.
    pub bytes: u64,
    pub load: u32,
    pub entry: u32,
    pub isa: Isa,
}

/// Reads the header; `None` if it is no uImage.
pub(crate) fn probe<S: Source + ?Sized>(source: &S) -> Option<Result<Header, Error>> {
    if be32(source, 0)? != MAGIC {
        return None;
    }
    Some(bytes_at(source, 0).ok_or(Error::BadHeader("uImage")).and_then(|raw| read(source, raw)))
}

fn read<S: Source + ?Sized>(source: &S, mut raw: [u8; 64]) -> Result<Header, Error> {
    let field = |offset| be32(source, offset).ok_or(Error::BadHeader("uImage"));
    if let Some(crc) = raw.get_mut(4..8) {
        crc.fill(0);
    }
    let mut crc = Crc32::new();
    crc.update(&raw);
    if crc.value() != field(4)? {
        return Err(Error::BadHeader("uImage header check sum"));
    }
    let [_os, arch, _type, comp] = field(28)?.to_be_bytes();
    let isa = match arch {
        ARCH_ARM => Isa::A32,
        ARCH_ARM64 => Isa::A64,
        _ => return Err(Error::BadHeader("uImage architecture")),
    };
    if comp != COMP_NONE && comp != COMP_GZIP {
        return Err(Error::Compression(comp));
    }
    let header = Header { bytes: field(12)?.into(), load: field(16)?, entry: field(20)?, isa };
    // Load address 0 says that the image runs anywhere.
    if header.load == 0 && header.entry != 0 {
        return Err(Error::BadHeader("uImage entry without a load address"));
    }
    Ok(header)
}
