//! Keeps what happens between markers and writes a line for each window.
//!
//! The format: `window N instructions=I barrier=B ...`; before it, when instructions are listed, one line for
//! each in the order of execution, `at CPU ADDRESS TEXT`, and behind it `costs KIND` where it is counted. QEMU's
//! instruction counting runs all CPUs on one thread, so a window holds the work of all of them.

use crate::decode::Kind;
use std::fmt::Write as _;
use std::io::{self, Write};

/// An instruction as it was translated.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its virtual address.
    pub address: u64,
    /// Its disassembly.
    pub text: String,
}

/// The counts of the window that is open, and what was closed before.
#[derive(Debug)]
pub struct Recorder<W> {
    out: W,
    windows: u64,
    open: bool,
    /// Instructions executed when the window began.
    start: u64,
    counts: [u64; Kind::ALL.len()],
    listed: Vec<Listed>,
    trace: String,
}

impl<W: Write> Recorder<W> {
    /// Starts with no window open.
    pub fn new(out: W) -> Self {
        let counts = [0; Kind::ALL.len()];
        Self { out, windows: 0, open: false, start: 0, counts, listed: Vec::new(), trace: String::new() }
    }

    /// Opens a window; `executed` is the number of instructions so far.
    pub fn begin(&mut self, executed: u64) {
        self.open = true;
        self.start = executed;
        self.counts = [0; Kind::ALL.len()];
        self.trace.clear();
    }

    /// Closes the window and writes it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn end(&mut self, executed: u64) -> io::Result<()> {
        if !self.open {
            return Ok(());
        }
        self.open = false;
        // One of the markers lies between the two readings.
        let instructions = executed.saturating_sub(self.start).saturating_sub(1);
        let mut line = format!("window {} instructions={instructions}", self.windows);
        for (kind, count) in Kind::ALL.iter().zip(self.counts) {
            let _ = write!(line, " {}={count}", kind.name());
        }
        self.windows += 1;
        self.out.write_all(self.trace.as_bytes())?;
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }

    /// Counts one of `kind`, if a window is open.
    pub fn count(&mut self, kind: Kind) {
        if !self.open {
            return;
        }
        for (other, count) in Kind::ALL.iter().zip(&mut self.counts) {
            *count += u64::from(*other == kind);
        }
        if !self.listed.is_empty() {
            let _ = writeln!(self.trace, "costs {}", kind.name());
        }
    }

    /// Keeps an instruction that may be executed; gives its number for [`Recorder::execute`].
    pub fn list(&mut self, instruction: Listed) -> usize {
        self.listed.push(instruction);
        self.listed.len() - 1
    }

    /// Lists an executed instruction, if a window is open.
    pub fn execute(&mut self, cpu: u32, number: usize) {
        if let Some(Listed { address, text }) = self.listed.get(number).filter(|_| self.open) {
            let _ = writeln!(self.trace, "at {cpu} {address:#x} {text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_only_between_markers() {
        let mut recorder = Recorder::new(Vec::new());
        recorder.count(Kind::Gic);
        recorder.begin(100);
        recorder.count(Kind::Barrier);
        recorder.count(Kind::Gic);
        recorder.count(Kind::Gic);
        recorder.end(111).unwrap();
        recorder.end(120).unwrap();
        recorder.begin(130);
        recorder.end(131).unwrap();
        let text = String::from_utf8(recorder.out).unwrap();
        assert_eq!(
            text,
            "window 0 instructions=10 barrier=1 tlbi=0 cache=0 translate=0 exclusive=0 gic=2\n\
             window 1 instructions=0 barrier=0 tlbi=0 cache=0 translate=0 exclusive=0 gic=0\n"
        );
    }

    #[test]
    fn lists_executions_in_order_before_their_window() {
        let mut recorder = Recorder::new(Vec::new());
        let nop = recorder.list(Listed { address: 0x1000, text: "nop".into() });
        let ret = recorder.list(Listed { address: 0x1004, text: "ret".into() });
        recorder.execute(0, ret);
        recorder.begin(0);
        recorder.execute(0, nop);
        recorder.count(Kind::Gic);
        recorder.execute(1, ret);
        recorder.end(3).unwrap();
        let text = String::from_utf8(recorder.out).unwrap();
        assert!(text.starts_with("at 0 0x1000 nop\ncosts gic\nat 1 0x1004 ret\nwindow 0 instructions=2 "));
    }
}
