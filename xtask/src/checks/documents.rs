//! Documents made from the source: `cargo xtask docs` writes them, CI fails when one is stale.

use super::locking;
use crate::args::Args;
use crate::{docs, paths};
use anyhow::{Result, ensure};
use std::fs;
use std::process::ExitCode;

/// A document made from the source.
struct Document {
    name: &'static str,
    make: fn() -> Result<String>,
}

const DOCUMENTS: &[Document] = &[
    Document { name: "ABI.md", make: docs::abi::document },
    Document { name: "LOCKING.md", make: locking::document },
    Document { name: "UNSAFE.md", make: docs::unsafety::document },
];

/// `cargo xtask docs`: writes all of them; with `--check` only tells whether one is stale.
pub fn command(mut args: Args) -> Result<ExitCode> {
    let only_check = args.take_flag("--check");
    args.finish()?;
    if only_check {
        return check().map(|()| ExitCode::SUCCESS);
    }
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
