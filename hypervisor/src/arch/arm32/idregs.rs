//! What a guest reads in the identification registers: what is not supported is hidden.

/// Returns ACTLR.
pub fn actlr() -> u64 {
    u64::from(read!(actlr))
}

/// Returns identification register p15, 0, c0, c`crm`, `op2`; what is reserved reads as zero.
pub fn read(crm: u32, op2: u32) -> u64 {
    u64::from(match (crm, op2) {
        (1, 0) => read!(id_pfr0),
        (1, 1) => read!(id_pfr1),
        // Performance monitors and trace.
        (1, 2) => read!(id_dfr0) & !(0xf << 24 | 0xf << 20 | 0xf << 16 | 0xf << 12),
        (1, 3) => read!(id_afr0),
        (1, 4) => read!(id_mmfr0),
        (1, 5) => read!(id_mmfr1),
        (1, 6) => read!(id_mmfr2),
        (1, 7) => read!(id_mmfr3),
        (2, 0) => read!(id_isar0),
        (2, 1) => read!(id_isar1),
        (2, 2) => read!(id_isar2),
        (2, 3) => read!(id_isar3),
        (2, 4) => read!(id_isar4),
        (2, 5) => read!(id_isar5),
        (2, 6) => read!(id_mmfr4),
        _ => 0,
    })
}
