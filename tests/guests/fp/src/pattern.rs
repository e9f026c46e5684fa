//! A recognisable content of all registers.

use rt::arch::fp::{self, REGISTERS, State};

/// What the control registers count for.
const CONTROL: u32 = 100;

/// Control bits that differ between patterns: rounding mode (FPCR, FPSCR bits 23:22) and, on arm64, the
/// cumulative exception bits in FPSR.
fn control(seed: u64) -> (u64, u64) {
    let rounding = (seed & 3) << 22;
    if cfg!(target_arch = "arm") { (rounding | seed & 0x1f, 0) } else { (rounding, seed & 0x1f) }
}

/// The state a seed stands for: no two registers alike.
pub fn of(seed: u64) -> State {
    let mut q = [[0; 2]; REGISTERS];
    let mut number = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for half in q.iter_mut().flatten() {
        number = number.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        *half = number;
    }
    let (fpcr, fpsr) = control(seed);
    State { q, fpcr, fpsr }
}

/// Loads a seed's state.
pub fn load(seed: u64) {
    fp::load(&of(seed));
}

/// Whether the registers still hold a seed's state; counts the 128-bit registers that do not, and 100
/// for the control registers.
pub fn lost(seed: u64) -> u32 {
    let want = of(seed);
    let mut got = State { q: [[0; 2]; REGISTERS], fpcr: 0, fpsr: 0 };
    fp::store(&mut got);
    let registers = want.q.iter().zip(&got.q).map(|(want, got)| u32::from(want != got)).sum::<u32>();
    registers + if (want.fpcr, want.fpsr) == (got.fpcr, got.fpsr) { 0 } else { CONTROL }
}

/// Counts as [`lost`] does what still holds a seed's state.
pub fn kept(seed: u64) -> u32 {
    let all = of(seed).q.iter().fold(CONTROL, |count, _| count + 1);
    all - lost(seed)
}
