//! The conformance guest's tables: which steps make a hypercall, and with which operation.
//!
//! A step is `Case::op(name, CALL, op, ..)`, `Case::block(name, CALL, [W(0, op), ..])` or a function or
//! macro of the same file, or one that it imports, whose body comes to that. Literals are blank in the
//! code, so a step's name is spaces.

use super::arms::find_outside;
use super::names;
use crate::checks::scan::Source;

const TABLES: &str = "tests/guests/conform/src/groups";

/// A step of the tables.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// The operation's number, if it is a number.
    pub op: Option<String>,
    /// The code, from the name on.
    text: String,
}

impl Step {
    /// Tells whether the step's block has a field of this width and offset, such as `W(16, `, with this
    /// value; what is not there is zero.
    pub fn has(&self, field: &str, value: &str) -> bool {
        match self.text.split_once(field) {
            Some((_, rest)) => rest.strip_prefix(value).is_some_and(|rest| rest.starts_with(')')),
            None => value == "0",
        }
    }
}

/// A function or macro that makes a step.
#[derive(Clone, Debug)]
struct Helper {
    name: String,
    /// The operation, unless it is an argument.
    op: Option<String>,
}

/// Lists the steps that make a hypercall, whose number has this name in the tables.
pub fn steps(sources: &[Source], constant: &str) -> Vec<Step> {
    let tables: Vec<&Source> = sources.iter().filter(|source| source.path.starts_with(TABLES)).collect();
    let shared: Vec<Helper> = tables.iter().flat_map(|table| helpers(&table.code, constant, &[])).collect();
    tables.iter().flat_map(|table| steps_of(&table.code, constant, &shared)).collect()
}

fn steps_of(code: &str, constant: &str, shared: &[Helper]) -> Vec<Step> {
    let helpers = helpers(code, constant, shared);
    let bodies: Vec<(&str, &str)> = definitions(code);
    let is_body = |text: &str| {
        let at = text.as_ptr() as usize;
        bodies
            .iter()
            .any(|(_, body)| (body.as_ptr() as usize..body.as_ptr() as usize + body.len()).contains(&at))
    };
    invocations(code, constant, &helpers)
        .filter(|(_, text)| !is_body(text))
        .map(|(helper, text)| Step { op: operation(code, constant, helper, text), text: text.to_owned() })
        .collect()
}

/// Lists the functions and macros that make a hypercall; `shared` are those that may be imported.
fn helpers(code: &str, constant: &str, shared: &[Helper]) -> Vec<Helper> {
    let uses = code.lines().filter(|line| line.starts_with("use "));
    let uses: String = uses.collect();
    let mut found: Vec<Helper> = shared.iter().filter(|helper| names(&uses, &helper.name)).cloned().collect();
    for (name, body) in definitions(code) {
        let Some((helper, text)) = invocations(body, constant, &found).next() else { continue };
        let op = operation(code, constant, helper, text);
        found.retain(|helper| helper.name != name);
        found.push(Helper { name: name.to_owned(), op });
    }
    found
}

/// Lists the functions and macros of a file: name and body.
fn definitions(code: &str) -> Vec<(&str, &str)> {
    let starts = ["const fn ", "macro_rules! "].into_iter().flat_map(|start| code.match_indices(start));
    let mut found: Vec<(usize, &str, &str)> = starts
        .filter_map(|(at, start)| {
            let rest = code.get(at + start.len()..)?;
            let name = rest.get(..rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?)?;
            Some((at, name, rest.get(name.len()..rest.find("\n}\n")?)?))
        })
        .collect();
    found.sort_by_key(|(at, ..)| *at);
    found.into_iter().map(|(_, name, body)| (name, body)).collect()
}

