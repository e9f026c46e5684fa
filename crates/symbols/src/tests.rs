//! The reader against tables made by hand, and against damage.

use super::*;

/// Two functions, `alpha::one` at 0x10 and `alpha::two` at 0x120, and the end of the code at 0x200.
fn sample() -> Vec<u8> {
    let mut body = vec![1, 7];
    body.extend(b"alpha::");
    body.extend([0x10, 0, 4, 0x80]);
    body.extend(b"one");
    body.extend([0x90, 0x02, 7, 3]);
    body.extend(b"two");
    body.extend([0xe0, 0x01, 0, 0]);
    seal(&body, 3)
}

fn seal(body: &[u8], count: u32) -> Vec<u8> {
    let mut table = MAGIC.to_vec();
    table.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    table.extend(checksum(body).to_le_bytes());
    table.extend(count.to_le_bytes());
    table.extend(body);
    table
}

fn find(table: &[u8], offset: u64) -> Option<(String, u64)> {
    let mut buffer = NameBuffer::new();
    let found = Table::parse(table).unwrap().lookup(offset, &mut buffer)?;
    Some((found.name.to_owned(), found.offset))
}

#[test]
fn finds_each_function_at_its_first_and_last_byte() {
    let table = sample();
    assert_eq!(find(&table, 0x0f), None);
    assert_eq!(find(&table, 0x10), Some(("alpha::one".into(), 0)));
    assert_eq!(find(&table, 0x11f), Some(("alpha::one".into(), 0x10f)));
    assert_eq!(find(&table, 0x120), Some(("alpha::two".into(), 0)));
    assert_eq!(find(&table, 0x1ff), Some(("alpha::two".into(), 0xdf)));
    assert_eq!(find(&table, 0x200), None);
    assert_eq!(find(&table, u64::MAX), None);
}

#[test]
fn bytes_after_the_table_are_ignored() {
    let mut table = sample();
    table.extend([0xff; 64]);
    assert_eq!(find(&table, 0x10), Some(("alpha::one".into(), 0)));
    assert_eq!(Table::parse(&table).unwrap().entry_count(), 3);
}

#[test]
fn says_what_is_wrong_with_a_region() {
    assert_eq!(Table::parse(&[]).unwrap_err(), Error::NoMagic);
    assert_eq!(Table::parse(&[0; 64]).unwrap_err(), Error::NoMagic);
    assert_eq!(Table::parse(b"XSYM").unwrap_err(), Error::Truncated);
    let mut table = sample();
    assert_eq!(Table::parse(&table[..table.len() - 1]).unwrap_err(), Error::Truncated);
    table[HEADER_BYTES] ^= 1;
    assert_eq!(Table::parse(&table).unwrap_err(), Error::Checksum);
}

#[test]
fn a_name_that_shares_too_much_or_is_too_long_is_refused() {
    let shares = seal(&[0, 0x10, 3, 1, b'a'], 1);
    assert_eq!(find(&shares, 0x10), None);
    let mut body = vec![1, 100];
    body.extend([b'x'; 100]);
    body.extend([0x10, 0, 2, 0x80, 0x80]);
    assert_eq!(find(&seal(&body, 1), 0x10), None);
    let unknown_token = seal(&[0, 0x10, 0, 1, 0x80], 1);
    assert_eq!(find(&unknown_token, 0x10), None);
}

#[test]
fn no_mutation_of_a_sealed_body_makes_the_reader_panic() {
    let good = sample();
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    for _ in 0..50_000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let mut body = good[HEADER_BYTES..].to_vec();
        let at = usize::try_from(seed % u64::try_from(body.len()).unwrap()).unwrap();
        body[at] = seed.to_le_bytes()[5];
        body.truncate(body.len() - usize::from(seed.to_le_bytes()[6] % 4));
        let table = seal(&body, 3);
        if let Ok(parsed) = Table::parse(&table) {
            let mut buffer = NameBuffer::new();
            for offset in [0, 0x10, 0x120, 0x200, 0xffff_ffff] {
                let _ = parsed.lookup(offset, &mut buffer);
            }
        }
    }
}
