//! The console over a PL011 that the test plays; the log's ring is shared with other tests, so that only
//! numbers of bytes are looked at, in a session.

use super::*;
use crate::arch::state;
use crate::drivers::uart::Kind;
use crate::machine::mmio::MmioWindow;
use crate::tests::session;
use core::sync::atomic::AtomicU32;

const REGISTERS: usize = 32;
const UARTFR: usize = 0x18 / 4;
const UARTIMSC: usize = 0x38 / 4;
/// UARTFR.TXFF.
const FULL: u32 = 1 << 5;
/// UARTIMSC: receive and receive time-out; transmit.
const RECEIVE: u32 = 1 << 4 | 1 << 6;
const TRANSMIT: u32 = 1 << 5;
/// A message and what becomes of it.
const HELLO: &str = "hello\n";
const HELLO_BYTES: usize = "(XEN) hello\n".len();

struct Device(&'static [AtomicU32; REGISTERS]);

impl Device {
    fn new() -> Self {
        Self(Box::leak(Box::new([const { AtomicU32::new(0) }; REGISTERS])))
    }

    fn set_full(&self, full: u32) {
        self.0[UARTFR].store(full, Ordering::Relaxed);
    }

    fn mask(&self) -> u32 {
        self.0[UARTIMSC].load(Ordering::Relaxed)
    }

    fn console(&self, pace: Pace) -> Console {
        state::reset();
        timer::init(Some(62_500_000));
        let uart = Uart::new(Kind::Pl011, MmioWindow::over(self.0), 0);
        Console { uart: Some(uart), pace, interrupts: true, ..Console::NEW }
    }
}

#[test]
fn a_full_transmitter_is_left_to_its_interrupt() {
    let _session = session();
    let device = Device::new();
    let mut console = device.console(Pace::Fetched);
    device.set_full(FULL);
    console.say(format_args!("{HELLO}"));
    assert_eq!(console.backlog.unsent(), HELLO_BYTES);
    assert_eq!(device.mask(), RECEIVE | TRANSMIT);
    device.set_full(0);
    console.send();
    assert!(console.backlog.is_empty());
    assert_eq!(device.mask(), RECEIVE);
}

#[test]
fn a_message_ends_a_guests_line() {
    let _session = session();
    let device = Device::new();
    let mut console = device.console(Pace::Fetched);
    device.set_full(FULL);
    b"dom0# ".iter().for_each(|byte| console.put(*byte));
    console.say(format_args!("{HELLO}"));
    assert_eq!(console.backlog.unsent(), "dom0# \n".len() + HELLO_BYTES);
    assert!(console.column == Column::Start);
}

#[test]
fn a_guest_waits_for_room() {
    let _session = session();
    let device = Device::new();
    let mut console = device.console(Pace::Fetched);
    device.set_full(FULL);
    (0..RING_BYTES).for_each(|_| console.put(b'x'));
    assert_eq!(console.room(), 0);
    device.set_full(0);
    console.send();
    assert_eq!((console.room(), console.backlog.take_lost()), (RING_BYTES, 0));
}

#[test]
fn a_guest_does_not_wait_for_a_dead_uart() {
    let _session = session();
    let device = Device::new();
    let mut console = device.console(Pace::Fetched);
    device.set_full(FULL);
    (0..RING_BYTES).for_each(|_| console.put(b'x'));
    for half in 0..2 {
        assert_eq!(console.room(), 0, "after {half} halves of a second");
        state::with(|cpu| cpu.count += cpu.frequency_hz * 51 / 100);
    }
    assert_eq!((console.room(), console.backlog.take_lost()), (RING_BYTES, RING_BYTES));
}

#[test]
fn what_is_waited_for_is_sent_and_a_stuck_uart_given_up() {
    let _session = session();
    let device = Device::new();
    let mut console = device.console(Pace::Waiting);
    console.say(format_args!("{HELLO}"));
    assert_eq!((console.backlog.unsent(), console.backlog.take_lost()), (0, 0));
    device.set_full(FULL);
    console.say(format_args!("{HELLO}"));
    assert_eq!((console.backlog.unsent(), console.backlog.take_lost()), (0, HELLO_BYTES));
}

#[test]
fn what_was_lost_is_told_before_the_next_message() {
    let _session = session();
    let device = Device::new();
    let mut console = device.console(Pace::Fetched);
    device.set_full(FULL);
    (0..RING_BYTES + 7).for_each(|_| console.put(b'\n'));
    device.set_full(0);
    console.send();
    device.set_full(FULL);
    console.say(format_args!("{HELLO}"));
    let told = "(XEN) *** 7 bytes of output were lost\n".len();
    assert_eq!(console.backlog.unsent(), told + HELLO_BYTES);
}

#[test]
fn without_a_uart_everything_is_kept_until_none_can_come() {
    let _session = session();
    state::reset();
    let mut console = Console::NEW;
    console.say(format_args!("{HELLO}"));
    assert_eq!(console.backlog.unsent(), HELLO_BYTES);
    console.pace = Pace::Fetched;
    console.send();
    assert_eq!((console.backlog.unsent(), console.backlog.take_lost()), (0, 0));
}
