//! What booting costs: the counter at the payload's first instruction, for payloads, sizes of memory and of
//! dom0, and numbers of CPUs.

use super::lab::{Images, Kind, Run, Under};
use super::payload::{self, Payload, Size};
use super::protocol::{Report, Value};
use crate::arch::Arch;
use crate::qemu::machine::Memory;
use anyhow::Result;

/// The figure that the guest prints.
pub const COUNTER: &str = "boot-counter";

/// Above this much memory QEMU must not reserve it on the build machine.
const RESERVED_GIB: u64 = 16;

/// A boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boot {
    /// What is loaded.
    pub size: Size,
    /// The machine's memory in GiB.
    pub memory_gib: u64,
    /// dom0's memory in MiB.
    pub dom0_mib: u64,
    /// The machine's CPUs.
    pub cpus: u32,
}

impl Boot {
    const fn new(size: Size, memory_gib: u64, dom0_mib: u64) -> Self {
        Self { size, memory_gib, dom0_mib, cpus: 1 }
    }

    /// Names its row.
    pub fn name(&self) -> String {
        let Self { size, memory_gib, cpus, .. } = self;
        let dom0 = Memory { mib: self.dom0_mib };
        let cpus = if *cpus == 1 { String::new() } else { format!("-{cpus}cpu") };
        format!("boot-{}-{memory_gib}G-{dom0}{cpus}", size.name())
    }

    /// Makes the run on a kind of machine.
    pub fn run(&self, kind: Kind, under: Under) -> Run {
        let memory = Memory::gib(self.memory_gib);
        let mut run = Run {
            name: format!("{kind}-{}-{}", under.name(), self.name()),
            cpus: self.cpus,
            memory,
            dom0_mem: Memory { mib: self.dom0_mib }.to_string(),
            // A prefix of no operation: the counter alone is printed.
            cmdline: "bench=boot".into(),
            ..Run::new(kind, under)
        };
        if self.memory_gib > RESERVED_GIB {
            let backend = format!("memory-backend-ram,id=ram,size={memory},reserve=off");
            run.qemu = ["-object", &backend, "-machine", "memory-backend=ram"].map(str::to_owned).to_vec();
        }
        run
    }
}

/// The boot that the budgets hold: Debian's payload, 4 GiB.
pub const BUDGETED: Boot = Boot::new(Size::Debian, 4, 512);

/// The boots of the table. With 64 GiB only where the architecture's directly mapped memory is not a limit.
pub fn rows(arch: Arch) -> Vec<Boot> {
    let mut rows = Vec::new();
    for size in [Size::Small, Size::Debian] {
        rows.push(Boot::new(size, 1, 256));
        rows.extend([256, 512, 1024, 2048].map(|dom0| Boot::new(size, 4, dom0)));
        rows.push(Boot::new(size, 16, 1024));
    }
    if arch == Arch::Arm64 {
        rows.extend([Size::Small, Size::Debian].map(|size| Boot::new(size, 64, 512)));
    }
    rows
}

/// The payloads of an architecture, made once.
#[derive(Clone, Debug)]
pub struct Payloads {
    small: Payload,
    debian: Payload,
}

impl Payloads {
    /// Makes them beside the images.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn make(arch: Arch, images: &Images) -> Result<Self> {
        let directory = images.guest.parent().unwrap_or(&images.guest);
        let make = |size| payload::make(arch, size, &images.guest, directory);
        Ok(Self { small: make(Size::Small)?, debian: make(Size::Debian)? })
    }

    /// Boots, and gives the counter as a figure of the row's name.
    ///
    /// # Errors
    /// QEMU cannot be started.
    pub fn boot(&self, boot: &Boot, mut run: Run, images: &Images) -> Result<Report> {
        let payload = if boot.size == Size::Small { &self.small } else { &self.debian };
        run.ramdisk.clone_from(&payload.ramdisk);
        let images = Images { guest: payload.kernel.clone(), ..images.clone() };
        let report = run.report(&images)?;
        let counter = report.value(COUNTER).map(|value| value.number);
        let value = counter.map(|number| (boot.name(), Value { number, unit: "ns".into() }));
        let failures = match counter {
            Some(_) => Vec::new(),
            None => vec![format!("{} did not boot: {}", boot.name(), report.failures.join("; "))],
        };
        Ok(Report { values: value.into_iter().collect(), failures, ..Report::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_names_of_their_own() {
        let rows = rows(Arch::Arm64);
        let mut names: Vec<String> = rows.iter().map(Boot::name).collect();
        assert!(names.contains(&"boot-debian-4G-512M".to_owned()) && rows.contains(&BUDGETED));
        assert!(names.contains(&"boot-small-64G-512M".to_owned()));
        names.sort();
        names.dedup();
        assert_eq!(names.len(), rows.len());
        assert_eq!(Boot { cpus: 4, ..BUDGETED }.name(), "boot-debian-4G-512M-4cpu");
    }

    #[test]
    fn much_memory_is_not_reserved() {
        let run = |gib| Boot { memory_gib: gib, ..BUDGETED }.run(Kind::ALL[0], Under::Ours);
        assert!(run(16).qemu.is_empty());
        assert!(run(64).qemu.iter().any(|option| option.contains("size=64G,reserve=off")));
    }
}
