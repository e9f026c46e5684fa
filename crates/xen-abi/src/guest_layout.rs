//! The machine of a domain that the toolstack builds (`xen/include/public/arch-arm.h`).
//!
//! Toolstack and hypervisor agree on these addresses and interrupts; the guest finds them in its device
//! tree.

use crate::constant::header_consts;

header_consts! {
    /// First address of virtio devices
    VIRTIO_MMIO_BASE: u64 = 0x200_0000 => "GUEST_VIRTIO_MMIO_BASE",
    /// Bytes of virtio devices
    VIRTIO_MMIO_SIZE: u64 = 0x10_0000 => "GUEST_VIRTIO_MMIO_SIZE",
    /// First address of the version 2 distributor
    GICD_BASE: u64 = 0x300_1000 => "GUEST_GICD_BASE",
    /// Bytes of the version 2 distributor
    GICD_SIZE: u64 = 0x1000 => "GUEST_GICD_SIZE",
    /// First address of the version 2 CPU interface
    GICC_BASE: u64 = 0x300_2000 => "GUEST_GICC_BASE",
    /// Bytes of the version 2 CPU interface
    GICC_SIZE: u64 = 0x2000 => "GUEST_GICC_SIZE",
    /// First address of the version 3 distributor
    GICV3_GICD_BASE: u64 = 0x300_1000 => "GUEST_GICV3_GICD_BASE",
    /// Bytes of the version 3 distributor
    GICV3_GICD_SIZE: u64 = 0x1_0000 => "GUEST_GICV3_GICD_SIZE",
    /// First address of the version 3 redistributors
    GICV3_GICR0_BASE: u64 = 0x302_0000 => "GUEST_GICV3_GICR0_BASE",
    /// Bytes of the version 3 redistributors
    GICV3_GICR0_SIZE: u64 = 0x100_0000 => "GUEST_GICV3_GICR0_SIZE",
    /// First address of PCI configuration space
    VPCI_ECAM_BASE: u64 = 0x1000_0000 => "GUEST_VPCI_ECAM_BASE",
    /// Bytes of PCI configuration space
    VPCI_ECAM_SIZE: u64 = 0x1000_0000 => "GUEST_VPCI_ECAM_SIZE",
    /// First address of the ACPI tables
    ACPI_BASE: u64 = 0x2000_0000 => "GUEST_ACPI_BASE",
    /// Bytes of the ACPI tables
    ACPI_SIZE: u64 = 0x200_0000 => "GUEST_ACPI_SIZE",
    /// First address of the emulated UART
    PL011_BASE: u64 = 0x2200_0000 => "GUEST_PL011_BASE",
    /// Bytes of the emulated UART
    PL011_SIZE: u64 = 0x1000 => "GUEST_PL011_SIZE",
    /// First address of PCI memory
    VPCI_MEM_BASE: u64 = 0x2300_0000 => "GUEST_VPCI_MEM_ADDR",
    /// Bytes of PCI memory
    VPCI_MEM_SIZE: u64 = 0x1000_0000 => "GUEST_VPCI_MEM_SIZE",
    /// First address of where the guest may map its grant table
    GNTTAB_BASE: u64 = 0x3800_0000 => "GUEST_GNTTAB_BASE",
    /// Bytes of where the guest may map its grant table
    GNTTAB_SIZE: u64 = 0x100_0000 => "GUEST_GNTTAB_SIZE",
    /// First address of the pages of console and xenstore
    MAGIC_BASE: u64 = 0x3900_0000 => "GUEST_MAGIC_BASE",
    /// Bytes of the pages of console and xenstore
    MAGIC_SIZE: u64 = 0x100_0000 => "GUEST_MAGIC_SIZE",
    /// First address of the lower RAM
    RAM0_BASE: u64 = 0x4000_0000 => "GUEST_RAM0_BASE",
    /// Bytes of the lower RAM
    RAM0_SIZE: u64 = 0xc000_0000 => "GUEST_RAM0_SIZE",
    /// First address of prefetchable PCI memory
    VPCI_PREFETCH_MEM_BASE: u64 = 0x1_0000_0000 => "GUEST_VPCI_PREFETCH_MEM_ADDR",
    /// Bytes of prefetchable PCI memory
    VPCI_PREFETCH_MEM_SIZE: u64 = 0x1_0000_0000 => "GUEST_VPCI_PREFETCH_MEM_SIZE",
    /// First address of the upper RAM
    RAM1_BASE: u64 = 0x2_0000_0000 => "GUEST_RAM1_BASE",
    /// Bytes of the upper RAM
    RAM1_SIZE: u64 = 0xfe_0000_0000 => "GUEST_RAM1_SIZE",
    /// RAM banks
    RAM_BANKS: usize = 2 => "GUEST_RAM_BANKS",
    /// The most RAM
    RAM_MAX: u64 = RAM0_SIZE + RAM1_SIZE => "GUEST_RAM_MAX",
    /// Regions of version 3 redistributors
    GICV3_RDIST_REGIONS: u32 = 1 => "GUEST_GICV3_RDIST_REGIONS",
    /// vCPUs a guest can have
    MAX_VCPUS: u32 = 128 => "GUEST_MAX_VCPUS",
    /// The virtual timer's interrupt
    TIMER_VIRT_PPI: u32 = 27 => "GUEST_TIMER_VIRT_PPI",
    /// The secure physical timer's interrupt
    TIMER_PHYS_S_PPI: u32 = 29 => "GUEST_TIMER_PHYS_S_PPI",
    /// The physical timer's interrupt
    TIMER_PHYS_NS_PPI: u32 = 30 => "GUEST_TIMER_PHYS_NS_PPI",
    /// The interrupt of event channels
    EVTCHN_PPI: u32 = 31 => "GUEST_EVTCHN_PPI",
    /// The emulated UART's interrupt
    VPL011_SPI: u32 = 32 => "GUEST_VPL011_SPI",
    /// The first virtio interrupt
    VIRTIO_MMIO_SPI_FIRST: u32 = 33 => "GUEST_VIRTIO_MMIO_SPI_FIRST",
    /// The last virtio interrupt
    VIRTIO_MMIO_SPI_LAST: u32 = 43 => "GUEST_VIRTIO_MMIO_SPI_LAST",
}

/// Index of the console's page in the region of magic pages, as libxc lays them out.
pub const MAGIC_CONSOLE: u64 = 0;
/// Index of xenstore's page.
pub const MAGIC_XENSTORE: u64 = 1;
/// Index of the page of monitor events.
pub const MAGIC_MEMACCESS: u64 = 2;
/// Index of the emulated UART's page.
pub const MAGIC_VUART: u64 = 3;
/// Magic pages.
pub const NR_MAGIC_PAGES: u64 = 4;
