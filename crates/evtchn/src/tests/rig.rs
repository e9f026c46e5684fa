//! Guest memory, a guest and a domain for the tests.

use crate::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::vec::Vec;
use types::{DomId, Mfn, Port, VcpuId};
use xen_abi::event_channel::*;
use xen_abi::shared_info;

/// Frames of guest memory.
pub struct Memory {
    frames: BTreeMap<Mfn, Vec<AtomicU32>>,
}

impl Memory {
    pub fn new(frames: u64) -> Self {
        let page = || (0..1024).map(|_| AtomicU32::new(0)).collect();
        Self { frames: (0..frames).map(|frame| (Mfn::new(frame), page())).collect() }
    }

    pub fn at(&self, word: Word) -> &AtomicU32 {
        &self.frames[&word.frame][word.index]
    }
}

impl SharedWords for Memory {
    fn load(&self, word: Word) -> u32 {
        self.at(word).load(SeqCst)
    }

    fn store(&self, word: Word, value: u32) {
        self.at(word).store(value, SeqCst);
    }

    fn compare_exchange(&self, word: Word, current: u32, new: u32) -> Result<(), u32> {
        self.at(word).compare_exchange(current, new, SeqCst, SeqCst).map(|_| ())
    }
}

/// A small pseudo-random generator (xorshift).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32 % end
    }
}

pub const SHARED_INFO: Mfn = Mfn::new(0);
pub const INFO_PAGE: Mfn = Mfn::new(1);
pub const CONTROL_PAGE: Mfn = Mfn::new(2);
pub const FIRST_ARRAY_PAGE: u64 = 3;
pub const FRAMES: u64 = FIRST_ARRAY_PAGE + 2;

pub fn domain(dom: u16, max_port: u32, vcpus: u16) -> EventChannels {
    let mut channels = EventChannels::new(DomId::new(dom), SHARED_INFO, Port::new(max_port), vcpus).unwrap();
    while channels.lend(Bucket::new().unwrap()).is_ok() {}
    channels
}

/// A guest that uses its shared words as Linux does.
pub struct Guest<'a> {
    pub memory: &'a Memory,
    pub vcpus: u16,
    heads: Vec<[u32; 16]>,
}

impl<'a> Guest<'a> {
    pub fn new(memory: &'a Memory, vcpus: u16) -> Self {
        Self { memory, vcpus, heads: std::vec![[0; 16]; vcpus.into()] }
    }

    pub fn info(&self, vcpu: u16) -> Place {
        match vcpu {
            0 => Place::new(SHARED_INFO, 0, shared_info::VCPU_INFO_BYTES).unwrap(),
            _ => Place::new(INFO_PAGE, usize::from(vcpu) * 64, shared_info::VCPU_INFO_BYTES).unwrap(),
        }
    }

    pub fn control(&self, vcpu: u16) -> Place {
        Place::new(CONTROL_PAGE, usize::from(vcpu) * 128, 72).unwrap()
    }

    /// Registers `vcpu_info` of the vCPUs above 0.
    pub fn register(&self, channels: &mut EventChannels) {
        for vcpu in 1..self.vcpus {
            let done = channels.register_vcpu_info(VcpuId::new(vcpu), self.info(vcpu), self.memory);
            assert_eq!(done, Ok(Delivery::Notify(VcpuId::new(vcpu))));
        }
    }

    /// Switches to the FIFO ABI with one page of event words.
    pub fn use_fifo(&self, channels: &mut EventChannels) -> Expanded {
        for vcpu in 0..self.vcpus {
            let bits = channels.init_control(VcpuId::new(vcpu), self.control(vcpu), self.memory);
            assert_eq!(bits, Ok(17));
        }
        channels.expand_array(Mfn::new(FIRST_ARRAY_PAGE), self.memory).unwrap()
    }

    pub fn event_word(&self, port: Port) -> &AtomicU32 {
        let frame = Mfn::new(FIRST_ARRAY_PAGE + u64::from(port.raw() >> 10));
        self.memory.at(Word { frame, index: port.index() & 1023 })
    }

