//! How often a vCPU entered EL2, and why.

use core::sync::atomic::{AtomicUsize, Ordering};

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// Why EL2 was entered.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Cause {
            $($(#[$doc])* $name,)+
        }

        impl Cause {
            /// All causes with their names.
            pub const ALL: &[(Self, &str)] = &[$((Self::$name, $text),)+];
        }
    };
}

causes! {
    /// HVC with the hypercall's tag.
    Hypercall = "hypercall",
    /// A call for firmware, by HVC or SMC.
    Smc = "smc",
    /// A system register or CP15 access.
    Sysreg = "sysreg",
    /// A data abort: an emulated device or nothing.
    DataAbort = "data-abort",
    /// An instruction abort.
    InstructionAbort = "inst-abort",
    /// An abort that was retried.
    Retried = "retried",
    /// WFI or WFE.
    Wfx = "wfx",
    /// First floating-point use after a switch.
    Fp = "fp",
    /// A physical interrupt, of any kind below.
    Irq = "irq",
    /// The guest's virtual timer.
    VirtualTimer = "vtimer",
    /// EL2's timer.
    HypTimer = "hyptimer",
    /// A kick from another CPU.
    Kick = "kick",
    /// The GIC's maintenance interrupt.
    Maintenance = "maintenance",
    /// An interrupt forwarded to a guest.
    Spi = "spi",
    /// An asynchronous abort.
    SError = "serror",
    /// Anything else.
    Other = "other",
}

/// Counters by cause; only the CPU that runs the vCPU writes them. They wrap as a word of the CPU does.
#[derive(Debug, Default)]
pub struct Stats([AtomicUsize; Cause::ALL.len()]);

impl Stats {
    /// Counts one entry.
    #[inline]
    pub fn count(&self, cause: Cause) {
        if let Some(counter) = self.0.get(cause as usize) {
            // One writer: a load and a store do, without an exclusive pair.
            counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
    }

    /// Returns a counter.
    pub fn get(&self, cause: Cause) -> u64 {
        self.0.get(cause as usize).map_or(0, |counter| counter.load(Ordering::Relaxed) as u64)
    }
}
