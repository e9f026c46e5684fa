//! Writes the function symbol table into the region between `__symbols_start` and `__symbols_end`.
//!
//! The format is that of the `symbols` crate, whose reader checks every entry written here.

use super::elf::Elf;
use super::flat::Flat;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use symbols::{FIRST_TOKEN, HEADER_BYTES, MAGIC, NAME_BYTES_MAX, NameBuffer, Table, checksum};

const TOKENS_MAX: usize = 128;
const TOKEN_BYTES_MAX: usize = 48;

/// Function names by their distance from the image's base; an empty name ends the one before.
type Functions = BTreeMap<u64, String>;

/// Makes the table for `elf` and puts it into `flat`.
///
/// # Errors
/// The region is missing, not empty, or too small.
pub fn append(elf: &Elf<'_>, flat: &mut Flat) -> Result<()> {
    let start = elf.address_of("__symbols_start").context("the linker script defines no __symbols_start")?;
    let end = elf.address_of("__symbols_end").context("the linker script defines no __symbols_end")?;
    let room = usize::try_from(end.checked_sub(start).context("__symbols_end is before __symbols_start")?)?;
    let functions = collect_functions(elf, flat.base);
    let table = encode(&functions)?;
    ensure!(
        table.len() <= room,
        "the symbol table of {} functions takes {} bytes but the linker script leaves {room}: enlarge it",
        functions.len(),
        table.len()
    );
    let from = usize::try_from(start.saturating_sub(flat.base))?;
    let old = flat.bytes.get(from..).unwrap_or_default();
    ensure!(
        old.iter().take(room).all(|byte| *byte == 0),
        "something is linked into the symbol table's region"
    );
    flat.write(start, &table)
}

fn collect_functions(elf: &Elf<'_>, base: u64) -> Functions {
    let mut functions = Functions::new();
    let mut ends = Vec::new();
    for symbol in elf.symbols.iter().filter(|symbol| symbol.is_function) {
        let Some(offset) = (symbol.address & !1).checked_sub(base) else { continue };
        functions.entry(offset).or_insert_with(|| short_name(symbol.name));
        ends.push(offset + symbol.size);
    }
    if let Some(end) = ends.into_iter().max() {
        functions.entry(end).or_default();
    }
    functions
}

/// Demangles, drops the hash, and cuts what is longer than a table's names may be.
fn short_name(mangled: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(mangled));
    let ascii =
        name.chars().map(|letter| if letter.is_ascii_graphic() || letter == ' ' { letter } else { '?' });
    ascii.take(NAME_BYTES_MAX).collect()
}

/// A name while tokens are being chosen: how much it shares with the one before, and codes for the rest.
struct Pending {
    shared: u8,
    codes: Vec<u8>,
}

fn encode(functions: &Functions) -> Result<Vec<u8>> {
    let mut names = front_code(functions)?;
    let tokens = choose_tokens(&mut names);
    let mut body = vec![u8::try_from(tokens.len())?];
    for token in &tokens {
        body.push(u8::try_from(token.len())?);
        body.extend(token);
    }
    let mut previous = 0;
    for (offset, name) in functions.keys().zip(&names) {
        push_leb128(&mut body, offset - previous);
        body.extend([name.shared, u8::try_from(name.codes.len())?]);
        body.extend(&name.codes);
        previous = *offset;
    }
    let mut table = MAGIC.to_vec();
    table.extend(u32::try_from(body.len())?.to_le_bytes());
    table.extend(checksum(&body).to_le_bytes());
    table.extend(u32::try_from(functions.len())?.to_le_bytes());
    debug_assert_eq!(table.len(), HEADER_BYTES);
    table.extend(body);
    verify(&table, functions)?;
    Ok(table)
}

fn front_code(functions: &Functions) -> Result<Vec<Pending>> {
    let mut previous: &[u8] = &[];
    let mut names = Vec::new();
    for name in functions.values() {
        let name = name.as_bytes();
        let shared = previous.iter().zip(name).take_while(|(left, right)| left == right).count();
        let codes = name.get(shared..).unwrap_or_default().to_vec();
        names.push(Pending { shared: u8::try_from(shared)?, codes });
        previous = name;
    }
    Ok(names)
}

