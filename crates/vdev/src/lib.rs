//! Emulated devices and firmware: timers, PSCI, SMCCC.
#![no_std]
#![forbid(unsafe_code)]
