//! What becomes of an operation, read from the `match`es over its enum.

/// What a caller gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// What the header says.
    Implemented,
    /// Always this error.
    Refused(String),
}

/// An arm of a `match`.
#[derive(Debug, PartialEq, Eq)]
struct Arm<'a> {
    pattern: &'a str,
    body: &'a str,
}

/// Tells what becomes of `kind::variant` in `code`, in which comments and literals are blank; `None` if
/// the code does not know it.
///
/// An arm that does anything else than refuse implements it, and so does a comparison with its number.
/// An arm of a condition that refuses says nothing, nor does one that leaves the operation to another
/// function; one that catches all the others counts for those that are not named.
pub fn state(code: &str, kind: &str, variant: &str) -> Option<State> {
    let kinds = [Some(kind), alias(code, kind)];
    let states = kinds.into_iter().flatten().filter_map(|kind| state_by_name(code, kind, variant));
    let mut states: Vec<State> = states.collect();
    states.sort_by_key(|state| *state != State::Implemented);
    states.into_iter().next()
}

fn state_by_name(code: &str, kind: &str, variant: &str) -> Option<State> {
    let name = format!("{kind}::{variant}");
    let (mut named, mut others) = (None, None);
    for arms in matches(code) {
        if !arms.iter().any(|arm| arm.pattern.contains(&format!("{kind}::"))) {
            continue;
        }
        let (own, rest): (Vec<_>, Vec<_>) = arms.iter().partition(|arm| super::names(arm.pattern, &name));
        for arm in own.iter().filter(|arm| !leaves(arm.body)) {
            match refusal(arm.body) {
                None => return Some(State::Implemented),
                Some(error) if !is_conditional(arm.pattern) => named = named.or(Some(error)),
                Some(_) => {}
            }
        }
        let catch_all = rest.iter().find(|arm| own.is_empty() && !arm.pattern.contains("::"));
        others = others.or_else(|| catch_all.and_then(|arm| refusal(arm.body)));
    }
    let compared = [format!("{name}.raw()"), format!("== {name}"), format!("== Some({name})")];
    if compared.iter().any(|comparison| super::names(code, comparison)) {
        return Some(State::Implemented);
    }
    named.or(others).map(State::Refused)
}

/// Returns the error that a block of code always ends with, if it does nothing else.
pub fn refusal(body: &str) -> Option<String> {
    let tail = body.trim().trim_end_matches(';').rsplit(';').next()?.trim().trim_start_matches("return ");
    let error = tail.strip_prefix("Err(XenErrno::")?;
    let name: String = error.chars().take_while(|letter| letter.is_alphanumeric()).collect();
    Some(name.to_uppercase())
}

/// Tells whether an arm leaves the operation to another function.
fn leaves(body: &str) -> bool {
    matches!(body.trim().trim_end_matches(';'), "None" | "return None")
}

fn is_conditional(pattern: &str) -> bool {
    pattern.split_whitespace().any(|word| word == "if")
}

/// Returns the other name by which a file uses an enum.
fn alias<'a>(code: &'a str, kind: &str) -> Option<&'a str> {
    let (_, after) = code.split_once(&format!("{kind} as "))?;
    after.split(|letter: char| !letter.is_alphanumeric()).next()
}

/// Lists the `match`es of a file, also those in others' arms.
fn matches(code: &str) -> Vec<Vec<Arm<'_>>> {
    let found = code.match_indices("match ").filter_map(|(at, word)| {
        let rest = code.get(at + word.len()..)?;
        let open = find_outside(rest, "{")?;
        let block = rest.get(open + 1..)?;
        block.get(..find_outside(block, "}")?)
    });
    found.map(arms).collect()
}

/// Takes the inside of a `match` apart.
fn arms(mut block: &str) -> Vec<Arm<'_>> {
    let mut found = Vec::new();
    while let Some((pattern, body, rest)) = first_arm(block) {
        found.push(Arm { pattern, body });
        block = rest;
    }
    found
}

fn first_arm(block: &str) -> Option<(&str, &str, &str)> {
    let arrow = find_outside(block, "=>")?;
    let after = block.get(arrow + 2..)?.trim_start();
    let (body, rest) = match after.strip_prefix('{') {
        Some(inside) => {
            let end = find_outside(inside, "}")?;
            (inside.get(..end)?, inside.get(end + 1..)?.trim_start_matches(','))
        }
        None => {
            let end = find_outside(after, ",").unwrap_or(after.len());
            (after.get(..end)?, after.get(end + 1..).unwrap_or_default())
        }
    };
    Some((block.get(..arrow)?.trim(), body, rest))
}

/// Returns where `what` first is outside all brackets that open in `code`.
pub fn find_outside(code: &str, what: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in code.char_indices() {
        if depth == 0 && code.get(at..)?.starts_with(what) {
            return Some(at);
        }
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "fn f() { match Op::from_raw(g(x)?) {\n    Op::A if n != 1 => Err(XenErrno::Einval),\n    \
                        Op::A => one(),\n    Op::B | Op::C => {\n        check(x)?;\n        return \
                        Err(XenErrno::Enosys);\n    }\n    op @ (Op::D | Op::Dd) => two(op, match y { 1 => 2, _ => \
                        3 }),\n    Op::F => return None,\n    Op::H if busy => Err(XenErrno::Ebusy),\n    \
                        _ => Err(XenErrno::Eopnotsupp),\n} }\nfn g() { if n == Op::G.raw() { h() } }";

    fn refused(error: &str) -> Option<State> {
        Some(State::Refused(error.to_owned()))
    }

    #[test]
    fn arms_are_found_and_told_apart() {
        let state = |variant| state(CODE, "Op", variant);
        assert_eq!(state("A"), Some(State::Implemented));
        assert_eq!(state("B"), refused("ENOSYS"));
        assert_eq!(state("C"), refused("ENOSYS"));
        assert_eq!(state("D"), Some(State::Implemented));
        assert_eq!(state("E"), refused("EOPNOTSUPP"));
        assert_eq!(state("F"), None);
        assert_eq!(state("G"), Some(State::Implemented));
        assert_eq!(state("H"), None, "what it does when not busy is not said");
    }

    #[test]
    fn an_operation_may_be_matched_twice() {
        let code = "match op { Op::A => return None, _ => None } match op { Op::A => run(), Op::B => \
                    Err(XenErrno::Enosys) }";
        assert_eq!(state(code, "Op", "A"), Some(State::Implemented));
        assert_eq!(state(code, "Op", "B"), refused("ENOSYS"));
        assert_eq!(state(code, "Op", "C"), None);
        assert_eq!(state(code, "Other", "A"), None);
    }

    #[test]
    fn an_enum_may_have_another_name() {
        let code = "use xen_abi::domctl::DomctlCmd as Cmd; match c { Cmd::Pause => pause(), Cmd::Kill => \
                    Err(XenErrno::Eperm) }";
        assert_eq!(state(code, "DomctlCmd", "Pause"), Some(State::Implemented));
        assert_eq!(state(code, "DomctlCmd", "Kill"), refused("EPERM"));
    }

    #[test]
    fn refusals_end_with_an_error() {
        assert_eq!(refusal("{ privileged(cx)?;\n Err(XenErrno::Enosys) ").as_deref(), Some("ENOSYS"));
        assert_eq!(refusal("if x { Err(XenErrno::Enosys) } else { Ok(0) }"), None);
        assert_eq!(refusal(""), None);
    }
}
