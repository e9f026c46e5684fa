//! The exception syndrome: ESR_EL2, and HSR on ARMv7, whose layout is the same.
//!
//! Arm ARM DDI 0487J D19.2.37 (ESR_EL2), DDI 0406C B4.1.66 (HSR).

/// An exception syndrome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Esr(u64);

/// Exception classes (ESR_EL2.EC).
pub mod ec {
    pub const UNKNOWN: u32 = 0x00;
    pub const WFX: u32 = 0x01;
    pub const CP15_32: u32 = 0x03;
    pub const CP15_64: u32 = 0x04;
    pub const CP14_32: u32 = 0x05;
    pub const CP14_LDC: u32 = 0x06;
    pub const FP: u32 = 0x07;
    pub const CP10_ID: u32 = 0x08;
    pub const PAUTH: u32 = 0x09;
    pub const CP14_64: u32 = 0x0c;
    pub const BTI: u32 = 0x0d;
    pub const ILLEGAL_STATE: u32 = 0x0e;
    pub const SVC32: u32 = 0x11;
    pub const HVC32: u32 = 0x12;
    pub const SMC32: u32 = 0x13;
    pub const SVC64: u32 = 0x15;
    pub const HVC64: u32 = 0x16;
    pub const SMC64: u32 = 0x17;
    pub const SYSREG: u32 = 0x18;
    pub const SVE: u32 = 0x19;
    pub const INSTRUCTION_ABORT_LOWER: u32 = 0x20;
    pub const INSTRUCTION_ABORT_SAME: u32 = 0x21;
    pub const PC_ALIGNMENT: u32 = 0x22;
    pub const DATA_ABORT_LOWER: u32 = 0x24;
    pub const DATA_ABORT_SAME: u32 = 0x25;
    pub const SP_ALIGNMENT: u32 = 0x26;
    pub const SERROR: u32 = 0x2f;
    pub const BRK64: u32 = 0x3c;
}

/// Instruction length bit (ESR_EL2.IL).
pub const IL: u64 = 1 << 25;

/// What a fault status code says (ISS.DFSC / IFSC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The address is beyond the tables.
    AddressSize,
    /// No valid entry.
    Translation,
    /// The entry's access flag is clear.
    AccessFlag,
    /// The entry forbids the access.
    Permission,
    /// Anything else: external, parity, alignment, conflict ...
    Other(u32),
}

impl Esr {
    /// Wraps a register value.
    #[inline]
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// Makes a syndrome from class and ISS, for a 32-bit instruction.
    pub const fn from_parts(class: u32, iss: u32) -> Self {
        Self((class as u64) << 26 | IL | (iss & 0x1ff_ffff) as u64)
    }

    /// Returns the register value.
    #[inline]
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// Returns the exception class.
    #[inline]
    pub const fn class(self) -> u32 {
        (self.0 >> 26 & 0x3f) as u32
    }

    /// Returns the instruction-specific syndrome.
    #[inline]
    pub const fn iss(self) -> u32 {
        (self.0 & 0x1ff_ffff) as u32
    }

    /// Returns the bytes of the trapped instruction, 2 or 4.
    #[inline]
    pub const fn instruction_bytes(self) -> u64 {
        if self.0 & IL != 0 { 4 } else { 2 }
    }

    /// Returns the immediate of an HVC, SVC or SMC.
    #[inline]
    pub const fn immediate(self) -> u16 {
        (self.0 & 0xffff) as u16
    }

    /// Returns the condition of a trapped A32 instruction, or `None` if it was not recorded (CV=0).
    pub const fn condition(self) -> Option<u32> {
        if self.0 & 1 << 24 == 0 { None } else { Some((self.0 >> 20 & 0xf) as u32) }
    }

    /// Classifies the abort's fault status.
    #[inline]
    pub const fn fault_kind(self) -> FaultKind {
        match self.iss() & 0x3f {
            0x00..=0x03 => FaultKind::AddressSize,
            0x04..=0x07 => FaultKind::Translation,
            0x08..=0x0b => FaultKind::AccessFlag,
            0x0c..=0x0f => FaultKind::Permission,
            other => FaultKind::Other(other),
        }
    }

    /// Tells whether this is an abort from a lower exception level, data or instruction.
    #[inline]
    pub const fn is_lower_abort(self) -> bool {
        matches!(self.class(), ec::DATA_ABORT_LOWER | ec::INSTRUCTION_ABORT_LOWER)
    }

    /// Tells whether the abort hit while walking the guest's stage 1 (S1PTW).
    #[inline]
    pub const fn on_stage1_walk(self) -> bool {
        self.0 & 1 << 7 != 0
    }

    /// Tells whether FAR does not hold the faulting address (FnV).
    #[inline]
    pub const fn far_invalid(self) -> bool {
        self.0 & 1 << 10 != 0
    }

