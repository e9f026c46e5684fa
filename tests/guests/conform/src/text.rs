//! A line of the transcript, and how changed bytes are told.

use core::fmt::{self, Arguments, Write};

/// Changed bytes that are shown as they are; more are shown by a digest.
const SHOWN: usize = 40;

/// A line.
pub struct Text {
    bytes: [u8; 1024],
    used: usize,
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let place = self.bytes.get_mut(self.used..self.used + text.len()).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.used += text.len();
        Ok(())
    }
}

impl Text {
    /// An empty line.
    pub fn new() -> Self {
        Self { bytes: [0; 1024], used: 0 }
    }

    /// Its text.
    pub fn text(&self) -> &str {
        self.bytes.get(..self.used).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or("")
    }

    /// Adds to it; what does not fit is left out.
    pub fn add(&mut self, arguments: Arguments<'_>) {
        let _ = self.write_fmt(arguments);
    }

    /// Adds each run of bytes that changed, but for those that are hidden.
    pub fn changes(&mut self, name: &str, before: &[u8], after: &[u8], hidden: &[(usize, usize)]) {
        let changed = |at: usize| {
            let is_hidden = hidden.iter().any(|(from, length)| (*from..from + length).contains(&at));
            before.get(at) != after.get(at) && !is_hidden
        };
        let mut at = 0;
        let mut separator = " ";
        while let Some(start) = (at..before.len()).find(|at| changed(*at)) {
            // Single bytes that happen to stay do not end a run.
            let mut end = start + 1;
            while let Some(next) = (end..before.len().min(end + 4)).find(|at| changed(*at)) {
                end = next + 1;
            }
            if separator == " " {
                self.add(format_args!(" {name}="));
            } else {
                self.add(format_args!("{separator}"));
            }
            separator = ",";
            self.run(start, after.get(start..end).unwrap_or(&[]));
            at = end;
        }
    }

    fn run(&mut self, at: usize, bytes: &[u8]) {
        if bytes.len() > SHOWN {
            return self.add(format_args!("{at}:{}#{:08x}", bytes.len(), digest(bytes)));
        }
        self.add(format_args!("{at}:"));
        bytes.iter().for_each(|byte| self.add(format_args!("{byte:02x}")));
    }
}

/// FNV-1a.
fn digest(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
