//! What every test guest stands on.
#![no_std]
