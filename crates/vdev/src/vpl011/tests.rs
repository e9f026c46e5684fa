//! The UART beside an honest daemon, a hostile one, and a guest that touches everything.

use super::*;
extern crate std;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::vec;
use std::vec::Vec;

const PAGE: usize = 4096;

struct Page(RefCell<Vec<u8>>);

impl Page {
    fn new() -> Self {
        Self(RefCell::new(vec![0; PAGE]))
    }

    /// What a console daemon does: puts bytes until the ring is full.
    fn daemon_puts(&self, bytes: &[u8]) -> usize {
        let room = 1024 - self.load(Index::InProd).wrapping_sub(self.load(Index::InCons));
        let count = bytes.len().min(room as usize);
        for byte in &bytes[..count] {
            let prod = self.load(Index::InProd);
            self.0.borrow_mut()[(prod % 1024) as usize] = *byte;
            self.store(Index::InProd, prod.wrapping_add(1));
        }
        count
    }

    /// What a console daemon does: takes up to `most` bytes.
    fn daemon_takes(&self, most: usize) -> Vec<u8> {
        let mut taken = Vec::new();
        while taken.len() < most && self.load(Index::OutCons) != self.load(Index::OutProd) {
            let cons = self.load(Index::OutCons);
            taken.push(self.0.borrow()[1024 + (cons % 2048) as usize]);
            self.store(Index::OutCons, cons.wrapping_add(1));
        }
        taken
    }
}

impl ConsolePage for Page {
    fn load(&self, index: Index) -> u32 {
        let page = self.0.borrow();
        u32::from_le_bytes(page[index.offset()..][..4].try_into().unwrap())
    }

    fn store(&self, index: Index, value: u32) {
        self.0.borrow_mut()[index.offset()..][..4].copy_from_slice(&value.to_le_bytes());
    }

    fn byte(&self, offset: usize) -> u8 {
        assert!(offset < 1024, "not of the ring towards the guest");
        self.0.borrow()[offset]
    }

    fn set_byte(&self, offset: usize, byte: u8) {
        assert!((1024..3072).contains(&offset), "not of the ring from the guest");
        self.0.borrow_mut()[offset] = byte;
    }
}

const fn word(offset: u64) -> Access {
    Access { offset, width: Width::Word }
}

struct Rig {
    uart: Vpl011,
    page: Page,
}

impl Rig {
    fn new() -> Self {
        let page = Page::new();
        Self { uart: Vpl011::new(&page), page }
    }

    fn read(&mut self, offset: u64) -> u32 {
        self.uart.read(word(offset), &self.page).0
    }

    fn write(&mut self, offset: u64, value: u32) -> Notify {
        self.uart.write(word(offset), value, &self.page)
    }

    fn puts(&mut self, bytes: &[u8]) -> usize {
        let count = self.page.daemon_puts(bytes);
        self.uart.update(&self.page);
        count
    }
}

#[test]
fn a_byte_goes_out_and_one_comes_in() {
    let mut rig = Rig::new();
    assert_eq!(rig.read(FR), FR_RXFE | FR_TXFE);
    assert_eq!(rig.write(DR, 0xa5c3_f041), Notify::Daemon);
    assert_eq!(rig.read(FR), FR_RXFE | FR_TXFE, "what the daemon can read is sent");
    assert_eq!(rig.page.daemon_takes(9), [0x41]);
    assert_eq!(rig.puts(b"x"), 1);
    assert_eq!(rig.read(FR), FR_TXFE);
    assert_eq!(rig.uart.read(word(DR), &rig.page), (u32::from(b'x'), Notify::Daemon));
    assert_eq!(rig.uart.read(word(DR), &rig.page), (0, Notify::Nobody), "there is no second");
    assert_eq!(rig.read(FR), FR_RXFE | FR_TXFE);
}

