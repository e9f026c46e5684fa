//! Long-descriptor page tables: stage 1 for EL2 and stage 2 for guests.
#![no_std]
#![forbid(unsafe_code)]
