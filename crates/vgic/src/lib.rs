//! The virtual interrupt controller, versions 2 and 3.
#![no_std]
#![forbid(unsafe_code)]
