//! The console: what is said, kept in the RAM log, and the UART it goes to.
//!
//! Hypervisor lines begin with `(XEN) `, a guest's text is passed on as it is. Everything is kept in
//! the RAM log from the first line on; when a UART is found it gets what no UART got before. Until the
//! first guest runs, with `sync_console` and at the end every byte is waited for; otherwise the UART's
//! transmit interrupt fetches what it could not take at once. A message is written under the lock, so
//! that lines of several CPUs do not mix. Lock rank: CONSOLE.

mod backlog;
mod level;
mod limit;

pub use limit::Limit;

use crate::arch::{cpu, timer::counter};
use crate::drivers::timer;
use crate::drivers::uart::{Interrupts, Uart};
use crate::machine::ram_log::{RAM_LOG, RING_BYTES};
use crate::machine::sync::{Guard, Lock, rank};
use backlog::Backlog;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicBool, Ordering};
use level::{Fate, Levels};
use log::{Level, LevelFilter};

struct Console {
    uart: Option<Uart>,
    backlog: Backlog,
    column: Column,
    pace: Pace,
    /// The UART's interrupt comes to EL2.
    interrupts: bool,
    /// The UART's transmit interrupt is on.
    fetching: bool,
    /// The carriage return before the newline that is sent next is out.
    returned: bool,
    /// The count at which a guest first found no room.
    stalled: Option<u64>,
}

/// Where the cursor is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Start,
    Middle,
}

/// Whether the UART is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// Every byte.
    Waiting,
    /// Its interrupt fetches what it does not take.
    Fetched,
}

/// How often a transmitter is asked that stays full: it is broken or stopped by flow control.
const PATIENCE: u32 = 1_000_000;
/// How long a guest's text waits for a transmitter that takes nothing.
const STALL_NS: u64 = 1_000_000_000;
/// Room for the line that says what was lost.
const LOST_LINE_BYTES: usize = 64;

static CONSOLE: Lock<Console, { rank::CONSOLE }> = Lock::new(Console::NEW);
static IS_LAST: AtomicBool = AtomicBool::new(false);
static OWN: Levels = Levels::new(LevelFilter::Info, LevelFilter::Info);
static GUESTS: Levels = Levels::new(LevelFilter::Off, LevelFilter::Warn);
static OWN_LIMIT: Limit = Limit::new();

impl Console {
    const NEW: Self = Self {
        uart: None,
        backlog: Backlog::new(RING_BYTES),
        column: Column::Start,
        pace: Pace::Waiting,
        interrupts: false,
        fetching: false,
        returned: false,
        stalled: None,
    };

    #[inline]
    fn keep(&mut self, byte: u8) {
        RAM_LOG.put(byte);
        self.backlog.add();
    }

    #[inline]
    fn put(&mut self, byte: u8) {
        self.column = if byte == b'\n' { Column::Start } else { Column::Middle };
        self.keep(byte);
    }

    /// Writes text of the hypervisor's, each line with its prefix.
    fn put_prefixed(&mut self, text: &str) {
        for byte in text.bytes() {
            if self.column == Column::Start && byte != b'\n' {
                b"(XEN) ".iter().for_each(|byte| self.keep(*byte));
            }
            self.put(byte);
        }
    }

    /// Writes a message of the hypervisor's; a guest's line that it interrupts is ended.
    fn say(&mut self, text: fmt::Arguments<'_>) {
        if self.column == Column::Middle {
            self.put(b'\n');
        }
        if self.backlog.room() > LOST_LINE_BYTES {
            let lost = self.backlog.take_lost();
            if lost > 0 {
                let _ = Prefixed(self).write_fmt(format_args!("*** {lost} bytes of output were lost\n"));
            }
        }
        let _ = Prefixed(self).write_fmt(text);
        self.send();
    }

    /// Hands to the UART what it has not got yet.
    fn send(&mut self) {
        match (self.uart, self.pace) {
            (Some(uart), Pace::Waiting) => self.drain(&uart),
            (Some(uart), Pace::Fetched) => self.feed(&uart),
            (None, Pace::Waiting) => {}
            (None, Pace::Fetched) => {
                // No UART will come: only who reads the log wants it.
                self.backlog.give_up();
                self.backlog.take_lost();
            }
        }
    }

    /// Sends one byte, a carriage return before a newline; the UART has room.
    #[inline]
    fn send_one(&mut self, uart: &Uart) {
        let byte = RAM_LOG.back(self.backlog.unsent());
        if byte == b'\n' && !self.returned {
            self.returned = true;
            return uart.put(b'\r');
        }
        self.returned = false;
        self.backlog.sent();
        uart.put(byte);
    }

    /// Sends everything, waiting for the UART; one that stays full is given up.
    fn drain(&mut self, uart: &Uart) {
        let mut patience = PATIENCE;
        while !self.backlog.is_empty() {
            if uart.room() > 0 {
                self.send_one(uart);
                patience = PATIENCE;
                continue;
            }
            patience -= 1;
            if patience == 0 {
                return self.backlog.give_up();
            }
            cpu::relax();
        }
    }

    /// Sends what the UART takes at once and lets its interrupt ask for the rest.
    fn feed(&mut self, uart: &Uart) {
        while !self.backlog.is_empty() {
            let room = uart.room();
            if room == 0 {
                break;
            }
            (0..room.min(self.backlog.unsent())).for_each(|_| self.send_one(uart));
            self.stalled = None;
        }
        let fetching = !self.backlog.is_empty();
        if fetching != self.fetching {
            self.fetching = fetching;
            uart.set_interrupts(if fetching { Interrupts::Both } else { Interrupts::Receive });
        }
    }

