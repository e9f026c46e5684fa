//! The public Xen ABI on Arm as data.
#![no_std]
#![forbid(unsafe_code)]
