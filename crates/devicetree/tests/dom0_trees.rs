//! Makes domain 0's tree of every real tree that has a known GIC, and of the fixtures, and lets `dtc`
//! read the result back. `XENOLITH_DTBS` as in `real_trees`; there and for the fixtures `dtc` must be
//! installed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use devicetree::dom0::{Dom0Plan, Item, Policy, build, devices};
use devicetree::{Tree, validate};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use types::{IntId, PhysAddr, PhysRange};

fn range(start: u64, len: u64) -> PhysRange {
    PhysRange::new(PhysAddr::new(start), len).unwrap()
}

fn policy<'a>(host: &Tree<'a>) -> Policy<'a> {
    let console = host.stdout_path().and_then(|path| host.uart(path, None));
    Policy::new(host, console.map(|uart| uart.node().id()), &[]).unwrap_or_else(|error| panic!("{error}"))
}

/// Builds the tree, with a bank and grant area that fit in one cell.
fn dom0(host: &Tree<'_>) -> Vec<u8> {
    let memory = [range(0x4000_0000, 0x2000_0000)];
    let plan = Dom0Plan {
        bootargs: Some("console=hvc0 earlycon=xenboot"),
        initrd: Some(range(0x4800_0000, 0x10_0000)),
        memory: &memory,
        vcpus: 4,
        timer_hz: host.gic().ok().and_then(|gic| host.timer(&gic.interrupts())?.frequency_hz),
        grant_table: range(0x6000_0000, 0x4_0000),
        extended: &[],
        event_interrupt: IntId::new(31),
        xen_version: "4.17",
    };
    let mut out = vec![0; host.blob().len() + 4096];
    let len = build(&policy(host), &plan, &mut out).unwrap_or_else(|error| panic!("{error}"));
    out.truncate(len);
    out
}

/// Runs `dtc` over a blob; returns its messages if it refuses it.
fn decompile(blob: &[u8]) -> Result<(), String> {
    let mut dtc = Command::new("dtc")
        .args(["-q", "-q", "-I", "dtb", "-O", "dts", "-o", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("dtc (package device-tree-compiler): {error}"));
    let mut input = dtc.stdin.take().unwrap();
    let blob = blob.to_vec();
    let feeder = std::thread::spawn(move || input.write_all(&blob));
    let output = dtc.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    match output.status.success() && output.stdout.starts_with(b"/dts-v1/") {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Returns what is wrong with the domain's tree.
fn check(host: &Tree<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let blob = dom0(host);
    let tree = validate(&blob).unwrap_or_else(|error| panic!("our own tree: {error}"));
    faults.extend(decompile(&blob).err());
    if tree.cpus().count() != 4 || tree.memory().count() != 1 || tree.psci().is_none() {
        faults.push("CPUs, memory or PSCI are missing".into());
    }
    let timers = |tree: &Tree<'_>| tree.compatible_with(&devicetree::query::TIMERS).count();
    if timers(&tree) != timers(host) {
        faults.push("the timer was lost".into());
    }
    let mut given = 0;
    devices::<()>(&policy(host), |item| {
        if let Item::Registers(node, _) = item {
            given += 1;
            let path = host.lineage(node.id()).path().to_string();
            if tree.find(&path).is_none() {
                faults.push(format!("{path} was given but is not in the tree"));
            }
        }
        Ok(())
    })
    .unwrap();
    if given == 0 {
        faults.push("no device".into());
    }
    faults
}

fn check_all(paths: &[PathBuf]) -> usize {
    let mut checked = 0;
    let mut bad = Vec::new();
    for path in paths {
        let blob = std::fs::read(path).unwrap();
        let host = validate(&blob).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        if host.gic().is_ok() {
            checked += 1;
            bad.extend(check(&host).into_iter().map(|fault| format!("{path:?}: {fault}")));
        }
    }
    assert!(bad.is_empty(), "{} faults in {checked} trees:\n{}", bad.len(), bad.join("\n"));
    checked
}

#[test]
fn trees_of_the_fixtures() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/dtb");
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "dtb")).collect();
    assert_eq!(check_all(&paths), paths.len());
}

#[test]
fn trees_of_real_boards() {
    /// The boards of the platform modules, and those that QEMU emulates, as far as Debian has them.
    const BOARDS: [&str; 16] = [
        "exynos5250-arndale",
        "exynos5250-snow",
        "exynos5410-odroidxu",
        "vexpress-v2p-ca15-tc1",
        "ecx-2000",
        "omap5-uevm",
        "sun7i-a20-cubieboard2",
        "sun6i-a31-hummingbird",
        "sun8i-h3-orangepi-pc",
        "imx7d-sdb",
        "apm-mustang",
        "amd-overdrive-rev-b1",
        "thunder-88xx",
        "zynqmp-zcu102-rev1.0",
        "bcm2711-rpi-4-b",
        "imx8mm-evk",
    ];
    let Some(paths) = common::real_trees() else { return };
    for board in BOARDS {
        let found = paths.iter().find(|path| path.file_stem().is_some_and(|stem| stem == board));
        let blob = std::fs::read(found.unwrap_or_else(|| panic!("no {board}.dtb"))).unwrap();
        validate(&blob).unwrap().gic().unwrap_or_else(|error| panic!("{board}: {error}"));
    }
    println!("{} trees for domain 0 made and accepted by dtc", check_all(&paths));
}
