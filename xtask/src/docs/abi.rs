//! docs/ABI.md: every hypercall of Xen on Arm with its operations, and what becomes of each.
//!
//! Nothing here is written by hand: numbers and names are those of `crates/xen-abi`, what is refused is
//! read from the `match` of each operation's `handle` in `hypervisor/src/hypercall`, and a guest's topic
//! counts as testing what its source names. A new operation without an arm fails the check.

use super::purpose;
use crate::checks::scan::{self, Source};
use anyhow::{Context, Result, bail};
use std::fmt::Write;
use std::path::Path;

const CALLS: &str = "hypervisor/src/hypercall";
const GUESTS: &str = "tests/guests";

/// What a table cannot tell: operations whose arm does not show how they end.
const NOTES: &[(&str, &str)] = &[
    ("XENMEM_increase_reservation", "does 0 extents: on Arm guests choose where a frame goes"),
    ("HVMOP_set_param", "EPERM: no domain may set its own yet"),
    ("EVTCHNOP_bind_pirq", "ENOSYS: on Arm physical interrupts come by the interrupt controller"),
];

/// A number of the interface, by its two names.
#[derive(Debug, PartialEq, Eq)]
struct Number {
    variant: String,
    value: String,
    c_name: String,
}

/// Makes docs/ABI.md.
///
/// # Errors
/// The source does not have the expected form.
pub fn document() -> Result<String> {
    let sources = scan::sources()?;
    let table = find(&sources, &format!("{CALLS}/mod.rs"))?;
    let dispatch = function(table, "fn dispatch(").context("hypercall/mod.rs has no dispatch")?;
    let mut text = String::from(
        "# Xen's interface, as far as it is there\n\n\
         Made by `cargo xtask docs` from `crates/xen-abi` and `hypervisor/src/hypercall`; CI fails when it is stale.\n\
         Hypercalls are `hvc #0xEA1`, the number in x16 (r12), arguments in x0-x4 (r0-r4), the result in x0 (r0);\n\
         layouts are the 64-bit ones for 64- and 32-bit guests. A number that is not listed gives ENOSYS. \"yes\" means\n\
         that the operation does what `xen/include/public` says for what dom0 needs; an error is what every call gets.\n\
         \"Tested by\" lists the test guests whose source calls or names the operation.\n",
    );
    for call in numbers(&sources, "Hypercall")? {
        let body = arm(&dispatch, "Hypercall", &call.variant)
            .with_context(|| format!("no arm for Hypercall::{}", call.variant))?;
        let _ = write!(text, "\n## {} `{}`\n\n", call.value, call.c_name.trim_start_matches("__HYPERVISOR_"));
        match body.split_once("::handle") {
            Some((module, _)) => operations(&mut text, &sources, &call, last_word(module))?,
            None => {
                let _ = writeln!(text, "{}.", state(&body));
            }
        }
    }
    Ok(text)
}

/// Describes the operations of the module that handles a hypercall.
fn operations(text: &mut String, sources: &[Source], call: &Number, module: &str) -> Result<()> {
    let file = find(sources, &format!("{CALLS}/{module}.rs"))
        .or_else(|_| find(sources, &format!("{CALLS}/{module}/mod.rs")))?;
    let _ = writeln!(text, "{}.", purpose(&file.text).trim_start_matches(&format!("`{module}`: ")));
    let handle = function(file, "pub fn handle(").with_context(|| format!("{module} has no handle"))?;
    let Some((before, _)) = handle.split_once("::from_raw(") else { return Ok(()) };
    let kind = last_word(before);
    let _ = write!(text, "\n| op | name | there | tested by |\n|--:|---|---|---|\n");
    for number in numbers(sources, kind)? {
        let note = NOTES.iter().find(|(name, _)| *name == number.c_name);
        let state = match (note, arm(&handle, kind, &number.variant)) {
            (_, None) => bail!("{module}: no arm for {kind}::{}", number.variant),
            (Some((_, note)), Some(_)) => (*note).to_owned(),
            (None, Some(body)) => state(&body),
        };
        let topics = topics(sources, call, &number).join(", ");
        let _ = writeln!(text, "| {} | `{}` | {state} | {topics} |", number.value, number.c_name);
    }
    Ok(())
}

/// Says how an arm with this body ends.
fn state(body: &str) -> String {
    let end = body.trim_start_matches(['{', ' ', '\n']).trim_start_matches("return ");
    match end.strip_prefix("Err(XenErrno::") {
        Some(error) => {
            error.chars().take_while(|letter| letter.is_alphanumeric()).collect::<String>().to_uppercase()
        }
        None => "yes".to_owned(),
    }
}