    pub fn mask_fifo(&self, port: Port) {
        self.event_word(port).fetch_or(1 << EVTCHN_FIFO_MASKED, SeqCst);
    }

    /// Clears the mask without the hypervisor's help where nothing is pending.
    pub fn try_unmask_fifo(&self, port: Port) -> bool {
        let clear = |w: u32| {
            (w & (1 << EVTCHN_FIFO_PENDING) == 0 || w & (1 << EVTCHN_FIFO_MASKED) == 0)
                .then_some(w & !(1 << EVTCHN_FIFO_MASKED))
        };
        self.event_word(port).fetch_update(SeqCst, SeqCst, clear).is_ok()
    }

    /// Takes the event interrupt of the 2-level ABI and returns the ports handled.
    pub fn upcall_2l(&self, vcpu: u16) -> Vec<Port> {
        let info = self.info(vcpu);
        let mut handled = Vec::new();
        while self.memory.at(info.word(shared_info::UPCALL_PENDING)).swap(0, SeqCst) != 0 {
            for half in 0..2usize {
                let selected = self.memory.at(info.word(shared_info::PENDING_SEL + half * 4)).swap(0, SeqCst);
                for word in
                    (0..64).filter(|word| selected >> (word / 2) & 1 != 0).map(|word| half * 64 + word)
                {
                    let at =
                        |base: usize| self.memory.at(Word { frame: SHARED_INFO, index: base / 4 + word });
                    let masked = at(shared_info::EVTCHN_MASK).load(SeqCst);
                    let taken = at(shared_info::EVTCHN_PENDING).fetch_and(masked, SeqCst) & !masked;
                    let bits = (0..32).filter(|bit| taken >> bit & 1 != 0);
                    handled.extend(bits.map(|bit| Port::new(word as u32 * 32 + bit)));
                }
            }
        }
        handled
    }

    /// Takes the event interrupt of the FIFO ABI and returns the ports handled.
    pub fn upcall_fifo(&mut self, vcpu: u16) -> Vec<Port> {
        let mut handled = Vec::new();
        let (info, control) = (self.info(vcpu), self.control(vcpu));
        while self.memory.at(info.word(shared_info::UPCALL_PENDING)).swap(0, SeqCst) != 0 {
            let mut ready = self.memory.at(control.word(0)).swap(0, SeqCst);
            while ready != 0 {
                let queue = ready.trailing_zeros();
                if let Some(port) = self.consume(vcpu, queue, &mut ready) {
                    handled.push(port);
                }
                ready |= self.memory.at(control.word(0)).swap(0, SeqCst);
            }
        }
        handled
    }

    /// Takes one port off a queue, and returns it if it has an event to handle.
    fn consume(&mut self, vcpu: u16, queue: u32, ready: &mut u32) -> Option<Port> {
        let control = self.control(vcpu);
        let head = &mut self.heads[usize::from(vcpu)][queue as usize];
        if *head == 0 {
            *head = self.memory.at(control.word(8 + queue as usize * 4)).load(SeqCst);
        }
        let port = Port::new(*head);
        let frame = Mfn::new(FIRST_ARRAY_PAGE + u64::from(port.raw() >> 10));
        let word = self.memory.at(Word { frame, index: port.index() & 1023 });
        let unlink = |w: u32| Some(w & !(1 << EVTCHN_FIFO_LINKED | EVTCHN_FIFO_LINK_MASK));
        let before = word.fetch_update(SeqCst, SeqCst, unlink).unwrap();
        *head = before & EVTCHN_FIFO_LINK_MASK;
        if *head == 0 {
            *ready &= !(1 << queue);
        }
        let value = word.load(SeqCst);
        if value & (1 << EVTCHN_FIFO_PENDING) == 0 || value & (1 << EVTCHN_FIFO_MASKED) != 0 {
            return None;
        }
        word.fetch_and(!(1 << EVTCHN_FIFO_PENDING), SeqCst);
        Some(port)
    }
}
