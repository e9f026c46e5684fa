//! dom0's own devices: virtio disks on PCI and on virtio-mmio, and the network.

use super::{Setting, begin, power, server, typed};
use crate::qemu::console::Console;
use crate::{cmd, paths};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

const DISK_BYTES: usize = 64 << 20;
const DOWNLOAD_BYTES: usize = 16 << 20;

/// Two disks, one full of numbers and one empty, and a network card.
pub fn make(scratch: &Path) -> Result<Vec<String>> {
    paths::made(scratch.to_path_buf())?;
    fs::write(scratch.join("full"), server::noise(DISK_BYTES))?;
    fs::write(scratch.join("empty"), vec![0; DISK_BYTES])?;
    let drive = |name: &str| format!("file={}/{name},format=raw,if=none,id={name}", scratch.display());
    let mut options = Vec::new();
    for (option, value) in [
        ("-drive", drive("full").as_str()),
        ("-drive", drive("empty").as_str()),
        ("-device", "virtio-blk-pci,drive=full,serial=full"),
        ("-device", "virtio-blk-device,drive=empty,serial=empty"),
        ("-netdev", "user,id=net0"),
        ("-device", "virtio-net-pci,netdev=net0,romfile="),
    ] {
        options.extend([option.to_owned(), value.to_owned()]);
    }
    Ok(options)
}

/// Reads one disk, writes the other, downloads.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    begin(console)?;
    let full = setting.scratch.join("full");
    let pci = disk_named(console, "full")?;
    let mmio = disk_named(console, "empty")?;
    let read = typed(console, &format!("sha256sum {pci}"))?;
    ensure!(read.contains(&digest(&full)?), "the disk on PCI reads wrong: {read}");
    typed(console, &format!("dd if={pci} of={mmio} bs=1M; sync"))?;
    typed(console, &format!("echo 3 >/proc/sys/vm/drop_caches; cmp {pci} {mmio}"))?;
    network(console)?;
    power::off(console)?;
    ensure!(
        fs::read(setting.scratch.join("empty"))? == fs::read(&full)?,
        "what was written is not on the disk"
    );
    Ok(())
}

fn disk_named(console: &mut Console, serial: &str) -> Result<String> {
    let found = typed(console, &format!("grep -l {serial} /sys/block/vd*/serial"))?;
    let name = found.trim().split('/').nth(3).with_context(|| format!("no disk {serial}: {found:?}"))?;
    Ok(format!("/dev/{name}"))
}

fn network(console: &mut Console) -> Result<()> {
    typed(console, "ip addr add 10.0.2.15/24 dev eth0 && ip link set eth0 up && sleep 1")?;
    typed(console, "ping -c 3 -W 5 10.0.2.2")?;
    let content = server::noise(DOWNLOAD_BYTES);
    let served = server::Server::start(content.clone())?;
    let got = typed(console, &format!("wget -q -O - http://10.0.2.2:{}/ | sha256sum", served.port))?;
    let path = paths::target().join("xtask-logs/download");
    fs::write(&path, content)?;
    let wanted = digest(&path)?;
    fs::remove_file(&path)?;
    ensure!(got.contains(&wanted), "what was downloaded is not what was served: {got}");
    Ok(())
}

fn digest(path: &Path) -> Result<String> {
    let text = cmd::output(Command::new("sha256sum").arg(path))?;
    Ok(text.split_whitespace().next().unwrap_or_default().to_owned())
}
