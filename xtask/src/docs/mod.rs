//! What the generated documents say, read from the source: `cargo xtask docs` writes them.
//!
//! [`abi`] makes docs/ABI.md and [`unsafety`] docs/UNSAFE.md; the list of documents and the check that
//! none is stale are in `checks::documents`.

pub mod abi;
pub mod unsafety;

use std::path::Path;

/// Returns the first sentence of a file's `//!` header, on one line.
fn purpose(text: &str) -> String {
    let header = text.lines().skip_while(|line| line.starts_with("#![") || line.is_empty());
    let lines =
        header.take_while(|line| line.starts_with("//!")).map(|line| line.trim_start_matches("//!").trim());
    let paragraph: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    let end = paragraph.find(". ").unwrap_or(paragraph.len());
    let sentence = paragraph.get(..end).unwrap_or(&paragraph);
    sentence.trim_end_matches('.').replace('|', "\\|")
}

/// Returns a file's module: its path without the extension, `mod` and `src`.
fn module_of(path: &Path) -> String {
    let path = path.with_extension("");
    let shown = path.to_string_lossy();
    shown.trim_end_matches("/mod").replace("/src/", "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_one_sentence() {
        let text = "#![no_std]\n//! What it is: a\n//! thing. And more.\n//!\n//! Even more.\nuse x;\n";
        assert_eq!(purpose(text), "What it is: a thing");
        assert_eq!(purpose("//! Alone.\n"), "Alone");
        assert_eq!(purpose("use x;"), "");
    }

    #[test]
    fn modules_have_no_ceremony() {
        assert_eq!(module_of(Path::new("hypervisor/src/arch/sim/mod.rs")), "hypervisor/arch/sim");
        assert_eq!(module_of(Path::new("hypervisor/src/machine/own.rs")), "hypervisor/machine/own");
    }
}
