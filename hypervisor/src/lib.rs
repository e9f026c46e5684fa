//! The EL2 kernel.
#![cfg_attr(target_os = "none", no_std)]
#![deny(unsafe_code)]
