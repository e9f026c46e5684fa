//! Reads every device tree below the directory that `XENOLITH_DTBS` names: the blobs of Debian's two
//! kernel packages, which `cargo xtask test` unpacks. Without the variable there is nothing to do;
//! with it, an empty directory is a failure.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use devicetree::{Lineage, Tree, validate};

/// Asks a tree everything, so that nothing panics, and returns what was wrong.
fn read(tree: &Tree<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    if tree.memory_reservations().count() + tree.memory().count() > 64 {
        faults.push("implausibly much memory".into());
    }
    tree.for_each_reserved(|_| {});
    tree.psci();
    faults.extend(tree.modules().err().map(|error| error.to_string()));
    let interrupts = tree.gic().ok().map(|gic| gic.interrupts());
    if interrupts.is_some() && tree.cpus().count() == 0 {
        faults.push("a GIC and no CPU".into());
    }
    if let Some(path) = tree.stdout_path() {
        tree.uart(path, interrupts.as_ref());
        // Five phones name an alias that they do not define.
        if path.starts_with('/') && tree.find(path.split(':').next().unwrap_or(path)).is_none() {
            faults.push(format!("stdout-path {path} leads nowhere"));
        }
    }
    let mut walk = tree.nodes();
    while let Some(node) = walk.next() {
        let lineage = walk.lineage();
        lineage.reg().count();
        lineage.windows().count();
        if let Some(interrupts) = &interrupts {
            interrupts.of(lineage).count();
            interrupts.of_map(lineage).count();
        }
        if Lineage::of(node).depth() != lineage.depth() {
            faults.push(format!("{} is not found again", lineage.path()));
        }
    }
    faults
}

#[test]
fn every_tree_is_read() {
    let Some(paths) = common::real_trees() else { return };
    let mut bad = Vec::new();
    for path in &paths {
        match validate(&std::fs::read(path).unwrap()) {
            Ok(tree) => bad.extend(read(&tree).into_iter().map(|fault| format!("{path:?}: {fault}"))),
            Err(error) => bad.push(format!("{path:?}: {error}")),
        }
    }
    println!("{} trees read", paths.len());
    assert!(bad.is_empty(), "{} of {} trees:\n{}", bad.len(), paths.len(), bad.join("\n"));
}
