//! What `-plugin FILE,name=value,...` may say.

use crate::decode::Isa;
use std::path::PathBuf;

/// What is to be counted and where it is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The file that is written.
    pub out: PathBuf,
    /// How instructions are encoded.
    pub isa: Isa,
    /// Whether each instruction is to be listed.
    pub trace: bool,
}

impl Options {
    /// Parses `name=value` arguments.
    ///
    /// # Errors
    /// One is not known, or there is no `out`.
    pub fn parse<'a>(arguments: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let (mut out, mut isa, mut trace) = (None, Isa::A64, false);
        for argument in arguments {
            match argument.split_once('=') {
                Some(("out", file)) => out = Some(PathBuf::from(file)),
                Some(("isa", "a64")) => isa = Isa::A64,
                Some(("isa", "a32")) => isa = Isa::A32,
                Some(("trace", "on")) => trace = true,
                Some(("trace", "off")) => trace = false,
                _ => return Err(format!("bench-plugin does not know {argument:?}")),
            }
        }
        let out = out.ok_or("bench-plugin needs out=FILE")?;
        Ok(Self { out, isa, trace })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_in_any_order_and_nothing_unknown() {
        let options = Options::parse(["trace=on", "out=/a/b=c", "isa=a32"].into_iter()).unwrap();
        assert_eq!(options, Options { out: "/a/b=c".into(), isa: Isa::A32, trace: true });
        assert!(Options::parse(["isa=a64"].into_iter()).is_err());
        assert!(Options::parse(["out=x", "isa=t32"].into_iter()).is_err());
    }
}
