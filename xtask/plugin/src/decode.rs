//! Which instructions cost hardware more than the emulator shows, told from their encodings.
//!
//! Arm ARM DDI 0487J C4.1 (A64) and F4.1 (A32); the guests and hypervisors measured here have no T32 code.

/// An instruction set of 32-bit encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// AArch64.
    A64,
    /// AArch32, Arm.
    A32,
}

/// What is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The marker that begins a window.
    Begin,
    /// The marker that ends it.
    End,
    /// One of the kinds that are counted.
    Costly(Kind),
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// DSB and ISB.
    Barrier,
    /// TLB maintenance.
    Tlbi,
    /// Cache maintenance.
    Cache,
    /// Address translation.
    Translate,
    /// Load and store exclusive.
    Exclusive,
    /// An access to the GIC, by register or memory.
    Gic,
}

impl Kind {
    /// All, in order.
    pub const ALL: [Self; 6] =
        [Self::Barrier, Self::Tlbi, Self::Cache, Self::Translate, Self::Exclusive, Self::Gic];

    /// Gives its name in the written file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Barrier => "barrier",
            Self::Tlbi => "tlbi",
            Self::Cache => "cache",
            Self::Translate => "translate",
            Self::Exclusive => "exclusive",
            Self::Gic => "gic",
        }
    }
}

/// Tells what the instruction `word` is, if it is any of these.
pub fn class(isa: Isa, word: u32) -> Option<Class> {
    match isa {
        Isa::A64 => a64(word),
        Isa::A32 => a32(word),
    }
}

/// Takes bits `high..=low` of a word.
fn bits(word: u32, high: u32, low: u32) -> u32 {
    (word >> low) & (u32::MAX >> (31 - (high - low)))
}

fn a64(word: u32) -> Option<Class> {
    let kind = match word {
        // HINT #0x70 and #0x71, which the architecture leaves free.
        0xd503_2e1f => return Some(Class::Begin),
        0xd503_2e3f => return Some(Class::End),
        _ if word & 0xffff_f0ff == 0xd503_309f || word & 0xffff_f0ff == 0xd503_30df => Kind::Barrier,
        // C4.1.89, load/store exclusive: o2 is 0.
        _ if word & 0x3f80_0000 == 0x0800_0000 => Kind::Exclusive,
        _ if word & 0xfff8_0000 == 0xd508_0000 => a64_sys(bits(word, 15, 12), bits(word, 11, 8))?,
        _ if word & 0xffd0_0000 == 0xd510_0000 => a64_register(word)?,
        _ => return None,
    };
    Some(Class::Costly(kind))
}

/// C5.1.2: SYS by CRn and CRm.
fn a64_sys(crn: u32, crm: u32) -> Option<Kind> {
    match (crn, crm) {
        (8 | 9, _) => Some(Kind::Tlbi),
        (7, 8 | 9) => Some(Kind::Translate),
        (7, 1 | 4 | 5 | 6 | 10..=14) => Some(Kind::Cache),
        _ => None,
    }
}

/// GIC IHI 0069H 12.1.1: the registers of the CPU interface (ICC, ICV) and of its hypervisor's side (ICH).
fn a64_register(word: u32) -> Option<Kind> {
    let (op0, op1) = (bits(word, 20, 19), bits(word, 18, 16));
    let (crn, crm, op2) = (bits(word, 15, 12), bits(word, 11, 8), bits(word, 7, 5));
    let priority_mask = (op1, crn, crm, op2) == (0, 4, 6, 0);
    let group = crn == 12 && (8..=15).contains(&crm) && matches!((op1, crm), (0, 8..=12) | (4 | 6, _));
    (op0 == 3 && (priority_mask || group)).then_some(Kind::Gic)
}

fn a32(word: u32) -> Option<Class> {
    let kind = match word {
        0xe320_f070 => return Some(Class::Begin),
        0xe320_f071 => return Some(Class::End),
        _ if word & 0xffff_fff0 == 0xf57f_f040 || word & 0xffff_fff0 == 0xf57f_f060 => Kind::Barrier,
        // F4.1.3, load/store exclusive and acquire/release: bit 9 is "exclusive".
        _ if word & 0x0f80_0ef0 == 0x0180_0e90 => Kind::Exclusive,
        _ if word >> 28 != 15 && word & 0x0f00_0f10 == 0x0e00_0f10 => a32_cp15(word)?,
        _ => return None,
    };
    Some(Class::Costly(kind))
}

