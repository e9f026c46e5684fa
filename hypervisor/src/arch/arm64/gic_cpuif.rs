//! The GICv3 CPU interface and its virtual half, by system registers (GIC IHI 0069H 12.2, 12.4).

use super::cpu::isb;
use super::sysreg::{read, write};

/// Prepares this CPU's interface: all priorities, split drop and deactivate, group 1 on.
pub fn init_cpu() {
    write!("S3_4_C12_C9_5", 0xf); // ICC_SRE_EL2: SRE, DFB, DIB, Enable
    isb();
    write!("S3_0_C4_C6_0", 0xff); // ICC_PMR_EL1
    write!("S3_0_C12_C12_3", 0); // ICC_BPR1_EL1
    write!("S3_0_C12_C12_4", 1 << 1); // ICC_CTLR_EL1.EOImode
    write!("S3_0_C12_C12_7", 1); // ICC_IGRPEN1_EL1
    write!("S3_4_C12_C11_0", 1); // ICH_HCR_EL2.En
    write!("S3_4_C12_C11_7", 0); // ICH_VMCR_EL2
    isb();
}

/// Acknowledges the highest-priority interrupt; 1023 means there is none (ICC_IAR1_EL1).
#[inline]
pub fn acknowledge() -> u32 {
    let iar = read!("S3_0_C12_C12_0") & 0xff_ffff;
    // SAFETY: a barrier: what the interrupt announces is read after the acknowledgement.
    unsafe { core::arch::asm!("dsb sy", options(nostack, preserves_flags)) }
    u32::try_from(iar).unwrap_or(1023)
}

/// Drops the priority of an acknowledged interrupt (ICC_EOIR1_EL1).
#[inline]
pub fn drop_priority(intid: u32) {
    write!("S3_0_C12_C12_1", u64::from(intid));
    isb();
}

/// Deactivates an interrupt (ICC_DIR_EL1).
#[inline]
pub fn deactivate(intid: u32) {
    write!("S3_0_C12_C11_1", u64::from(intid));
    isb();
}

/// Sends SGI `intid` to one CPU, given its affinity (ICC_SGI1R_EL1).
pub fn send_sgi(intid: u32, mpidr: u64) {
    let aff0 = mpidr & 0xff;
    let value = (mpidr >> 32 & 0xff) << 48
        | (aff0 >> 4) << 44
        | (mpidr >> 16 & 0xff) << 32
        | u64::from(intid) << 24
        | (mpidr >> 8 & 0xff) << 16
        | 1 << (aff0 & 0xf);
    super::cpu::dsb_sy();
    write!("S3_0_C12_C11_5", value);
    isb();
}

/// Returns the number of list registers (ICH_VTR_EL2).
pub fn list_register_count() -> usize {
    (read!("S3_4_C12_C11_1") & 0x1f) as usize + 1
}

/// Returns the number of preemption bits (ICH_VTR_EL2).
pub fn preemption_bits() -> u32 {
    ((read!("S3_4_C12_C11_1") >> 26 & 0x7) as u32) + 1
}

/// Returns the number of priority bits of the virtual interface (ICH_VTR_EL2.PRIbits).
pub fn priority_bits() -> u8 {
    ((read!("S3_4_C12_C11_1") >> 29 & 0x7) as u8) + 1
}

/// Tells whether affinity level 3 may be non-zero (ICH_VTR_EL2.A3V).
pub fn has_affinity3() -> bool {
    read!("S3_4_C12_C11_1") >> 21 & 1 != 0
}

/// Returns which list registers are empty (ICH_ELRSR_EL2).
#[inline]
pub fn empty_list_registers() -> u64 {
    read!("S3_4_C12_C11_5")
}

/// Returns ICH_HCR_EL2.
pub fn hcr() -> u64 {
    read!("S3_4_C12_C11_0")
}

/// Sets ICH_HCR_EL2.
pub fn set_hcr(value: u64) {
    write!("S3_4_C12_C11_0", value);
}

