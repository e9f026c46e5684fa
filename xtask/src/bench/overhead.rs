//! What a hypervisor keeps for itself: the size of its image, and the memory that no guest can have.
//!
//! Both hypervisors answer the debug key `m` with how much memory is free.

use super::lab::{Images, Kind, Run, Under};
use super::protocol::{Report, Value};
use crate::debian;
use crate::qemu::console::Console;
use crate::qemu::machine::Memory;
use anyhow::{Context, Result};
use std::fs;
use std::time::Duration;

const MEMORY_GIB: u64 = 4;
const DOM0_MIB: u64 = 512;
const LIMIT: Duration = Duration::from_secs(240);
/// Switches the console's input to the hypervisor, and its key.
const KEYS: &[u8] = b"\x01\x01\x01m";

/// Measures both under `under`; nothing on the bare machine.
///
/// # Errors
/// The machine does not answer.
pub fn measure(kind: Kind, under: Under, images: &Images) -> Result<Report> {
    let image = match under {
        Under::Bare => return Ok(Report::default()),
        Under::Xen => debian::ensure(kind.arch)?.xen,
        Under::Ours => images.ours.clone(),
    };
    let value = |number: u64, unit: &str| -> Result<Value> {
        Ok(Value { number: i64::try_from(number)?, unit: unit.into() })
    };
    let mut values = vec![("image-size".to_owned(), value(fs::metadata(image)?.len(), "bytes")?)];
    let mut failures = Vec::new();
    match kept_kib(kind, under, images) {
        Ok(kib) => values.push(("memory-overhead-4G".to_owned(), value(kib, "KiB")?)),
        Err(error) => failures.push(format!("memory overhead: {error:#}")),
    }
    Ok(Report { values, failures, ..Report::default() })
}

fn kept_kib(kind: Kind, under: Under, images: &Images) -> Result<u64> {
    let run = Run {
        name: format!("{kind}-{}-overhead", under.name()),
        memory: Memory::gib(MEMORY_GIB),
        dom0_mem: Memory { mib: DOM0_MIB }.to_string(),
        ..Run::new(kind, under)
    };
    let mut console = Console::start(&mut run.command(images)?, &run.log()?, LIMIT)?;
    // The guest runs long enough to be asked under.
    console.wait_for("bench: loop")?;
    console.send(KEYS)?;
    // Real Xen's answer, and ours.
    let answers = ["Dom heap: ", "frames free ("];
    let (_, before) = console.wait_for_any(&answers)?;
    let start = before.rsplit('\n').next().unwrap_or_default().to_owned();
    let answer = format!("{start}{}", console.wait_for("\n")?);
    let free = free_kib(&answer).with_context(|| format!("cannot read {answer:?}"))?;
    Ok((MEMORY_GIB * 1024 - DOM0_MIB) * 1024 - free)
}

/// Reads Xen's `Dom heap: NkB free`, or `N frames free (N KiB)`.
fn free_kib(answer: &str) -> Option<u64> {
    let xen = |line: &str| line.split_once("Dom heap: ")?.1.split_once("kB free")?.0.trim().parse().ok();
    let ours = |line: &str| line.split_once("frames free (")?.1.split_once(" KiB")?.0.parse().ok();
    answer.lines().find_map(|line| xen(line).or_else(|| ours(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_hypervisors_answers_are_read() {
        assert_eq!(
            free_kib("(XEN)     heap[21]: 9kB free\n(XEN)     Dom heap: 3599360kB free\n"),
            Some(3_599_360)
        );
        assert_eq!(
            free_kib("(XEN) RAM 4194304 KiB: 916000 frames free (3664000 KiB), 0 of them"),
            Some(3_664_000)
        );
        assert_eq!(free_kib("(XEN) heap[21]: 9kB free"), None);
    }
}
