//! The console: what is said, kept in a ring, and the UART it goes to.
//!
//! Hypervisor lines begin with `(XEN) `, a guest's text is passed on as it is. Everything is kept in
//! the ring from the first line on; when a UART is found the ring so far is written to it.
//! Lock rank: CONSOLE.

use crate::drivers::uart::Uart;
use crate::machine::sync::{Lock, rank};
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// Bytes of the ring (Xen's `conring_size` default).
pub const RING_BYTES: usize = 16 * 1024;

struct Console {
    uart: Option<Uart>,
    ring: [u8; RING_BYTES],
    /// Bytes ever written; the ring holds the last [`RING_BYTES`].
    produced: usize,
    column: Column,
}

/// Where the cursor is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Start,
    Middle,
}

static CONSOLE: Lock<Console, { rank::CONSOLE }> =
    Lock::new(Console { uart: None, ring: [0; RING_BYTES], produced: 0, column: Column::Start });
static IN_PANIC: AtomicBool = AtomicBool::new(false);
static LEVEL: AtomicU8 = AtomicU8::new(3);

impl Console {
    fn put(&mut self, byte: u8) {
        if let Some(slot) = self.ring.get_mut(self.produced % RING_BYTES) {
            *slot = byte;
        }
        self.produced = self.produced.wrapping_add(1);
        if let Some(uart) = &self.uart {
            if byte == b'\n' {
                uart.put(b'\r');
            }
            uart.put(byte);
        }
    }

    /// Writes text of the hypervisor's, each line with its prefix.
    fn put_prefixed(&mut self, text: &str) {
        for byte in text.bytes() {
            if self.column == Column::Start && byte != b'\n' {
                for prefix in b"(XEN) " {
                    self.put(*prefix);
                }
            }
            self.column = if byte == b'\n' { Column::Start } else { Column::Middle };
            self.put(byte);
        }
    }

    /// Writes a guest's text.
    fn put_guest(&mut self, text: &[u8]) {
        for byte in text {
            self.column = if *byte == b'\n' { Column::Start } else { Column::Middle };
            self.put(*byte);
        }
    }
}

struct Prefixed<'a>(&'a mut Console);

impl Write for Prefixed<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.put_prefixed(text);
        Ok(())
    }
}

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() as u8 <= LEVEL.load(Ordering::Relaxed)
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            print(format_args!("{}\n", record.args()));
        }
    }

    fn flush(&self) {}
}

/// Makes the `log` macros write here.
pub fn init() {
    // A second call changes nothing.
    let _ = log::set_logger(&Logger);
    log::set_max_level(log::LevelFilter::Trace);
}

/// Sets which of the hypervisor's messages are said.
pub fn set_level(level: log::LevelFilter) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Prints text of the hypervisor's.
pub fn print(text: fmt::Arguments<'_>) {
    let mut console = CONSOLE.lock();
    if console.column == Column::Middle {
        console.column = Column::Start;
        console.put(b'\n');
    }
    let _ = Prefixed(&mut console).write_fmt(text);
}

/// Prints a guest's text.
pub fn print_guest(text: &[u8]) {
    CONSOLE.lock().put_guest(text);
}

/// Makes `uart` the console and writes to it what was said so far.
pub fn set_uart(uart: Uart) {
    let mut console = CONSOLE.lock();
    let start = console.produced.saturating_sub(RING_BYTES);
    for at in start..console.produced {
        let byte = console.ring.get(at % RING_BYTES).copied().unwrap_or(b' ');
        if byte == b'\n' {
            uart.put(b'\r');
        }
        uart.put(byte);
    }
    console.uart = Some(uart);
}

/// Runs `f` on the UART, if there is one.
pub fn with_uart<R>(f: impl FnOnce(&Uart) -> R) -> Option<R> {
    CONSOLE.lock().uart.as_ref().map(f)
}

/// Copies the ring's last bytes to `buffer` and returns how many there are.
pub fn read_ring(buffer: &mut [u8]) -> usize {
    let console = CONSOLE.lock();
    let kept = console.produced.min(RING_BYTES).min(buffer.len());
    let start = console.produced - kept;
    for (slot, at) in buffer.iter_mut().zip(start..console.produced) {
        *slot = console.ring.get(at % RING_BYTES).copied().unwrap_or(0);
    }
    kept
}

/// From here on the lock is not waited for: its holder may have stopped.
pub fn enter_panic() {
    IN_PANIC.store(true, Ordering::Relaxed);
}

/// Prints in a panic; if the lock stays taken, without it.
pub fn write_panic(text: fmt::Arguments<'_>) {
    for _ in 0..100_000 {
        if let Some(mut console) = CONSOLE.try_lock() {
            let _ = Prefixed(&mut console).write_fmt(text);
            return;
        }
        crate::arch::cpu::relax();
    }
}
