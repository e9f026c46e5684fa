//! A running QEMU and its serial console, read by a thread of its own: wait for text, type text, give up.
//!
//! The child is killed, by its own id alone, when the console is dropped. Everything it prints is kept in a
//! log.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Printed by nothing that works: waiting any longer is in vain.
const FATAL: &[&str] =
    &["Kernel panic - not syncing", "(XEN) Panic on CPU", "Xen BUG at", "Unable to handle kernel"];

/// How long a machine that has failed is listened to.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A pause that ends an answer.
const QUIET: Duration = Duration::from_secs(1);

/// A person types no faster, and a hypervisor's ring of input need hold no more.
const TYPED_AT_ONCE: usize = 16;
const TYPING_PAUSE: Duration = Duration::from_millis(20);

/// A QEMU under test.
#[derive(Debug)]
pub struct Console {
    child: Child,
    input: Option<ChildStdin>,
    chunks: Receiver<Vec<u8>>,
    text: String,
    seen: usize,
    deadline: Instant,
    log: PathBuf,
    fatal: &'static [&'static str],
}

impl Console {
    /// Starts `command` with its console on pipes; it must end within `limit`.
    ///
    /// # Errors
    /// QEMU cannot be started or the log cannot be written.
    pub fn start(command: &mut Command, log: &Path, limit: Duration) -> Result<Self> {
        let mut file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        writeln!(file, "{}", crate::cmd::describe(command))?;
        command.args(["-serial", "stdio", "-monitor", "none"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(file.try_clone()?);
        let mut child = command.spawn().context("cannot start QEMU; `cargo xtask setup` installs it")?;
        let mut output = child.stdout.take().context("QEMU's output is no pipe")?;
        let (sender, chunks) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                let chunk = buffer.get(..count).unwrap_or_default();
                // The log is for people; a full disk is not the guest's fault.
                let _ = file.write_all(chunk);
                if sender.send(chunk.to_vec()).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Ok(Self {
            child,
            input,
            chunks,
            text: String::new(),
            seen: 0,
            deadline: Instant::now() + limit,
            log: log.to_path_buf(),
            fatal: FATAL,
        })
    }

    /// Lets text pass that otherwise fails a test at once: the test makes the hypervisor panic.
    pub fn expect_panic(&mut self) {
        self.fatal = &[];
    }

    /// Waits until `pattern` is printed after what was waited for before; gives the text up to its end.
    ///
    /// # Errors
    /// Time is up, QEMU ended, or something fatal was printed first.
    pub fn wait_for(&mut self, pattern: &str) -> Result<String> {
        let index = self.wait_for_any(&[pattern])?;
        Ok(index.1)
    }

    /// Waits for any one of `patterns`; tells which, with the text up to its end.
    ///
    /// # Errors
    /// As [`Console::wait_for`].
    pub fn wait_for_any(&mut self, patterns: &[&str]) -> Result<(usize, String)> {
        loop {
            let fresh = self.text.get(self.seen..).unwrap_or_default();
            let places = patterns.iter().enumerate();
            let found =
                places.filter_map(|(index, text)| Some((fresh.find(text)? + text.len(), index))).min();
            if let Some((end, index)) = found {
                let passed = fresh.get(..end).unwrap_or_default().to_owned();
                self.seen += end;
                return Ok((index, passed));
            }
            self.check_fatal(patterns)?;
            self.receive(patterns)?;
        }
    }

    /// Types `line` and Enter.
    ///
    /// # Errors
    /// QEMU is gone.
    pub fn send_line(&mut self, line: &str) -> Result<()> {
        self.send(format!("{line}\r").as_bytes())
    }

    /// Types bytes as they are.
    ///
    /// # Errors
    /// QEMU is gone.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let input = self.input.as_mut().context("the console is closed")?;
        for piece in bytes.chunks(TYPED_AT_ONCE) {
            input.write_all(piece)?;
            input.flush().context("QEMU does not take input any more")?;
            thread::sleep(TYPING_PAUSE);
        }
        Ok(())
    }

    /// Types a shell command at the prompt and gives what it printed up to the next prompt.
    ///
    /// # Errors
    /// As [`Console::wait_for`].
    pub fn shell(&mut self, command: &str, prompt: &str) -> Result<String> {
        self.send_line(command)?;
        let text = self.wait_for(prompt)?;
        Ok(output_of(command, &text.replace('\r', "")))
    }

    /// Waits until QEMU ends by itself.
    ///
    /// # Errors
    /// Time is up, or something fatal was printed.
    pub fn wait_for_end(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.drain();
                return Ok(status);
            }
            self.check_fatal(&["the end of QEMU"])?;
            match self.chunks.recv_timeout(Duration::from_millis(100)) {
                Ok(chunk) => self.text.push_str(&String::from_utf8_lossy(&chunk)),
                Err(RecvTimeoutError::Timeout) if Instant::now() > self.deadline => {
                    bail!("QEMU did not end in time{}", self.context());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Takes what is still in the pipe of a QEMU that has ended: its reader ends at the last byte.
    fn drain(&mut self) {
        while let Ok(chunk) = self.chunks.recv_timeout(QUIET * 10) {
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// Reads on for a few seconds, whatever the time: what is printed is in the log.
    pub fn listen(&mut self) {
        let end = Instant::now() + LAST_WORDS;
        while let Ok(chunk) = self.chunks.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// Gives everything printed so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads on until nothing has been printed for a second; gives all of it.
    pub fn wait_for_quiet(&mut self) -> String {
        while let Ok(chunk) = self.chunks.recv_timeout(QUIET) {
            self.text.push_str(&String::from_utf8_lossy(&chunk));
            if Instant::now() > self.deadline {
                break;
            }
        }
        let fresh = self.text.get(self.seen..).unwrap_or_default().to_owned();
        self.seen = self.text.len();
        fresh
    }

    fn receive(&mut self, patterns: &[&str]) -> Result<()> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.chunks.recv_timeout(left) {
            Ok(chunk) => {
                self.text.push_str(&String::from_utf8_lossy(&chunk));
                Ok(())
            }
            Err(RecvTimeoutError::Timeout) => bail!("time is up, waiting for {patterns:?}{}", self.context()),
            Err(RecvTimeoutError::Disconnected) => {
                bail!("QEMU ended before it printed {patterns:?}{}", self.context())
            }
        }
    }

    fn check_fatal(&mut self, patterns: &[&str]) -> Result<()> {
        let Some(fatal) = self.fatal.iter().find(|fatal| self.text.contains(**fatal)) else { return Ok(()) };
        // What comes after it says why.
        while let Ok(chunk) = self.chunks.recv_timeout(LAST_WORDS) {
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
        bail!("{fatal:?} was printed, waiting for {patterns:?}{}", self.context())
    }

    fn context(&self) -> String {
        let lines: Vec<&str> = self.text.lines().collect();
        let from = lines.len().saturating_sub(15);
        let last: Vec<String> = lines.iter().skip(from).map(|line| format!("  | {line}")).collect();
        format!("; the last lines:\n{}\nthe whole log: {}", last.join("\n"), self.log.display())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
/// Takes a command's output out of what the terminal showed: it echoes the command first, and the kernel and
/// the hypervisor may print lines of their own before the echo and between the command's lines.
fn output_of(command: &str, text: &str) -> String {
    let output = match text.find(command) {
        Some(at) => &text[at + command.len()..],
        None => text,
    };
    let lines = output.split_inclusive('\n').skip(1).filter(|line| !is_message(line));
    lines.collect()
}

/// Tells whether a line begins as the kernel's do, `[   32.739167] `, or the hypervisor's.
fn is_message(line: &str) -> bool {
    if line.starts_with("(XEN) ") {
        return true;
    }
    let stamp = line.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    stamp.is_some_and(|(stamp, _)| {
        let stamp = stamp.trim_start();
        stamp.contains('.') && stamp.chars().all(|digit| digit.is_ascii_digit() || digit == '.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_no_output() {
        let text = "[   32.739167] hrtimer: interrupt took 2 ns\nnproc; echo status=$?\n4\n[    1.5] x: y\n(XEN) d1v0: z\nstatus=0\n";
        assert_eq!(output_of("nproc; echo status=$?", text), "4\nstatus=0\n");
        assert_eq!(output_of("nproc", "nproc\n4\n"), "4\n");
        assert!(!is_message("[ok] done"));
    }
}
