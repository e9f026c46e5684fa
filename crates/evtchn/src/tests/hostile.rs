//! Guests that fight over their own words: they lose, and nobody waits.

use super::rig::*;
use crate::words::RETRIES;
use crate::*;
use std::cell::{Cell, RefCell};
use std::vec::Vec;
use types::{Mfn, Port, VcpuId};

/// Memory whose every exchange is disturbed.
struct Contended<'a> {
    memory: &'a Memory,
    tries: Cell<usize>,
}

impl SharedWords for Contended<'_> {
    fn load(&self, word: Word) -> u32 {
        self.memory.load(word)
    }

    fn store(&self, word: Word, value: u32) {
        self.memory.store(word, value);
    }

    fn compare_exchange(&self, word: Word, _: u32, _: u32) -> Result<(), u32> {
        self.tries.set(self.tries.get() + 1);
        Err(self.memory.load(word))
    }
}

#[test]
fn a_contended_word_is_given_up() {
    let memory = Memory::new(FRAMES);
    let contended = Contended { memory: &memory, tries: Cell::new(0) };
    for fifo in [false, true] {
        let mut channels = domain(0, 4095, 1);
        if fifo {
            Guest::new(&memory, 1).use_fifo(&mut channels);
        }
        let port = channels.bind_ipi(VcpuId::new(0), &memory).unwrap();
        contended.tries.set(0);
        assert_eq!(channels.send(port, &contended), Ok(Sent::Here(Delivery::Hostile)));
        assert_eq!(contended.tries.get(), RETRIES);
        channels.close(port, &contended).unwrap();
    }
}

/// Memory whose words change to something else between any two accesses.
struct Scribbled {
    memory: Memory,
    random: RefCell<Random>,
    accesses: Cell<usize>,
}

impl Scribbled {
    fn scribble(&self, word: Word) {
        self.accesses.set(self.accesses.get() + 1);
        let mut random = self.random.borrow_mut();
        if random.below(2) == 0 {
            self.memory.store(word, random.below(u32::MAX));
        }
        let other =
            Word { frame: Mfn::new(random.below(FRAMES as u32).into()), index: random.below(1024) as usize };
        self.memory.store(other, random.below(u32::MAX));
    }
}

impl SharedWords for Scribbled {
    fn load(&self, word: Word) -> u32 {
        self.scribble(word);
        self.memory.load(word)
    }

    fn store(&self, word: Word, value: u32) {
        self.scribble(word);
        self.memory.store(word, value);
    }

    fn compare_exchange(&self, word: Word, current: u32, new: u32) -> Result<(), u32> {
        self.scribble(word);
        self.memory.compare_exchange(word, current, new)
    }
}

#[test]
fn scribbling_over_the_words_harms_only_the_guest() {
    let words = Scribbled {
        memory: Memory::new(FRAMES),
        random: RefCell::new(Random(0x5eed_1234_5678)),
        accesses: Cell::new(0),
    };
    let mut random = Random(77);
    let mut channels = domain(0, 2047, 2);
    Guest::new(&words.memory, 2).use_fifo(&mut channels);
    for _ in 0..20_000 {
        let port = Port::new(random.below(40));
        words.accesses.set(0);
        match random.below(8) {
            0 => drop(channels.bind_ipi(VcpuId::new(random.below(3) as u16), &words)),
            1 => drop(channels.close(port, &words)),
            2 => drop(channels.unmask(port, &words)),
            3 => drop(channels.set_priority(port, random.below(17))),
            4 => drop(channels.bind_vcpu(port, VcpuId::new(random.below(3) as u16))),
            _ => drop(channels.send(port, &words)),
        }
        assert!(words.accesses.get() < 5 * (RETRIES + 1), "work is bounded");
    }
    let open: Vec<_> = channels.bound(Port::new(0)).map(|(port, _)| port).collect();
    for port in open {
        channels.close(port, &words).unwrap();
    }
    assert_eq!(channels.bound(Port::new(0)).count(), 0);
}
