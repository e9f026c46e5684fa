//! The stage that runs the bare-metal test guests: each topic on each kind of machine, bare and under the
//! hypervisor.
//!
//! A guest prints a line for each check and its verdict last, and switches the machine off
//! (tests/guests/README.md).

use super::jobs::{Job, run_all};
use super::report::Case;
use super::{Context, conform};
use crate::arch::Arch;
use crate::qemu::boot::{Boot, Guest, Hypervisor};
use crate::qemu::console::Console;
use crate::qemu::machine::{Gic, Machine, Memory};
use crate::setup::{self, Need};
use crate::workspace::{self, Kind};
use crate::{debian, image, paths};
use anyhow::{Context as _, Result, bail, ensure};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// A run without a verdict has hung; a busy test machine is slow.
const LIMIT: Duration = Duration::from_secs(300);

/// The topic that makes and destroys domains, 200 times where its command line does not say.
const CYCLES: &str = "cycles";
const MANY_CYCLES: &str = "cycles=2000";

/// A guest on a machine.
struct Run {
    topic: String,
    machine: Machine,
    /// Which of the guest's two images.
    guest: Arch,
    hypervisor: Hypervisor,
    image: PathBuf,
    /// The guest's command line.
    cmdline: &'static str,
}

impl Run {
    fn name(&self) -> String {
        let under = match self.hypervisor {
            Hypervisor::Xenolith => "xenolith",
            Hypervisor::Xen => "xen",
            Hypervisor::None => "bare",
        };
        let Machine { arch, gic, cpus, .. } = &self.machine;
        let width = if self.guest == *arch { "" } else { "-a32" };
        format!("{}-{under}-{arch}-gic{gic}-{cpus}cpu{width}", self.topic)
    }

    /// Domains are made and destroyed more often with `--full`, on one kind of machine.
    fn can_last(&self) -> bool {
        self.topic == CYCLES && self.machine.arch == Arch::Arm64 && self.machine.gic == Gic::V3
    }

    /// A guest of 32 bits on a machine of 64 is done for one topic; for the rest with `--full`, or when a
    /// filter names it.
    fn is_default(&self) -> bool {
        let is_one = self.topic == "abort" && self.machine.gic == Gic::V3;
        self.guest == self.machine.arch || is_one
    }
}

fn machines(topic: &str) -> Vec<Machine> {
    let cpus = |usual| if topic == conform::TOPIC { 1 } else { usual };
    let machine = |arch, gic| {
        let usual = Machine::usual(arch);
        Machine { gic, memory: Memory::gib(1), cpus: cpus(usual.cpus), ..usual }
    };
    vec![machine(Arch::Arm64, Gic::V3), machine(Arch::Arm64, Gic::V2), machine(Arch::Arm32, Gic::V2)]
}

/// Names every combination.
pub fn names() -> Result<Vec<String>> {
    Ok(runs(&topics()?, Hypervisor::Xenolith).iter().map(Run::name).collect())
}

/// Builds and runs all that is wanted.
pub fn run(context: &Context) -> Result<Vec<Case>> {
    setup::packages(&[Need::Emulator])?;
    let mut cases = Vec::new();
    let mut runs = runs(&topics()?, context.hypervisor);
    runs.retain(|run| context.wants(&run.name()));
    runs.retain(|run| run.is_default() || context.full || context.filter.is_some());
    if context.full {
        runs.iter_mut().filter(|run| run.can_last()).for_each(|run| run.cmdline = MANY_CYCLES);
    }
    let runs = build(runs, &mut cases)?;
    let jobs = runs.iter().map(|run| Job { name: run.name(), test: Box::new(|| test(run)) });
    cases.extend(run_all(jobs.collect()));
    Ok(cases)
}

/// Topics are the guests' packages, but for the demo and the bench, which test nothing.
fn topics() -> Result<Vec<String>> {
    let packages = workspace::packages()?;
    let guests =
        packages.iter().filter(|package| package.kind() == Kind::Guest && !package.binaries.is_empty());
    let topics = guests.filter_map(|package| package.name.strip_prefix("guest-"));
    Ok(topics.filter(|topic| *topic != "demo" && *topic != "bench").map(str::to_owned).collect())
}

/// All runs: each combination, and those of 64 bits under a hypervisor with the guest of 32 bits too.
fn runs(topics: &[String], hypervisor: Hypervisor) -> Vec<Run> {
    let mut all = Vec::new();
    for (topic, hypervisor, machine) in combinations(topics, hypervisor) {
        let run = Run { topic, guest: machine.arch, machine, hypervisor, image: PathBuf::new(), cmdline: "" };
        let stored = run.topic == conform::TOPIC;
        if run.guest == Arch::Arm64 && hypervisor != Hypervisor::None && !stored {
            let (topic, machine) = (run.topic.clone(), run.machine.clone());
            all.push(Run {
                topic,
                machine,
                guest: Arch::Arm32,
                hypervisor,
                image: PathBuf::new(),
                cmdline: "",
            });
        }
        all.push(run);
    }
    all
}

