//! Copying and filling memory: the functions that the compiler calls, in assembly. Those that come with
//! the compiler move one word at a time.

core::arch::global_asm!(include_str!("../../../../boot/arm32/memory.S"), options(raw));