/// Replaces, again and again, the commonest pair of codes by a new token (byte-pair encoding).
fn choose_tokens(names: &mut [Pending]) -> Vec<Vec<u8>> {
    let mut tokens: Vec<Vec<u8>> = Vec::new();
    for code in (FIRST_TOKEN..=u8::MAX).take(TOKENS_MAX) {
        let Some(pair) = commonest_pair(names, &tokens) else { break };
        let mut token = expand(pair.0, &tokens);
        token.extend(expand(pair.1, &tokens));
        tokens.push(token);
        for name in names.iter_mut() {
            replace_pair(&mut name.codes, pair, code);
        }
    }
    tokens
}

fn commonest_pair(names: &[Pending], tokens: &[Vec<u8>]) -> Option<(u8, u8)> {
    let mut counts: BTreeMap<(u8, u8), u32> = BTreeMap::new();
    for name in names {
        for (left, right) in name.codes.iter().zip(name.codes.iter().skip(1)) {
            *counts.entry((*left, *right)).or_default() += 1;
        }
    }
    let fits =
        |pair: (u8, u8)| expand(pair.0, tokens).len() + expand(pair.1, tokens).len() <= TOKEN_BYTES_MAX;
    let usable = counts.into_iter().filter(|(pair, count)| *count > 4 && fits(*pair));
    usable.max_by_key(|(_, count)| *count).map(|(pair, _)| pair)
}

fn expand(code: u8, tokens: &[Vec<u8>]) -> Vec<u8> {
    let token = code.checked_sub(FIRST_TOKEN).and_then(|index| tokens.get(usize::from(index)));
    token.cloned().unwrap_or_else(|| vec![code])
}

fn replace_pair(codes: &mut Vec<u8>, pair: (u8, u8), by: u8) {
    let mut replaced: Vec<u8> = Vec::with_capacity(codes.len());
    let mut rest = codes.as_slice();
    while let Some((first, tail)) = rest.split_first() {
        let matches = *first == pair.0 && tail.first() == Some(&pair.1);
        replaced.push(if matches { by } else { *first });
        rest = if matches { tail.get(1..).unwrap_or_default() } else { tail };
    }
    *codes = replaced;
}

fn push_leb128(body: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            body.push(low & 0x7f);
            return;
        }
        body.push(low | 0x80);
    }
}

fn verify(table: &[u8], functions: &Functions) -> Result<()> {
    let parsed = Table::parse(table).map_err(|error| anyhow::anyhow!("the symbol table: {error:?}"))?;
    let mut buffer = NameBuffer::new();
    // A lookup walks from the start, so a spread of names checks every entry's decoding.
    for (offset, name) in functions.iter().step_by(functions.len() / 200 + 1) {
        let found = parsed.lookup(*offset, &mut buffer).map(|found| found.name).unwrap_or_default();
        ensure!(found == name, "the symbol table reads {found:?} for {name:?} at {offset:#x}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions(count: u64) -> Functions {
        let mut all: Functions = (0..count)
            .map(|index| {
                (
                    index * 52,
                    format!("domain::build::{}::step_{index}", ["dom0", "domu"][usize::from(index % 3 == 0)]),
                )
            })
            .collect();
        all.insert(count * 52, String::new());
        all
    }

    #[test]
    fn every_name_reads_back_and_the_table_is_small() {
        let functions = functions(500);
        let plain: usize = functions.values().map(|name| name.len() + 4).sum();
        let table = encode(&functions).unwrap();
        assert!(table.len() * 3 < plain, "{} of {plain}", table.len());
    }

    #[test]
    fn an_empty_table_is_a_table() {
        assert_eq!(Table::parse(&encode(&Functions::new()).unwrap()).unwrap().entry_count(), 0);
    }

    #[test]
    fn long_and_odd_names_are_cut_and_kept_ascii() {
        assert_eq!(short_name(&"x".repeat(500)).len(), NAME_BYTES_MAX);
        assert_eq!(short_name("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
    }
}