fn combinations(topics: &[String], hypervisor: Hypervisor) -> Vec<(String, Hypervisor, Machine)> {
    let under = match hypervisor {
        // What fails on the bare machine is the guest's own mistake.
        Hypervisor::Xenolith => vec![Hypervisor::None, Hypervisor::Xenolith],
        other => vec![other],
    };
    let mut all = Vec::new();
    for topic in topics {
        for hypervisor in &under {
            let machines = machines(topic).into_iter().filter(|machine| suits(topic, *hypervisor, machine));
            all.extend(machines.map(|machine| (topic.clone(), *hypervisor, machine)));
        }
    }
    all
}

/// Tells whether a topic runs there: hypercalls are compared where real Xen's answers are stored.
fn suits(topic: &str, hypervisor: Hypervisor, machine: &Machine) -> bool {
    let stored = machine.arch == Arch::Arm32 || machine.gic == Gic::V3;
    topic != conform::TOPIC || (stored && hypervisor != Hypervisor::None)
}

/// Builds what is needed and runs a topic on the first machine of an architecture; gives its console.
///
/// # Errors
/// Something does not compile, or the run does not end.
pub fn console(topic: &str, arch: Arch, hypervisor: Hypervisor) -> Result<String> {
    setup::packages(&[Need::Emulator])?;
    let machine = machines(topic).into_iter().find(|machine| machine.arch == arch).context("no machine")?;
    let run =
        Run { topic: topic.to_owned(), machine, guest: arch, hypervisor, image: PathBuf::new(), cmdline: "" };
    let mut failed = Vec::new();
    let built = build(vec![run], &mut failed)?;
    let run =
        built.first().with_context(|| format!("{topic} does not compile: see `cargo xtask ci clippy`"))?;
    Ok(boot(run)?.0)
}

/// Builds each run's image once; a guest that does not compile fails alone.
fn build(runs: Vec<Run>, cases: &mut Vec<Case>) -> Result<Vec<Run>> {
    for arch in Arch::ALL {
        let ours = |run: &Run| run.hypervisor == Hypervisor::Xenolith && run.machine.arch == arch;
        if runs.iter().any(ours) {
            image::build(arch, image::Options::default())?;
        }
    }
    let mut images: BTreeMap<(Arch, String), Option<PathBuf>> = BTreeMap::new();
    let mut built = Vec::new();
    for run in runs {
        let arch = run.guest;
        let image = images.entry((arch, run.topic.clone())).or_insert_with(|| {
            let image = image::build_guest(arch, &format!("guest-{}", run.topic));
            if let Err(error) = &image {
                let failure = Err(anyhow::anyhow!("{error:#}"));
                cases.push(Case::from_result(format!("{}-build-{arch}", run.topic), failure, Duration::ZERO));
            }
            image.ok()
        });
        if let Some(image) = image.clone() {
            built.push(Run { image, ..run });
        }
    }
    Ok(built)
}

fn test(run: &Run) -> Result<()> {
    let (text, log) = boot(run)?;
    let result = verdict(run, &text);
    let result = match run.topic.as_str() {
        conform::TOPIC => result.and_then(|()| conform::compare(run.machine.arch, &text)),
        _ => result,
    };
    result.with_context(|| format!("the whole log: {}", log.display()))
}

/// Runs it to its end; gives its console and where that is kept.
fn boot(run: &Run) -> Result<(String, PathBuf)> {
    let arch = run.machine.arch;
    let hypervisor = match run.hypervisor {
        Hypervisor::Xenolith => Some(paths::dist().join(format!("xenolith-{arch}"))),
        Hypervisor::Xen => Some(debian::ensure(arch)?.xen),
        Hypervisor::None => None,
    };
    let mut qemu = match hypervisor {
        Some(_) => run.machine.command(),
        None => run.machine.command_without_el2(),
    };
    let cmdline = "console=dtuart dom0_mem=64M bootscrub=0 noreboot".to_owned();
    let guest = Guest { kernel: run.image.clone(), ramdisk: None, cmdline: run.cmdline.to_owned() };
    Boot { hypervisor: hypervisor.map(|image| (image, cmdline)), guest }.add_to(&mut qemu);
    qemu.arg("-no-reboot");
    let log = paths::logs()?.join(format!("guest-{}.log", run.name()));
    let mut console = Console::start(&mut qemu, &log, LIMIT)?;
    console.wait_for_end()?;
    Ok((console.text().to_owned(), log))
}

fn verdict(run: &Run, text: &str) -> Result<()> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut own = lines.iter().rev().filter(|line| !line.is_empty() && !line.starts_with("(XEN)"));
    let last = *own.next().context("the guest printed nothing")?;
    let failures: Vec<&str> = lines.iter().filter(|line| line.starts_with("FAIL ")).copied().collect();
    let Some(passed) = last.strip_prefix("PASS ") else {
        if failures.is_empty() {
            bail!("the guest gave no verdict; its last line: {last}");
        }
        bail!("{}", failures.join("\n"));
    };
    let checks: usize =
        passed.split_whitespace().nth(1).unwrap_or_default().parse().context("PASS without a number")?;
    let wanted = match run.topic.as_str() {
        "fp" => 8,
        CYCLES => 6,
        conform::TOPIC => 1,
        _ => 20,
    };
    ensure!(
        run.hypervisor != Hypervisor::Xenolith || checks >= wanted,
        "only {checks} checks where {wanted} are due"
    );
    Ok(())
}
