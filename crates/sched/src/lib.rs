//! Which vCPU runs on which physical CPU: in proportion to weights, within caps and affinities.
//!
//! [`Scheduler`] is the machine's scheduling state, held by the kernel under one lock. A vCPU's virtual
//! time advances while it runs, the slower the heavier its domain is; who waits does so in one queue,
//! ordered by virtual time, and goes to the first CPU that it may run on and that is free, or whose vCPU
//! is half a slice ahead of it and has had its minimum ([`Timing::ratelimit`]). Who slept may be four
//! slices behind, so that it comes to a CPU soon when it wakes. So no vCPU starves, no CPU idles while
//! one waits that it may run, and one that nobody waits for is not interrupted.
//!
//! A domain's cap is a budget that its vCPUs draw on, filled up every [`Timing::period`]; they are
//! parked when it is used up. With [`Policy::Null`] each vCPU has a CPU for itself, and is parked while
//! there is none.
//!
//! A vCPU that leaves a CPU is not taken by another until its registers are saved: [`Scheduler::pick`]
//! names it, and [`Scheduler::settle`] says that it is. Nothing here knows what a vCPU is (`T`), the
//! clock's unit, or how a CPU is interrupted: operations return the [`CpuSet`] that is to come to its
//! next scheduling point.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod affinity;
mod budget;
mod cpu;
mod cpu_set;
mod domain;
mod entity;
mod home;
mod members;
mod pick;
mod queue;
mod ready;
mod scheduler;
mod timing;

#[cfg(test)]
mod tests;

pub use cpu_set::CpuSet;
pub use domain::Share;
pub use entity::{Affinity, EntityId, Place};
pub use pick::{Change, Pick, Want};
pub use scheduler::{Error, Policy, Scheduler};
pub use timing::Timing;

/// The usual slice: nanoseconds that a vCPU runs while another of its weight waits.
pub const SLICE_NS: u64 = 10_000_000;
/// Nanoseconds after which caps are filled up.
pub const PERIOD_NS: u64 = 10_000_000;
