//! What a domain's controller looks like: version, size, affinities and limits.
//!
//! A [`Model`] never changes, so the kernel may keep a copy outside the locks.

use arm_spec::gic::{PRIVATE, SPI_END, gicd};
use types::VcpuId;

/// The architecture version that the guest sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// GICv2: a memory-mapped CPU interface, up to eight vCPUs.
    V2,
    /// GICv3: system registers and affinity routing.
    V3,
}

/// What the hardware's virtual CPU interface bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Priority bits that a list register and the virtual CPU interface have
    /// (5 on version 2, ICH_VTR_EL2.PRIbits + 1 on version 3).
    pub priority_bits: u8,
    /// ICH_VTR_EL2.A3V: whether affinity level 3 may be non-zero. False on version 2.
    pub affinity3: bool,
}

/// Why a controller cannot be made or an interrupt cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// No vCPU, or more than the version can have.
    Vcpus,
    /// More SPIs than there are identifiers.
    Spis,
    /// Memory is short.
    NoMemory,
    /// The identifier is none of this controller's SPIs, or none of a vCPU's PPIs.
    NoSuchInterrupt,
}

/// A controller's fixed properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    version: Version,
    vcpus: u8,
    spi_words: u8,
    priority_mask: u8,
    affinity3: bool,
    /// GICD_TYPER.
    typer: u32,
}

impl Model {
    /// Most vCPUs of a version 2 controller (GIC IHI 0048B.b 2.1).
    pub const MAX_VCPUS_V2: u16 = 8;
    /// Most vCPUs of a version 3 controller, a limit of ours.
    pub const MAX_VCPUS_V3: u16 = 128;

    /// Describes a controller with `spis` shared interrupts, rounded up to a multiple of 32.
    ///
    /// # Errors
    /// [`Error::Vcpus`] and [`Error::Spis`] where the version cannot have as many.
    pub fn new(version: Version, vcpus: u16, spis: u32, limits: Limits) -> Result<Self, Error> {
        let most = match version {
            Version::V2 => Self::MAX_VCPUS_V2,
            Version::V3 => Self::MAX_VCPUS_V3,
        };
        if vcpus == 0 || vcpus > most {
            return Err(Error::Vcpus);
        }
        if spis > SPI_END.saturating_sub(PRIVATE) {
            return Err(Error::Spis);
        }
        let vcpus = u8::try_from(vcpus).map_err(|_| Error::Vcpus)?;
        let spi_words = u8::try_from(spis.div_ceil(32)).map_err(|_| Error::Spis)?;
        let unused = 8u32.saturating_sub(u32::from(limits.priority_bits).clamp(4, 8));
        let priority_mask = 0xffu8.wrapping_shl(unused);
        let affinity3 = limits.affinity3;
        let typer = u32::from(spi_words) | typer_of(version, vcpus, affinity3);
        Ok(Self { version, vcpus, spi_words, priority_mask, affinity3, typer })
    }

    /// Returns GICD_TYPER.
    #[inline]
    pub(crate) const fn typer(&self) -> u32 {
        self.typer
    }

    /// Returns the version.
    #[inline]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Returns the number of vCPUs.
    #[inline]
    pub const fn vcpus(&self) -> u8 {
        self.vcpus
    }

    /// Returns the number of SPIs, a multiple of 32 (the last word may reach beyond 1019).
    #[inline]
    pub const fn spis(&self) -> u32 {
        (self.spi_words as u32) << 5
    }

    /// Returns the affinity of a vCPU as MPIDR and IROUTER hold it, Aff3 to Aff0 in four bytes:
    /// sixteen to a cluster, which is what one ICC_SGI1R_EL1 target list can name.
    #[inline]
    pub const fn affinity_of(vcpu: VcpuId) -> u32 {
        let raw = vcpu.raw() as u32;
        (raw & 0xf) | ((raw >> 4 & 0xff) << 8)
    }

    /// Returns the vCPU with an affinity, if there is one.
    #[inline]
    pub fn vcpu_at(&self, affinity: u32) -> Option<VcpuId> {
        let number = (affinity & 0xf) | (affinity >> 8 & 0xff) << 4;
        let id = u16::try_from(number).ok()?;
        let exists = affinity & 0xffff_00f0 == 0 && id < u16::from(self.vcpus);
        exists.then_some(VcpuId::new(id))
    }

    pub(crate) const fn spi_words(&self) -> usize {
        self.spi_words as usize
    }

    pub(crate) const fn priority_mask(&self) -> u8 {
        self.priority_mask
    }

    pub(crate) const fn has_affinity3(&self) -> bool {
        self.affinity3
    }
}

/// GICD_TYPER.IDbits less one: ten bits, no LPIs.
const ID_BITS: u32 = 9;

/// Returns GICD_TYPER but for ITLinesNumber (GIC IHI 0048B.b 4.3.2, IHI 0069H 12.9.38).
fn typer_of(version: Version, vcpus: u8, affinity3: bool) -> u32 {
    match version {
        Version::V2 => u32::from(vcpus).saturating_sub(1) << gicd::TYPER_CPU_NUMBER_SHIFT,
        Version::V3 => {
            let a3v = if affinity3 { gicd::TYPER_A3V } else { 0 };
            ID_BITS << gicd::TYPER_ID_BITS_SHIFT | gicd::TYPER_NO_1N | a3v
        }
    }
}
