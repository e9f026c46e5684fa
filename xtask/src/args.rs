//! Hand-made argument parsing: each command takes what it knows and refuses the rest.

use anyhow::{Context, Result, bail};
use std::str::FromStr;

/// The arguments not taken yet.
#[derive(Debug)]
pub struct Args {
    rest: Vec<String>,
}

impl Args {
    /// Starts with the arguments of this process.
    pub fn from_environment() -> Self {
        Self { rest: std::env::args().skip(1).collect() }
    }

    /// Takes the first argument, unless it is an option.
    pub fn take_positional(&mut self) -> Option<String> {
        let first = self.rest.first()?;
        (!first.starts_with("--")).then(|| self.rest.remove(0))
    }

    /// Takes the option `name`, which has no value.
    pub fn take_flag(&mut self, name: &str) -> bool {
        let before = self.rest.len();
        self.rest.retain(|argument| argument != name);
        self.rest.len() != before
    }

    /// Takes the option `name` with its value, written `--name value` or `--name=value`.
    ///
    /// # Errors
    /// The option is last and has no value.
    pub fn take_value(&mut self, name: &str) -> Result<Option<String>> {
        let prefix = format!("{name}=");
        let Some(at) = self.rest.iter().position(|arg| arg == name || arg.starts_with(&prefix)) else {
            return Ok(None);
        };
        let option = self.rest.remove(at);
        if let Some(value) = option.strip_prefix(&prefix) {
            return Ok(Some(value.to_owned()));
        }
        if at == self.rest.len() {
            bail!("{name} needs a value");
        }
        Ok(Some(self.rest.remove(at)))
    }

    /// Takes the option `name` with a value that is parsed.
    ///
    /// # Errors
    /// The option has no value, or one that does not parse.
    pub fn take_parsed<T>(&mut self, name: &str) -> Result<Option<T>>
    where
        T: FromStr,
        T::Err: Into<anyhow::Error>,
    {
        let Some(text) = self.take_value(name)? else { return Ok(None) };
        let parsed = text.parse::<T>().map_err(Into::into);
        parsed.with_context(|| format!("{name} {text}")).map(Some)
    }

    /// Refuses whatever nobody took.
    ///
    /// # Errors
    /// Something is left.
    pub fn finish(self) -> Result<()> {
        match self.rest.first() {
            None => Ok(()),
            Some(unknown) => bail!("{unknown:?} is not understood here; see `cargo xtask help`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Args {
        Args { rest: words.iter().map(|word| (*word).to_owned()).collect() }
    }

    #[test]
    fn takes_options_in_any_order_and_both_spellings() {
        let mut args = args(&["build", "--arch=arm32", "--debug", "--cpus", "4"]);
        assert_eq!(args.take_positional().as_deref(), Some("build"));
        assert_eq!(args.take_parsed::<usize>("--cpus").unwrap(), Some(4));
        assert!(args.take_flag("--debug"));
        assert_eq!(args.take_value("--arch").unwrap().as_deref(), Some("arm32"));
        assert_eq!(args.take_value("--memory").unwrap(), None);
        args.finish().unwrap();
    }

    #[test]
    fn refuses_what_is_left_over_and_missing_values() {
        assert!(args(&["--frobnicate"]).finish().is_err());
        assert!(args(&["--arch"]).take_value("--arch").is_err());
        assert!(args(&["--cpus", "many"]).take_parsed::<usize>("--cpus").is_err());
    }
}
