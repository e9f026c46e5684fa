//! Scheduling policy.
#![no_std]
#![forbid(unsafe_code)]
