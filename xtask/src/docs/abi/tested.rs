//! Which test guests call or name an operation.

use super::names;
use super::numbers::Number;
use crate::checks::scan::Source;

const GUESTS: &str = "tests/guests";

/// Lists the test guests whose source calls or names an operation of a hypercall.
pub fn topics(sources: &[Source], call: &Number, number: &Number) -> Vec<String> {
    let constant = call.c_name.trim_start_matches("__HYPERVISOR_").to_uppercase();
    let tests = sources.iter().filter(|source| {
        names(&source.text, &number.c_name)
            || calls(&source.code, &constant, &number.value)
            || has_case(&source.code, &call.value, &number.value)
    });
    topics_of(tests)
}

/// Lists the test guests whose source names a number.
pub fn naming(sources: &[Source], number: &Number) -> Vec<String> {
    topics_of(sources.iter().filter(|source| names(&source.text, &number.c_name)))
}

fn topics_of<'a>(tests: impl Iterator<Item = &'a Source>) -> Vec<String> {
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

/// Tells whether a table of cases about this hypercall has one whose name, blank in the code, this number
/// follows.
fn has_case(code: &str, call: &str, value: &str) -> bool {
    let is_about = code.lines().any(|line| {
        line.trim_start_matches("pub ").starts_with("const ") && line.ends_with(&format!(": usize = {call};"))
    });
    let number = format!(", {value},");
    is_about
        && code.match_indices(&number).any(|(at, _)| {
            let before = code.get(..at).unwrap_or_default();
            before.ends_with("  ") && before.trim_end().ends_with('(')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_by_number_and_by_constant() {
        let code = "const ADD: usize = 7; call(xen::MEMORY_OP, ADD, x); call(xen::SCHED_OP, [3, 0])";
        assert!(calls(code, "MEMORY_OP", "7") && calls(code, "SCHED_OP", "3"));
        assert!(!calls(code, "MEMORY_OP", "3") && !calls(code, "SCHED_OP", "7"));
    }

    #[test]
    fn cases_are_found_by_their_number() {
        let code = "pub const MEMORY_OP: usize = 12;\nOne(op(               , 6, &[])), extents!(    , 1, 5)";
        assert!(has_case(code, "12", "6") && has_case(code, "12", "1"));
        assert!(!has_case(code, "12", "5") && !has_case(code, "13", "6"));
    }
}
