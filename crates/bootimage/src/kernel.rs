//! What a kernel module is, and its bytes.

use crate::format::{Present, image64, uimage, zimage32};
use crate::source::{Part, Source, le32};
use crate::{Error, Scratch, gzip};
use core::ops::ControlFlow;
use types::PhysAddr;

/// The instruction set that a kernel starts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// AArch64.
    A64,
    /// AArch32.
    A32,
}

/// Where a kernel may be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadRule {
    /// At `text_offset` from any 2 MiB boundary; entered at its first byte.
    Image {
        /// Bytes from the boundary, less than 2 MiB.
        text_offset: u64,
    },
    /// Anywhere in a 128 MiB-aligned block whose first `room_bytes` it unpacks to; entered at its first byte.
    ZImage {
        /// Bytes from the block's start.
        room_bytes: u64,
    },
    /// At one address.
    Fixed {
        /// Where its first byte goes.
        load: PhysAddr,
        /// Where it is entered.
        entry: PhysAddr,
    },
}

/// How a kernel's bytes are packed in its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    Plain,
    /// gzip.
    Gzip,
}

/// Where a kernel's bytes are in its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The first byte of them, or of the gzip stream.
    pub offset: u64,
    /// How many bytes the module has of them, or of the gzip stream.
    pub bytes: u64,
    /// How they are packed.
    pub packing: Packing,
    /// Unpacked bytes to leave out before the first.
    pub skip: u64,
}

/// A kernel, as found in a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// The instruction set it starts in.
    pub isa: Isa,
    /// Where it may be put.
    pub load: LoadRule,
    /// The bytes it occupies from where it is put, its bss included.
    pub needed_bytes: u64,
    /// Where its bytes are.
    pub payload: Payload,
}

const ELF: u32 = 0x464c_457f;
/// The least that is looked at.
const HEAD_BYTES: u64 = 64;
/// Unpacked bytes that a header is looked for in.
const UNPACKED_HEAD_BYTES: usize = 4096;

/// Tells what kernel a module is.
///
/// # Errors
/// Any [`Error`]; a gzip stream is only inflated far enough to see what it holds.
pub fn probe<S: Source + ?Sized>(module: &S, scratch: &mut Scratch) -> Result<Kernel, Error> {
    let bytes = module.len_bytes();
    if bytes < HEAD_BYTES && !gzip::is_gzip(module, 0) {
        return Err(Error::TooShort { bytes });
    }
    let Some(header) = uimage::probe(module).transpose()? else {
        return probe_packed(module, Payload { offset: 0, bytes, packing: Packing::Plain, skip: 0 }, scratch);
    };
    let payload = wrapped(&header, Payload { offset: 0, bytes, packing: Packing::Plain, skip: 0 })?;
    match probe_packed(module, payload, scratch) {
        Err(Error::Unknown(_)) if header.load != 0 => Ok(fixed(module, &header, payload)),
        other => other,
    }
}

/// Hands out the kernel's bytes, unpacked, with their offset from where it is put.
///
/// # Errors
/// [`Error::Gzip`], [`Error::Truncated`]. Bytes may have been handed out before.
pub fn unpack<S: Source + ?Sized>(
    module: &S,
    kernel: &Kernel,
    scratch: &mut Scratch,
    out: &mut dyn FnMut(u64, &[u8]),
) -> Result<u64, Error> {
    let payload = kernel.payload;
    let part = Part { whole: module, offset: payload.offset, bytes: payload.bytes };
    if payload.packing == Packing::Plain {
        return copy(&part, scratch, out);
    }
    // What follows a zImage in the stream, such as an appended device tree, is not handed out.
    let end = kernel.needed_bytes.saturating_add(payload.skip);
    let limit = end.max(gzip::claimed_bytes(&part));
    let made = gzip::inflate(&part, scratch, limit, &mut |at, bytes| {
        let skip = usize::try_from(payload.skip.saturating_sub(at)).unwrap_or(usize::MAX);
        let count = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX).min(bytes.len());
        if let Some(bytes) = bytes.get(skip..count).filter(|b| !b.is_empty()) {
            out(at.max(payload.skip).saturating_sub(payload.skip), bytes);
        }
        ControlFlow::Continue(())
    })?;
    let present = made.min(end).saturating_sub(payload.skip);
    match kernel.load {
        LoadRule::ZImage { .. } | LoadRule::Fixed { .. } if present < kernel.needed_bytes => {
            Err(Error::Truncated { promised: kernel.needed_bytes, present })
        }
        _ => Ok(present),
    }
}

