//! Sizes of functions: their length and their parameters.

use super::scan;
use anyhow::{Result, ensure};

/// No function is longer, from its name to its closing brace.
const LINES_MAX: usize = 80;
/// 95 of 100 are no longer.
const P95_MAX: usize = 40;
/// None has more parameters, beside `self`.
const PARAMETERS_MAX: usize = 5;

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    line: usize,
    lines: usize,
    parameters: usize,
}

/// Checks all functions of the tree.
///
/// # Errors
/// One is too long or has too many parameters, or too many are long.
pub fn check() -> Result<()> {
    let mut wrong = Vec::new();
    let mut lengths = Vec::new();
    for source in scan::sources()? {
        for function in functions(&source.code) {
            let at = format!("{}:{} {}", source.path.display(), function.line, function.name);
            if function.lines > LINES_MAX {
                wrong.push(format!("{at} has {} lines, more than {LINES_MAX}", function.lines));
            }
            if function.parameters > PARAMETERS_MAX {
                wrong
                    .push(format!("{at} has {} parameters, more than {PARAMETERS_MAX}", function.parameters));
            }
            lengths.push(function.lines);
        }
    }
    lengths.sort_unstable();
    let at = |percent: usize| lengths.get(lengths.len() * percent / 100).copied().unwrap_or(0);
    println!("  {} functions: median {} lines, 95th percentile {}", lengths.len(), at(50), at(95));
    if at(95) > P95_MAX {
        wrong.push(format!("the 95th percentile of all functions is {} lines, more than {P95_MAX}", at(95)));
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Finds the functions that have a body; comments and literals are blanked out already.
fn functions(code: &str) -> Vec<Function> {
    code.match_indices("fn ").filter_map(|(at, word)| function(code, at, at + word.len())).collect()
}

fn function(code: &str, at: usize, name_at: usize) -> Option<Function> {
    let before = code.get(..at)?;
    if before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_') {
        return None;
    }
    let rest = code.get(name_at..)?;
    let name: String = rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    if name.is_empty() {
        return None;
    }
    // A declaration in a trait or an extern block ends before any brace opens.
    let open = rest
        .find('{')
        .filter(|open| rest.find(';').is_none_or(|end| *open < end || in_brackets(rest, end)))?;
    let body = rest.get(open..)?;
    let end = closing(body, '{', '}')?;
    let lines = rest.get(..open + end)?.matches('\n').count() + 1;
    let list = rest.get(..open)?;
    let list = list.get(list.find('(')?..)?;
    let list = list.get(1..closing(list, '(', ')')?)?;
    Some(Function { name, line: before.matches('\n').count() + 1, lines, parameters: parameters(list) })
}

/// Tells whether a semicolon belongs to an array's type.
fn in_brackets(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.matches('[').count() > before.matches(']').count()
}

/// Returns where the bracket closes that `text` starts with.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0usize;
    for (at, letter) in text.char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// Counts the parameters in a list, without `self`.
fn parameters(list: &str) -> usize {
    let mut depth = 0i32;
    let mut parts = vec![String::new()];
    let mut last = ' ';
    for letter in list.chars() {
        match letter {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '>' if last != '-' && last != '=' => depth -= 1,
            _ => {}
        }
        if letter == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
        last = letter;
    }
    let is_self = |part: &str| part.split([' ', '&', ':']).any(|word| word == "self");
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.enumerate().filter(|(n, part)| *n > 0 || !is_self(part)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_functions_with_a_body() {
        let code = "trait A { fn a(&self, b: u8); }\nimpl B {\n    pub fn one<F: Fn(u8, u8) -> u8>(&mut self, f: F, \
                    (x, y): (u8, u8)) -> [u8; 2] {\n        if x { y }\n    }\n}\ntype T = fn(u8);\nfn two() {}\n";
        let functions = functions(code);
        let one = Function { name: "one".into(), line: 3, lines: 3, parameters: 2 };
        let two = Function { name: "two".into(), line: 8, lines: 1, parameters: 0 };
        assert_eq!(functions, [one, two]);
    }
}
