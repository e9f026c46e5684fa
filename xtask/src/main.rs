//! The project's one tool: `cargo xtask build`, `run`, `bench`, `test`, `ci`, `setup`.
//!
//! Each command lives in the module of its name; [`args`] parses, [`paths`] knows where things are, and
//! [`cmd`] runs other programs so that a failure says what to do next and where the log is.

mod arch;
mod args;
mod bench;
mod checks;
mod cmd;
mod debian;
mod demo;
mod docs;
mod image;
mod initramfs;
mod paths;
mod qemu;
mod run;
mod setup;
mod test;
mod workspace;

use anyhow::{Result, bail};
use args::Args;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  build [--arch arm64|arm32|all] [--debug] [--early-uart KIND,ADDRESS]
        make dist/xenolith-<arch> and its .elf; KIND is none, pl011, 8250 or 8250-32
  run [--arch arm64|arm32] [--gic 2|3] [--cpu MODEL] [--cpus N] [--memory 2G] [--cmdline TEXT]
      [--dom0-cmdline TEXT] [--hypervisor xenolith|xen|none] [--guest linux|demo|FILE] [--disk FILE] [--gdb]
        boot Debian as dom0 on this terminal
  demo [--arch arm64|arm32] [--gic 2|3] [--cpu MODEL] [--cpus N] [--memory 2G] [--hypervisor xenolith|xen]
        dom0 creates two guests with disk and network, lets them work, and destroys them; nobody types
  bench [--arch A] [--gic 2|3] [--filter OP] [--hypervisor-image FILE] [--save] [--trace OP] [--update-budgets]
        [--toolstack]
        count instructions on the bare machine, on real Xen and on Xenolith, and compare;
        --save writes docs/PERFORMANCE.md; --trace lists where the instructions of one iteration go;
        --update-budgets writes tests/bench; --toolstack times guests' creation, disks and network in dom0
  test [--full] [--mutants] [FILTER]
        all tests, or those whose name contains FILTER; logs are kept in target/xtask-logs;
        --mutants plants faults and expects the guests to notice
  ci JOB [--full] [FILTER]
        one stage of the tests; without JOB, their names
  conform [--arch A] [--record]
        list where hypercalls answer otherwise than on real Xen 4.17; --record asks real Xen anew
  docs [--check]
        write the documents that are made from the source, or tell whether one is stale
  setup [--all]
        install rust targets and system packages (every command does this for what it needs)";

fn main() -> ExitCode {
    match dispatch() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<ExitCode> {
    let mut args = Args::from_environment();
    if args.take_flag("--help") || args.take_flag("-h") {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let Some(command) = args.take_positional() else {
        println!("{USAGE}");
        return Ok(ExitCode::FAILURE);
    };
    match command.as_str() {
        "build" => image::command(args),
        "run" => run::command(args),
        "demo" => demo::command(args),
        "bench" => bench::command(args),
        "test" => test::command(args),
        "ci" => test::ci_command(args),
        "conform" => test::conform::command(args),
        "docs" => checks::documents::command(args),
        "setup" => setup::command(args),
        "help" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("there is no command {other:?}\n{USAGE}"),
    }
}
