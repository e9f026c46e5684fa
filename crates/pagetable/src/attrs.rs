//! What a leaf says besides its address: memory type, permissions, and the kernel's own page type.

use arm_spec::lpae;
use core::fmt;

/// The attribute bits of a leaf.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Attrs(u64);

/// The memory an EL2 mapping reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum El2Memory {
    /// Normal, write-back, inner shareable.
    Normal,
    /// Normal, non-cacheable.
    NonCacheable,
    /// Device-nGnRE.
    Device,
}

/// What EL2 may do with a page: never write and execute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum El2Access {
    /// Read and execute.
    ReadExecute,
    /// Read.
    ReadOnly,
    /// Read and write.
    ReadWrite,
}

/// The type of a guest's page, kept in the leaf's software bits; it fixes all stage-2 attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PageType {
    /// The domain's memory.
    RamRw = 1,
    /// The domain's memory, read-only.
    RamRo = 2,
    /// A device of dom0: the guest's stage 1 decides the memory type.
    DeviceDirect = 3,
    /// A device given to a domU, the GICV: Device-nGnRE.
    Device = 4,
    /// A non-cacheable device memory of a domU.
    DeviceNc = 5,
    /// A page granted by another domain.
    GrantRw = 6,
    /// A page granted read-only by another domain.
    GrantRo = 7,
    /// A page of another domain, mapped by a control domain.
    ForeignRw = 8,
    /// A page of another domain, mapped read-only.
    ForeignRo = 9,
}

/// Attributes that may change under a live TLB without break-before-make: permissions, software bits.
///
/// Arm ARM DDI 0487J D8.16.1 asks for it only for the type, the address, the size, the global and
/// the contiguous bit.
const RELAXED: u64 = lpae::S2_READ | lpae::S2_WRITE | lpae::XN | lpae::SOFTWARE;

impl Attrs {
    /// Makes the attributes of an EL2 page; only Normal memory is ever executable.
    pub const fn el2(memory: El2Memory, access: El2Access) -> Self {
        let (index, share) = match memory {
            El2Memory::Normal => (lpae::MAIR_NORMAL_WB, lpae::SH_INNER),
            El2Memory::NonCacheable => (lpae::MAIR_NORMAL_NC, lpae::SH_OUTER),
            El2Memory::Device => (lpae::MAIR_DEVICE_NGNRE, lpae::SH_OUTER),
        };
        let access = match (access, memory) {
            (El2Access::ReadExecute, El2Memory::Normal) => lpae::S1_READ_ONLY,
            (El2Access::ReadExecute | El2Access::ReadOnly, _) => lpae::S1_READ_ONLY | lpae::XN,
            (El2Access::ReadWrite, _) => lpae::XN,
        };
        Self(index << lpae::S1_ATTR_INDEX_SHIFT | share | access | lpae::S1_AP1 | lpae::AF)
    }

    /// Makes the stage-2 attributes of a guest page.
    pub const fn stage2(page: PageType) -> Self {
        const RW: u64 = lpae::S2_READ | lpae::S2_WRITE;
        let bits = match page {
            PageType::RamRw => lpae::S2_NORMAL_WB | lpae::SH_INNER | RW,
            PageType::RamRo => lpae::S2_NORMAL_WB | lpae::SH_INNER | lpae::S2_READ,
            PageType::DeviceDirect => lpae::S2_NORMAL_WB | lpae::SH_OUTER | RW | lpae::XN,
            PageType::Device => lpae::S2_DEVICE_NGNRE | lpae::SH_OUTER | RW | lpae::XN,
            PageType::DeviceNc => lpae::S2_NORMAL_NC | lpae::SH_OUTER | RW | lpae::XN,
            PageType::GrantRw | PageType::ForeignRw => lpae::S2_NORMAL_WB | lpae::SH_INNER | RW | lpae::XN,
            PageType::GrantRo | PageType::ForeignRo => {
                lpae::S2_NORMAL_WB | lpae::SH_INNER | lpae::S2_READ | lpae::XN
            }
        };
        Self(bits | lpae::AF | (page as u64) << lpae::SOFTWARE_SHIFT)
    }

    /// Returns the guest page's type, or `None` for an EL2 page.
    pub const fn page_type(self) -> Option<PageType> {
        Some(match (self.0 & lpae::SOFTWARE) >> lpae::SOFTWARE_SHIFT {
            1 => PageType::RamRw,
            2 => PageType::RamRo,
            3 => PageType::DeviceDirect,
            4 => PageType::Device,
            5 => PageType::DeviceNc,
            6 => PageType::GrantRw,
            7 => PageType::GrantRo,
            8 => PageType::ForeignRw,
            9 => PageType::ForeignRo,
            _ => return None,
        })
    }

    /// Returns the descriptor's attribute bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    pub(crate) const fn of_entry(entry: u64) -> Self {
        Self(entry & lpae::LEAF_ATTRIBUTES)
    }

    /// Tells whether a live leaf may go from these attributes to `new` without break-before-make.
    pub(crate) const fn may_change_live(self, new: Self) -> bool {
        (self.0 ^ new.0) & !RELAXED == 0
    }
}

impl PageType {
    /// Tells whether the page is memory that the domain itself owns.
    pub const fn is_ram(self) -> bool {
        matches!(self, Self::RamRw | Self::RamRo)
    }

    /// Tells whether another domain granted the page.
    pub const fn is_grant(self) -> bool {
        matches!(self, Self::GrantRw | Self::GrantRo)
    }

    /// Tells whether a control domain mapped the page of another one.
    pub const fn is_foreign(self) -> bool {
        matches!(self, Self::ForeignRw | Self::ForeignRo)
    }

    /// Tells whether the guest may write the page.
    pub const fn is_writable(self) -> bool {
        !matches!(self, Self::RamRo | Self::GrantRo | Self::ForeignRo)
    }
}

impl fmt::Debug for Attrs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.page_type() {
            Some(page) => write!(f, "{page:?}"),
            None => write!(f, "{:#x}", self.0),
        }
    }
}
