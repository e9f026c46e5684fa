//! Where things are: the clone, build output, logs, and the download cache outside the clone.

use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The clone's top directory.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Where finished images go.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Cargo's build directory.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root().join(directory),
        None => root().join("target"),
    }
}

/// Where logs are kept, always inside the clone's build directory.
///
/// # Errors
/// The directory cannot be made.
pub fn logs() -> Result<PathBuf> {
    made(target().join("xtask-logs"))
}

/// The download cache, shared by all clones: `XENOLITH_CACHE`, else the user's cache directory.
///
/// # Errors
/// No home directory is known, or the directory cannot be made.
pub fn cache() -> Result<PathBuf> {
    if let Some(directory) = std::env::var_os("XENOLITH_CACHE") {
        return made(PathBuf::from(directory));
    }
    if let Some(directory) = std::env::var_os("XDG_CACHE_HOME") {
        return made(PathBuf::from(directory).join("xenolith"));
    }
    let home = std::env::var_os("HOME").context("HOME is not set; set XENOLITH_CACHE to a directory")?;
    made(PathBuf::from(home).join(".cache/xenolith"))
}

/// Makes a directory with its parents and gives it back.
///
/// # Errors
/// It cannot be made.
pub fn made(directory: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    Ok(directory)
}

/// Shortens a path below the clone for messages.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
