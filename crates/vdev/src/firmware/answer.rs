//! What firmware answers.

use arm_spec::psci::{AffinityState, Return};
use arm_spec::smccc;

/// The results of a call, x0-x3 or r0-r3; the caller's other registers keep their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer([u64; 4]);

impl Answer {
    /// The function is not known.
    pub const NOT_SUPPORTED: Self = Self::code(smccc::NOT_SUPPORTED);

    /// Returns a PSCI return code.
    pub const fn psci(code: Return) -> Self {
        Self::code(code.raw())
    }

    /// Returns a CPU's state, for `AFFINITY_INFO`.
    pub const fn affinity(state: AffinityState) -> Self {
        Self::code(state as i32)
    }

    /// Returns a signed 32-bit number, as 64-bit callers expect it: sign-extended.
    pub(crate) const fn code(code: i32) -> Self {
        Self([(code as i64).cast_unsigned(), 0, 0, 0])
    }

    /// Returns an unsigned 32-bit number.
    pub(crate) const fn number(number: u32) -> Self {
        Self([number as u64, 0, 0, 0])
    }

    /// Returns a service's revision: major in the first register, minor in the second.
    pub(crate) const fn revision(major: u32, minor: u32) -> Self {
        Self([major as u64, minor as u64, 0, 0])
    }

    /// Returns an identity: four bytes in each of the four registers, the first one lowest.
    pub(crate) const fn uid(uid: [u8; 16]) -> Self {
        let [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3] = uid;
        Self([
            u32::from_le_bytes([a0, a1, a2, a3]) as u64,
            u32::from_le_bytes([b0, b1, b2, b3]) as u64,
            u32::from_le_bytes([c0, c1, c2, c3]) as u64,
            u32::from_le_bytes([d0, d1, d2, d3]) as u64,
        ])
    }

    /// Returns x0-x3 or r0-r3.
    pub const fn registers(self) -> [u64; 4] {
        self.0
    }
}
