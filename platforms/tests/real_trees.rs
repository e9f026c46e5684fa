//! The fixed addresses of the modules are those of the boards' real trees, where `XENOLITH_DTBS` names
//! a directory that has them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use devicetree::{Tree, validate};
use platforms::{Platform, Port, Vexpress, select};
use std::path::{Path, PathBuf};
use types::{CpuId, PhysAddr, PhysRange};

fn find(directory: &Path, name: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{directory:?}: {error}"));
    entries.map(|entry| entry.unwrap().path()).find_map(|path| match path.is_dir() {
        true => find(&path, name),
        false => path.file_name().is_some_and(|file| file == name).then_some(path),
    })
}

/// Collects the registers touched.
#[derive(Default)]
struct Touched(Vec<PhysAddr>);

impl Port for Touched {
    fn read32(&mut self, register: PhysAddr) -> u32 {
        self.0.push(register);
        0
    }

    fn write32(&mut self, register: PhysAddr, _value: u32) {
        self.0.push(register);
    }

    fn send_sgi(&mut self, _cpu: CpuId) {}

    fn wait_us(&mut self, _us: u32) {}
}

fn registers(tree: &Tree<'_>, compatible: &str) -> PhysRange {
    let node = tree.compatible_with(&[compatible]).next().unwrap_or_else(|| panic!("no {compatible}"));
    tree.lineage(node.id()).registers(0).unwrap()
}

#[test]
fn vexpress() {
    let Some(directory) = std::env::var_os("XENOLITH_DTBS") else { return };
    let path = find(Path::new(&directory), "vexpress-v2p-ca15-tc1.dtb");
    let blob = std::fs::read(path.unwrap_or_else(|| panic!("no tree below {directory:?}"))).unwrap();
    let tree = validate(&blob).unwrap();
    assert_eq!(select(&tree).name(), Vexpress.name());
    let own = [registers(&tree, "arm,vexpress-sysreg"), registers(&tree, "arm,sp810")];
    let mut port = Touched::default();
    Vexpress.cpu_on(&mut port, CpuId::new(1), PhysAddr::new(0x8000_0000)).unwrap();
    Vexpress.reset(&mut port);
    assert!(port.0.iter().all(|&register| own.iter().any(|range| range.contains(register))));
    assert_eq!(port.0.first().map(|first| first.raw()), Some(own[0].start().raw() + 0x34));
}
