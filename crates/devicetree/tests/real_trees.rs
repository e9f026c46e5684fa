//! Reads every device tree below the directory that `XENOLITH_DTBS` names: the blobs of Debian's two
//! kernel packages, which `cargo xtask test` unpacks. Without the variable there is nothing to do;
//! with it, an empty directory is a failure.

use devicetree::{Lineage, Tree, validate};
use std::path::{Path, PathBuf};

fn collect_trees(directory: &Path, into: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{directory:?}: {error}"));
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect_trees(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "dtb") {
            into.push(path);
        }
    }
}

/// Asks a tree everything, so that nothing panics, and returns what was wrong.
fn read(tree: &Tree<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    if tree.memory_reservations().count() + tree.memory().count() > 64 {
        faults.push("implausibly much memory".into());
    }
    tree.for_each_reserved(|_| {});
    if tree.cpus().count() == 0 {
        faults.push("no CPU".into());
    }
    tree.psci();
    faults.extend(tree.modules().err().map(|error| error.to_string()));
    let interrupts = tree.gic().ok().map(|gic| gic.interrupts());
    if let Some(path) = tree.stdout_path()
        && tree.uart(path, interrupts.as_ref()).is_none()
    {
        faults.push(format!("stdout-path {path} leads nowhere"));
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
        if node.name().len() > 200 || Lineage::of(node).depth() != lineage.depth() {
            faults.push(format!("{} is not found again", lineage.path()));
        }
    }
    faults
}

#[test]
fn every_tree_is_read() {
    let Some(directory) = std::env::var_os("XENOLITH_DTBS") else { return };
    let mut paths = Vec::new();
    collect_trees(Path::new(&directory), &mut paths);
    assert!(!paths.is_empty(), "no .dtb below {directory:?}");
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
