//! What needs unsafe code but no instruction set: memory, locks, per-CPU data, device registers.
#![allow(unsafe_code)]

pub mod console;
pub mod fallible;
pub mod frame_window;
pub mod guest_copy;
pub mod heap;
pub mod mmio;
pub mod own;
pub mod panic;
pub mod percpu;
pub mod platform_port;
pub mod ram_log;
mod shared_lock;
pub mod sync;
