//! How costs change with one quantity, everything else equal: operations with the number of vCPUs, booting
//! with memory, with dom0's memory and with CPUs.

use super::boot::{Boot, Payloads};
use super::lab::{Images, Kind, Run, Under};
use super::payload::Size;
use super::workers;
use crate::arch::Arch;
use anyhow::Result;

/// The operations whose cost must not depend on how many vCPUs there are.
const OPERATIONS: [&str; 3] = ["null-hypercall", "sgi-self", "vtimer-interrupt"];

/// Where curves are drawn: one machine of each architecture.
pub const KINDS: [Kind; 2] = [Kind::ALL[0], Kind::ALL[2]];

/// Who is compared.
pub const COMPARED: [Under; 2] = [Under::Xen, Under::Ours];

/// One quantity, and what was measured for each of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// What is measured, and its unit.
    pub title: String,
    /// What is changed.
    pub quantity: &'static str,
    /// The values, each with what it costs under [`COMPARED`].
    pub points: Vec<(u64, [Option<i64>; 2])>,
}

/// A run whose figure is a point.
struct Sample {
    curve: usize,
    value: u64,
    column: usize,
    what: What,
}

enum What {
    /// All of [`OPERATIONS`], of which each is a curve of its own from the sample's on.
    Operations(Run),
    Boot(Boot, Run),
}

/// Measures all curves on a kind of machine.
///
/// # Errors
/// QEMU cannot be started.
pub fn measure(kind: Kind, images: &Images) -> Result<Vec<Curve>> {
    let payloads = Payloads::make(kind.arch, images)?;
    let mut curves: Vec<Curve> =
        OPERATIONS.iter().map(|name| curve(format!("{name}, instructions"), "vCPUs")).collect();
    let mut samples: Vec<Sample> = (1..=8).flat_map(|vcpus| vcpu_samples(kind, vcpus)).collect();
    for (quantity, boots) in boots(kind.arch) {
        curves.push(curve("boot, virtual ns".into(), quantity));
        let number = curves.len() - 1;
        samples.extend(boots.into_iter().flat_map(|(value, boot)| boot_samples(kind, number, value, boot)));
    }
    let done = workers::map(samples, |sample| {
        let figures = match &sample.what {
            What::Operations(run) => run.report(images).map(|report| {
                OPERATIONS.map(|name| report.measured(name).map(|measured| measured.min.0 / 100)).to_vec()
            }),
            What::Boot(boot, run) => payloads
                .boot(boot, run.clone(), images)
                .map(|report| vec![report.value(&boot.name()).map(|value| value.number)]),
        };
        (sample, figures)
    });
    for (sample, figures) in done {
        for (offset, figure) in figures?.into_iter().enumerate() {
            if let Some(curve) = curves.get_mut(sample.curve + offset) {
                curve.set(sample.value, sample.column, figure);
            }
        }
    }
    Ok(curves)
}

fn curve(title: String, quantity: &'static str) -> Curve {
    Curve { title, quantity, points: Vec::new() }
}

impl Curve {
    fn set(&mut self, value: u64, column: usize, figure: Option<i64>) {
        let at = self.points.iter().position(|(other, _)| *other == value).unwrap_or(self.points.len());
        if at == self.points.len() {
            self.points.push((value, [None; 2]));
        }
        if let Some(place) = self.points.get_mut(at).and_then(|(_, figures)| figures.get_mut(column)) {
            *place = figure;
        }
    }
}

fn vcpu_samples(kind: Kind, vcpus: u32) -> Vec<Sample> {
    let samples = COMPARED.into_iter().enumerate().map(|(column, under)| {
        let name = format!("{kind}-{}-{vcpus}vcpus", under.name());
        let cmdline = format!("bench={}", OPERATIONS.join(","));
        let run = Run { name, vcpus, cmdline, ..Run::new(kind, under) };
        Sample { curve: 0, value: u64::from(vcpus), column, what: What::Operations(run) }
    });
    samples.collect()
}

/// The quantities that booting may depend on, with their values. arm32's Xen maps its tables for all RAM into
/// 4 GiB of addresses.
fn boots(arch: Arch) -> Vec<(&'static str, Vec<(u64, Boot)>)> {
    let boot = |memory_gib, dom0_mib, cpus| Boot { size: Size::Small, memory_gib, dom0_mib, cpus };
    let most = if arch == Arch::Arm64 { 64 } else { 16 };
    let sizes = [1, 2, 4, 8, 16, 32, 64].into_iter().filter(|gib| *gib <= most);
    vec![
        ("GiB of RAM", sizes.map(|gib| (gib, boot(gib, 256, 1))).collect()),
        ("MiB for dom0", [256, 512, 1024, 2048, 3072].map(|mib| (mib, boot(4, mib, 1))).to_vec()),
        ("CPUs", [1, 2, 4, 8].map(|cpus| (u64::from(cpus), boot(4, 512, cpus))).to_vec()),
    ]
}

/// Debian's Xen does not boot on several CPUs under instruction counting.
fn boot_samples(kind: Kind, curve: usize, value: u64, boot: Boot) -> Vec<Sample> {
    let compared = COMPARED.into_iter().enumerate();
    let compared = compared.filter(|(_, under)| *under == Under::Ours || boot.cpus == 1);
    let sample = |(column, under)| {
        let mut run = boot.run(kind, under);
        run.name.push_str("-curve");
        Sample { curve, value, column, what: What::Boot(boot, run) }
    };
    compared.map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_keep_their_columns() {
        let mut curve = curve("x".into(), "y");
        curve.set(1, 1, Some(5));
        curve.set(2, 0, Some(6));
        curve.set(1, 0, None);
        assert_eq!(curve.points, [(1, [None, Some(5)]), (2, [Some(6), None])]);
    }

    #[test]
    fn real_xen_boots_on_one_cpu_alone() {
        let kind = Kind::ALL[0];
        let (_, cpus) = boots(kind.arch).pop().unwrap();
        let samples: Vec<usize> =
            cpus.iter().map(|(value, boot)| boot_samples(kind, 0, *value, *boot).len()).collect();
        assert_eq!(samples, [2, 1, 1, 1]);
    }
}
