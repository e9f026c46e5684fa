//! Copying and filling memory: the functions that the compiler calls, in assembly. Those that come with
//! the compiler move one word at a time, and where the two places are not aligned alike, one byte.

core::arch::global_asm!(include_str!("../../../../boot/arm64/memory.S"));
