//! `physdev_op`: physical devices, of which an Arm guest asks only about PCI.

use crate::constant::header_enum;

header_enum! {
    /// An operation of `physdev_op` that a guest on Arm makes (`xen/include/public/physdev.h`).
    PhysdevOp: u32 {
        PciDeviceAdd = 25 = "PHYSDEVOP_pci_device_add",
        PciDeviceRemove = 26 = "PHYSDEVOP_pci_device_remove",
    }
}
