//! Documents made from the source: `cargo xtask docs` writes them, CI fails when one is stale.

use super::{locking, unsafety};
use crate::args::Args;
use crate::paths;
use anyhow::{Result, ensure};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// A document made from the source.
struct Document {
    name: &'static str,
    make: fn() -> Result<String>,
}

const DOCUMENTS: &[Document] = &[
    Document { name: "LOCKING.md", make: locking::document },
    Document { name: "UNSAFE.md", make: unsafe_budget },
];

/// `cargo xtask docs`: writes all of them.
pub fn command(args: Args) -> Result<ExitCode> {
    args.finish()?;
    for document in DOCUMENTS {
        let path = paths::made(paths::root().join("docs"))?.join(document.name);
        fs::write(&path, (document.make)()?)?;
        println!("{}", paths::shown(&path));
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks that each is what the source makes it.
///
/// # Errors
/// One is stale.
pub fn check() -> Result<()> {
    for document in DOCUMENTS {
        let text = fs::read_to_string(paths::root().join("docs").join(document.name)).unwrap_or_default();
        ensure!(text == (document.make)()?, "docs/{} is stale; next: cargo xtask docs", document.name);
    }
    Ok(())
}

fn unsafe_budget() -> Result<String> {
    let mut modules: BTreeMap<String, unsafety::Count> = BTreeMap::new();
    for (path, count) in unsafety::counts()? {
        let module = modules.entry(module_of(&path)).or_default();
        module.blocks += count.blocks;
        module.declarations += count.declarations;
    }
    let mut text = String::from(
        "# Unsafe code, by module\n\nMade by `cargo xtask docs`; CI fails when it is stale. Unsafe code lives in the \
         hypervisor's `arch` and\n`machine` and in the test guests' run-time only, and every block carries its SAFETY \
         argument. A declaration is an\n`unsafe fn`, `impl`, `extern` or `#[unsafe(...)]` attribute.\n\n\
         | module | blocks | declarations |\n|---|--:|--:|\n",
    );
    let mut total = unsafety::Count::default();
    for (module, count) in &modules {
        let _ = writeln!(text, "| `{module}` | {} | {} |", count.blocks, count.declarations);
        total.blocks += count.blocks;
        total.declarations += count.declarations;
    }
    let _ = writeln!(text, "| all | {} | {} |", total.blocks, total.declarations);
    Ok(text)
}

/// A file's module: its path without the extension, `mod` and `src`.
fn module_of(path: &str) -> String {
    let path = Path::new(path).with_extension("");
    let shown = path.to_string_lossy();
    shown.trim_end_matches("/mod").replace("/src/", "/")
}