/// Lists the test guests whose source calls or names an operation.
fn topics(sources: &[Source], call: &Number, number: &Number) -> Vec<String> {
    let constant = call.c_name.trim_start_matches("__HYPERVISOR_").to_uppercase();
    let tests = sources.iter().filter(|source| {
        names(&source.text, &number.c_name) || calls(&source.code, &constant, &number.value)
    });
    let mut topics: Vec<String> = tests
        .filter_map(|source| source.path.strip_prefix(GUESTS).ok())
        .filter_map(|path| Some(path.iter().next()?.to_string_lossy().into_owned()))
        .filter(|topic| topic != "rt")
        .collect();
    topics.dedup();
    topics
}

/// Tells whether a guest's code has `CALL, number` or `CALL, [number`, the number perhaps by a constant of its own.
fn calls(code: &str, constant: &str, value: &str) -> bool {
    let start = format!("{constant}, ");
    code.match_indices(&start).any(|(at, _)| {
        let rest = code.get(at + start.len()..).unwrap_or_default().trim_start_matches('[');
        let word: String =
            rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        word == value || code.contains(&format!("const {word}: usize = {value};"))
    })
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

fn last_word(text: &str) -> &str {
    text.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or(text)
}

/// Returns a function of a file, from its name to its closing brace.
fn function(source: &Source, start: &str) -> Option<String> {
    let (_, rest) = source.code.split_once(start)?;
    let end = rest.find("\n}\n")?;
    rest.get(..end).map(str::to_owned)
}

/// Returns the body of the arm of `kind::variant` that has no condition.
fn arm(code: &str, kind: &str, variant: &str) -> Option<String> {
    let name = format!("{kind}::{variant}");
    for (at, _) in code.match_indices(&name) {
        let after = code.get(at + name.len()..)?;
        if after.starts_with(|letter: char| letter.is_alphanumeric()) {
            continue;
        }
        let Some((pattern, body)) = after.split_once("=>") else { continue };
        if pattern.contains([';', '{', ',']) || pattern.split_whitespace().any(|word| word == "if") {
            continue;
        }
        return Some(body.trim_start().lines().next().unwrap_or_default().to_owned() + body_rest(body));
    }
    None
}

/// Returns the line after an arm that only opens a block.
fn body_rest(body: &str) -> &str {
    let mut lines = body.trim_start().lines();
    match lines.next() {
        Some("{") => lines.next().unwrap_or_default().trim_start(),
        _ => "",
    }
}

/// Lists the numbers of an enum of `crates/xen-abi`.
fn numbers(sources: &[Source], kind: &str) -> Result<Vec<Number>> {
    let opening = format!("    {kind}: u32 {{");
    let abi = sources.iter().filter(|source| source.path.starts_with("crates/xen-abi/src"));
    for source in abi {
        let mut lines = source.text.lines().skip_while(|line| *line != opening);
        if lines.next().is_none() {
            continue;
        }
        return Ok(lines.take_while(|line| line.trim() != "}").filter_map(number).collect());
    }
    bail!("crates/xen-abi has no header_enum {kind}")
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

    const CODE: &str = "match x {\n    Op::A if n != 1 => Err(XenErrno::Einval),\n    Op::A => one(),\n    \
                        Op::B | Op::C => {\n        return Err(XenErrno::Enosys);\n    }\n    \
                        op @ (Op::D | Op::Dd) => two(op),\n}";

    #[test]
    fn arms_are_found_and_told_apart() {
        let state = |variant| arm(CODE, "Op", variant).map(|body| state(&body));
        assert_eq!(state("A").as_deref(), Some("yes"));
        assert_eq!(state("B").as_deref(), Some("ENOSYS"));
        assert_eq!(state("C").as_deref(), Some("ENOSYS"));
        assert_eq!(state("D").as_deref(), Some("yes"));
        assert_eq!(state("E"), None);
    }

    #[test]
    fn numbers_are_read() {
        let wanted = Number { variant: "Send".into(), value: "4".into(), c_name: "EVTCHNOP_send".into() };
        assert_eq!(number("        Send = 4 = \"EVTCHNOP_send\","), Some(wanted));
        assert_eq!(number("        /// a = b = c"), None);
    }

    #[test]
    fn calls_are_found_by_number_and_by_constant() {
        let code = "const ADD: usize = 7; call(xen::MEMORY_OP, ADD, x); call(xen::SCHED_OP, [3, 0])";
        assert!(calls(code, "MEMORY_OP", "7") && calls(code, "SCHED_OP", "3"));
        assert!(!calls(code, "MEMORY_OP", "3") && !calls(code, "SCHED_OP", "7"));
    }

    #[test]
    fn names_are_whole_words() {
        assert!(names("(XENMEM_add_to_physmap)", "XENMEM_add_to_physmap"));
        assert!(!names("XENMEM_add_to_physmap_batch", "XENMEM_add_to_physmap"));
    }
}
