//! The stage that reads every device tree of Debian's two kernel packages: real boards, 1,475 on 6.1.

use super::report::Case;
use super::{Context, timed};
use crate::arch::Arch;
use crate::debian;
use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// Fewer than this in both packages together means that they were not found.
const TREES_MIN: usize = 1000;

const NAME: &str = "debian-device-trees";

/// Names the one case.
pub fn names() -> Result<Vec<String>> {
    Ok(vec![NAME.to_owned()])
}

/// Reads both architectures' trees with the hypervisor's own reader.
pub fn run(context: &Context) -> Result<Vec<Case>> {
    Ok(if context.wants(NAME) { vec![timed(NAME, read_all)] } else { Vec::new() })
}

fn read_all() -> Result<()> {
    let mut trees = Vec::new();
    for arch in Arch::ALL {
        collect(&debian::ensure(arch)?.device_trees, &mut trees)?;
    }
    let mut wrong = Vec::new();
    for path in &trees {
        let blob = fs::read(path).with_context(|| path.display().to_string())?;
        match devicetree::validate(&blob) {
            Ok(tree) if tree.nodes().count() > 1 => {}
            Ok(_) => wrong.push(format!("{}: only a root", path.display())),
            Err(error) => wrong.push(format!("{}: {error:?}", path.display())),
        }
    }
    println!("  {} device trees read", trees.len());
    ensure!(trees.len() >= TREES_MIN, "only {} device trees were found", trees.len());
    ensure!(wrong.is_empty(), "{} are refused:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

fn collect(directory: &Path, trees: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, trees)?;
        } else if path.extension().is_some_and(|extension| extension == "dtb") {
            trees.push(path);
        }
    }
    Ok(())
}
