//! `physdev_op`: physical devices, of which an Arm guest asks only about PCI.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};

header_enum! {
    /// An operation of `physdev_op` that a guest on Arm makes (`xen/include/public/physdev.h`).
    PhysdevOp: u32 {
        PciDeviceAdd = 25 = "PHYSDEVOP_pci_device_add",
        PciDeviceRemove = 26 = "PHYSDEVOP_pci_device_remove",
    }
}

header_enum! {
    /// An operation of `physdev_op` that does not exist on Arm: it gives `-ENOSYS`.
    NotOnArm: u32 {
        IrqStatusQuery = 5 = "PHYSDEVOP_irq_status_query",
        SetIopl = 6 = "PHYSDEVOP_set_iopl",
        SetIobitmap = 7 = "PHYSDEVOP_set_iobitmap",
        ApicRead = 8 = "PHYSDEVOP_apic_read",
        ApicWrite = 9 = "PHYSDEVOP_apic_write",
        AllocIrqVector = 10 = "PHYSDEVOP_alloc_irq_vector",
        FreeIrqVector = 11 = "PHYSDEVOP_free_irq_vector",
        Eoi = 12 = "PHYSDEVOP_eoi",
        MapPirq = 13 = "PHYSDEVOP_map_pirq",
        UnmapPirq = 14 = "PHYSDEVOP_unmap_pirq",
        ManagePciAdd = 15 = "PHYSDEVOP_manage_pci_add",
        ManagePciRemove = 16 = "PHYSDEVOP_manage_pci_remove",
        PirqEoiGmfnV1 = 17 = "PHYSDEVOP_pirq_eoi_gmfn_v1",
        RestoreMsi = 19 = "PHYSDEVOP_restore_msi",
        ManagePciAddExt = 20 = "PHYSDEVOP_manage_pci_add_ext",
        SetupGsi = 21 = "PHYSDEVOP_setup_gsi",
        GetFreePirq = 23 = "PHYSDEVOP_get_free_pirq",
        PciMmcfgReserved = 24 = "PHYSDEVOP_pci_mmcfg_reserved",
        RestoreMsiExt = 27 = "PHYSDEVOP_restore_msi_ext",
        PirqEoiGmfnV2 = 28 = "PHYSDEVOP_pirq_eoi_gmfn_v2",
        DbgpOp = 29 = "PHYSDEVOP_dbgp_op",
        PrepareMsix = 30 = "PHYSDEVOP_prepare_msix",
        ReleaseMsix = 31 = "PHYSDEVOP_release_msix",
    }
}

header_consts! {
    /// Flag of [`PciDeviceAdd::flags`]: an extended function
    PCI_DEV_EXTFN: u32 = 1 => "XEN_PCI_DEV_EXTFN",
    /// Flag: a virtual function
    PCI_DEV_VIRTFN: u32 = 2 => "XEN_PCI_DEV_VIRTFN",
    /// Flag: its proximity domain follows
    PCI_DEV_PXM: u32 = 4 => "XEN_PCI_DEV_PXM",
}

guest_struct! {
    /// A PCI device; the argument of [`PhysdevOp::PciDeviceRemove`].
    PciDevice = "struct physdev_pci_device" {
        /// In: its segment.
        seg: u16,
        /// In: its bus.
        bus: u8,
        /// In: its device and function.
        devfn: u8,
    }
}

guest_struct! {
    /// The argument of [`PhysdevOp::PciDeviceAdd`]; with [`PCI_DEV_PXM`] a `uint32_t` follows.
    PciDeviceAdd = "struct physdev_pci_device_add" {
        /// In: its segment.
        seg: u16,
        /// In: its bus.
        bus: u8,
        /// In: its device and function.
        devfn: u8,
        /// In: `PCI_DEV_*`.
        flags: u32,
        /// In, for a virtual function: the physical function's bus.
        physfn_bus: u8 = "physfn.bus",
        /// In, for a virtual function: the physical function's device and function.
        physfn_devfn: u8 = "physfn.devfn",
        /// Padding.
        _pad: [u8; 2],
    }
}
