//! Reading and writing flattened device trees.
#![no_std]
#![forbid(unsafe_code)]
