//! The two architectures and what differs between them on the build machine.

use anyhow::{Error, Result, bail};
use std::fmt;
use std::str::FromStr;

/// An architecture of the hypervisor and its guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arch {
    /// ARMv8 and later, AArch64.
    Arm64,
    /// ARMv7 with the virtualization extensions.
    Arm32,
}

impl Arch {
    /// Both, the 64-bit one first.
    pub const ALL: [Self; 2] = [Self::Arm64, Self::Arm32];

    /// Gives the name used on the command line and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::Arm32 => "arm32",
        }
    }

    /// Gives the Rust target of bare-metal code.
    pub fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-none-softfloat",
            Self::Arm32 => "armv7a-none-eabi",
        }
    }

    /// Gives the linker arguments, beside the script, that only this architecture needs.
    pub fn link_args(self) -> &'static [&'static str] {
        match self {
            // Arm errata notice SMEN-1086, Cortex-A53 843419: ADRP near the end of a page.
            Self::Arm64 => &["--fix-cortex-a53-843419"],
            Self::Arm32 => &[],
        }
    }

    /// Gives the crates that only boot uses and that are compiled for size: those that read what a boot loader
    /// hands over.
    pub fn small_crates(self) -> &'static [&'static str] {
        match self {
            Self::Arm64 => &[],
            Self::Arm32 => &["bootimage", "devicetree", "miniz_oxide", "platforms"],
        }
    }

    /// Gives the compiler's flags that only this architecture needs.
    pub fn rustc_flags(self) -> &'static [&'static str] {
        match self {
            Self::Arm64 => &[],
            // A32 code is a third larger than A64's, and its CPUs have small caches: less is inlined. That
            // is both smaller and faster than -Copt-level=s, whose code copies and clears by calls.
            Self::Arm32 => &["-Cllvm-args=-inline-threshold=25", "-Cllvm-args=-inlinehint-threshold=100"],
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Arch {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "arm64" | "aarch64" => Ok(Self::Arm64),
            "arm32" | "arm" | "armv7" => Ok(Self::Arm32),
            _ => bail!("an architecture is arm64 or arm32"),
        }
    }
}

/// Parses `--arch`, where `all` stands for both; absent means both.
///
/// # Errors
/// The name is unknown.
pub fn parse_list(text: Option<&str>) -> Result<Vec<Arch>> {
    match text {
        None | Some("all") => Ok(Arch::ALL.to_vec()),
        Some(one) => Ok(vec![one.parse()?]),
    }
}
