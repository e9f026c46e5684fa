//! The numbers of the interface, read from the enums of `crates/xen-abi`.

use super::find;
use crate::checks::scan::Source;
use anyhow::{Context, Result};

/// An enum: its file in `crates/xen-abi/src` and its name.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub file: &'static str,
    pub name: &'static str,
}

/// A number of the interface, by its two names.
#[derive(Debug, PartialEq, Eq)]
pub struct Number {
    pub variant: String,
    pub value: String,
    pub c_name: String,
}

/// Lists the numbers of an enum.
///
/// # Errors
/// There is no such enum.
pub fn numbers(sources: &[Source], kind: Kind) -> Result<Vec<Number>> {
    let source = find(sources, &format!("crates/xen-abi/src/{}.rs", kind.file))
        .or_else(|_| find(sources, &format!("crates/xen-abi/src/{}/mod.rs", kind.file)))?;
    let opening = format!("    {}: u", kind.name);
    let mut lines = source.text.lines().skip_while(|line| !line.starts_with(&opening));
    lines.next().with_context(|| format!("{} has no header_enum {}", kind.file, kind.name))?;
    Ok(lines.take_while(|line| line.trim() != "}").filter_map(number).collect())
}

/// Reads a line `Variant = value = "C_NAME",`.
fn number(line: &str) -> Option<Number> {
    let (variant, rest) = line.trim().split_once(" = ")?;
    let (value, c_name) = rest.split_once(" = ")?;
    let c_name = c_name.trim_end_matches(',').trim_matches('"').to_owned();
    let plain = variant.chars().all(char::is_alphanumeric);
    plain.then(|| Number { variant: variant.to_owned(), value: value.to_owned(), c_name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read() {
        let wanted = Number { variant: "Send".into(), value: "4".into(), c_name: "EVTCHNOP_send".into() };
        assert_eq!(number("        Send = 4 = \"EVTCHNOP_send\","), Some(wanted));
        assert_eq!(number("        /// a = b = c"), None);
    }
}
