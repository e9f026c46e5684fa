//! Event channels against a reference, and against guests that behave and that do not.
#![allow(clippy::cast_possible_truncation, reason = "small random numbers")]

mod concurrent;
mod fifo;
mod held;
mod hostile;
mod model;
mod refusals;
mod rig;
mod two_level;