fn copy<S: Source>(part: &S, scratch: &mut Scratch, out: &mut dyn FnMut(u64, &[u8])) -> Result<u64, Error> {
    let promised = part.len_bytes();
    let mut at = 0;
    while at < promised {
        let count = part.read(at, &mut scratch.window);
        if count == 0 {
            return Err(Error::Truncated { promised, present: at });
        }
        out(at, scratch.window.get(..count).unwrap_or_default());
        at = at.saturating_add(count as u64);
    }
    Ok(at)
}

/// Looks through gzip, and through a uImage header inside it.
fn probe_packed<S: Source + ?Sized>(
    module: &S,
    payload: Payload,
    scratch: &mut Scratch,
) -> Result<Kernel, Error> {
    let part = Part { whole: module, offset: payload.offset, bytes: payload.bytes };
    if !gzip::is_gzip(&part, 0) {
        let kernel = probe_plain(&part, Present::All(payload.bytes), payload)?;
        // An appended device tree stays behind.
        let bytes = match kernel.load {
            LoadRule::ZImage { .. } | LoadRule::Fixed { .. } => payload.bytes.min(kernel.needed_bytes),
            LoadRule::Image { .. } => payload.bytes,
        };
        return Ok(Kernel { payload: Payload { bytes, ..payload }, ..kernel });
    }
    let payload = Payload { packing: Packing::Gzip, ..payload };
    let mut head = [0; UNPACKED_HEAD_BYTES];
    let count = unpack_head(&part, scratch, &mut head)?;
    let head = head.get(..count).unwrap_or_default();
    let claimed = gzip::claimed_bytes(&part);
    let Some(header) = uimage::probe(head).transpose()? else {
        return probe_plain(head, Present::Head(claimed), payload);
    };
    let inner = Part { whole: head, offset: uimage::HEADER_BYTES, bytes: count as u64 };
    let payload = Payload { skip: uimage::HEADER_BYTES, ..payload };
    match probe_plain(&inner, Present::Head(header.bytes), payload) {
        Err(Error::Unknown(_)) if header.load != 0 => {
            Ok(Kernel { needed_bytes: header.bytes, ..fixed(module, &header, payload) })
        }
        other => other,
    }
}

/// Inflates the first bytes of a stream.
fn unpack_head<S: Source>(part: &S, scratch: &mut Scratch, head: &mut [u8]) -> Result<usize, Error> {
    let mut count = 0;
    gzip::inflate(part, scratch, u64::MAX, &mut |_, bytes| {
        for (to, from) in head.iter_mut().skip(count).zip(bytes) {
            *to = *from;
        }
        count = count.saturating_add(bytes.len()).min(head.len());
        if count < head.len() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(count)
}

/// Tells what kernel starts with the bytes of `head`.
fn probe_plain<S: Source + ?Sized>(head: &S, present: Present, payload: Payload) -> Result<Kernel, Error> {
    if let Some(found) = image64::probe(head, present) {
        let (load, needed_bytes) = found?;
        return Ok(Kernel { isa: Isa::A64, load, needed_bytes, payload });
    }
    if let Some(found) = zimage32::probe(head, present) {
        let (load, needed_bytes) = found?;
        return Ok(Kernel { isa: Isa::A32, load, needed_bytes, payload });
    }
    match le32(head, 0) {
        Some(ELF) => Err(Error::Elf),
        Some(word) => Err(Error::Unknown(word)),
        None => Err(Error::TooShort { bytes: head.len_bytes() }),
    }
}

/// The payload behind a uImage header.
fn wrapped(header: &uimage::Header, payload: Payload) -> Result<Payload, Error> {
    let present = payload.bytes.saturating_sub(uimage::HEADER_BYTES);
    if header.bytes > present {
        return Err(Error::Truncated { promised: header.bytes, present });
    }
    Ok(Payload { offset: uimage::HEADER_BYTES, bytes: header.bytes, ..payload })
}

/// A kernel of no known format, for which the uImage header knows the address.
fn fixed<S: Source + ?Sized>(module: &S, header: &uimage::Header, payload: Payload) -> Kernel {
    let part = Part { whole: module, offset: payload.offset, bytes: payload.bytes };
    let (packing, needed_bytes) = if gzip::is_gzip(&part, 0) {
        (Packing::Gzip, gzip::claimed_bytes(&part))
    } else {
        (Packing::Plain, payload.bytes)
    };
    let address = |raw: u32| PhysAddr::new(raw.into());
    let load = LoadRule::Fixed { load: address(header.load), entry: address(header.entry) };
    Kernel { isa: header.isa, load, needed_bytes, payload: Payload { packing, ..payload } }
}