#[test]
fn a_full_ring_loses_what_is_written() {
    let mut rig = Rig::new();
    for byte in 0..2016 {
        assert_eq!(rig.read(FR) & (FR_BUSY | FR_TXFE), FR_TXFE, "byte {byte}");
        assert_eq!(rig.write(DR, byte & 0x7f), Notify::Daemon);
    }
    for byte in 2016..2048 {
        assert_eq!(rig.read(FR) & FR_TXFF, 0);
        assert_eq!(rig.write(DR, byte & 0x7f), Notify::Daemon);
        assert_eq!(rig.read(FR) & (FR_BUSY | FR_TXFE), FR_BUSY);
    }
    assert_eq!(rig.read(FR), FR_RXFE | FR_TXFF | FR_BUSY);
    assert_eq!(rig.write(DR, 0xff), Notify::Nobody);
    let taken = rig.page.daemon_takes(PAGE);
    assert!(taken.into_iter().map(u32::from).eq((0..2048).map(|byte| byte & 0x7f)));
}

#[test]
fn whoever_is_told_of_room_has_it() {
    let mut rig = Rig::new();
    assert_eq!(rig.write(IMSC, INT_TX), Notify::Nobody);
    while rig.read(FR) & FR_TXFF == 0 {
        let _ = rig.write(DR, 0x20);
    }
    assert_eq!(rig.uart.level(), Level::Low);
    assert_eq!(rig.page.daemon_takes(15).len(), 15);
    rig.uart.update(&rig.page);
    assert_eq!(rig.uart.level(), Level::Low);
    assert_eq!(rig.page.daemon_takes(1).len(), 1);
    rig.uart.update(&rig.page);
    assert_eq!(rig.uart.level(), Level::High);
    for _ in 0..16 {
        assert_eq!(rig.write(DR, 0x21), Notify::Daemon, "half a FIFO fits");
    }
    assert_eq!(rig.uart.level(), Level::Low);
}

#[test]
fn interrupts_follow_what_was_received() {
    let mut rig = Rig::new();
    assert_eq!(rig.read(RIS), INT_TX);
    rig.puts(&[7; 15]);
    assert_eq!((rig.read(RIS), rig.read(MIS)), (INT_TX | INT_RT, 0));
    assert_eq!(rig.uart.level(), Level::Low);
    let _ = rig.write(IMSC, INT_RT | INT_RX);
    assert_eq!((rig.read(MIS), rig.uart.level()), (INT_RT, Level::High));
    rig.puts(&[7; 1]);
    assert_eq!(rig.read(MIS), INT_RT | INT_RX);
    assert_eq!(rig.read(FR) & FR_RXFF, 0);
    rig.puts(&[7; 16]);
    assert_eq!(rig.read(FR) & FR_RXFF, FR_RXFF);
    for _ in 0..17 {
        assert_eq!(rig.read(DR), 7);
    }
    assert_eq!(rig.read(MIS), INT_RT);
    for _ in 0..15 {
        assert_eq!((rig.uart.level(), rig.read(DR)), (Level::High, 7));
    }
    assert_eq!((rig.uart.level(), rig.read(FR) & FR_RXFE), (Level::Low, FR_RXFE));
}

#[test]
fn what_is_cleared_comes_again_with_the_next_byte() {
    let mut rig = Rig::new();
    let _ = rig.write(IMSC, INT_RT);
    rig.puts(b"ab");
    let _ = rig.write(ICR, INT_RT);
    assert_eq!((rig.read(RIS), rig.uart.level()), (INT_TX, Level::Low));
    assert_eq!(rig.read(DR), u32::from(b'a'));
    assert_eq!(rig.uart.level(), Level::High, "a byte is left");
    assert_eq!(rig.read(DR), u32::from(b'b'));
    assert_eq!(rig.uart.level(), Level::Low);
}

