//! Every form of access to a device the hypervisor may emulate: the distributor's priority bytes of
//! INTIDs 0-3, which software may write.

use rt::check::{check_eq, skip};
use rt::fault;
use rt::gic::{self, IPRIORITYR};
use rt::mmio;

/// Priorities with the sign bit set in some bytes, in steps every implementation keeps.
const BYTES: u32 = 0x8040_c0a0;

pub fn run() {
    if gic::version() == 0 {
        return skip("device accesses", "no GIC");
    }
    let at = gic::bank(0) + IPRIORITYR;
    mmio::store32(at, BYTES);
    check_eq("a word load reads four priorities", mmio::load32(at, 0), BYTES);
    for byte in 0..4 {
        let want = BYTES >> (8 * byte) & 0xff;
        if mmio::load8(at + byte, 0xffff_ffff) != want {
            check_eq("a byte load reads one priority", mmio::load8(at + byte, 0xffff_ffff), want);
            return;
        }
    }
    check_eq("a byte load reads one priority", mmio::load8(at + 3, 0xffff_ffff), 0x80);
    check_eq("LDRSB extends the sign", mmio::load8_signed(at, 0), 0xa0_u8.cast_signed() as isize as usize);
    mmio::store8(at + 1, 0x20);
    check_eq("a byte store writes one priority", mmio::load32(at, 0), 0x8040_20a0);
    wide(at);
    mmio::store32(at, 0xa0a0_a0a0);
    check_eq("a word store writes four priorities", mmio::load32(at, 0), 0xa0a0_a0a0);
    identification();
}

#[cfg(target_arch = "aarch64")]
fn wide(at: usize) {
    check_eq("LDRSB into 32 bits clears the upper half", mmio::load8_signed_w(at, usize::MAX), 0xffff_ffa0);
    check_eq("LDRSW extends the sign", mmio::load32_signed(at, 0), 0xffff_ffff_8040_20a0);
    check_eq("LDR into 32 bits clears the upper half", mmio::load32_w(at, usize::MAX), 0x8040_20a0);
    mmio::store_zero(at);
    check_eq("the zero register can be stored", mmio::load32(at, 1), 0);
    let fault = fault::catch(|| mmio::load_discarded(at));
    check_eq("the zero register can be loaded", u32::from(fault.is_some()), 0);
    mmio::store32(at, 0x6040_20a0);
    let wrong = rt::arch::registers_misnamed(gic::gicd() + gic::TYPER);
    check_eq("every register can be named in an access that is emulated", wrong, 0);
}

#[cfg(target_arch = "arm")]
fn wide(_: usize) {}

/// Identification registers at the distributor's end: ArchRev of PIDR2 is the GIC's version.
fn identification() {
    let at = gic::gicd() + if gic::version() == 3 { 0xffe8 } else { 0xfe8 };
    let mut id = 0;
    let fault = fault::catch(|| id = mmio::load32(at, 0));
    check_eq("the distributor's identification can be read", u32::from(fault.is_some()), 0);
    check_eq("it names the GIC's version", id >> 4 & 15, gic::version());
    let fault = fault::catch(|| _ = mmio::load32(gic::gicd() + gic::IIDR, 0));
    check_eq("GICD_IIDR can be read", u32::from(fault.is_some()), 0);
}
