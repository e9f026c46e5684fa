//! Whole lines to whoever listens: console_io when `/hypervisor` exists, else the tree's PL011.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::{arch, mmio, xen};

const NONE: usize = 0;
const XEN: usize = 1;

/// NONE, XEN or the base of a PL011.
static OUTPUT: AtomicUsize = AtomicUsize::new(NONE);

/// Sends lines by the console_io hypercall.
pub fn use_xen() {
    OUTPUT.store(XEN, Ordering::Relaxed);
}

/// Sends lines to a PL011, which firmware or QEMU left enabled; enables it otherwise.
pub fn use_pl011(base: usize) {
    mmio::store32(base + 0x30, 0x301); // UARTCR: RXE, TXE, UARTEN
    OUTPUT.store(base, Ordering::Relaxed);
}

fn send(bytes: &[u8]) {
    match OUTPUT.load(Ordering::Relaxed) {
        NONE => {}
        XEN => {
            xen::console_write(bytes);
        }
        base => bytes.iter().for_each(|byte| pl011_put(base, *byte)),
    }
}

fn pl011_put(base: usize, byte: u8) {
    if byte == b'\n' {
        pl011_put(base, b'\r');
    }
    let mut patience = 1_000_000;
    while mmio::read32(base + 0x18) & 0x20 != 0 && patience > 0 {
        patience -= 1;
        arch::relax();
    }
    mmio::store32(base, u32::from(byte));
}

/// The next byte typed, if any.
pub fn get() -> Option<u8> {
    let mut byte = [0u8; 1];
    match OUTPUT.load(Ordering::Relaxed) {
        NONE => None,
        XEN => (xen::console_read(&mut byte) == 1).then_some(byte[0]),
        base if mmio::read32(base + 0x18) & 0x10 != 0 => None,
        base => mmio::read32(base).to_le_bytes().first().copied(),
    }
}

/// A line buffer: one hypercall a line.
struct Line {
    bytes: [u8; 160],
    used: usize,
}

impl Line {
    fn flush(&mut self) {
        send(self.bytes.get(..self.used).unwrap_or(&[]));
        self.used = 0;
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if self.used == self.bytes.len() {
                self.flush();
            }
            self.bytes[self.used] = byte;
            self.used += 1;
        }
        Ok(())
    }
}

/// Prints formatted text; [`crate::println!`] and [`crate::print!`] are its callers.
pub fn print(arguments: fmt::Arguments<'_>) {
    let mut line = Line { bytes: [0; 160], used: 0 };
    let _ = line.write_fmt(arguments);
    line.flush();
}

/// Prints text without a line end.
#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => { $crate::console::print(format_args!($($argument)*)) };
}

/// Prints a line.
#[macro_export]
macro_rules! println {
    () => { $crate::console::print(format_args!("\n")) };
    ($($argument:tt)*) => {
        $crate::console::print(format_args!("{}\n", format_args!($($argument)*)))
    };
}
