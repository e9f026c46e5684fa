//! The port through which a platform module acts on its board.

use types::{CpuId, PhysAddr};

/// What a platform module may do. The kernel implements it with its MMIO windows; tests record it.
pub trait Port {
    /// Reads a 32-bit register.
    fn read32(&mut self, register: PhysAddr) -> u32;

    /// Writes a 32-bit register; complete before the next call of the port.
    fn write32(&mut self, register: PhysAddr, value: u32);

    /// Sends the software-generated interrupt that wakes a waiting CPU.
    fn send_sgi(&mut self, cpu: CpuId);

    /// Waits a number of microseconds.
    fn wait_us(&mut self, us: u32);
}
