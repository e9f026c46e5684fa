//! An interrupt controller as the manuals describe it, without list registers, mailboxes or
//! hypervisor: the interrupt state machine of GIC IHI 0069H 4.1.2 and GIC IHI 0048B.b 3.2.4, for
//! CPUs that see every change at once.

use std::vec::Vec;

/// One interrupt, of one CPU if private.
#[derive(Clone, Copy, Debug, Default)]
pub struct Int {
    pub enabled: bool,
    pub group1: bool,
    pub priority: u8,
    pub edge: bool,
    /// Pending by an edge or a write.
    pub latch: bool,
    pub line: bool,
    pub active: bool,
    /// Version 2 SGIs: who sent it. Replaces `latch`.
    pub sources: u8,
    /// The CPU that it goes to; for a private one, whose it is.
    pub target: Option<usize>,
}

impl Int {
    pub fn pending(&self) -> bool {
        self.latch || self.sources != 0 || (self.line && !self.edge)
    }
}

/// The controller: `cpus` banks of 32 private interrupts, then the shared ones.
pub struct Spec {
    pub private: Vec<[Int; 32]>,
    pub shared: Vec<Int>,
    /// Group enables of GICD_CTLR.
    pub groups: u32,
}

impl Spec {
    pub fn new(cpus: usize, spis: usize, v2: bool) -> Self {
        let private = |cpu| {
            let mut bank = [Int { target: Some(cpu), ..Int::default() }; 32];
            for int in &mut bank[..16] {
                (int.edge, int.enabled) = (true, v2);
            }
            bank
        };
        Self {
            private: (0..cpus).map(private).collect(), // Version 3's reset value of IROUTER is affinity 0 here, version 2's of ITARGETSR is nobody.
            shared: std::vec![Int { target: (!v2).then_some(0), ..Int::default() }; spis],
            groups: 0,
        }
    }

    pub fn int(&mut self, cpu: usize, intid: u32) -> &mut Int {
        match intid {
            0..32 => &mut self.private[cpu][intid as usize],
            _ => &mut self.shared[intid as usize - 32],
        }
    }

    /// Returns what may be acknowledged on a CPU that runs at `running` and whose interface signals
    /// `interface`: the pending interrupts that share the highest priority.
    pub fn deliverable(&self, cpu: usize, running: u8, interface: u32) -> Vec<u32> {
        let private = self.private[cpu].iter().zip(0..);
        let shared = self.shared.iter().zip(32..);
        let waiting = private.chain(shared).filter(|(int, _)| {
            let forwarded = self.groups & interface & if int.group1 { 2 } else { 1 } != 0;
            int.pending() && !int.active && int.enabled && forwarded && int.target == Some(cpu)
        });
        let waiting: Vec<_> = waiting.filter(|(int, _)| int.priority < running).collect();
        let best = waiting.iter().map(|(int, _)| int.priority).min();
        waiting.iter().filter(|(int, _)| Some(int.priority) == best).map(|(_, id)| *id).collect()
    }

    /// Returns how many are active.
    pub fn active(&self) -> usize {
        self.private.iter().flatten().chain(&self.shared).filter(|int| int.active).count()
    }

    /// The CPU acknowledges.
    pub fn acknowledge(&mut self, cpu: usize, intid: u32, source: usize) {
        let int = self.int(cpu, intid);
        int.latch = false;
        int.sources &= !(1 << source);
        int.active = true;
    }

    /// A register with a bit for each of 32 interrupts from `first` on.
    pub fn bits(&self, cpu: usize, first: u32, of: impl Fn(&Int) -> bool) -> u32 {
        let ints: &[Int] = match first {
            0 => &self.private[cpu],
            _ => &self.shared[first as usize - 32..first as usize],
        };
        ints.iter().zip(0..).filter(|(int, _)| of(int)).map(|(_, n)| 1u32 << n).sum()
    }
}
