//! What the command line asks for.

/// The choice.
#[derive(Clone, Copy)]
pub struct Choice {
    /// Prefixes of the wanted operations, divided by commas.
    wanted: Option<&'static str>,
    /// The one operation to trace.
    pub trace: Option<&'static str>,
    /// Whether windows are marked and announced.
    pub markers: bool,
}

impl Choice {
    /// Reads a command line.
    pub fn read(line: &'static str) -> Self {
        let value = |key| line.split_whitespace().find_map(|word| word.strip_prefix(key));
        let trace = value("trace=");
        Self {
            wanted: value("bench="),
            trace,
            markers: trace.is_some() || line.split_whitespace().any(|word| word == "markers"),
        }
    }

    /// Whether an operation is to run.
    pub fn wants(&self, name: &str) -> bool {
        match (self.trace, self.wanted) {
            (Some(trace), _) => name == trace,
            (None, Some(list)) => {
                list.split(',').any(|prefix| !prefix.is_empty() && name.starts_with(prefix))
            }
            (None, None) => true,
        }
    }

    /// Whether an operation that needs a machine of its own was asked for, by its whole name.
    pub fn names(&self, name: &str) -> bool {
        let list = self.trace.or(self.wanted).unwrap_or("");
        list.split(',').any(|wanted| wanted == name)
    }
}
