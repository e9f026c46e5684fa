//! Compiles a bare-metal program of this workspace with its linker script.

use crate::arch::Arch;
use crate::{cmd, paths};
use anyhow::Result;
use std::io::IsTerminal;
use std::path::PathBuf;

/// How to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Optimised, as it is shipped.
    Release,
    /// With debug assertions.
    Debug,
}

/// A bare-metal program of this workspace.
#[derive(Clone, Copy, Debug)]
pub enum Program<'a> {
    /// The image.
    Hypervisor,
    /// A binary of the package `package`, linked with `tests/guests/rt/link/<arch>.ld`.
    Guest {
        /// The package's name.
        package: &'a str,
        /// The binary's name.
        bin: &'a str,
    },
}

impl Program<'_> {
    fn names(&self) -> (&str, &str) {
        match self {
            Self::Hypervisor => ("hypervisor", "xenolith"),
            Self::Guest { package, bin } => (package, bin),
        }
    }

    fn linker_script(&self, arch: Arch) -> PathBuf {
        let directory = match self {
            Self::Hypervisor => "linker",
            Self::Guest { .. } => "tests/guests/rt/link",
        };
        paths::root().join(directory).join(format!("{arch}.ld"))
    }
}

/// Compiles `program` and gives the path of its ELF.
///
/// # Errors
/// Cargo fails; what it printed is on the terminal.
pub fn compile(program: Program<'_>, arch: Arch, profile: Profile) -> Result<PathBuf> {
    let (package, bin) = program.names();
    let mut cargo = cmd::cargo();
    cargo.args(["rustc", "--package", package, "--bin", bin, "--target", arch.target()]);
    // A person sees cargo's progress; a log is spared it.
    if !std::io::stderr().is_terminal() {
        cargo.arg("--quiet");
    }
    if profile == Profile::Release {
        cargo.arg("--release");
        for small in arch.small_crates() {
            cargo.arg("--config").arg(format!("profile.release.package.{small}.opt-level='z'"));
        }
    }
    // Flags that every crate of the image gets; the same for all programs, so that they share one build.
    let variable = format!("CARGO_TARGET_{}_RUSTFLAGS", arch.target().replace('-', "_").to_uppercase());
    cargo.env(variable, target_flags(arch, profile).join(" "));
    cargo.arg("--").arg(format!("-Clink-arg=-T{}", program.linker_script(arch).display()));
    cargo.arg(format!("-Clink-arg=-L{}", paths::root().display()));
    cargo.args(["-Clink-arg=--build-id=none", "-Clink-arg=--gc-sections"]);
    cargo.args(arch.link_args().iter().map(|argument| format!("-Clink-arg={argument}")));
    cmd::run_shown(&mut cargo)?;
    let directory = if profile == Profile::Release { "release" } else { "debug" };
    Ok(paths::target().join(arch.target()).join(directory).join(bin))
}

/// Frame pointers for backtraces; one link address (start-up code finds the real one); and no paths of the
/// build machine in the image, so that two machines build the same bytes.
fn target_flags(arch: Arch, profile: Profile) -> Vec<String> {
    let mut flags = vec!["-Cforce-frame-pointers=yes".to_owned(), "-Crelocation-model=static".to_owned()];
    if profile == Profile::Release {
        flags.extend(arch.rustc_flags().iter().map(|flag| (*flag).to_owned()));
    }
    flags.push(format!("--remap-path-prefix={}=.", paths::root().display()));
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        flags.push(format!("--remap-path-prefix={}=cargo", home.to_string_lossy()));
    } else if let Some(home) = std::env::var_os("HOME") {
        flags.push(format!("--remap-path-prefix={}/.cargo=cargo", home.to_string_lossy()));
    }
    flags
}
