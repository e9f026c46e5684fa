//! What `xl` changes of a running guest: vCPUs and where they run, memory, weight, disks, network cards.

use super::lifecycle::expect;
use super::{Guest, create, destroy, in_guest, ping, row, start};
use crate::qemu::console::Console;
use crate::test::scenario::{Setting, power, typed};
use anyhow::{Context, Result, ensure};

const GUEST: Guest = Guest { vcpus: 4, ..Guest::usual(1) };

/// Goes through the subcommands.
pub fn run(console: &mut Console, setting: &Setting<'_>) -> Result<()> {
    start(console, 2)?;
    create(console, &GUEST)?;
    vcpus(console, setting.machine.cpus)?;
    memory(console)?;
    weight(console)?;
    network(console)?;
    disk(console)?;
    destroy(console, &[GUEST])?;
    power::off(console)
}

fn vcpus(console: &mut Console, cpus: u32) -> Result<()> {
    let last = cpus - 1;
    typed(console, &format!("xl vcpu-pin g1 all {last}"))?;
    in_guest(console, &GUEST, "true")?;
    let list = typed(console, "xl vcpu-list g1")?;
    let rows: Vec<&str> = list.lines().filter(|line| line.starts_with("g1")).collect();
    ensure!(rows.len() == 4, "not four vCPUs: {list}");
    ensure!(rows.iter().all(|row| row.trim().ends_with(&format!("{last} / all"))), "not pinned: {list}");
    typed(console, "xl vcpu-pin g1 0 all 0; xl vcpu-pin g1 all all")?;
    expect(console, "xl vcpu-list g1", &["all / "])?;
    for count in [1, 4, 2] {
        typed(console, &format!("xl vcpu-set -i g1 {count}"))?;
        // Linux takes CPUs away by itself, but leaves it to udev to switch on those that come.
        let switched = "echo 1 | tee /sys/devices/system/cpu/cpu[1-3]/online >/dev/null 2>&1";
        let counted = format!(
            "for n in $(seq 100); do [ $(nproc) = {count} ] && break; sleep 0.1; [ $(nproc) -lt {count} ] && {switched}; done; nproc"
        );
        let online = in_guest(console, &GUEST, &counted)?;
        ensure!(online.trim() == count.to_string(), "vcpu-set {count}: {online} are online");
    }
    Ok(())
}

/// By xenstore: the mem-set of Debian's xl 4.17 ends in an assertion on Arm, under real Xen as well.
fn memory(console: &mut Console) -> Result<()> {
    for mib in [192, 250] {
        let target = "/local/domain/$(xl domid g1)/memory/target";
        typed(console, &format!("xenstore-write {target} $(({mib} * 1024))"))?;
        let settled =
            format!("for n in $(seq 60); do xl list g1 | grep -q \" {mib} \" && break; sleep 0.5; done");
        typed(console, &settled)?;
        let columns = row(console, &GUEST)?;
        ensure!(
            columns.get(2).is_some_and(|now| *now == mib.to_string()),
            "a target of {mib} MiB: {columns:?}"
        );
    }
    in_guest(console, &GUEST, "dd if=/dev/zero of=/run/fill bs=1M count=64 && rm /run/fill")?;
    Ok(())
}

fn weight(console: &mut Console) -> Result<()> {
    expect(console, "xl sched-credit2", &["Pool-0", "Domain-0", "g1"])?;
    typed(console, "xl sched-credit2 -d g1 -w 512 -c 75")?;
    let text = typed(console, "xl sched-credit2 -d g1")?;
    let line = text.lines().find(|line| line.starts_with("g1")).with_context(|| format!("no g1: {text}"))?;
    let words: Vec<&str> = line.split_whitespace().collect();
    ensure!(words.get(2..4) == Some(&["512", "75"]), "weight and cap are not 512 and 75: {line}");
    typed(console, "xl sched-credit2 -d g1 -w 256 -c 0")?;
    typed(console, "xl sched-credit2 -s")?;
    Ok(())
}

fn network(console: &mut Console) -> Result<()> {
    typed(console, "xl network-attach g1 bridge=br0")?;
    let up = "for n in $(seq 100); do [ -e /sys/class/net/eth1 ] && break; sleep 0.1; done; \
              ip addr add 10.0.0.99/32 dev eth1 && ip link set eth1 up && ip route add 10.0.0.1/32 dev eth1";
    in_guest(console, &GUEST, up)?;
    ping(console, &GUEST, "10.0.0.1")?;
    let list = expect(console, "xl network-list g1", &["vif"])?;
    ensure!(list.lines().filter(|line| line.contains("vif")).count() == 2, "not two cards: {list}");
    typed(console, "xl network-detach g1 1")?;
    in_guest(console, &GUEST, "for n in $(seq 100); do [ -e /sys/class/net/eth1 ] || break; sleep 0.1; done; [ ! -e /sys/class/net/eth1 ]")
        .map(drop)
}

fn disk(console: &mut Console) -> Result<()> {
    typed(console, "xl block-attach g1 phy:/dev/loop1,xvdb,w")?;
    let written = "for n in $(seq 100); do [ -b /dev/xvdb ] && break; sleep 0.1; done; \
                   echo written by the guest | dd of=/dev/xvdb conv=fsync";
    in_guest(console, &GUEST, written)?;
    expect(console, "head -c 20 /var/lib/xen/disks/1", &["written by the guest"])?;
    expect(console, "xl block-list g1", &["51712", "51728"])?;
    typed(console, "xl block-detach g1 xvdb")?;
    in_guest(
        console,
        &GUEST,
        "for n in $(seq 100); do [ -e /dev/xvdb ] || break; sleep 0.1; done; [ ! -e /dev/xvdb ]",
    )?;
    Ok(())
}
