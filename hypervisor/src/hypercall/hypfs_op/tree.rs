//! What is in the hypervisor's file system: names, and where the contents come from.

use super::super::domctl::{MAX_GRANT_FRAMES, MAX_MAPTRACK_FRAMES};
use super::content::Content;
use crate::boot::options::LogLevels;
use crate::machine::console;
use xen_abi::XenErrno;
use xen_abi::hypfs::HypfsType;
use xen_abi::version::{EXTRAVERSION, XEN_MAJOR, XEN_MINOR};

/// An entry of a directory.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub node: Node,
}

/// What an entry is.
#[derive(Clone, Copy)]
pub enum Node {
    /// A directory, sorted by name.
    Dir(&'static [Entry]),
    /// Text.
    Text(&'static str),
    /// A number.
    Number(u32),
    /// A number, as text.
    Decimal(u32),
    /// Levels of messages, which can be set.
    Levels(&'static Levels),
}

/// A pair of levels of messages, and how it is set.
pub struct Levels {
    get: fn() -> LogLevels,
    set: fn(LogLevels),
}

/// The most bytes of levels' text, with the zero at its end.
const MAX_LEVELS_BYTES: u32 = 20;

const fn dir(name: &'static str, entries: &'static [Entry]) -> Entry {
    Entry { name, node: Node::Dir(entries) }
}

const fn text(name: &'static str, text: &'static str) -> Entry {
    Entry { name, node: Node::Text(text) }
}

const fn number(name: &'static str, value: u32) -> Entry {
    Entry { name, node: Node::Number(value) }
}

const OWN: Levels = Levels {
    get: || LogLevels::from(console::levels()),
    set: |levels| console::set_levels(levels.always, levels.limited),
};
const GUESTS: Levels = Levels {
    get: || LogLevels::from(console::guest_levels()),
    set: |levels| console::set_guest_levels(levels.always, levels.limited),
};

/// The root.
pub const ROOT: Node = Node::Dir(&[
    dir(
        "buildinfo",
        &[
            text("changeset", super::super::xen_version::CHANGESET),
            dir(
                "compileinfo",
                &[
                    text("compile_by", super::super::xen_version::COMPILE_BY),
                    text("compile_date", ""),
                    text("compile_domain", ""),
                    text("compiler", super::super::xen_version::COMPILER),
                ],
            ),
            dir(
                "version",
                &[
                    text("extra", EXTRAVERSION),
                    number("major", XEN_MAJOR as u32),
                    number("minor", XEN_MINOR as u32),
                ],
            ),
        ],
    ),
    dir("cpupool", &[dir("0", &[text("sched-gran", "cpu")])]),
    dir(
        "params",
        &[
            Entry { name: "gnttab_max_frames", node: Node::Decimal(MAX_GRANT_FRAMES) },
            Entry { name: "gnttab_max_maptrack_frames", node: Node::Decimal(MAX_MAPTRACK_FRAMES) },
            Entry { name: "guest_loglvl", node: Node::Levels(&GUESTS) },
            Entry { name: "loglvl", node: Node::Levels(&OWN) },
        ],
    ),
]);

impl Node {
    /// Finds what an absolute path, without the zero at its end, names.
    ///
    /// # Errors
    /// EINVAL for another path, ENOENT.
    pub fn find(path: &[u8]) -> Result<Self, XenErrno> {
        let [b'/', rest @ ..] = path else { return Err(XenErrno::Einval) };
        let mut node = ROOT;
        let mut rest = rest;
        while !rest.is_empty() {
            let Self::Dir(entries) = node else { return Err(XenErrno::Enoent) };
            let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
            let (name, more) = rest.split_at_checked(end).ok_or(XenErrno::Enoent)?;
            let found = entries.iter().find(|entry| entry.name.as_bytes() == name);
            node = found.ok_or(XenErrno::Enoent)?.node;
            rest = more.strip_prefix(b"/").unwrap_or(more);
        }
        Ok(node)
    }

    /// Returns its kind.
    pub const fn kind(self) -> HypfsType {
        match self {
            Self::Dir(_) => HypfsType::Dir,
            Self::Text(_) | Self::Decimal(_) | Self::Levels(_) => HypfsType::String,
            Self::Number(_) => HypfsType::Uint,
        }
    }

    /// Returns the most bytes that can be written to it; 0 if none.
    pub const fn max_write_len(self) -> u32 {
        match self {
            Self::Levels(_) => MAX_LEVELS_BYTES,
            Self::Dir(_) | Self::Text(_) | Self::Number(_) | Self::Decimal(_) => 0,
        }
    }

    /// Appends its contents.
    pub fn read(self, to: &mut Content) {
        match self {
            Self::Dir(entries) => to.put_entries(entries),
            Self::Text(text) => to.put_text(format_args!("{text}")),
            Self::Decimal(value) => to.put_text(format_args!("{value}")),
            Self::Number(value) => to.put(&value.to_le_bytes()),
            Self::Levels(levels) => to.put_text(format_args!("{}", (levels.get)())),
        }
    }

    /// Sets it to text, without the zero at its end.
    ///
    /// # Errors
    /// EINVAL if it cannot be set so.
    pub fn write(self, text: &[u8]) -> Result<(), XenErrno> {
        let Self::Levels(levels) = self else { return Err(XenErrno::Eacces) };
        let text = core::str::from_utf8(text).map_err(|_| XenErrno::Einval)?;
        (levels.set)(LogLevels::parse(text).ok_or(XenErrno::Einval)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errno(path: &str) -> Option<XenErrno> {
        Node::find(path.as_bytes()).err()
    }

    #[test]
    fn paths_are_absolute_and_lead_to_what_they_name() {
        for path in ["", "params", "x/", "buildinfo/"] {
            assert_eq!(errno(path), Some(XenErrno::Einval), "{path:?}");
        }
        for path in ["/nothing", "//params", "/params/loglvl/x", "/para", "/paramsx", "/cpupool/1"] {
            assert_eq!(errno(path), Some(XenErrno::Enoent), "{path:?}");
        }
        for path in ["/", "/params/", "/cpupool/0/sched-gran", "/buildinfo/version/major/"] {
            assert_eq!(errno(path), None, "{path:?}");
        }
    }

    #[test]
    fn directories_are_sorted() {
        fn check(node: Node) {
            let Node::Dir(entries) = node else { return };
            assert!(entries.is_sorted_by_key(|entry| entry.name));
            entries.iter().for_each(|entry| check(entry.node));
        }
        check(ROOT);
    }

    #[test]
    fn levels_are_set_and_read() {
        let _session = crate::tests::session();
        let node = Node::find(b"/params/guest_loglvl").unwrap();
        let before = console::guest_levels();
        assert_eq!(node.write(b"loud"), Err(XenErrno::Einval));
        node.write(b"error/all").unwrap();
        let mut content = Content::default();
        node.read(&mut content);
        assert_eq!(content.bytes(), b"error/all\0");
        console::set_guest_levels(before.0, before.1);
        assert_eq!(Node::find(b"/params").unwrap().write(b"x"), Err(XenErrno::Eacces));
    }
}
