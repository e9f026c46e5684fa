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
        Arch::Arm64 => 450 << 10,
        Arch::Arm32 => 400 << 10,
    }
}

/// Builds, weighs, and checks that the early-UART slot alone differs when it is filled.
pub fn run(context: &Context) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for arch in Arch::ALL {
        let name = format!("image-size-{arch}");
        if context.wants(&name) {
            cases.push(timed(&name, || check_size(arch)));
        }
        let name = format!("early-uart-slot-{arch}");
        if context.wants(&name) {
            cases.push(timed(&name, || check_slot(arch)));
        }
    }
    Ok(cases)
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
