//! The GICv3 CPU interface and its virtual half, by system registers (GIC IHI 0069H 12.7).
//!
//! Armv8-A CPUs in AArch32 only: on ARMv7 the GIC is version 2, and nothing here is called.

use super::cpu::{dsb_sy, isb};

/// Prepares this CPU's interface: all priorities, split drop and deactivate, group 1 on.
pub fn init_cpu() {
    write!(icc_hsre, 0xf); // SRE, DFB, DIB, Enable
    isb();
    write!(icc_pmr, 0xff);
    write!(icc_bpr1, 0);
    write!(icc_ctlr, 1 << 1); // EOImode
    write!(icc_igrpen1, 1);
    write!(ich_hcr, 1); // En
    write!(ich_vmcr, 0);
    isb();
}

/// Acknowledges the highest-priority interrupt; 1023 means there is none (ICC_IAR1).
#[inline]
pub fn acknowledge() -> u32 {
    let iar = read!(icc_iar1) & 0xff_ffff;
    // What the interrupt announces is read after the acknowledgement.
    dsb_sy();
    iar
}

/// Drops the priority of an acknowledged interrupt (ICC_EOIR1).
#[inline]
pub fn drop_priority(intid: u32) {
    write!(icc_eoir1, intid);
    isb();
}

/// Deactivates an interrupt (ICC_DIR).
#[inline]
pub fn deactivate(intid: u32) {
    write!(icc_dir, intid);
    isb();
}

/// Sends SGI `intid` to one CPU, given its affinity (ICC_SGI1R).
pub fn send_sgi(intid: u32, mpidr: u64) {
    let aff0 = mpidr & 0xff;
    let value = (aff0 >> 4) << 44
        | (mpidr >> 16 & 0xff) << 32
        | u64::from(intid) << 24
        | (mpidr >> 8 & 0xff) << 16
        | 1 << (aff0 & 0xf);
    dsb_sy();
    write64!(icc_sgi1r, value);
    isb();
}

/// Returns the number of list registers (ICH_VTR).
pub fn list_register_count() -> usize {
    (read!(ich_vtr) & 0x1f) as usize + 1
}

/// Returns the number of preemption bits (ICH_VTR).
pub fn preemption_bits() -> u32 {
    (read!(ich_vtr) >> 26 & 0x7) + 1
}

/// Returns the number of priority bits (ICH_VTR).
pub fn priority_bits() -> u8 {
    (read!(ich_vtr) >> 29 & 0x7) as u8 + 1
}

/// Tells whether affinity level 3 may be non-zero: not in A32.
pub fn has_affinity3() -> bool {
    false
}

/// Returns which list registers are empty (ICH_ELRSR).
#[inline]
pub fn empty_list_registers() -> u64 {
    u64::from(read!(ich_elrsr))
}

/// Returns ICH_HCR.
pub fn hcr() -> u64 {
    u64::from(read!(ich_hcr))
}

/// Sets ICH_HCR.
pub fn set_hcr(value: u64) {
    write!(ich_hcr, super::cp15::low(value));
}

/// Returns ICH_MISR: why the maintenance interrupt is raised.
pub fn maintenance_status() -> u64 {
    u64::from(read!(ich_misr))
}

/// Returns ICH_VMCR: the guest's priority mask, group enables and EOI mode.
#[inline]
pub fn vmcr() -> u64 {
    u64::from(read!(ich_vmcr))
}

/// Sets ICH_VMCR.
pub fn set_vmcr(value: u64) {
    write!(ich_vmcr, super::cp15::low(value));
}

/// The active priorities of a vCPU's interface (ICH_AP0R<n>, ICH_AP1R<n>).
#[derive(Clone, Copy, Default, Debug)]
pub struct ActivePriorities {
    group0: [u32; 4],
    group1: [u32; 4],
}

impl ActivePriorities {
    /// Reads the CPU's.
    pub fn save(&mut self) {
        self.group0[0] = read!(ich_ap0r0);
        self.group1[0] = read!(ich_ap1r0);
        if preemption_bits() >= 6 {
            self.group0[1] = read!(ich_ap0r1);
            self.group1[1] = read!(ich_ap1r1);
        }
        if preemption_bits() >= 7 {
            self.group0[2] = read!(ich_ap0r2);
            self.group0[3] = read!(ich_ap0r3);
            self.group1[2] = read!(ich_ap1r2);
            self.group1[3] = read!(ich_ap1r3);
        }
    }

    /// Writes the CPU's.
    pub fn load(&self) {
        write!(ich_ap0r0, self.group0[0]);
        write!(ich_ap1r0, self.group1[0]);
        if preemption_bits() >= 6 {
            write!(ich_ap0r1, self.group0[1]);
            write!(ich_ap1r1, self.group1[1]);
        }
        if preemption_bits() >= 7 {
            write!(ich_ap0r2, self.group0[2]);
            write!(ich_ap0r3, self.group0[3]);
            write!(ich_ap1r2, self.group1[2]);
            write!(ich_ap1r3, self.group1[3]);
        }
    }
}

macro_rules! list_registers {
    ($(($n:literal, $low:ident, $high:ident)),*) => {
        /// Reads list register `n` (ICH_LR<n>, ICH_LRC<n>); 0 beyond the last.
        #[inline(never)]
        pub fn read_list_register(n: usize) -> u64 {
            match n {
                $($n => u64::from(read!($low)) | u64::from(read!($high)) << 32,)*
                _ => 0,
            }
        }

        /// Writes list register `n`; nothing beyond the last.
        ///
        /// The half with the state is written last.
        #[inline(never)]
        pub fn write_list_register(n: usize, value: u64) {
            let (low, high) = (super::cp15::low(value), super::cp15::high(value));
            match n {
                $($n => {
                    write!($low, low);
                    write!($high, high);
                })*
                _ => {}
            }
        }
    };
}

list_registers!(
    (0, ich_lr0, ich_lrc0),
    (1, ich_lr1, ich_lrc1),
    (2, ich_lr2, ich_lrc2),
    (3, ich_lr3, ich_lrc3),
    (4, ich_lr4, ich_lrc4),
    (5, ich_lr5, ich_lrc5),
    (6, ich_lr6, ich_lrc6),
    (7, ich_lr7, ich_lrc7),
    (8, ich_lr8, ich_lrc8),
    (9, ich_lr9, ich_lrc9),
    (10, ich_lr10, ich_lrc10),
    (11, ich_lr11, ich_lrc11),
    (12, ich_lr12, ich_lrc12),
    (13, ich_lr13, ich_lrc13),
    (14, ich_lr14, ich_lrc14),
    (15, ich_lr15, ich_lrc15)
);
