//! The stage that builds both images as they are shipped and weighs them.

use super::report::Case;
use super::{Context, timed};
use crate::arch::Arch;
use crate::image::{self, Options};
use anyhow::{Result, ensure};
use std::fs;

/// The largest that a release image may be, in bytes.
fn size_limit(arch: Arch) -> usize {
    match arch {
        Arch::Arm64 => 600 << 10,
        Arch::Arm32 => 520 << 10,
    }
}

type Check = fn(Arch) -> Result<()>;

const CHECKS: &[(&str, Check)] = &[("image-size", check_size), ("early-uart-slot", check_slot)];

/// Names the cases of both architectures.
pub fn names() -> Result<Vec<String>> {
    let pairs =
        Arch::ALL.iter().flat_map(|arch| CHECKS.iter().map(move |(name, _)| format!("{name}-{arch}")));
    Ok(pairs.collect())
}

/// Builds, weighs, and checks that the early-UART slot alone differs when it is filled.
pub fn run(context: &Context) -> Result<Vec<Case>> {
    let pairs = Arch::ALL.iter().flat_map(|arch| CHECKS.iter().map(move |check| (*arch, check)));
    let named = pairs.map(|(arch, (name, check))| (format!("{name}-{arch}"), arch, check));
    let wanted = named.filter(|(name, ..)| context.wants(name));
    Ok(wanted.map(|(name, arch, check)| timed(&name, || check(arch))).collect())
}

fn check_size(arch: Arch) -> Result<()> {
    let built = image::build(arch, Options::default())?;
    let limit = size_limit(arch);
    println!("  {arch}: {} of {limit} bytes", built.size_bytes);
    ensure!(built.size_bytes <= limit, "{} bytes are more than {limit}", built.size_bytes);
    Ok(())
}

fn check_slot(arch: Arch) -> Result<()> {
    let filled =
        image::build(arch, Options { early_uart: Some("pl011,0x9000000".parse()?), ..Options::default() })?;
    let filled = fs::read(filled.image)?;
    let plain = fs::read(image::build(arch, Options::default())?.image)?;
    ensure!(plain.len() == filled.len(), "the slot changes the image's size");
    let differing: Vec<usize> = (0..plain.len()).filter(|at| plain.get(*at) != filled.get(*at)).collect();
    ensure!(!differing.is_empty(), "the slot is filled already in a plain image");
    let outside = differing.iter().find(|at| !(0x48..0x58).contains(*at));
    ensure!(outside.is_none(), "byte {outside:?} differs, outside the slot");
    Ok(())
}
