//! The layering of docs/ARCHITECTURE: arrows go down only, and a third-party crate is named in one place.

use super::scan;
use crate::workspace::{self, Kind, Package};
use anyhow::{Result, bail, ensure};
use std::path::Path;

/// The layer of each package; those of one layer do not know each other, except where [`SIDEWAYS`] says so.
const LAYERS: &[(u8, &[&str])] = &[
    (1, &["types", "symbols"]),
    (2, &["arm-spec", "xen-abi"]),
    (3, &["pagetable", "frames", "vgic", "vdev", "evtchn", "gnttab", "sched", "devicetree", "bootimage"]),
    (4, &["platforms"]),
    (5, &["hypervisor", "xtask"]),
];

/// Dependencies inside a layer.
const SIDEWAYS: &[(&str, &str)] = &[];

/// The only workspace packages that bare-metal guests know, beside each other: never the hypervisor's own.
const KNOWN_TO_GUESTS: &[&str] = &["types", "arm-spec", "xen-abi"];

/// Third-party crates of the image, the package that uses each, and the path where its name may stand.
const THIRD_PARTY: &[(&str, &str, &str)] = &[
    ("aarch64-cpu", "hypervisor", "hypervisor/src/arch/arm64"),
    ("tock-registers", "hypervisor", "hypervisor/src/drivers"),
    ("spin", "hypervisor", "hypervisor/src/machine"),
    ("log", "hypervisor", "hypervisor/src"),
    ("buddy_system_allocator", "frames", "crates/frames/src"),
    ("fdt", "devicetree", "crates/devicetree/src"),
    ("miniz_oxide", "bootimage", "crates/bootimage/src"),
];

/// Checks every dependency between packages of the workspace.
///
/// # Errors
/// One goes up or sideways, or a package has no layer.
pub fn check() -> Result<()> {
    let packages = workspace::packages()?;
    let ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut wrong = Vec::new();
    for package in &packages {
        for dependency in package.dependencies.iter().filter(|name| ours(name)) {
            if !is_allowed(package, dependency, &packages)? {
                wrong.push(format!("{} must not depend on {dependency}", package.name));
            }
        }
    }
    ensure!(wrong.is_empty(), "{}\nthe layers are in {}", wrong.join("\n"), file!());
    Ok(())
}

fn is_allowed(package: &Package, dependency: &str, packages: &[Package]) -> Result<bool> {
    if package.kind() == Kind::Guest {
        let guest = packages.iter().any(|other| other.name == dependency && other.kind() == Kind::Guest);
        return Ok(guest || KNOWN_TO_GUESTS.contains(&dependency));
    }
    let sideways = SIDEWAYS.contains(&(package.name.as_str(), dependency));
    Ok(sideways || layer(&package.name)? > layer(dependency)?)
}

fn layer(name: &str) -> Result<u8> {
    match LAYERS.iter().find(|(_, names)| names.contains(&name)) {
        Some((layer, _)) => Ok(*layer),
        None => bail!("the package {name} has no layer; give it one in {}", file!()),
    }
}

/// Checks that third-party crates are where the table has them, in manifests and in `use` alike.
///
/// # Errors
/// One is somewhere else.
pub fn check_third_party() -> Result<()> {
    let packages = workspace::packages()?;
    let ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| package.kind() != Kind::Tool) {
        for dependency in package.dependencies.iter().filter(|name| !ours(name)) {
            if !THIRD_PARTY.iter().any(|(name, user, _)| name == dependency && *user == package.name) {
                wrong.push(format!("{} must not depend on {dependency}", package.name));
            }
        }
    }
    let image = |path: &Path| {
        !path.starts_with("xtask") && !path.components().any(|part| part.as_os_str() == "tests")
    };
    for source in scan::sources()?.iter().filter(|source| image(&source.path)) {
        for (name, _, _) in THIRD_PARTY.iter().filter(|(name, ..)| names_crate(&source.code, name)) {
            let mut places = THIRD_PARTY.iter().filter(|row| row.0 == *name);
            if !places.any(|(_, _, place)| source.path.starts_with(place)) {
                wrong.push(format!("{} must not use {name}", source.path.display()));
            }
        }
    }
    wrong.dedup();
    ensure!(wrong.is_empty(), "{}\nthe places are in {}", wrong.join("\n"), file!());
    Ok(())
}

/// Tells whether code has a path that starts with the crate.
fn names_crate(code: &str, name: &str) -> bool {
    let start = format!("{}::", name.replace('-', "_"));
    code.match_indices(&start).any(|(at, _)| {
        let before = code.get(..at).unwrap_or_default().chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_named_by_the_start_of_a_path_only() {
        assert!(names_crate("use aarch64_cpu::registers::*;", "aarch64-cpu"));
        assert!(names_crate("let a = spin::Once::new();", "spin"));
        assert!(!names_crate("use crate::spin::Once; respin::x()", "spin"));
    }

    #[test]
    fn layers_go_down_only() {
        let package = |name: &str| Package {
            name: name.into(),
            directory: "crates/x".into(),
            dependencies: Vec::new(),
            binaries: Vec::new(),
        };
        assert!(is_allowed(&package("vgic"), "arm-spec", &[]).unwrap());
        assert!(!is_allowed(&package("vgic"), "evtchn", &[]).unwrap());
        assert!(!is_allowed(&package("types"), "xen-abi", &[]).unwrap());
        assert!(layer("stranger").is_err());
    }
}
