//! Which test guests call or name an operation.

use super::cases::{self, Step};
use super::names;
use super::numbers::Number;
use crate::checks::scan::Source;

const GUESTS: &str = "tests/guests";

/// What the guests have about a hypercall.
pub struct Tests<'a> {
    sources: &'a [Source],
    /// The name of the hypercall's number in the guests.
    constant: String,
    /// The steps of the conformance guest.
    steps: Vec<Step>,
}

impl<'a> Tests<'a> {
    /// Looks for the tests of a hypercall.
    pub fn new(sources: &'a [Source], call: &Number) -> Self {
        let constant = call.c_name.trim_start_matches("__HYPERVISOR_").to_uppercase();
        let steps = cases::steps(sources, &constant);
        Self { sources, constant, steps }
    }

    /// Lists the guests that test an operation; the conformance guest with its steps.
    pub fn of(&self, number: &Number) -> Vec<String> {
        let mut topics = self.topics(|source| {
            names(&source.text, &number.c_name) || calls(&source.code, &self.constant, &number.value)
        });
        self.push_steps(&mut topics, |step| step.op.as_ref() == Some(&number.value));
        topics
    }

    /// Lists the guests that make the hypercall at all.
    pub fn of_any(&self) -> Vec<String> {
        let mut topics = self.topics(|source| names(&source.code, &format!("xen::{}", self.constant)));
        self.push_steps(&mut topics, |_| true);
        topics
    }

    /// Lists the guests that test an operation of an operation: `field` is where it is in the block.
    pub fn of_nested(&self, parent: &Number, inner: &Number, field: &str) -> Vec<String> {
        let mut topics = self.topics(|source| names(&source.text, &inner.c_name));
        self.push_steps(&mut topics, |step| {
            step.op.as_ref() == Some(&parent.value) && step.has(field, &inner.value)
        });
        topics
    }

    fn topics(&self, tests: impl Fn(&Source) -> bool) -> Vec<String> {
        let topics = self.sources.iter().filter_map(|source| {
            let topic = source.path.strip_prefix(GUESTS).ok()?.iter().next()?.to_string_lossy().into_owned();
            (!matches!(topic.as_str(), "rt" | "conform") && tests(source)).then_some(topic)
        });
        let mut topics: Vec<String> = topics.collect();
        topics.dedup();
        topics
    }

    fn push_steps(&self, topics: &mut Vec<String>, wanted: impl Fn(&Step) -> bool) {
        let count = self.steps.iter().filter(|step| wanted(step)).count();
        if count != 0 {
            topics.insert(0, format!("conform ({count})"));
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_by_number_and_by_constant() {
        let code = "const ADD: usize = 7; call(xen::MEMORY_OP, ADD, x); call(xen::SCHED_OP, [3, 0])";
        assert!(calls(code, "MEMORY_OP", "7") && calls(code, "SCHED_OP", "3"));
        assert!(!calls(code, "MEMORY_OP", "3") && !calls(code, "SCHED_OP", "7"));
    }
}
