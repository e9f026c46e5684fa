//! Identifiers.

use core::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $raw:ty, $tag:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(transparent)]
        pub struct $name($raw);

        impl $name {
            /// Wraps the number.
            #[inline]
            pub const fn new(raw: $raw) -> Self {
                Self(raw)
            }

            /// Returns the number.
            #[inline]
            pub const fn raw(self) -> $raw {
                self.0
            }

            /// Returns the number as an array index.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($tag, "{}"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

id!(
    /// A domain, as `domid_t` (`xen/include/public/xen.h`).
    DomId, u16, "d"
);
id!(
    /// A virtual CPU of one domain, from 0.
    VcpuId, u16, "v"
);
id!(
    /// A physical CPU: its logical number, 0 is the boot CPU.
    CpuId, u16, "cpu"
);
id!(
    /// A stage-2 virtual machine identifier, 8 or 16 bits.
    Vmid, u16, "vmid"
);
id!(
    /// A GIC interrupt identifier: SGI 0-15, PPI 16-31, SPI 32-1019 (GIC IHI 0069H 2.2.1).
    IntId, u32, "irq"
);
id!(
    /// An event-channel port of one domain.
    Port, u32, "port"
);

impl DomId {
    /// Dom0.
    pub const ZERO: Self = Self(0);
    /// "Myself" in a hypercall (`DOMID_SELF`).
    pub const SELF: Self = Self(0x7ff0);
}

impl IntId {
    /// Tells whether this is a software-generated interrupt.
    #[inline]
    pub const fn is_sgi(self) -> bool {
        self.0 < 16
    }

    /// Tells whether this is a private peripheral interrupt.
    #[inline]
    pub const fn is_ppi(self) -> bool {
        self.0 >= 16 && self.0 < 32
    }

    /// Tells whether this is a shared peripheral interrupt.
    #[inline]
    pub const fn is_spi(self) -> bool {
        self.0 >= 32 && self.0 < 1020
    }
}
