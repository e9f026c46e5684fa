//! Ownership of physical frames.
#![no_std]
#![forbid(unsafe_code)]
