//! Finds the Debian archive that this machine itself uses, so that no host is named in the tree.
//!
//! Both formats of sources.list(5) are read; `XENOLITH_DEBIAN` overrides what they say.

use anyhow::{Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Gives the URI of the machine's first Debian source.
///
/// # Errors
/// There is none; the error says how to name one.
pub fn archive_uri() -> Result<String> {
    if let Ok(uri) = std::env::var("XENOLITH_DEBIAN") {
        return Ok(uri);
    }
    for file in source_files() {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let deb822 = file.extension().is_some_and(|extension| extension == "sources");
        let found = if deb822 { from_deb822(&text) } else { from_lines(&text) };
        if let Some(uri) = found {
            return Ok(uri);
        }
    }
    bail!("this machine has no Debian source in /etc/apt; set XENOLITH_DEBIAN to an archive's URI")
}

fn source_files() -> Vec<PathBuf> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    let parts = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
    let mut parts: Vec<PathBuf> = parts.map(|entry| entry.path()).collect();
    parts.retain(|path| has_extension(path, "list") || has_extension(path, "sources"));
    parts.sort();
    // Debian's own file first, whatever else is configured.
    parts.sort_by_key(|path| !path.ends_with("debian.sources"));
    files.extend(parts);
    files
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension == wanted)
}

fn from_deb822(text: &str) -> Option<String> {
    text.split("\n\n").find_map(|stanza| {
        let field = |name: &str| {
            let line = stanza.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
            line.split_once(':').map(|(_, value)| value.trim())
        };
        let enabled = field("enabled") != Some("no") && field("types")?.split(' ').any(|kind| kind == "deb");
        let uri = field("uris")?.split_whitespace().next()?;
        (enabled && is_debian(uri, field("suites")?, field("components")?)).then(|| uri.to_owned())
    })
}

fn from_lines(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.trim().strip_prefix("deb ")?.trim();
        let line = match line.strip_prefix('[') {
            Some(options) => options.split_once(']')?.1,
            None => line,
        };
        let mut words = line.split_whitespace();
        let (uri, suite) = (words.next()?, words.next()?);
        let components = words.collect::<Vec<_>>().join(" ");
        is_debian(uri, suite, &components).then(|| uri.to_owned())
    })
}

/// Debian's main archive has the component `main` and is neither its security archive nor a disc.
fn is_debian(uri: &str, suites: &str, components: &str) -> bool {
    let main = components.split_whitespace().any(|component| component == "main");
    main && !uri.starts_with("cdrom") && !uri.contains("security") && !suites.contains("security")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_deb822() {
        let text = "# comment\nTypes: deb deb-src\n# older\nURIs: https://mirror.example/debian\n\
                    Suites: bookworm bookworm-updates\nComponents: main contrib\n";
        let security = "Types: deb\nURIs: https://mirror.example/debian-security\n\
                        Suites: bookworm-security\nComponents: main\n";
        assert_eq!(from_deb822(text).unwrap(), "https://mirror.example/debian");
        assert_eq!(from_deb822(security), None);
        assert_eq!(from_deb822(&format!("{security}\n{text}")).unwrap(), "https://mirror.example/debian");
        assert_eq!(from_deb822(&format!("Enabled: no\n{text}")), None);
    }

    #[test]
    fn reads_one_line_sources() {
        let text = "# deb cdrom\ndeb cdrom:[Debian] bookworm main\n\
                    deb [arch=amd64 signed-by=/k.gpg] https://mirror.example/debian trixie main\n";
        assert_eq!(from_lines(text).unwrap(), "https://mirror.example/debian");
        assert_eq!(from_lines("deb-src https://mirror.example/debian trixie main"), None);
        assert_eq!(from_lines("deb https://other.example/apt stable tools"), None);
    }
}
