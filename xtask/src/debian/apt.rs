//! A private apt root: its own sources, lists and archives; nothing of the machine is touched.
//!
//! One root serves both architectures. Its only source is the machine's own archive, suite bookworm, without
//! security and backports, so that both architectures have equal versions (multi-arch needs that).

use super::recipe::SUITE;
use super::source;
use crate::{cmd, paths, setup};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The private root, with its lists up to date.
#[derive(Clone, Debug)]
pub struct Apt {
    root: PathBuf,
}

impl Apt {
    /// Makes the root and fetches the package lists.
    ///
    /// # Errors
    /// The archive cannot be reached and no lists are cached.
    pub fn open() -> Result<Self> {
        setup::packages(&[setup::Need::Debian])?;
        let root = paths::made(paths::cache()?.join("apt"))?;
        paths::made(root.join("lists/partial"))?;
        paths::made(root.join("archives/partial"))?;
        let uri = source::archive_uri()?;
        fs::write(root.join("sources.list"), format!("deb [signed-by={KEYRING}] {uri} {SUITE} main\n"))?;
        fs::write(root.join("status"), "")?;
        let apt = Self { root };
        cmd::progress("fetching Debian's package lists");
        let update = cmd::run_logged(apt.command("apt-get").args(["-q", "update"]), &log("apt-update")?);
        if !apt.has_lists() {
            update.context("next: check the network and /etc/apt/sources.list")?;
        }
        Ok(apt)
    }

    /// Names the packages of which `meta` is the newest version's first dependency, as `linux-image-*` are.
    ///
    /// # Errors
    /// The archive has no such package.
    pub fn first_dependency(&self, meta: &str) -> Result<String> {
        let text = cmd::output(self.command("apt-cache").args(["depends", meta]))?;
        let dependency = text.lines().find_map(|line| line.trim().strip_prefix("Depends: "));
        Ok(dependency.with_context(|| format!("Debian's package {meta} depends on nothing"))?.to_owned())
    }

    /// Fetches `packages`, with all that they depend on, into `directory`.
    ///
    /// # Errors
    /// A package does not exist or cannot be fetched.
    pub fn fetch_closure(&self, packages: &[String], directory: &Path) -> Result<()> {
        paths::made(directory.join("partial"))?;
        let mut install = self.command("apt-get");
        install.arg("-o").arg(format!("Dir::Cache::archives={}", directory.display()));
        install.args(["-y", "-q", "--download-only", "install"]).args(packages);
        cmd::run_logged(&mut install, &log("apt-install")?)
    }

    /// Fetches `packages` alone into `directory`.
    ///
    /// # Errors
    /// A package does not exist or cannot be fetched.
    pub fn fetch(&self, packages: &[String], directory: &Path) -> Result<()> {
        paths::made(directory.to_path_buf())?;
        let mut download = self.command("apt-get");
        download.current_dir(directory).args(["-q", "download"]).args(packages);
        cmd::run_logged(&mut download, &log("apt-download")?)
    }

    fn has_lists(&self) -> bool {
        let entries = fs::read_dir(self.root.join("lists")).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with("_Packages"))
    }

    fn command(&self, program: &str) -> Command {
        let root = self.root.display();
        let mut command = Command::new(program);
        command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C");
        let options = [
            format!("Dir::Etc::sourcelist={root}/sources.list"),
            "Dir::Etc::sourceparts=/dev/null".into(),
            "Dir::Etc::preferences=/dev/null".into(),
            "Dir::Etc::preferencesparts=/dev/null".into(),
            format!("Dir::State={root}"),
            format!("Dir::State::lists={root}/lists"),
            // Empty, and a file of ours: apt makes its locks beside it.
            format!("Dir::State::status={root}/status"),
            format!("Dir::Cache={root}"),
            format!("Dir::Cache::archives={root}/archives"),
            "APT::Architecture=arm64".into(),
            "APT::Architectures::=arm64".into(),
            "APT::Architectures::=armhf".into(),
            "APT::Install-Recommends=false".into(),
            // The cache may be where apt's own unprivileged user cannot go.
            "APT::Sandbox::User=root".into(),
            "Acquire::Languages=none".into(),
            "Acquire::Retries=5".into(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".into(),
        ];
        command.args(options.iter().flat_map(|option| ["-o", option]));
        command
    }
}

fn log(name: &str) -> Result<PathBuf> {
    Ok(paths::logs()?.join(format!("{name}.log")))
}
