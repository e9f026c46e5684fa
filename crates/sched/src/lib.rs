//! Which vCPU runs on which physical CPU: round robin over all of them.
//!
//! [`Scheduler`] is the machine's scheduling state, held by the kernel under one lock. Every vCPU
//! that may run waits in one queue and goes to the first CPU that is free, or whose vCPU has had its
//! slice; one that nobody waits for is not interrupted again after its slice. So no vCPU starves, no CPU
//! idles while a vCPU waits, and vCPUs move between all CPUs. Weights, affinities and pools come with
//! another policy behind the same operations.
//!
//! A vCPU that leaves a CPU is not taken by another until its registers are saved: [`Scheduler::pick`]
//! names it, and [`Scheduler::settle`] says that it is. Nothing here knows what a vCPU is (`T`), the
//! time or its unit, or how a CPU is interrupted.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod cpu;
mod cpu_set;
mod entity;
mod queue;
mod scheduler;

#[cfg(test)]
mod tests;

pub use cpu_set::CpuSet;
pub use entity::{EntityId, Place};
pub use scheduler::{Decision, Error, Pick, Scheduler, Want};

/// The usual slice: nanoseconds that a vCPU runs while others wait.
pub const SLICE_NS: u64 = 10_000_000;
