//! SGIs to this CPU: taken, and left pending.

use crate::row;
use crate::row::Bench;
use rt::arch::trial;
use rt::{gic, window};

const SELF: [(&str, u32); 3] = [("sgi-self", 1), ("sgi-self.b", 7), ("sgi-self.c", 14)];
const SENT: [(&str, u32); 3] = [("icc-sgi1r", 2), ("icc-sgi1r.b", 6), ("icc-sgi1r.c", 13)];
const TAKEN: [(&str, u32); 3] = [("icc-iar-eoi-dir", 2), ("icc-iar-eoi-dir.b", 6), ("icc-iar-eoi-dir.c", 13)];

/// Sent and taken, to the end of the shortest handler; then the parts with IRQs masked: sent while it is
/// pending already, and sent, acknowledged, ended and deactivated.
pub fn run(bench: &Bench) {
    for (name, sgi) in SELF {
        gic::enable(sgi);
        bench.row(name, 256, &mut |loops| to_self(loops, sgi), &mut |loops| window::timed(loops, || {}));
        gic::disable(sgi);
    }
    gic::set_eoi_mode(1);
    for (sent, taken) in SENT.into_iter().zip(TAKEN) {
        let sgi = sent.1;
        gic::enable(sgi);
        parts(bench, sgi, sent.0, taken.0);
        gic::disable(sgi);
    }
    gic::set_eoi_mode(0);
}

/// ICC_SGI1R_EL1 for this CPU alone.
#[cfg(target_arch = "aarch64")]
pub fn own_sgi1r(sgi: u32) -> u64 {
    sgi1r(rt::cpu::affinity(), sgi)
}

/// ICC_SGI1R_EL1 for one CPU.
#[cfg(target_arch = "aarch64")]
pub fn sgi1r(affinity: u64, sgi: u32) -> u64 {
    let level = |shift: u32| affinity >> shift & 0xff;
    level(32) << 48 | level(16) << 32 | u64::from(sgi) << 24 | level(8) << 16 | 1 << (level(0) & 15)
}

/// GICD_SGIR for this CPU alone.
fn own_sgir(sgi: u32) -> u32 {
    2 << 24 | sgi
}

#[cfg(target_arch = "aarch64")]
fn to_self(loops: u32, sgi: u32) -> u64 {
    if gic::version() == 3 {
        let value = usize::try_from(own_sgi1r(sgi)).unwrap_or(0);
        return trial::sgi_v3(loops, [value, 0, 0, 0, 0, 0, 0, 0]).0;
    }
    to_self_v2(loops, sgi)
}

#[cfg(target_arch = "arm")]
fn to_self(loops: u32, sgi: u32) -> u64 {
    to_self_v2(loops, sgi)
}

fn to_self_v2(loops: u32, sgi: u32) -> u64 {
    let sgir = gic::gicd() + gic::SGIR;
    trial::sgi_v2(loops, [own_sgir(sgi) as usize, sgir, 0, 0, 0, 0, 0, 0]).0
}

/// Takes what is pending, with EOImode 1.
fn take() {
    let iar = gic::acknowledge();
    if gic::intid_of(iar) < 1020 {
        gic::end(iar);
        gic::deactivate(iar);
    }
}

/// With IRQs masked, one of them pending throughout.
fn parts(bench: &Bench, sgi: u32, sent: &str, taken: &str) {
    #[cfg(target_arch = "aarch64")]
    if gic::version() == 3 {
        let value = own_sgi1r(sgi);
        row!(bench, sent, 512, sgi1r(value));
        take();
        bench.row(
            taken,
            256,
            &mut |loops| {
                window::timed(loops, || {
                    rt::arch::operation::sgi1r::act(value);
                    rt::arch::operation::take_v3::act();
                })
            },
            &mut |loops| window::timed(loops, || {}),
        );
        return;
    }
    use rt::arch::operation::{store32, take_v2};
    let (sgir, gicc, value) = (gic::gicd() + gic::SGIR, gic::gicc(), own_sgir(sgi));
    row!(bench, sent, 512, store32(sgir, value));
    take();
    bench.row(
        taken,
        256,
        &mut |loops| {
            window::timed(loops, || {
                store32::act(sgir, value);
                take_v2::act(gicc, gicc + 0x1000);
            })
        },
        &mut |loops| window::timed(loops, || {}),
    );
}