    /// Returns how much of a guest's text is taken now. A UART that has taken nothing for a second does
    /// not hold guests up any more.
    fn room(&mut self) -> usize {
        let room = self.backlog.room();
        if room > 0 {
            return room;
        }
        let now = counter();
        let since = *self.stalled.get_or_insert(now);
        if timer::ticks_to_ns(now.wrapping_sub(since)) > STALL_NS {
            self.backlog.give_up();
        }
        self.backlog.room()
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
        OWN.fate(metadata.level()) != Fate::Dropped
    }

    fn log(&self, record: &log::Record<'_>) {
        let text = format_args!("{}\n", record.args());
        say_as(OWN.fate(record.level()), &OWN_LIMIT, text);
    }

    fn flush(&self) {}
}

fn say_as(fate: Fate, limit: &Limit, text: fmt::Arguments<'_>) {
    match fate {
        Fate::Said => print(text),
        Fate::Limited => match limit.admit(timer::system_time_ns()) {
            Some(0) => print(text),
            Some(dropped) => print(format_args!("{text}({dropped} messages before this one were dropped)\n")),
            None => {}
        },
        Fate::Dropped => {}
    }
}

/// Makes the `log` macros write here.
pub fn init() {
    RAM_LOG.init();
    // A second call changes nothing.
    let _ = log::set_logger(&Logger);
    log::set_max_level(LevelFilter::Trace);
}

/// Sets which of the hypervisor's messages are said always, and which at a limited rate.
pub fn set_levels(always: LevelFilter, limited: LevelFilter) {
    OWN.set(always, limited);
}

/// Returns which of the hypervisor's messages are said always, and which at a limited rate.
pub fn levels() -> (LevelFilter, LevelFilter) {
    OWN.get()
}

/// Returns the same for messages that guests cause.
pub fn guest_levels() -> (LevelFilter, LevelFilter) {
    GUESTS.get()
}

/// Sets the same for messages that guests cause.
pub fn set_guest_levels(always: LevelFilter, limited: LevelFilter) {
    GUESTS.set(always, limited);
}

/// Prints a message that a guest causes, as `guest_loglvl=` and the guest's own limit allow.
pub fn print_caused(limit: &Limit, level: Level, text: fmt::Arguments<'_>) {
    say_as(GUESTS.fate(level), limit, format_args!("{text}\n"));
}

/// Prints text of the hypervisor's.
pub fn print(text: fmt::Arguments<'_>) {
    let mut console = if IS_LAST.load(Ordering::Relaxed) { last_hold() } else { CONSOLE.lock() };
    console.say(text);
}

/// Takes a guest's text and returns how many bytes of it: the rest when the UART has sent more.
#[must_use]
pub fn print_guest(text: &[u8]) -> usize {
    let mut console = CONSOLE.lock();
    let taken = console.room().min(text.len());
    text.iter().take(taken).for_each(|byte| console.put(*byte));
    console.send();
    taken
}

/// Makes `uart` the console and writes to it what no UART got before; if touching it faults, the one
/// before it stays.
pub fn set_uart(uart: Uart) {
    let mut console = CONSOLE.lock();
    console.drain(&uart);
    console.uart = Some(uart);
}

/// Lets the UART interrupt for what is typed.
pub fn enable_interrupts() {
    let mut console = CONSOLE.lock();
    if let Some(uart) = &console.uart {
        uart.set_interrupts(Interrupts::Receive);
        console.interrupts = true;
    }
}

/// From here on the UART's interrupt fetches what is said, if EL2 has it.
pub fn stop_waiting() {
    let mut console = CONSOLE.lock();
    if console.interrupts || console.uart.is_none() {
        console.pace = Pace::Fetched;
    }
}

/// Returns a byte that was typed.
pub fn receive() -> Option<u8> {
    CONSOLE.lock().uart.as_ref().and_then(Uart::get)
}

/// Gives the UART more to send, if it can take it.
pub fn transmit() {
    let mut console = CONSOLE.lock();
    if console.pace == Pace::Fetched {
        console.send();
    }
}

/// Copies the log's last bytes to `buffer` and returns how many there are.
pub fn read_ring(buffer: &mut [u8]) -> usize {
    let _console = CONSOLE.lock();
    let last = RAM_LOG.last(buffer.len());
    buffer.iter_mut().zip(last).map(|(slot, byte)| *slot = byte).count()
}

/// From here on this CPU alone speaks, and everything is waited for.
///
/// The other CPUs have stopped, or do not answer and are taken for stopped: the machine ends.
pub fn take_over() {
    IS_LAST.store(true, Ordering::Relaxed);
    let mut console = last_hold();
    console.pace = Pace::Waiting;
    console.send();
}

/// Takes the lock, from a CPU that has stopped if need be, or from what this CPU was saying.
fn last_hold() -> Guard<'static, Console, { rank::CONSOLE }> {
    for _ in 0..PATIENCE {
        if let Some(console) = CONSOLE.try_lock() {
            return console;
        }
        cpu::relax();
    }
    // SAFETY: the other CPUs have stopped (take_over), and this one does not return to what it did.
    unsafe { CONSOLE.seize() }
}

#[cfg(test)]
mod tests;
