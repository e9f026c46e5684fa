//! Kernel images and RAM disks that a boot loader left in memory.
#![no_std]
#![forbid(unsafe_code)]
