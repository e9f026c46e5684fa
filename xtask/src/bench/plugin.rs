//! The plugin that QEMU loads (xtask/plugin): built here, and put into a run.

use super::lab::{Run, directory};
use crate::arch::Arch;
use crate::{cmd, paths};
use anyhow::{Result, ensure};
use std::path::PathBuf;

/// What the plugin writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Counts alone.
    Count,
    /// Every instruction too.
    Trace,
}

/// The built plugin.
#[derive(Clone, Debug)]
pub struct Plugin {
    library: PathBuf,
}

/// Builds it for this machine.
///
/// # Errors
/// It does not compile.
pub fn build() -> Result<Plugin> {
    cmd::progress("building the plugin for QEMU");
    cmd::run_shown(cmd::cargo().args(["build", "--quiet", "--release", "--package", "bench-plugin"]))?;
    let library = paths::target().join("release/libbench_plugin.so");
    ensure!(library.is_file(), "cargo made no {}", library.display());
    Ok(Plugin { library })
}

impl Plugin {
    /// Puts the plugin and the guest's markers into `run`; gives the file that will be written too.
    ///
    /// # Errors
    /// There is no place for the file.
    pub fn attach(&self, mut run: Run, mode: Mode) -> Result<(Run, PathBuf)> {
        let (isa, word) = (isa(run.kind.arch), if mode == Mode::Trace { "on" } else { "off" });
        run.name = format!("{}-{}", run.name, if mode == Mode::Trace { "trace" } else { "counted" });
        let out = directory()?.join(format!("{}.windows", run.name));
        let path = |path: &PathBuf| path.display().to_string().replace(',', ",,");
        let option = format!("file={},out={},isa={isa},trace={word}", path(&self.library), path(&out));
        run.qemu.extend(["-plugin".to_owned(), option]);
        run.cmdline = format!("{} markers", run.cmdline);
        Ok((run, out))
    }
}

fn isa(arch: Arch) -> &'static str {
    match arch {
        Arch::Arm64 => "a64",
        Arch::Arm32 => "a32",
    }
}
