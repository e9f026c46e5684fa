//! Finding the real device trees.

use std::path::{Path, PathBuf};

/// Returns the `.dtb` files below the directory that `XENOLITH_DTBS` names, or `None` without the
/// variable. A directory without any is a failure.
pub fn real_trees() -> Option<Vec<PathBuf>> {
    let directory = std::env::var_os("XENOLITH_DTBS")?;
    let mut paths = Vec::new();
    collect(Path::new(&directory), &mut paths);
    assert!(!paths.is_empty(), "no .dtb below {directory:?}");
    paths.sort();
    Some(paths)
}

fn collect(directory: &Path, into: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{directory:?}: {error}"));
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "dtb") {
            into.push(path);
        }
    }
}
