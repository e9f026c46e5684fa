//! Arm Versatile Express (CoreTile with the RS1 memory map), and QEMU's `vexpress-a15`.
//!
//! Its firmware parks secondary CPUs until an interrupt arrives and SYS_FLAGS is not zero; reset and
//! power go through the configuration registers of the motherboard (Arm DUI 0447, 4.3 and 4.4).

use crate::{Platform, PlatformError, Port, Smp};
use types::{CpuId, PhysAddr};

/// The motherboard's system registers.
const SYSREG: u64 = 0x1c01_0000;
const FLAGS_SET: u64 = SYSREG + 0x30;
const FLAGS_CLEAR: u64 = SYSREG + 0x34;
const CFG_DATA: u64 = SYSREG + 0xa0;
const CFG_CTRL: u64 = SYSREG + 0xa4;
const CFG_STAT: u64 = SYSREG + 0xa8;

const CFG_START: u32 = 1 << 31;
const CFG_WRITE: u32 = 1 << 30;
const CFG_FUNCTION_SHIFT: u32 = 20;
const CFG_ERROR: u32 = 1 << 1;
const CFG_DONE: u32 = 1 << 0;
const FUNCTION_SHUTDOWN: u32 = 8;
const FUNCTION_REBOOT: u32 = 9;

/// The SP810 system controller: a write to SYSSTAT resets.
const SCCTRL: u64 = 0x1c02_0000;
const SCSYSSTAT: u64 = SCCTRL + 4;

/// Polls of CFG_STAT, 100 us apart: 10 ms.
const CFG_POLLS: u32 = 100;

/// The platform module.
pub struct Vexpress;

impl Platform for Vexpress {
    fn name(&self) -> &'static str {
        "Versatile Express"
    }

    fn compatible(&self) -> &'static [&'static str] {
        &["arm,vexpress"]
    }

    fn smp(&self) -> Smp {
        Smp::Custom
    }

    fn cpu_on(&self, port: &mut dyn Port, cpu: CpuId, entry: PhysAddr) -> Result<(), PlatformError> {
        let entry = u32::try_from(entry.raw()).map_err(|_| PlatformError::EntryTooHigh)?;
        port.write32(PhysAddr::new(FLAGS_CLEAR), !0);
        port.write32(PhysAddr::new(FLAGS_SET), entry);
        port.send_sgi(cpu);
        Ok(())
    }

    fn hidden_devices(&self) -> &'static [&'static str] {
        // The interconnect is for whoever switches CPUs; the display controller's clocks and the
        // power functions would act on the whole machine.
        &[
            "arm,cci-400",
            "arm,cci-400-pmu",
            "arm,hdlcd",
            "arm,vexpress-reset",
            "arm,vexpress-reboot",
            "arm,vexpress-shutdown",
        ]
    }

    fn reset(&self, port: &mut dyn Port) {
        let _ = configure(port, FUNCTION_REBOOT);
        port.write32(PhysAddr::new(SCCTRL), 3);
        port.write32(PhysAddr::new(SCSYSSTAT), 1);
    }

    fn power_off(&self, port: &mut dyn Port) {
        let _ = configure(port, FUNCTION_SHUTDOWN);
    }
}

/// Starts a function of the motherboard's configuration controller and waits for its end.
fn configure(port: &mut dyn Port, function: u32) -> Result<(), PlatformError> {
    port.write32(PhysAddr::new(CFG_STAT), 0);
    port.write32(PhysAddr::new(CFG_DATA), 0);
    port.write32(PhysAddr::new(CFG_CTRL), CFG_START | CFG_WRITE | (function << CFG_FUNCTION_SHIFT));
    for _ in 0..CFG_POLLS {
        let status = port.read32(PhysAddr::new(CFG_STAT));
        if status & CFG_ERROR != 0 {
            return Err(PlatformError::Failed);
        }
        if status & CFG_DONE != 0 {
            return Ok(());
        }
        port.wait_us(100);
    }
    Err(PlatformError::TimedOut)
}

#[cfg(test)]
mod tests;