/// Lists where code makes a step: by which helper, if it is one, and the code from the bracket on.
fn invocations<'a>(
    code: &'a str,
    constant: &'a str,
    helpers: &'a [Helper],
) -> impl Iterator<Item = (Option<&'a Helper>, &'a str)> {
    code.match_indices('(').filter_map(move |(at, _)| {
        let before = code.get(..at)?.trim_end_matches('!');
        let start =
            before.rfind(|letter: char| !letter.is_alphanumeric() && letter != '_').map_or(0, |at| at + 1);
        let (before, name) = before.split_at_checked(start)?;
        let rest = code.get(at..)?;
        let end = find_outside(rest, ",").or_else(|| find_outside(rest, ")")).unwrap_or(rest.len());
        let text = rest.get(..end)?;
        if before.ends_with("Case::") {
            return arguments(text).contains(&constant).then_some((None, text));
        }
        let helper = helpers.iter().find(|helper| helper.name == name)?;
        (!before.ends_with("fn ")).then_some((Some(helper), text))
    })
}

/// Returns the operation of a step.
fn operation(code: &str, constant: &str, helper: Option<&Helper>, text: &str) -> Option<String> {
    if let Some(op) = helper.and_then(|helper| helper.op.clone()) {
        return Some(op);
    }
    let argument = arguments(text).into_iter().skip(1).find(|argument| *argument != constant)?;
    let register = argument.strip_prefix("[Word::N(").and_then(|rest| rest.split_once(')'));
    number(code, register.map_or(argument, |(number, _)| number)).or_else(|| {
        let (_, rest) = text.split_once("W(0, ")?;
        number(code, rest.get(..rest.find(')')?)?)
    })
}

/// Returns a decimal number, perhaps by a constant's name.
fn number(code: &str, word: &str) -> Option<String> {
    let is_number = |word: &str| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_digit());
    if is_number(word) {
        return Some(word.to_owned());
    }
    let (_, after) = code.split_once(&format!("const {word}: u64 = "))?;
    let value = after.get(..after.find(';')?)?;
    is_number(value).then(|| value.to_owned())
}

/// Takes the arguments of a call apart; `text` begins with its bracket.
fn arguments(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.get(1..).unwrap_or_default();
    while let Some(end) = find_outside(rest, ",").or_else(|| find_outside(rest, ")")) {
        let (argument, after) = rest.split_at(end);
        found.push(argument.trim());
        if after.starts_with(')') {
            break;
        }
        rest = after.get(1..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "const SET: u64 = 3;\nconst fn op(name: N, op: u64, block: B) -> Case {\n    Case::op(name, \
                        MEMORY_OP, op, block)\n}\nmacro_rules! map {\n    ($name:literal) => { op($name, 9, \
                        &[$name]) }\n}\n;\nOne(op(     , 6, &[P(0, 5), W(16, 2)])), Handles(op(  , SET, &[]), 1), \
                        map!(    ), One(Case::op( , OTHER_OP, 7, &[])),\nOne(Case::block( , MEMORY_OP, &[W(0, \
                        8)])),\n";

    #[test]
    fn steps_are_found_with_their_operation() {
        let ops = |constant| {
            steps_of(CODE, constant, &[]).into_iter().filter_map(|step| step.op).collect::<Vec<_>>()
        };
        assert_eq!(ops("MEMORY_OP"), ["6", "3", "9", "8"]);
        assert_eq!(ops("OTHER_OP"), ["7"]);
        let register = "One(Case::new(   , ARGO_OP, [Word::N(4), Word::P(Null)]))";
        assert_eq!(steps_of(register, "ARGO_OP", &[])[0].op.as_deref(), Some("4"));
    }

    #[test]
    fn fields_are_zero_unless_they_are_there() {
        let step = &steps_of(CODE, "MEMORY_OP", &[])[0];
        assert!(step.has("W(16, ", "2") && !step.has("W(16, ", "0") && step.has("W(20, ", "0"));
    }

    #[test]
    fn helpers_are_imported() {
        let shared = [Helper { name: "call".to_owned(), op: None }];
        let code = "use super::create::{VERSION, call};\nOne(call(    , &[W(0, 4), VERSION]))";
        assert_eq!(steps_of(code, "DOMCTL", &shared)[0].op.as_deref(), Some("4"));
        assert!(steps_of("One(call(    , &[W(0, 4)]))", "DOMCTL", &shared).is_empty());
    }
}
