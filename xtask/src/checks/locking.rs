//! docs/LOCKING.md: the order of locks, from the rank table in the hypervisor and the places that name it.

use super::scan;
use crate::paths;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

const TABLE: &str = "hypervisor/src/machine/sync.rs";

/// A row of the rank table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rank {
    value: u8,
    name: String,
    about: String,
}

/// Makes the document.
///
/// # Errors
/// The table is not found or is out of order.
pub fn document() -> Result<String> {
    let text =
        fs::read_to_string(paths::root().join(TABLE)).with_context(|| format!("cannot read {TABLE}"))?;
    let ranks = read_ranks(&text);
    ensure!(!ranks.is_empty(), "{TABLE} has no rank table");
    let rising = ranks.iter().zip(ranks.iter().skip(1)).all(|(lower, higher)| lower.value < higher.value);
    ensure!(rising, "the rank table in {TABLE} does not rise");
    let users = users(&ranks)?;
    let mut document = format!(
        "# The order of locks\n\nMade by `cargo xtask docs` from `{TABLE}`; CI fails when it is stale. A CPU takes \
         locks in rising rank; builds\nwith debug assertions stop at an inversion. Nothing is waited for under a lock \
         but a lock of higher rank.\n\n| rank | name | protects | named in |\n|--:|---|---|---|\n",
    );
    for rank in &ranks {
        let places = users.get(&rank.name).map_or(String::new(), |files| files.join(", "));
        let _ = writeln!(document, "| {} | `{}` | {} | {places} |", rank.value, rank.name, rank.about);
    }
    Ok(document)
}

fn read_ranks(text: &str) -> Vec<Rank> {
    let mut ranks = Vec::new();
    let mut about = String::new();
    let inside =
        text.lines().skip_while(|line| !line.starts_with("pub mod rank")).take_while(|line| *line != "}");
    for line in inside.map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            about = format!("{about} {}", words.trim()).trim().to_owned();
        } else if let Some(constant) = line.strip_prefix("pub const ") {
            let parsed = constant.trim_end_matches(';').split_once(": u8 = ");
            if let Some((name, value)) = parsed.and_then(|(name, value)| Some((name, value.parse().ok()?))) {
                ranks.push(Rank {
                    value,
                    name: name.to_owned(),
                    about: about.trim_end_matches('.').to_owned(),
                });
            }
            about.clear();
        }
    }
    ranks
}

fn users(ranks: &[Rank]) -> Result<BTreeMap<String, Vec<String>>> {
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let sources = scan::sources()?;
    for source in sources.iter().filter(|source| source.path.starts_with("hypervisor")) {
        let shown = source.path.strip_prefix("hypervisor/src").unwrap_or(&source.path).display().to_string();
        for rank in ranks {
            let needle = format!("rank::{}", rank.name);
            let named = source.code.match_indices(&needle).any(|(at, _)| {
                let next = source.code.get(at + needle.len()..).unwrap_or_default();
                !next.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
            });
            if named {
                users.entry(rank.name.clone()).or_default().push(format!("`{shown}`"));
            }
        }
    }
    Ok(users)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_rank_table() {
        let text = "pub mod rank {\n    /// A domain's stage 2,\n    /// all of it.\n    pub const P2M: u8 = 20;\n}\n\
                    pub const OTHER: u8 = 3;\n";
        let rank = Rank { value: 20, name: "P2M".into(), about: "A domain's stage 2, all of it".into() };
        assert_eq!(read_ranks(text), [rank]);
    }
}
