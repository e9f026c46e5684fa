//! What deviates from the generic device-tree machine, one module per board family.
#![no_std]
#![forbid(unsafe_code)]
