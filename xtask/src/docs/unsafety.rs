//! docs/UNSAFE.md: how much unsafe code each module has, and what the module is for.

use super::{module_of, purpose};
use crate::checks::scan;
use crate::checks::unsafety::{self, Count, HYPERVISOR_BLOCKS_MAX};
use anyhow::Result;
use std::fmt::Write;

/// The hypervisor, the run-time of the test guests, and the one file on the build machine.
const PARTS: [(&str, &str); 3] = [
    ("The hypervisor", "hypervisor/"),
    ("The test guests' run-time", "tests/guests/rt/"),
    ("The plugin for QEMU", "xtask/plugin/"),
];

/// Makes docs/UNSAFE.md.
///
/// # Errors
/// The source cannot be read.
pub fn document() -> Result<String> {
    let mut text = String::from(
        "# Unsafe code, by module\n\n\
         Made by `cargo xtask docs`; CI fails when it is stale. Unsafe code lives in the hypervisor's `arch` and\n\
         `machine`, in the test guests' run-time and in the interface of the bench's plugin, and nowhere else. Every block carries its SAFETY argument. A\n\
         declaration is an `unsafe fn`, `impl`, `extern`, `trait` or `#[unsafe(...)]` attribute.\n",
    );
    let counts = unsafety::counts()?;
    let sources = scan::sources()?;
    for (title, prefix) in PARTS {
        let budget =
            if prefix == "hypervisor/" { format!(", of {HYPERVISOR_BLOCKS_MAX}") } else { String::new() };
        let mut rows = String::new();
        let mut total = Count::default();
        for source in &sources {
            let path = source.path.display().to_string();
            let Some(count) = counts.get(&path).filter(|_| path.starts_with(prefix)) else { continue };
            total.blocks += count.blocks;
            total.declarations += count.declarations;
            let module = module_of(&source.path);
            let _ = writeln!(
                rows,
                "| `{}` | {} | {} | {} |",
                module.trim_start_matches(prefix),
                count.blocks,
                count.declarations,
                purpose(&source.text)
            );
        }
        let _ = write!(
            text,
            "\n## {title}: {} blocks{budget}\n\n| module | blocks | declarations | what the module is for |\n\
             |---|--:|--:|---|\n{rows}| all | {} | {} | |\n",
            total.blocks, total.blocks, total.declarations
        );
    }
    Ok(text)
}
