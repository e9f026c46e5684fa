//! Kernel modules of the ramdisk: those asked for, what they depend on, and the order to load them in.
//!
//! Debian's kernel package has no `modules.dep` (depmod makes it on installation), but each module names its
//! dependencies in its `.modinfo` section.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the list for `/init` lies: one path a line, dependencies first.
const LIST: &str = "etc/modules-in-order";

/// Copies the `wanted` modules from the unpacked kernel package `system` to `tree`.
///
/// # Errors
/// A module is neither in the package nor built in.
pub fn install(system: &Path, tree: &Path, wanted: &[&str]) -> Result<()> {
    let library = system.join("lib/modules");
    let release = fs::read_dir(&library)?.next().context("Debian's kernel package has no modules")??.path();
    let mut files = BTreeMap::new();
    collect(&release.join("kernel"), &mut files)?;
    let built_in = fs::read_to_string(release.join("modules.builtin"))?;
    let mut order = Order { files, built_in, loaded: Vec::new() };
    for module in wanted {
        order.add(&normal(module))?;
    }
    fs::create_dir_all(tree.join("lib/modules"))?;
    let mut list = String::new();
    for path in &order.loaded {
        let name = path.file_name().context("a module has no name")?.to_string_lossy();
        fs::copy(path, tree.join("lib/modules").join(&*name))?;
        list.push_str(&format!("/lib/modules/{name}\n"));
    }
    fs::create_dir_all(tree.join("etc"))?;
    fs::write(tree.join(LIST), list)?;
    Ok(())
}

struct Order {
    files: BTreeMap<String, PathBuf>,
    built_in: String,
    loaded: Vec<PathBuf>,
}

impl Order {
    fn add(&mut self, name: &str) -> Result<()> {
        let Some(path) = self.files.get(name).cloned() else {
            let is_built_in = self.built_in.lines().any(|line| normal(&module_name(Path::new(line))) == name);
            if !is_built_in {
                bail!("Debian's kernel has no module {name}");
            }
            return Ok(());
        };
        if self.loaded.contains(&path) {
            return Ok(());
        }
        for dependency in dependencies(&fs::read(&path)?) {
            self.add(&dependency)?;
        }
        self.loaded.push(path);
        Ok(())
    }
}

fn collect(directory: &Path, files: &mut BTreeMap<String, PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "ko") {
            files.insert(normal(&module_name(&path)), path);
        }
    }
    Ok(())
}

fn module_name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The kernel treats `-` and `_` in module names as the same.
fn normal(name: &str) -> String {
    name.replace('-', "_")
}

fn dependencies(module: &[u8]) -> Vec<String> {
    let key = b"\0depends=";
    let Some(at) = module.windows(key.len()).position(|window| window == key) else { return Vec::new() };
    let value = module.get(at + key.len()..).unwrap_or_default();
    let value = value.split(|byte| *byte == 0).next().unwrap_or_default();
    let names = String::from_utf8_lossy(value);
    names.split(',').filter(|name| !name.is_empty()).map(normal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dependencies_from_modinfo() {
        let module = b"\x7fELF...\0license=GPL\0depends=virtio-pci-modern-dev,failover\0retpoline=Y\0";
        assert_eq!(dependencies(module), ["virtio_pci_modern_dev", "failover"]);
        assert!(dependencies(b"..\0depends=\0name=crc16\0").is_empty());
        assert!(dependencies(b"none").is_empty());
    }
}