#[test]
fn registers_are_reached_by_bytes_and_halves() {
    let mut rig = Rig::new();
    let at = |offset, width| Access { offset, width };
    let _ = rig.uart.write(at(IMSC, Width::Word), u32::MAX, &rig.page);
    assert_eq!(rig.read(IMSC), 0x7ff);
    let _ = rig.uart.write(at(IMSC, Width::Byte), 0xffff_ff12, &rig.page);
    assert_eq!(rig.read(IMSC), 0x712);
    let _ = rig.uart.write(at(IMSC + 1, Width::Byte), 0x5, &rig.page);
    assert_eq!(rig.read(IMSC), 0x512);
    let _ = rig.uart.write(at(IMSC + 2, Width::Half), 0xffff, &rig.page);
    assert_eq!(rig.read(IMSC), 0x512);
    assert_eq!(rig.uart.read(at(IMSC, Width::Half), &rig.page).0, 0x512);
    assert_eq!(rig.uart.read(at(IMSC + 1, Width::Byte), &rig.page).0, 0x5);
    assert_eq!(rig.uart.read(at(IMSC + 3, Width::Word), &rig.page).0, 0);
    for width in [Width::Byte, Width::Half, Width::Word] {
        assert_eq!(rig.uart.write(at(DR, width), 0x141, &rig.page), Notify::Daemon);
        rig.puts(b"z");
        assert_eq!(rig.uart.read(at(DR, width), &rig.page).0, u32::from(b'z'));
    }
    assert_eq!(rig.page.daemon_takes(9), [0x41; 3]);
}

#[test]
fn the_error_flags_of_the_data_register_take_nothing() {
    let mut rig = Rig::new();
    rig.puts(b"k");
    let above = Access { offset: 1, width: Width::Byte };
    assert_eq!(rig.uart.read(above, &rig.page), (0, Notify::Nobody));
    assert_eq!(rig.uart.write(above, 0x41, &rig.page), Notify::Nobody);
    assert_eq!(rig.read(DR), u32::from(b'k'));
    assert!(rig.page.daemon_takes(9).is_empty());
}

#[test]
fn what_is_not_there_reads_as_zero_and_ignores_writes() {
    let mut rig = Rig::new();
    rig.puts(b"k");
    let before = rig.uart;
    for offset in (4..PAGE as u64).step_by(4).filter(|at| ![FR, IMSC, RIS, MIS, ICR].contains(at)) {
        assert_eq!(rig.write(offset, u32::MAX), Notify::Nobody);
        assert_eq!(rig.read(offset), 0, "{offset:#x}");
    }
    for read_only in [FR, RIS, MIS] {
        assert_eq!(rig.write(read_only, u32::MAX), Notify::Nobody);
    }
    assert_eq!(rig.uart, before);
    assert_eq!(rig.read(ICR), 0);
}

#[test]
fn indices_go_on_where_the_page_has_them_and_wrap() {
    let page = Page::new();
    for index in [Index::InCons, Index::InProd, Index::OutCons, Index::OutProd] {
        page.store(index, u32::MAX - 1);
    }
    let mut rig = Rig { uart: Vpl011::new(&page), page };
    assert_eq!(rig.read(FR), FR_RXFE | FR_TXFE);
    rig.puts(b"abcd");
    for byte in b"abcd" {
        assert_eq!(rig.read(DR), u32::from(*byte));
        let _ = rig.write(DR, u32::from(*byte));
    }
    assert_eq!(rig.page.daemon_takes(9), b"abcd");
    assert_eq!(rig.page.load(Index::OutProd), 2);
}

