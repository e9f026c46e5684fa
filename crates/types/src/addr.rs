//! Address and frame-number newtypes.

use crate::{PAGE_BYTES, PAGE_SHIFT};
use core::fmt;

macro_rules! address {
    ($(#[$doc:meta])* $name:ident, $raw:ty, $tag:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(transparent)]
        pub struct $name($raw);

        impl $name {
            /// Wraps a number that is known to be such an address.
            #[inline]
            pub const fn new(raw: $raw) -> Self {
                Self(raw)
            }

            /// Returns the number.
            #[inline]
            pub const fn raw(self) -> $raw {
                self.0
            }

            /// Adds a number of bytes, or `None` where it would wrap.
            #[inline]
            pub const fn checked_add(self, bytes: $raw) -> Option<Self> {
                match self.0.checked_add(bytes) {
                    Some(raw) => Some(Self(raw)),
                    None => None,
                }
            }

            /// Adds a number of bytes, wrapping.
            #[inline]
            pub const fn wrapping_add(self, bytes: $raw) -> Self {
                Self(self.0.wrapping_add(bytes))
            }

            /// Returns the bytes from `earlier` to `self`, or `None` if `earlier` is above it.
            #[inline]
            pub const fn checked_sub(self, earlier: Self) -> Option<$raw> {
                self.0.checked_sub(earlier.0)
            }

            /// Rounds down to `align`, a power of two.
            #[inline]
            pub const fn align_down(self, align: $raw) -> Self {
                Self(self.0 & !align.wrapping_sub(1))
            }

            /// Rounds up to `align`, a power of two, or `None` where it would wrap.
            #[inline]
            pub const fn align_up(self, align: $raw) -> Option<Self> {
                match self.0.checked_add(align.wrapping_sub(1)) {
                    Some(raw) => Some(Self(raw & !align.wrapping_sub(1))),
                    None => None,
                }
            }

            /// Tells whether the address is a multiple of `align`, a power of two.
            #[inline]
            pub const fn is_aligned(self, align: $raw) -> bool {
                self.0 & align.wrapping_sub(1) == 0
            }

            /// Returns the bytes into the page.
            #[inline]
            #[allow(clippy::cast_possible_truncation, reason = "a page's size fits in every address type")]
            pub const fn page_offset(self) -> $raw {
                self.0 & (PAGE_BYTES as $raw).wrapping_sub(1)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($tag, ":{:#x}"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:#x}", self.0)
            }
        }
    };
}

address!(
    /// A machine's physical address.
    PhysAddr, u64, "pa"
);
address!(
    /// A guest's intermediate physical address: what it takes for physical.
    Ipa, u64, "ipa"
);
address!(
    /// An EL2 (Hyp) virtual address.
    VirtAddr, usize, "va"
);
address!(
    /// A guest's virtual address, as it passes it in a hypercall.
    GuestVa, u64, "gva"
);

macro_rules! frame_number {
    ($(#[$doc:meta])* $name:ident, $addr:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Wraps a frame number.
            #[inline]
            pub const fn new(raw: u64) -> Self {
                Self(raw)
            }

            /// Returns the frame number.
            #[inline]
            pub const fn raw(self) -> u64 {
                self.0
            }

            /// Returns the first address of the frame, or `None` if the number is too large for one.
            #[inline]
            pub const fn checked_addr(self) -> Option<$addr> {
                if self.0 >> (64 - PAGE_SHIFT) != 0 {
                    return None;
                }
                Some($addr::new(self.0 << PAGE_SHIFT))
            }

            /// Returns the first address of the frame; bits above an address are lost.
            #[inline]
            pub const fn addr(self) -> $addr {
                $addr::new(self.0 << PAGE_SHIFT)
            }

            /// Adds a number of frames, or `None` where it would wrap.
            #[inline]
            pub const fn checked_add(self, frames: u64) -> Option<Self> {
                match self.0.checked_add(frames) {
                    Some(raw) => Some(Self(raw)),
                    None => None,
                }
            }
        }

        impl $addr {
            /// Returns the number of the frame that holds the address.
            #[inline]
            pub const fn frame(self) -> $name {
                $name(self.0 >> PAGE_SHIFT)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), ":{:#x}"), self.0)
            }
        }
    };
}

frame_number!(
    /// A machine frame number.
    Mfn, PhysAddr
);
frame_number!(
    /// A guest frame number.
    Gfn, Ipa
);
