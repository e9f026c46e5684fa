//! The console: what is said, kept in the RAM log's ring, and the UART it goes to.
//!
//! Hypervisor lines begin with `(XEN) `, a guest's text is passed on as it is. Everything is kept in
//! the ring from the first line on; when a UART is found the ring so far is written to it.
//! Lock rank: CONSOLE.

use crate::drivers::uart::Uart;
use crate::machine::ram_log::RAM_LOG;
use crate::machine::sync::{Lock, rank};
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};

struct Console {
    uart: Option<Uart>,
    column: Column,
}

/// Where the cursor is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Start,
    Middle,
}

static CONSOLE: Lock<Console, { rank::CONSOLE }> = Lock::new(Console { uart: None, column: Column::Start });
static IN_PANIC: AtomicBool = AtomicBool::new(false);
static LEVEL: AtomicU8 = AtomicU8::new(3);

impl Console {
    fn put(&mut self, byte: u8) {
        RAM_LOG.put(byte);
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
    RAM_LOG.init();
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
    for byte in RAM_LOG.last(usize::MAX) {
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
    let _console = CONSOLE.lock();
    let last = RAM_LOG.last(buffer.len());
    buffer.iter_mut().zip(last).map(|(slot, byte)| *slot = byte).count()
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
