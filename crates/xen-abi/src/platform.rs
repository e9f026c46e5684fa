//! `platform_op`: what the hardware domain does to the machine.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};

header_consts! {
    /// The version a caller must give, else `-EACCES`
    INTERFACE_VERSION: u32 = 0x0300_0001 => "XENPF_INTERFACE_VERSION",
}

header_enum! {
    /// An operation of `platform_op` that exists on Arm (`xen/include/public/platform.h`).
    PlatformCmd: u32 {
        Settime64 = 62 = "XENPF_settime64",
    }
}

header_enum! {
    /// An operation of `platform_op` that does not exist on Arm: it gives `-ENOSYS`.
    NotOnArm: u32 {
        Settime32 = 17 = "XENPF_settime32",
        AddMemtype = 31 = "XENPF_add_memtype",
        DelMemtype = 32 = "XENPF_del_memtype",
        ReadMemtype = 33 = "XENPF_read_memtype",
        MicrocodeUpdate = 35 = "XENPF_microcode_update",
        PlatformQuirk = 39 = "XENPF_platform_quirk",
        GetCpuVersion = 48 = "XENPF_get_cpu_version",
        EfiRuntimeCall = 49 = "XENPF_efi_runtime_call",
        FirmwareInfo = 50 = "XENPF_firmware_info",
        EnterAcpiSleep = 51 = "XENPF_enter_acpi_sleep",
        ChangeFreq = 52 = "XENPF_change_freq",
        Getidletime = 53 = "XENPF_getidletime",
        SetProcessorPminfo = 54 = "XENPF_set_processor_pminfo",
        GetCpuinfo = 55 = "XENPF_get_cpuinfo",
        CpuOnline = 56 = "XENPF_cpu_online",
        CpuOffline = 57 = "XENPF_cpu_offline",
        CpuHotadd = 58 = "XENPF_cpu_hotadd",
        MemHotadd = 59 = "XENPF_mem_hotadd",
        CoreParking = 60 = "XENPF_core_parking",
        ResourceOp = 61 = "XENPF_resource_op",
        GetSymbol = 63 = "XENPF_get_symbol",
    }
}

guest_struct! {
    /// The argument of `platform_op`.
    XenPlatformOp = "struct xen_platform_op" {
        /// In: a [`PlatformCmd`].
        cmd: u32,
        /// In: [`INTERFACE_VERSION`].
        interface_version: u32,
        /// In or out: the command's own structure.
        u: [u8; 128],
    }
}

guest_struct! {
    /// The structure of [`PlatformCmd::Settime64`]: the time of day at a system time.
    Settime64 = "struct xenpf_settime64" {
        /// In: seconds since 1970-01-01 00:00 UTC.
        secs: u64,
        /// In: nanoseconds.
        nsecs: u32,
        /// In: zero.
        mbz: u32,
        /// In: the system time, in ns.
        system_time: u64,
    }
}
