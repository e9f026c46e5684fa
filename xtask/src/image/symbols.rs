//! Which function an address belongs to, by the symbols of one or several ELFs.

use super::elf;
use anyhow::Result;
use std::collections::BTreeMap;

/// A function's end, where it is known, and name.
#[derive(Clone, Debug)]
struct Function {
    end: Option<u64>,
    name: String,
}

/// Functions and labels of code by address.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    starts: BTreeMap<u64, Function>,
}

impl Functions {
    /// Adds the symbols of an ELF.
    ///
    /// # Errors
    /// The bytes are no ELF.
    pub fn add(&mut self, bytes: &[u8]) -> Result<()> {
        let elf = elf::parse(bytes)?;
        // Functions last, so that they win over labels of the same address.
        for is_function in [false, true] {
            let wanted = elf.symbols.iter().filter(|symbol| symbol.is_function == is_function);
            // The assembler's mapping symbols and local labels name nothing; what is undefined is at zero.
            for symbol in wanted.filter(|symbol| !symbol.name.starts_with(['$', '.']) && symbol.address != 0)
            {
                let start = symbol.address & !1;
                let end = (symbol.size > 0).then_some(start + symbol.size);
                let name = format!("{:#}", rustc_demangle::demangle(symbol.name));
                self.starts.insert(start, Function { end, name });
            }
        }
        Ok(())
    }

    /// Names the function at `address`.
    pub fn at(&self, address: u64) -> Option<String> {
        let (_, function) = self.starts.range(..=address).next_back()?;
        function.end.is_none_or(|end| address < end).then(|| function.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_function_of_this_very_program() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let mut functions = Functions::default();
        functions.add(&bytes).unwrap();
        let elf = elf::parse(&bytes).unwrap();
        let main = elf.address_of("main").unwrap();
        assert_eq!(functions.at(main + 1).as_deref(), Some("main"));
        assert_eq!(functions.at(0), None);
    }
}
