//! The workspace's packages, as `cargo metadata` tells them.

use crate::{cmd, paths};
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::path::PathBuf;
use tinyjson::JsonValue;

/// What sort of code a package holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pure logic and data: `crates/*` and `platforms`.
    Pure,
    /// The hypervisor.
    Kernel,
    /// Bare-metal test guests and their run-time.
    Guest,
    /// This tool.
    Tool,
}

/// A package of the workspace.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its directory, from the workspace's root.
    pub directory: PathBuf,
    /// Names of the packages that it depends on, without those for its tests alone.
    pub dependencies: Vec<String>,
    /// Names of its binaries.
    pub binaries: Vec<String>,
}

impl Package {
    /// Tells the sort of package by where it lies.
    pub fn kind(&self) -> Kind {
        if self.directory.starts_with("crates") || self.directory.starts_with("platforms") {
            Kind::Pure
        } else if self.directory.starts_with("hypervisor") {
            Kind::Kernel
        } else if self.directory.starts_with("tests") {
            Kind::Guest
        } else {
            Kind::Tool
        }
    }
}

/// Lists the workspace's packages, by name.
///
/// # Errors
/// Cargo fails or says something unexpected.
pub fn packages() -> Result<Vec<Package>> {
    let text = cmd::output(cmd::cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let json: JsonValue = text.parse().context("cargo metadata is no JSON")?;
    let mut packages = list(&json, "packages")?.iter().map(package).collect::<Result<Vec<_>>>()?;
    packages.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(packages)
}

fn package(json: &JsonValue) -> Result<Package> {
    let manifest = PathBuf::from(text(json, "manifest_path")?);
    let directory = manifest.parent().context("a manifest has no directory")?;
    let mut dependencies = Vec::new();
    for dependency in list(json, "dependencies")? {
        let kind = object(dependency)?.get("kind").and_then(|kind| kind.get::<String>());
        if kind.is_none_or(|kind| kind != "dev") {
            dependencies.push(text(dependency, "name")?);
        }
    }
    let mut binaries = Vec::new();
    for target in list(json, "targets")? {
        let kinds = list(target, "kind")?;
        if kinds.iter().any(|kind| kind.get::<String>().is_some_and(|kind| kind == "bin")) {
            binaries.push(text(target, "name")?);
        }
    }
    let directory = directory.strip_prefix(paths::root()).unwrap_or(directory).to_path_buf();
    Ok(Package { name: text(json, "name")?, directory, dependencies, binaries })
}

fn object(json: &JsonValue) -> Result<&HashMap<String, JsonValue>> {
    json.get().context("cargo metadata has something else where an object belongs")
}

fn list<'a>(json: &'a JsonValue, key: &str) -> Result<&'a Vec<JsonValue>> {
    let value = object(json)?.get(key).and_then(|value| value.get());
    value.with_context(|| format!("cargo metadata has no list {key}"))
}

fn text(json: &JsonValue, key: &str) -> Result<String> {
    let value = object(json)?.get(key).and_then(|value| value.get::<String>());
    Ok(value.with_context(|| format!("cargo metadata has no text {key}"))?.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_this_package_with_its_dependencies() {
        let packages = packages().unwrap();
        let own = packages.iter().find(|package| package.name == "xtask").unwrap();
        assert_eq!((own.kind(), own.directory.to_str()), (Kind::Tool, Some("xtask")));
        assert!(own.dependencies.contains(&"anyhow".to_owned()));
        assert_eq!(own.binaries, ["xtask"]);
    }
}
