//! What can be wrong with a module, in words for the console.

use core::fmt;
use types::PhysRange;

/// Why a kernel was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The module has too few bytes for any header.
    TooShort {
        /// Bytes of the module.
        bytes: u64,
    },
    /// No known format; its first word.
    Unknown(u32),
    /// An ELF file.
    Elf,
    /// A big-endian kernel.
    BigEndian,
    /// The module ends before the image does.
    Truncated {
        /// Bytes that the image's header promises.
        promised: u64,
        /// Bytes there are.
        present: u64,
    },
    /// A header contradicts itself; which field.
    BadHeader(&'static str),
    /// A uImage packed by something else than gzip: its `ih_comp`.
    Compression(u8),
    /// What is wrong with the gzip stream.
    Gzip(GzipError),
}

/// What is wrong with a gzip stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GzipError {
    /// Its header is not one of RFC 1952.
    Header,
    /// It does not inflate.
    Corrupt,
    /// It ends too early.
    Truncated,
    /// It holds more than the kernel in it says.
    TooLarge {
        /// Bytes that the kernel in it claims.
        limit: u64,
    },
    /// Its check sum or length is not that of what came out.
    Checksum,
}

/// Why dom0 cannot be laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutError {
    /// dom0_mem is more than there is.
    TooMuch {
        /// Bytes asked for.
        asked: u64,
        /// Bytes that are free for dom0.
        free: u64,
    },
    /// dom0_mem is too small for the kernel, its RAM disk and its device tree.
    TooSmall {
        /// Bytes asked for.
        asked: u64,
        /// Bytes that these need.
        needed: u64,
    },
    /// dom0_mem fits only in more banks than [`MAX_BANKS`](crate::MAX_BANKS).
    Fragmented,
    /// Below the DMA limit there is less than dom0 must have.
    LowMemory {
        /// Bytes that dom0 must have there.
        needed: u64,
        /// Bytes that are free there.
        free: u64,
    },
    /// A kernel linked to this range cannot get it.
    Fixed(PhysRange),
    /// There is no place of the right alignment for the kernel in dom0's memory.
    NoRoomForKernel,
    /// There is no place for the RAM disk in dom0's memory.
    NoRoomForRamdisk,
    /// There is no place for the device tree in dom0's memory.
    NoRoomForTree,
}

impl From<GzipError> for Error {
    fn from(error: GzipError) -> Self {
        Self::Gzip(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { bytes } => write!(f, "{bytes} bytes are too few for a kernel"),
            Self::Unknown(word) => {
                write!(f, "unknown kernel format (first word {word:#010x}); give an Image, zImage or uImage")
            }
            Self::Elf => f.write_str("an ELF file; give the Image or zImage made from it"),
            Self::BigEndian => f.write_str("a big-endian kernel; give a little-endian one"),
            Self::Truncated { promised, present } => {
                write!(f, "truncated: {present} bytes of {promised}; load the whole file")
            }
            Self::BadHeader(field) => write!(f, "corrupt kernel header: {field}"),
            Self::Compression(id) => {
                write!(f, "uImage compression {id} is not supported; use none or gzip")
            }
            Self::Gzip(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for GzipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("corrupt gzip header"),
            Self::Corrupt => f.write_str("corrupt gzip data"),
            Self::Truncated => f.write_str("truncated gzip data; load the whole file"),
            Self::TooLarge { limit } => {
                write!(f, "gzip data unpacks to more than the kernel's {limit} bytes")
            }
            Self::Checksum => f.write_str("gzip check sum does not match"),
        }
    }
}

/// Bytes as whole KiB, rounded up: what `dom0_mem` counts in.
struct Kib(u64);

impl fmt::Display for Kib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} KiB", self.0.div_ceil(1024))
    }
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooMuch { asked, free } => {
                write!(f, "dom0_mem of {} is more than the {} that are free", Kib(asked), Kib(free))
            }
            Self::TooSmall { asked, needed } => write!(
                f,
                "dom0_mem of {} is too small: kernel, ramdisk and device tree need {}",
                Kib(asked),
                Kib(needed)
            ),
            Self::Fragmented => f.write_str("free memory is in too many pieces for dom0_mem; ask for less"),
            Self::LowMemory { needed, free } => write!(
                f,
                "dom0 needs {} that its devices can reach, {} are free there",
                Kib(needed),
                Kib(free)
            ),
            Self::Fixed(range) => {
                write!(
                    f,
                    "the kernel is linked to {range}, which is not free; use an image with load address 0"
                )
            }
            Self::NoRoomForKernel => f.write_str("no place for the kernel in dom0's memory; raise dom0_mem"),
            Self::NoRoomForRamdisk => {
                f.write_str("no place for the ramdisk in dom0's memory; raise dom0_mem")
            }
            Self::NoRoomForTree => {
                f.write_str("no place for the device tree in dom0's memory; raise dom0_mem")
            }
        }
    }
}
