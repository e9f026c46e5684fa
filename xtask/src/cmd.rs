//! Running other programs: shown, captured, or logged; a failure names the program and its log.

use crate::paths;
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

/// Says what is being done, for work that takes longer than a moment.
pub fn progress(text: &str) {
    eprintln!("xtask: {text}");
}

/// The cargo that runs this tool.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(paths::root()).stdin(Stdio::null());
    command
}

/// The rustc of the clone's toolchain.
pub fn rustc() -> Command {
    let mut command = Command::new("rustc");
    command.current_dir(paths::root()).stdin(Stdio::null());
    command
}

/// Tells whether `program` is on the search path.
pub fn exists(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    // System tools are here even where an ordinary user's search path leaves them out.
    let extra = ["/usr/sbin", "/sbin"].map(Into::into);
    std::env::split_paths(&path).chain(extra).any(|directory| directory.join(program).is_file())
}

/// Runs with output on the terminal.
///
/// # Errors
/// The program cannot be started or fails.
pub fn run_shown(command: &mut Command) -> Result<()> {
    let name = describe(command);
    let status = command.status().with_context(|| format!("cannot start `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed ({status}); its output is above");
    }
    Ok(())
}

/// Runs and gives back standard output as text.
///
/// # Errors
/// The program cannot be started or fails; the error holds what it wrote to standard error.
pub fn output(command: &mut Command) -> Result<String> {
    let name = describe(command);
    let out = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{name}`"))?;
    if !out.status.success() {
        bail!("`{name}` failed ({}): {}", out.status, String::from_utf8_lossy(&out.stderr).trim());
    }
    String::from_utf8(out.stdout).with_context(|| format!("`{name}` printed something that is no text"))
}

/// Runs with all output in the file `log`.
///
/// # Errors
/// The program cannot be started or fails; the error holds the log's last lines and its path.
pub fn run_logged(command: &mut Command, log: &Path) -> Result<()> {
    let name = shortened(&describe(command));
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let status = command.status().with_context(|| format!("cannot start `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed ({status})\n{}\nthe whole log: {}", tail(log, 25), log.display());
    }
    Ok(())
}

/// Gives the last `count` lines of a file.
pub fn tail(path: &Path, count: usize) -> String {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(count);
    lines.iter().skip(from).map(|line| format!("  | {line}")).collect::<Vec<_>>().join("\n")
}

/// Writes a command as one would type it.
pub fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

/// Keeps the start and the end of a long command: its program, and what it was to do.
fn shortened(command: &str) -> String {
    let letters: Vec<char> = command.chars().collect();
    match (letters.get(..60), letters.len().checked_sub(120).and_then(|from| letters.get(from..))) {
        (Some(start), Some(end)) if letters.len() > 200 => {
            format!("{} ... {}", start.iter().collect::<String>(), end.iter().collect::<String>())
        }
        _ => command.to_owned(),
    }
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    if word.contains([' ', '\'', '"', '$']) || word.is_empty() {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    word.into_owned()
}
