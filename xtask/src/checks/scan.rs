//! Reads the tree's Rust files with comments and text literals blanked out.

use crate::paths;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// A Rust file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path from the tree's root.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its text with comments and literals replaced by spaces; lines stay where they are.
    pub code: String,
}

/// Directories that hold our Rust code.
const DIRECTORIES: &[&str] = &["crates", "hypervisor", "platforms", "tests/guests", "xtask"];

/// Reads all Rust files of the tree, by path.
///
/// # Errors
/// A file cannot be read.
pub fn sources() -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for path in files(DIRECTORIES, &["rs"])? {
        let text = fs::read_to_string(paths::root().join(&path))
            .with_context(|| format!("cannot read {}", path.display()))?;
        let code = code_only(&text);
        found.push(Source { path, text, code });
    }
    Ok(found)
}

/// Lists files below `directories` by extension, as paths from the tree's root, sorted.
///
/// # Errors
/// A directory cannot be listed.
pub fn files(directories: &[&str], extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for directory in directories {
        walk(Path::new(directory), extensions, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn walk(directory: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) -> Result<()> {
    let full = paths::root().join(directory);
    if !full.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(&full).with_context(|| format!("cannot list {}", full.display()))? {
        let entry = entry?;
        let path = directory.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "target" {
                walk(&path, extensions, found)?;
            }
        } else if extensions.iter().any(|wanted| path.extension().is_some_and(|have| have == *wanted)) {
            found.push(path);
        }
    }
    Ok(())
}

/// Blanks out comments, text and character literals.
pub fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = literal_length(rest).unwrap_or(0);
        if length == 0 {
            code.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            continue;
        }
        let literal = rest.get(..length).unwrap_or(rest);
        code.extend(literal.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }));
        rest = rest.get(literal.len()..).unwrap_or_default();
    }
    code
}

/// Tells how long the comment or literal is that `text` starts with, if it does.
fn literal_length(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(text.find("*/").map_or(text.len(), |at| at + 2));
    }
    if let Some(hashes) = raw_string_hashes(text) {
        let end = format!("\"{}", "#".repeat(hashes));
        let start = hashes + 2;
        return Some(text.get(start..)?.find(&end).map_or(text.len(), |at| start + at + end.len()));
    }
    if text.starts_with('"') {
        return Some(string_length(text));
    }
    character_length(text)
}

fn raw_string_hashes(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.chars().take_while(|letter| *letter == '#').count();
    after.get(hashes..)?.starts_with('"').then_some(hashes)
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A character literal, as opposed to a lifetime.
fn character_length(text: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    if letters.next()?.1 != '\'' {
        return None;
    }
    if letters.next()?.1 == '\\' {
        return text.get(3..)?.find('\'').map(|at| at + 4);
    }
    let (at, letter) = letters.next()?;
    (letter == '\'').then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_comments_and_literals_but_keeps_code_and_lines() {
        let text = "let a = \"unsafe { \\\" }\"; // unsafe\nlet b: &'static u8 = r#\"unsafe\"#; /* x\n */ 'u' '\\'' end";
        let code = code_only(text);
        assert!(!code.contains("unsafe") && !code.contains('x'));
        assert!(code.contains("let a =") && code.contains("&'static u8") && code.contains("end"));
        assert_eq!(code.matches('\n').count(), 2);
    }
}
