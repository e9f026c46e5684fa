//! A plugin for QEMU 7.2's TCG that counts, between a guest's two marker instructions, what the emulator
//! makes as cheap as any instruction, and on request lists every instruction executed there.
//!
//! It runs on the build machine only, loaded by `cargo xtask bench`, which reads the file that it writes
//! (xtask's `bench::windows`). [`api`] is QEMU's interface and the only unsafe code, [`decode`] tells one
//! instruction from another, [`recorder`] keeps the counts (docs/adr/0015-a-plugin-counts-what-is-free.md).

#[cfg(not(test))]
mod api;
#[cfg(not(test))]
mod hooks;

mod decode;
mod options;
mod recorder;
