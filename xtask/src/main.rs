//! Build, run and test commands.
use anyhow::{Result, bail};
use std::process::Command;

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("test") => host_tests(),
        _ => bail!("usage: cargo xtask test"),
    }
}

fn host_tests() -> Result<()> {
    let status = Command::new("cargo").args(["test", "--workspace"]).status()?;
    println!("{} passed, {} failed", u8::from(status.success()), u8::from(!status.success()));
    std::process::exit(status.code().unwrap_or(1));
}
