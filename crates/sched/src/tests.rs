//! The scheduler in a simulated machine: shares, caps, affinity, and hostile sequences.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small random numbers")]

mod caps;
mod fairness;
mod hostile;
mod machine;
mod null;
mod steps;
