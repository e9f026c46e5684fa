//! docs/ABI.md: every hypercall of Xen on Arm with its operations, and what becomes of each.
//!
//! Nothing here is written by hand: numbers and names are those of `crates/xen-abi` ([`numbers`]), what
//! is refused is read from the `match`es in `hypervisor/src/hypercall` ([`arms`]), and a guest's topic
//! counts as testing what its source calls or names ([`tested`]). A new operation that the code does not
//! know fails the check.

mod arms;
mod cases;
mod numbers;
mod tables;
mod tested;

use super::purpose;
use crate::checks::scan::{self, Source};
use anyhow::{Context, Result};
use arms::State;
use numbers::{Kind, Number, numbers};
use std::fmt::Write;
use std::path::Path;
use tables::{NESTED, NOT_ON_ARM, NOTES, OPERATIONS};
use tested::Tests;

const CALLS: &str = "hypervisor/src/hypercall";

/// A row of a table.
struct Row<'a> {
    /// The number, after that of the operation it belongs to.
    value: String,
    c_name: &'a str,
    state: &'a State,
    topics: Vec<String>,
}

/// The tables as they grow, and what is in them.
#[derive(Default)]
struct Tables {
    text: String,
    rows: usize,
    implemented: usize,
    tested: usize,
}

impl Tables {
    fn push(&mut self, row: &Row<'_>) {
        let note = NOTES.iter().find(|(name, _)| *name == row.c_name).map(|(_, note)| *note);
        let shown = match row.state {
            State::Implemented => note.unwrap_or("implemented"),
            State::Refused(error) => note.unwrap_or(error),
        };
        self.rows += 1;
        self.implemented += usize::from(*row.state == State::Implemented && note.is_none());
        self.tested += usize::from(!row.topics.is_empty());
        let topics = row.topics.join(", ");
        let _ = writeln!(self.text, "| {} | `{}` | {shown} | {topics} |", row.value, row.c_name);
    }

    /// Lists numbers below a table.
    fn list(&mut self, sources: &[Source], what: &str, kind: Kind) -> Result<()> {
        let numbers = numbers(sources, kind)?;
        let names: Vec<String> =
            numbers.iter().map(|number| format!("`{}` ({})", number.c_name, number.value)).collect();
        let _ = writeln!(self.text, "\n{what}: {}.", names.join(", "));
        Ok(())
    }
}

/// Makes docs/ABI.md.
///
/// # Errors
/// The source does not have the expected form.
pub fn document() -> Result<String> {
    let sources = scan::sources()?;
    let dispatch = &find(&sources, &format!("{CALLS}/mod.rs"))?.code;
    let mut tables = Tables::default();
    for call in numbers(&sources, Kind { file: "hypercall", name: "Hypercall" })? {
        let state = arms::state(dispatch, "Hypercall", &call.variant)
            .with_context(|| format!("no arm for Hypercall::{}", call.variant))?;
        let name = call.c_name.trim_start_matches("__HYPERVISOR_");
        let _ = write!(tables.text, "\n## {} `{name}`\n\n", call.value);
        let tests = Tests::new(&sources, &call);
        Section { sources: &sources, call: &call, tests, state }.write(&mut tables)?;
    }
    let _ = write!(tables.text, "\n## No hypercalls on Arm\n");
    tables.list(&sources, "ENOSYS", Kind { file: "hypercall", name: "NotOnArm" })?;
    let Tables { text, rows, implemented, tested } = tables;
    Ok(format!(
        "# Xen's interface, as far as it is there\n\n\
         Made by `cargo xtask docs` from `crates/xen-abi` and `hypervisor/src/hypercall`; CI fails when it is stale.\n\
         Hypercalls are `hvc #0xEA1`, the number in x16 (r12), arguments in x0-x4 (r0-r4), the result in x0 (r0);\n\
         layouts are the 64-bit ones for 64- and 32-bit guests. A number that is not listed gives ENOSYS.\n\
         \"implemented\" means that the operation does what `xen/include/public` says; an error is what every call\n\
         gets. \"Tested by\" lists the test guests whose source calls or names the operation, and how many steps of its\n\
         tables the conformance guest has for it.\n\n\
         Of {rows} operations {implemented} are implemented and {} refused; guests test {tested}.\n{text}",
        rows - implemented,
    ))
}

/// A hypercall's part of the document.
struct Section<'a> {
    sources: &'a [Source],
    call: &'a Number,
    tests: Tests<'a>,
    /// What the dispatcher does.
    state: State,
}

