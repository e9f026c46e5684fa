//! Event channels: 2-level and FIFO.
#![no_std]
#![forbid(unsafe_code)]
