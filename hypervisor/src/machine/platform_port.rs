//! What a platform module may do to its board.

use crate::arch;
use crate::drivers::timer;
use crate::irq;
use crate::machine::mmio::MmioWindow;
use crate::machine::percpu;
use platforms::Port;
use types::{CpuId, PhysAddr, PhysRange};

/// The board's registers, mapped as they are touched: bring-up, reset and power-off are rare.
pub struct HostPort;

fn window(register: PhysAddr) -> Option<MmioWindow> {
    MmioWindow::map(PhysRange::new(register, 4).ok()?).ok()
}

impl Port for HostPort {
    fn read32(&mut self, register: PhysAddr) -> u32 {
        window(register).map_or(0, |window| window.read32(0))
    }

    fn write32(&mut self, register: PhysAddr, value: u32) {
        if let Some(window) = window(register) {
            window.write32(0, value);
            arch::cpu::dsb_sy();
        }
    }

    fn send_sgi(&mut self, cpu: CpuId) {
        if let Some(cpu) = percpu::get(cpu) {
            irq::send_kick(cpu);
        }
    }

    fn wait_us(&mut self, us: u32) {
        let start = arch::timer::counter();
        let ticks = timer::ns_to_ticks(u64::from(us) * 1000);
        while arch::timer::counter().wrapping_sub(start) < ticks {
            arch::cpu::relax();
        }
    }
}
