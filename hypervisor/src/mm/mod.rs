//! Memory: EL2's own address space, the machine's frames, and guests' stage 2.

pub mod frames;
pub mod hyp_space;
pub mod p2m;
pub mod reference;
pub mod vmid;