impl Section<'_> {
    fn write(&self, tables: &mut Tables) -> Result<()> {
        let _ = writeln!(tables.text, "{}.", self.purpose()?);
        let _ = write!(tables.text, "\n| op | name | state | tested by |\n|--:|---|---|---|\n");
        let operations =
            OPERATIONS.iter().find(|(name, _)| *name == self.call.variant).map(|(_, kind)| *kind);
        let Some(kind) = operations.filter(|_| self.state == State::Implemented) else {
            let (value, c_name) = ("any".to_owned(), self.module());
            tables.push(&Row { value, c_name, state: &self.state, topics: self.tests.of_any() });
            return operations.map_or(Ok(()), |kind| tables.list(self.sources, "Its operations", kind));
        };
        for number in numbers(self.sources, kind)? {
            self.rows(tables, kind, &number)?;
        }
        for (_, error, kind) in NOT_ON_ARM.iter().filter(|(name, ..)| *name == self.call.variant) {
            tables.list(self.sources, &format!("Not on Arm, {error}"), *kind)?;
        }
        Ok(())
    }

    /// Says what the hypercall is for.
    fn purpose(&self) -> Result<String> {
        if let State::Refused(error) = &self.state {
            return Ok(format!("Refused whole: {error}"));
        }
        let module = self.module();
        let file = self.files().next().with_context(|| format!("{CALLS} has no {module}"))?;
        Ok(purpose(&file.text).trim_start_matches(&format!("`{module}`: ")).to_owned())
    }

    /// Writes an operation's row, and those of its own operations.
    fn rows(&self, tables: &mut Tables, kind: Kind, number: &Number) -> Result<()> {
        let state = self.state_of(kind, number).with_context(|| {
            format!("{CALLS}: nothing is done with {}::{} ({})", kind.name, number.variant, number.c_name)
        })?;
        let topics = self.tests.of(number);
        tables.push(&Row { value: number.value.clone(), c_name: &number.c_name, state: &state, topics });
        if state != State::Implemented {
            return Ok(());
        }
        for (_, field, nested) in NESTED.iter().filter(|(name, ..)| *name == number.c_name) {
            for inner in numbers(self.sources, *nested)? {
                let inner_state = self.state_of(*nested, &inner).unwrap_or_else(|| state.clone());
                let topics = self.tests.of_nested(number, &inner, field);
                let value = format!("{}: {}", number.value, inner.value);
                tables.push(&Row { value, c_name: &inner.c_name, state: &inner_state, topics });
            }
        }
        Ok(())
    }

    /// Tells what becomes of an operation: as the hypercall's files say, or as the hypercall does where
    /// they do not know the operations at all.
    fn state_of(&self, kind: Kind, number: &Number) -> Option<State> {
        if matches!(self.state, State::Refused(_)) {
            return Some(self.state.clone());
        }
        let code: String = self.files().map(|file| file.code.as_str()).collect();
        if !names(&code, kind.name) {
            let (_, handle) = code.split_once("pub fn handle(")?;
            let body = handle.get(..handle.find("\n}\n")?)?;
            return arms::refusal(body).map(State::Refused);
        }
        arms::state(&code, kind.name, &number.variant)
    }

    /// Returns the name of the module that handles the hypercall.
    fn module(&self) -> &str {
        self.call.c_name.trim_start_matches("__HYPERVISOR_")
    }

    /// Lists the files that handle the hypercall, the one with its purpose first.
    fn files(&self) -> impl Iterator<Item = &Source> {
        let module = self.module();
        let (file, directory) = (format!("{CALLS}/{module}.rs"), format!("{CALLS}/{module}"));
        let root = format!("{directory}/mod.rs");
        let is_root =
            move |source: &&Source| source.path == Path::new(&file) || source.path == Path::new(&root);
        let is_root_too = is_root.clone();
        let first = self.sources.iter().filter(is_root);
        let rest = self
            .sources
            .iter()
            .filter(move |source| source.path.starts_with(&directory) && !is_root_too(source));
        first.chain(rest)
    }
}

/// Tells whether a text has a name as a whole word.
fn names(text: &str, name: &str) -> bool {
    let joined =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|text| text.chars().next());
        !joined(before) && !joined(after)
    })
}

fn find<'a>(sources: &'a [Source], path: &str) -> Result<&'a Source> {
    let found = sources.iter().find(|source| source.path == Path::new(path));
    found.with_context(|| format!("there is no {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_words() {
        assert!(names("(XENMEM_add_to_physmap)", "XENMEM_add_to_physmap"));
        assert!(!names("XENMEM_add_to_physmap_batch", "XENMEM_add_to_physmap"));
    }
}