#[test]
fn indices_that_cannot_be_are_a_dead_line() {
    for lie in [1025, 2049, 0x7fff_ffff, 0x8000_0000, u32::MAX - 2048] {
        let mut rig = Rig::new();
        rig.page.store(Index::InProd, lie);
        rig.page.store(Index::OutCons, lie);
        rig.uart.update(&rig.page);
        assert_eq!(rig.read(FR) & (FR_RXFE | FR_TXFF), FR_RXFE | FR_TXFF, "{lie:#x}");
        assert_eq!(rig.read(RIS), 0);
        assert_eq!(rig.uart.read(word(DR), &rig.page), (0, Notify::Nobody));
        assert_eq!(rig.write(DR, 0x41), Notify::Nobody);
        assert_eq!(rig.page.load(Index::OutProd), 0);
    }
}

#[test]
fn this_sides_indices_are_not_believed() {
    let mut rig = Rig::new();
    rig.puts(b"ab");
    assert_eq!(rig.read(DR), u32::from(b'a'));
    rig.page.store(Index::InCons, 0x1234_5678);
    rig.page.store(Index::OutProd, 0x9abc_def0);
    assert_eq!(rig.read(DR), u32::from(b'b'));
    assert_eq!(rig.page.load(Index::InCons), 2);
    assert_eq!(rig.write(DR, 0x41), Notify::Daemon);
    assert_eq!(rig.page.load(Index::OutProd), 1);
}

/// A generator of numbers (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 >> 32).unwrap()
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }
}

#[test]
fn nothing_is_lost_or_made_up_between_honest_ends() {
    let mut numbers = Numbers(0x5eed_1234_5678_9abc);
    let mut rig = Rig::new();
    let (mut to_guest, mut to_daemon) = (VecDeque::new(), VecDeque::new());
    for _ in 0..200_000 {
        let ([byte, ..], burst) = (numbers.next().to_le_bytes(), numbers.below(600));
        match numbers.below(4) {
            0 => {
                let count = rig.puts(&vec![byte; burst]);
                to_guest.extend(core::iter::repeat_n(byte, count));
            }
            1 => assert!(
                rig.page.daemon_takes(burst).into_iter().eq(to_daemon.drain(..burst.min(to_daemon.len())))
            ),
            2 => {
                for _ in 0..burst {
                    let (value, _) = rig.uart.read(word(DR), &rig.page);
                    assert_eq!(value, to_guest.pop_front().map_or(0, u32::from));
                }
            }
            _ => {
                for _ in 0..burst {
                    let room = to_daemon.len() < 2048;
                    assert_eq!(rig.write(DR, byte.into()) == Notify::Daemon, room);
                    to_daemon.extend(room.then_some(byte));
                }
            }
        }
        rig.uart.update(&rig.page);
        let received = to_guest.len();
        assert_eq!(rig.read(RIS) & INT_RX != 0, received >= 16);
        assert_eq!(rig.read(RIS) & INT_RT != 0, received != 0);
        assert_eq!(rig.read(RIS) & INT_TX != 0, to_daemon.len() <= 2032);
    }
}

#[test]
fn a_hostile_page_never_leads_out_of_the_rings() {
    let mut numbers = Numbers(0xbad_c0ff_ee12_3457);
    let mut rig = Rig::new();
    let indices = [Index::InCons, Index::InProd, Index::OutCons, Index::OutProd];
    let widths = [Width::Byte, Width::Half, Width::Word];
    for _ in 0..500_000 {
        // Near the truth half the time, else anything.
        let index = indices[numbers.below(4)];
        let near = rig.page.load(index).wrapping_add(numbers.next() % 4);
        rig.page.store(index, if numbers.below(2) == 0 { near } else { numbers.next() });
        let at = Access { offset: u64::from(numbers.next() % 0x50), width: widths[numbers.below(3)] };
        if numbers.below(2) == 0 {
            let (value, _) = rig.uart.read(at, &rig.page);
            assert_eq!(value & !at.width.mask(), 0);
        } else {
            let _ = rig.uart.write(at, numbers.next(), &rig.page);
        }
        assert_eq!(rig.read(FR) & !(FR_BUSY | FR_RXFE | FR_TXFF | FR_RXFF | FR_TXFE), 0);
    }
}
