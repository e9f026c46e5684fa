//! Runs cases and writes the transcript.

use rt::machine::{GicInfo, Machine};
use rt::pages::{self, Page};
use rt::xen::Block;
use rt::{arch, fault, mmio, println};

use crate::case::{Act, Case, DOMAINS, Field, Frame, HANDLES, Place, Step, Word};
use crate::text::Text;

/// Bytes of a block.
pub const BLOCK: usize = 256;
/// Bytes of a buffer.
pub const BUFFER: usize = 2048;
/// Pages of RAM that cases share.
const PAGES: usize = 12;

/// The number under which a case keeps the domain that the others are about.
pub const TARGET: usize = 0;

/// What cases share, and what earlier ones left behind.
pub struct Lab {
    block: Block<BLOCK>,
    buffer: Block<BUFFER>,
    before: (Block<BLOCK>, Block<BUFFER>),
    pages: [Page; PAGES],
    free: u64,
    hole: usize,
    device: usize,
    kept: [u32; 32],
    target: u16,
    /// Cases called.
    pub calls: u32,
}

fn word(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Lab {
    /// Takes what is needed of the machine.
    pub fn new(machine: &Machine) -> Self {
        let device = match machine.gic {
            GicInfo::V2 { gicd, .. } | GicInfo::V3 { gicd, .. } => gicd.base,
            GicInfo::Unknown => 0,
        };
        let pages = core::array::from_fn(|_| pages::take(machine));
        pages.iter().for_each(|page| page.fill(0));
        Self {
            block: Block::new(),
            buffer: Block::new(),
            before: (Block::new(), Block::new()),
            pages,
            free: machine.hypervisor.map_or(0, |hypervisor| hypervisor.grants.base >> 12),
            hole: machine.hole().unwrap_or(0),
            device: word(device),
            kept: [0; 32],
            target: 1,
            calls: 0,
        }
    }

    /// What was kept under a number.
    pub fn kept(&self, slot: usize) -> u32 {
        self.kept.get(slot).copied().unwrap_or(0)
    }

    /// Does all that a table says.
    pub fn run(&mut self, steps: &[Step]) {
        for step in steps {
            match *step {
                Step::One(case) => self.call(&case, ""),
                Step::Domains(case, offset) => {
                    for (suffix, domain) in DOMAINS {
                        self.prepare(&case);
                        self.block.set16(offset, *domain);
                        self.make(&case, suffix);
                    }
                }
                Step::Handles(case, index) => {
                    for (suffix, place) in HANDLES {
                        self.call(&case.word(index, Word::P(*place)), suffix);
                    }
                }
                Step::Fields(case, offset) => {
                    for (suffix, place) in HANDLES {
                        self.prepare(&case);
                        let address = self.address(*place) as u64;
                        self.block.set64(offset, address);
                        self.make(&case, suffix);
                    }
                }
            }
        }
    }

    fn call(&mut self, case: &Case, suffix: &str) {
        self.prepare(case);
        self.make(case, suffix);
    }

    /// Fills block, buffer and frames.
    fn prepare(&mut self, case: &Case) {
        self.block.bytes.fill(0);
        self.buffer.bytes.fill(case.filler);
        for field in case.block {
            let (offset, bytes, width) = self.encode(field);
            put(&mut self.block.bytes, offset, bytes.get(..width).unwrap_or(&[]));
        }
        for field in case.buffer {
            if let Field::X(offset, text) = field {
                put(&mut self.buffer.bytes, *offset, text.as_bytes());
                put(&mut self.buffer.bytes, *offset + text.len(), &[0]);
                continue;
            }
            let (offset, bytes, width) = self.encode(field);
            put(&mut self.buffer.bytes, offset, bytes.get(..width).unwrap_or(&[]));
        }
        for act in case.acts {
            match act {
                Act::Poke(frame, offset, value) => self.poke(*frame, *offset, *value),
                Act::PokeField(frame, field) => {
                    let (offset, bytes, width) = self.encode(field);
                    for at in (0..width).step_by(4) {
                        let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
                        self.poke(*frame, offset + at, u32::from_le_bytes(four.unwrap_or([0; 4])));
                    }
                }
                Act::Peek(..) | Act::Probe(_) => {}
            }
        }
    }

    /// Calls and tells.
    fn make(&mut self, case: &Case, suffix: &str) {
        self.before = (self.block, self.buffer);
        let words = case.words.map(|word| self.word(word));
        let result = arch::hypercall(case.number, words);
        self.calls += 1;
        let mut line = Text::new();
        let dot = if suffix.is_empty() { "" } else { "." };
        line.add(format_args!("conform: {}{dot}{suffix} rc=", case.name));
        if case.varies && result > 0 {
            line.add(format_args!("+"));
        } else {
            line.add(format_args!("{result}"));
        }
        line.changes("out", &self.before.0.bytes, &self.block.bytes, case.hidden);
        line.changes("buf", &self.before.1.bytes, &self.buffer.bytes, case.hidden_buffer);
        for act in case.acts {
            self.see(*act, &mut line);
        }
        println!("{}", line.text());
        if let Some((slot, offset)) = case.keep
            && let Some(place) = self.kept.get_mut(slot)
        {
            *place = self.block.get32(offset);
            if slot == TARGET {
                self.target = u16::from_le_bytes([self.block.bytes[offset], self.block.bytes[offset + 1]]);
            }
        }
    }

    fn see(&self, act: Act, line: &mut Text) {
        let (name, frame, offset) = match act {
            Act::Peek(frame, offset) => ("peek", frame, offset),
            Act::Probe(frame) => ("probe", frame, 0),
            Act::Poke(..) | Act::PokeField(..) => return,
        };
        let address = word(self.gfn(frame) << 12) + offset;
        let mut value = 0;
        let fault = fault::catch(|| value = mmio::load32(address, 0));
        match (fault, act) {
            (Some(_), _) => line.add(format_args!(" {name}=fault")),
            (None, Act::Peek(..)) => line.add(format_args!(" {name}={value:08x}")),
            (None, _) => line.add(format_args!(" {name}=there")),
        }
    }

    fn poke(&self, frame: Frame, offset: usize, value: u32) {
        let address = word(self.gfn(frame) << 12) + offset;
        if fault::catch(|| mmio::store32(address, value)).is_some() {
            println!("a poke of {address:#x} faults");
        }
    }

    fn gfn(&self, frame: Frame) -> u64 {
        match frame {
            Frame::Ram(index) => self.pages.get(index).map_or(0, Page::gfn),
            Frame::Free(index) => self.free + index,
            Frame::At(gfn) => gfn,
        }
    }

    fn address(&mut self, place: Place) -> usize {
        match place {
            Place::Null => 0,
            Place::High => usize::MAX - 7,
            Place::Unmapped => arch::WINDOW + 0x1f_f000,
            Place::Hole => self.hole,
            Place::Device => self.device,
            Place::Block(offset) => self.block.address() + offset,
            Place::Buffer(offset) => self.buffer.address() + offset,
            Place::Ram(index, offset) => self.pages.get(index).map_or(0, Page::address) + offset,
        }
    }

    fn word(&mut self, value: Word) -> usize {
        match value {
            Word::N(number) => word(number),
            Word::P(place) => self.address(place),
            Word::Target => usize::from(self.target),
        }
    }

    /// Gives a field's offset, bytes and width.
    fn encode(&mut self, field: &Field) -> (usize, [u8; 8], usize) {
        let (offset, value, width) = match *field {
            Field::B(offset, value) => (offset, u64::from(value), 1),
            Field::H(offset, value) => (offset, u64::from(value), 2),
            Field::W(offset, value) => (offset, u64::from(value), 4),
            Field::Q(offset, value) => (offset, value, 8),
            Field::P(offset, place) => (offset, self.address(place) as u64, 8),
            Field::T(offset) => (offset, u64::from(self.target), 2),
            Field::S(offset, slot) => (offset, u64::from(self.kept(slot)), 4),
            Field::G(offset, frame) => (offset, self.gfn(frame), 8),
            Field::A(offset, frame) => (offset, self.gfn(frame) << 12, 8),
            Field::F(offset, frame) => (offset, self.gfn(frame), 4),
            Field::X(offset, _) => (offset, 0, 0),
        };
        (offset, value.to_le_bytes(), width)
    }
}

fn put(bytes: &mut [u8], offset: usize, field: &[u8]) {
    if let Some(place) = bytes.get_mut(offset..offset + field.len()) {
        place.copy_from_slice(field);
    }
}