/// G8.3: CP15 by CRn, CRm and opc2; the MRC forms of these are no operations but c7, c4 (PAR).
fn a32_cp15(word: u32) -> Option<Kind> {
    let (crn, crm, opc2) = (bits(word, 19, 16), bits(word, 3, 0), bits(word, 7, 5));
    match (crn, crm, opc2) {
        (8, ..) => Some(Kind::Tlbi),
        (7, 10, 4) | (7, 5, 4) => Some(Kind::Barrier),
        (7, 10, 5) => None,
        (7, 8, _) => Some(Kind::Translate),
        (7, 1 | 5 | 6 | 10 | 11 | 13 | 14, _) => Some(Kind::Cache),
        (12, 8..=15, _) => Some(Kind::Gic),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(isa: Isa, word: u32) -> Option<Kind> {
        match class(isa, word) {
            Some(Class::Costly(kind)) => Some(kind),
            _ => None,
        }
    }

    #[test]
    fn a64_by_what_an_assembler_makes() {
        for (word, expected) in [
            (0xd503_3b9f, Some(Kind::Barrier)),   // dsb ish
            (0xd503_3fdf, Some(Kind::Barrier)),   // isb
            (0xd503_3bbf, None),                  // dmb ish
            (0xd508_831f, Some(Kind::Tlbi)),      // tlbi vmalle1is
            (0xd50c_8020, Some(Kind::Tlbi)),      // tlbi ipas2e1is, x0
            (0xd50b_7a20, Some(Kind::Cache)),     // dc cvac, x0
            (0xd50b_7420, Some(Kind::Cache)),     // dc zva, x0
            (0xd508_7e40, Some(Kind::Cache)),     // dc cisw, x0
            (0xd508_751f, Some(Kind::Cache)),     // ic iallu
            (0xd508_7800, Some(Kind::Translate)), // at s1e1r, x0
            (0xd50c_7880, Some(Kind::Translate)), // at s12e1r, x0
            (0x885f_7c01, Some(Kind::Exclusive)), // ldxr w1, [x0]
            (0xc85f_fc01, Some(Kind::Exclusive)), // ldaxr x1, [x0]
            (0x8802_7c01, Some(Kind::Exclusive)), // stxr w2, w1, [x0]
            (0x88df_fc01, None),                  // ldar w1, [x0]
            (0xd518_cba0, Some(Kind::Gic)),       // msr icc_sgi1r_el1, x0
            (0xd538_cc00, Some(Kind::Gic)),       // mrs x0, icc_iar1_el1
            (0xd518_4600, Some(Kind::Gic)),       // msr icc_pmr_el1, x0
            (0xd51c_cc00, Some(Kind::Gic)),       // msr ich_lr0_el2, x0
            (0xd53c_cb20, Some(Kind::Gic)),       // mrs x0, ich_vtr_el2
            (0xd538_c000, None),                  // mrs x0, vbar_el1
            (0xd538_5200, None),                  // mrs x0, esr_el1
            (0xd503_201f, None),                  // nop
            (0xf940_0000, None),                  // ldr x0, [x0]
        ] {
            assert_eq!(kind(Isa::A64, word), expected, "{word:#x}");
        }
    }

    #[test]
    fn a32_by_what_an_assembler_makes() {
        for (word, expected) in [
            (0xf57f_f04b, Some(Kind::Barrier)),   // dsb ish
            (0xf57f_f06f, Some(Kind::Barrier)),   // isb
            (0xf57f_f05b, None),                  // dmb ish
            (0xee08_0f13, Some(Kind::Tlbi)),      // mcr p15, 0, r0, c8, c3, 0
            (0xee07_0f3a, Some(Kind::Cache)),     // mcr p15, 0, r0, c7, c10, 1 (DCCMVAC)
            (0xee07_0f9a, Some(Kind::Barrier)),   // mcr p15, 0, r0, c7, c10, 4 (CP15DSB)
            (0xee07_0f18, Some(Kind::Translate)), // mcr p15, 0, r0, c7, c8, 0 (ATS1CPR)
            (0xe190_1f9f, Some(Kind::Exclusive)), // ldrex r1, [r0]
            (0xe180_2f91, Some(Kind::Exclusive)), // strex r2, r1, [r0]
            (0xe190_1c9f, None),                  // lda r1, [r0]
            (0xee1c_0f10, None),                  // mrc p15, 0, r0, c12, c0, 0 (VBAR)
            (0xe1a0_0000, None),                  // mov r0, r0
        ] {
            assert_eq!(kind(Isa::A32, word), expected, "{word:#x}");
        }
    }

    #[test]
    fn markers_are_markers() {
        assert_eq!(class(Isa::A64, 0xd503_201f | 0x70 << 5), Some(Class::Begin));
        assert_eq!(class(Isa::A64, 0xd503_201f | 0x71 << 5), Some(Class::End));
        assert_eq!(class(Isa::A32, 0xe320_f070), Some(Class::Begin));
        assert_eq!(class(Isa::A32, 0xe320_f071), Some(Class::End));
    }
}