    /// Tells whether a data abort was a write, not caused by cache maintenance.
    #[inline]
    pub const fn is_write(self) -> bool {
        self.0 & 1 << 6 != 0
    }

    /// Tells whether a data abort came from cache maintenance (CM).
    #[inline]
    pub const fn is_cache_maintenance(self) -> bool {
        self.0 & 1 << 8 != 0
    }

    /// Returns the register of a load or store of 32 bits, nothing else about which is special, that stage 2
    /// did not translate: what a driver does with an emulated device.
    #[inline]
    pub const fn plain_word(self) -> Option<u32> {
        // ISV, SAS, SSE, FnV, CM, S1PTW and the kind of the fault status.
        const MEANT: u64 = 1 << 24 | 3 << 22 | 1 << 21 | 1 << 10 | 1 << 8 | 1 << 7 | 0x3c;
        const PLAIN: u64 = 1 << 24 | 2 << 22 | 0x04;
        if self.0 & MEANT == PLAIN { Some((self.0 >> 16 & 0x1f) as u32) } else { None }
    }

    /// Decodes the access of a data abort, or `None` if the syndrome does not hold it (ISV=0).
    #[inline]
    pub const fn data_access(self) -> Option<DataAccess> {
        if self.0 & 1 << 24 == 0 {
            return None;
        }
        Some(DataAccess {
            width_bytes: 1 << ((self.0 >> 22) & 3),
            sign_extend: if self.0 & 1 << 21 != 0 { SignExtend::Yes } else { SignExtend::No },
            register: (self.0 >> 16 & 0x1f) as u32,
            register_bits: if self.0 & 1 << 15 != 0 { 64 } else { 32 },
        })
    }
}

/// Whether a load extends the sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignExtend {
    /// Zeroes fill the register.
    No,
    /// The sign fills the register.
    Yes,
}

/// The access that a data abort's syndrome describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataAccess {
    /// 1, 2, 4 or 8.
    pub width_bytes: u32,
    /// How a narrow load fills its register.
    pub sign_extend: SignExtend,
    /// Number of the register loaded or stored.
    pub register: u32,
    /// 32 or 64.
    pub register_bits: u32,
}

impl DataAccess {
    /// Returns what a load of `raw` leaves in its register.
    #[inline]
    pub const fn extend(&self, raw: u64) -> u64 {
        let shift = 64 - self.width_bytes * 8;
        let value = match self.sign_extend {
            SignExtend::No => raw << shift >> shift,
            SignExtend::Yes => ((raw << shift).cast_signed() >> shift).cast_unsigned(),
        };
        if self.register_bits == 32 { value & 0xffff_ffff } else { value }
    }

    /// Returns what a store of `register` puts on the bus.
    #[inline]
    pub const fn truncate(&self, register: u64) -> u64 {
        let shift = 64 - self.width_bytes * 8;
        register << shift >> shift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_a_store() {
        // str w3, [..] from EL1 to a device: EC 0x24, IL, ISV, SAS word, SRT 3, WnR, translation L3.
        let esr = Esr::new(0x24 << 26 | 1 << 25 | 1 << 24 | 2 << 22 | 3 << 16 | 1 << 6 | 7);
        assert_eq!(esr.class(), ec::DATA_ABORT_LOWER);
        assert!(esr.is_write());
        assert_eq!(esr.fault_kind(), FaultKind::Translation);
        let access = esr.data_access().unwrap();
        assert_eq!((access.width_bytes, access.register, access.register_bits), (4, 3, 32));
        assert_eq!(access.truncate(0x1_2345_6789), 0x2345_6789);
    }

    #[test]
    fn knows_a_plain_word() {
        let plain = 0x24 << 26 | 1 << 25 | 1 << 24 | 2 << 22 | 3 << 16 | 7;
        assert_eq!(Esr::new(plain).plain_word(), Some(3));
        assert_eq!(Esr::new(plain | 1 << 6 | 1 << 15).plain_word(), Some(3));
        // Not valid, a byte, signed, maintenance, a walk, a permission fault.
        for change in [1 << 24, 2 << 22, 1 << 21, 1 << 8, 1 << 7, 1 << 3] {
            assert_eq!(Esr::new(plain ^ change).plain_word(), None, "{change:#x}");
        }
    }

    #[test]
    fn extends_loads() {
        let byte =
            DataAccess { width_bytes: 1, sign_extend: SignExtend::Yes, register: 0, register_bits: 32 };
        assert_eq!(byte.extend(0x80), 0xffff_ff80);
        assert_eq!(DataAccess { register_bits: 64, ..byte }.extend(0x80), 0xffff_ffff_ffff_ff80);
        assert_eq!(DataAccess { sign_extend: SignExtend::No, ..byte }.extend(0x1_80), 0x80);
        assert_eq!(DataAccess { width_bytes: 8, register_bits: 64, ..byte }.extend(u64::MAX), u64::MAX);
    }
}