/// Returns ICH_MISR_EL2: why the maintenance interrupt is raised.
pub fn maintenance_status() -> u64 {
    read!("S3_4_C12_C11_2")
}

/// Returns ICH_VMCR_EL2: the guest's priority mask, group enables and EOI mode.
#[inline]
pub fn vmcr() -> u64 {
    read!("S3_4_C12_C11_7")
}

/// Sets ICH_VMCR_EL2.
pub fn set_vmcr(value: u64) {
    write!("S3_4_C12_C11_7", value);
}

/// The active priorities of a vCPU's interface (ICH_AP0R<n>_EL2, ICH_AP1R<n>_EL2).
#[derive(Clone, Copy, Default, Debug)]
pub struct ActivePriorities {
    group0: [u64; 4],
    group1: [u64; 4],
}

impl ActivePriorities {
    /// Reads the CPU's.
    pub fn save(&mut self) {
        self.group0[0] = read!("S3_4_C12_C8_0");
        self.group1[0] = read!("S3_4_C12_C9_0");
        if preemption_bits() >= 6 {
            self.group0[1] = read!("S3_4_C12_C8_1");
            self.group1[1] = read!("S3_4_C12_C9_1");
        }
        if preemption_bits() >= 7 {
            self.group0[2] = read!("S3_4_C12_C8_2");
            self.group0[3] = read!("S3_4_C12_C8_3");
            self.group1[2] = read!("S3_4_C12_C9_2");
            self.group1[3] = read!("S3_4_C12_C9_3");
        }
    }

    /// Writes the CPU's.
    pub fn load(&self) {
        write!("S3_4_C12_C8_0", self.group0[0]);
        write!("S3_4_C12_C9_0", self.group1[0]);
        if preemption_bits() >= 6 {
            write!("S3_4_C12_C8_1", self.group0[1]);
            write!("S3_4_C12_C9_1", self.group1[1]);
        }
        if preemption_bits() >= 7 {
            write!("S3_4_C12_C8_2", self.group0[2]);
            write!("S3_4_C12_C8_3", self.group0[3]);
            write!("S3_4_C12_C9_2", self.group1[2]);
            write!("S3_4_C12_C9_3", self.group1[3]);
        }
    }
}

macro_rules! list_registers {
    ($(($n:literal, $name:literal)),*) => {
        /// Reads list register `n` (ICH_LR<n>_EL2); 0 beyond the last.
        #[inline(never)]
        pub fn read_list_register(n: usize) -> u64 {
            match n {
                $($n => read!($name),)*
                _ => 0,
            }
        }

        /// Writes list register `n`; nothing beyond the last.
        #[inline(always)]
        pub fn write_list_register(n: usize, value: u64) {
            // The first are used most.
            match n {
                0 => write!("S3_4_C12_C12_0", value),
                1 => write!("S3_4_C12_C12_1", value),
                2 => write!("S3_4_C12_C12_2", value),
                _ => write_any_list_register(n, value),
            }
        }

        #[inline(never)]
        fn write_any_list_register(n: usize, value: u64) {
            match n {
                $($n => write!($name, value),)*
                _ => {}
            }
        }
    };
}

list_registers!(
    (0, "S3_4_C12_C12_0"),
    (1, "S3_4_C12_C12_1"),
    (2, "S3_4_C12_C12_2"),
    (3, "S3_4_C12_C12_3"),
    (4, "S3_4_C12_C12_4"),
    (5, "S3_4_C12_C12_5"),
    (6, "S3_4_C12_C12_6"),
    (7, "S3_4_C12_C12_7"),
    (8, "S3_4_C12_C13_0"),
    (9, "S3_4_C12_C13_1"),
    (10, "S3_4_C12_C13_2"),
    (11, "S3_4_C12_C13_3"),
    (12, "S3_4_C12_C13_4"),
    (13, "S3_4_C12_C13_5"),
    (14, "S3_4_C12_C13_6"),
    (15, "S3_4_C12_C13_7")
);
