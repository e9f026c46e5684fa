//! The distributor's frame, GICD (GIC IHI 0048B.b 4.3, GIC IHI 0069H 12.9).

/// Distributor control.
pub const CTLR: u32 = 0x0000;
/// What the controller implements.
pub const TYPER: u32 = 0x0004;
/// Who implemented it.
pub const IIDR: u32 = 0x0008;
/// What more the controller implements (version 3).
pub const TYPER2: u32 = 0x000c;
/// Error status (version 3, optional).
pub const STATUSR: u32 = 0x0010;
/// Message-based SPI, set (version 3).
pub const SETSPI_NSR: u32 = 0x0040;
/// Message-based SPI, clear (version 3).
pub const CLRSPI_NSR: u32 = 0x0048;
/// Group of each interrupt, a bit each.
pub const IGROUPR: u32 = 0x0080;
/// Enable, a bit each.
pub const ISENABLER: u32 = 0x0100;
/// Disable, a bit each.
pub const ICENABLER: u32 = 0x0180;
/// Make pending, a bit each.
pub const ISPENDR: u32 = 0x0200;
/// Make not pending, a bit each.
pub const ICPENDR: u32 = 0x0280;
/// Make active, a bit each.
pub const ISACTIVER: u32 = 0x0300;
/// Make not active, a bit each.
pub const ICACTIVER: u32 = 0x0380;
/// Priority, a byte each.
pub const IPRIORITYR: u32 = 0x0400;
/// Target CPUs, a byte each (version 2, and version 3 without affinity routing).
pub const ITARGETSR: u32 = 0x0800;
/// Trigger, two bits each.
pub const ICFGR: u32 = 0x0c00;
/// Group modifier (version 3, two security states).
pub const IGRPMODR: u32 = 0x0d00;
/// Non-secure access control.
pub const NSACR: u32 = 0x0e00;
/// Generate an SGI (version 2).
pub const SGIR: u32 = 0x0f00;
/// SGIs made not pending, a byte of sources each (version 2).
pub const CPENDSGIR: u32 = 0x0f10;
/// SGIs made pending, a byte of sources each (version 2).
pub const SPENDSGIR: u32 = 0x0f20;
/// Affinity routing of each interrupt, 8 bytes each (version 3).
pub const IROUTER: u32 = 0x6000;
/// Identification registers of version 2, PIDR4 first.
pub const IDREGS_V2: u32 = 0x0fd0;
/// Identification registers of version 3, PIDR4 first.
pub const IDREGS_V3: u32 = 0xffd0;

/// CTLR with one security state: forward group 0.
pub const CTLR_ENABLE_GRP0: u32 = 1 << 0;
/// CTLR with one security state: forward group 1.
pub const CTLR_ENABLE_GRP1: u32 = 1 << 1;
/// CTLR: affinity routing (version 3, one security state).
pub const CTLR_ARE: u32 = 1 << 4;
/// CTLR: one security state (version 3).
pub const CTLR_DS: u32 = 1 << 6;

/// TYPER: position of the number of CPU interfaces less one.
pub const TYPER_CPU_NUMBER_SHIFT: u32 = 5;
/// TYPER: position of the identifier bits less one (version 3).
pub const TYPER_ID_BITS_SHIFT: u32 = 19;
/// TYPER: affinity level 3 is used (version 3).
pub const TYPER_A3V: u32 = 1 << 24;
/// TYPER: 1-of-N routing is not supported (version 3).
pub const TYPER_NO_1N: u32 = 1 << 25;

/// IROUTER: deliver to any one CPU.
pub const IROUTER_IRM: u64 = 1 << 31;
