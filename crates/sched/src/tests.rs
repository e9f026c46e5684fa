//! The scheduler step by step, and a simulated machine.
#![allow(clippy::cast_possible_truncation, reason = "small numbers")]

mod simulator;
mod steps;
