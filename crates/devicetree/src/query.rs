//! Typed answers to what boot asks a tree: one file per subject.
//!
//! The entry points are methods of [`crate::Tree`]. None allocates.

mod chosen;
mod cpu;
mod gic;
mod memory;
mod modules;
mod psci;
mod timer;
mod uart;

pub use chosen::{Arguments, Chosen};
pub use cpu::{Cpu, EnableMethod};
pub use gic::{GIC_V2, GIC_V3, Gic, GicVersion, ITS, V2M};
pub use memory::{Reserved, ReservedKind};
pub use modules::{MAX_MODULES, Module, ModuleKind, Modules};
pub use psci::{Psci, PsciMethod, PsciVersion};
pub use timer::{TIMERS, Timer};
pub use uart::Uart;
