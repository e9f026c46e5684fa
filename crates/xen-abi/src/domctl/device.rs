//! Devices of a domain: interrupts, assigned devices, the emulated UART.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};
use types::{DomId, GuestVa, Port};

header_consts! {
    /// Flag of [`AssignDevice::flags`]: reserved memory need not be mapped 1:1
    DEV_RDM_RELAXED: u32 = 1 => "XEN_DOMCTL_DEV_RDM_RELAXED",
    /// [`VuartOp::cmd`]: set up
    VUART_OP_INIT: u32 = 0 => "XEN_DOMCTL_VUART_OP_INIT",
    /// [`VuartOp::device`]: the SBSA UART
    VUART_TYPE_VPL011: u32 = 0 => "XEN_DOMCTL_VUART_TYPE_VPL011",
}

header_enum! {
    /// How an assigned device is named.
    DeviceKind: u32 {
        Pci = 0 = "XEN_DOMCTL_DEV_PCI",
        Dt = 1 = "XEN_DOMCTL_DEV_DT",
    }
}

header_enum! {
    /// What a passed-through interrupt is (`enum pt_irq_type`).
    PtIrqType: u32 {
        Pci = 0 = "PT_IRQ_TYPE_PCI",
        Isa = 1 = "PT_IRQ_TYPE_ISA",
        Msi = 2 = "PT_IRQ_TYPE_MSI",
        MsiTranslate = 3 = "PT_IRQ_TYPE_MSI_TRANSLATE",
        /// The only one on Arm.
        Spi = 4 = "PT_IRQ_TYPE_SPI",
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::IrqPermission`](super::DomctlCmd::IrqPermission).
    IrqPermission = "struct xen_domctl_irq_permission" {
        /// In: the interrupt.
        pirq: u32,
        /// In: 0 to deny.
        allow_access: u8,
        /// Padding.
        pad: [u8; 3],
    }
}

guest_struct! {
    /// The structure of bind_pt_irq and unbind_pt_irq.
    BindPtIrq = "struct xen_domctl_bind_pt_irq" {
        /// In: the machine's interrupt.
        machine_irq: u32,
        /// In: a [`PtIrqType`].
        irq_type: u32,
        /// In: the guest's interrupt, for [`PtIrqType::Spi`].
        spi: u16 = "u.spi.spi",
        /// The rest of the union.
        _pad: [u8; 14],
    }
}

guest_struct! {
    /// The structure of assign_device, test_assign_device and deassign_device.
    AssignDevice = "struct xen_domctl_assign_device" {
        /// In: a [`DeviceKind`].
        dev: u32,
        /// In: [`DEV_RDM_RELAXED`] or 0.
        flags: u32,
        /// In: an [`AssignPci`] or an [`AssignDt`].
        u: [u8; 16],
    }
}

guest_struct! {
    /// The device of [`DeviceKind::Pci`].
    AssignPci = "__typeof__(((struct xen_domctl_assign_device *)0)->u.pci)" {
        /// In: segment, bus, device and function.
        machine_sbdf: u32,
    }
}

guest_struct! {
    /// The device of [`DeviceKind::Dt`].
    AssignDt = "__typeof__(((struct xen_domctl_assign_device *)0)->u.dt)" {
        /// In: bytes of the path.
        size: u32,
        /// Padding.
        _pad: [u8; 4],
        /// In: the path of the device tree node.
        path: GuestVa,
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::GetDeviceGroup`](super::DomctlCmd::GetDeviceGroup).
    GetDeviceGroup = "struct xen_domctl_get_device_group" {
        /// In: the device.
        machine_sbdf: u32,
        /// In: elements there is space for.
        max_sdevs: u32,
        /// Out: elements.
        num_sdevs: u32,
        /// Padding.
        _pad: [u8; 4],
        /// Out: the devices that can only be assigned with it, as `uint32_t`.
        sdev_array: GuestVa,
    }
}

guest_struct! {
    /// The structure of [`DomctlCmd::VuartOp`](super::DomctlCmd::VuartOp).
    VuartOp = "struct xen_domctl_vuart_op" {
        /// In: [`VUART_OP_INIT`].
        cmd: u32,
        /// In: [`VUART_TYPE_VPL011`].
        device: u32 = "type",
        /// In: the guest frame of the ring.
        gfn: u64,
        /// In: the domain of the console daemon.
        console_domid: DomId,
        /// Padding.
        pad: [u8; 2],
        /// Out: the daemon's event channel.
        evtchn: Port,
    }
}
