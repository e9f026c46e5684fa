//! 100,000 seeded mutations of the fixtures: none may panic or hang, whatever the gate thinks of them.
//! A failure prints its seed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "common/exercise.rs"]
mod exercise;

use devicetree::validate;
use exercise::exercise;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

const MUTATIONS: u64 = 100_000;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    /// A number that tends to matter: small, large, or near a power of two.
    fn word(&mut self) -> u32 {
        let random = u32::try_from(self.next() >> 32).unwrap();
        match self.below(5) {
            0 => random % 16,
            1 => u32::MAX - random % 16,
            2 => 1 << (random % 32),
            3 => (1u32 << (random % 32)).wrapping_sub(1),
            _ => random,
        }
    }
}

/// A tree and where its properties' values are.
struct Fixture {
    blob: Vec<u8>,
    values: Vec<std::ops::Range<usize>>,
}

impl Fixture {
    fn new(blob: Vec<u8>) -> Self {
        let tree = validate(&blob).unwrap();
        let start = blob.as_ptr().addr();
        let place = |value: &[u8]| value.as_ptr().addr() - start..value.as_ptr().addr() - start + value.len();
        let nodes = tree.nodes().flat_map(|node| node.properties());
        let values = nodes.filter(|property| property.value.len() >= 4).map(|property| place(property.value));
        let values = values.collect();
        Self { blob, values }
    }

    /// Changes a cell of a property: the gate cannot mind, what is behind it must not.
    fn change_value(&self, blob: &mut [u8], random: &mut Random) {
        let value = &self.values[random.below(self.values.len())];
        put(blob, value.start + random.below(value.len() / 4) * 4, random.word());
    }
}

/// Changes bytes anywhere, mostly for the gate.
fn change_anything(blob: &mut Vec<u8>, random: &mut Random) {
    let word_at = |blob: &[u8], random: &mut Random| random.below(blob.len() / 4) * 4;
    match random.below(8) {
        0 => blob.truncate(random.below(blob.len())),
        1 => {
            let at = random.below(10) * 4;
            put(blob, at, random.word());
        }
        2 => {
            let at = random.below(blob.len());
            if let Some(byte) = blob.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        // A token, a length, a cell: the gate or whoever trusts the value.
        3 => {
            let at = word_at(blob, random);
            put(blob, at, [1, 2, 3, 4, 9][random.below(5)]);
        }
        4 | 5 => {
            let at = word_at(blob, random);
            put(blob, at, random.word());
        }
        6 => {
            let (from, to, len) = (word_at(blob, random), word_at(blob, random), random.below(64) * 4);
            let end = (from + len).min(blob.len());
            let part = blob[from..end].to_vec();
            let room = blob.len() - to;
            blob[to..to + part.len().min(room)].copy_from_slice(&part[..part.len().min(room)]);
        }
        _ => {
            let (at, len) = (random.below(blob.len()), random.below(32));
            let end = (at + len).min(blob.len());
            blob[at..end].iter_mut().for_each(|byte| *byte = u8::try_from(random.next() & 0xff).unwrap());
        }
    }
}

fn put(blob: &mut [u8], at: usize, word: u32) {
    if let Some(bytes) = blob.get_mut(at..at + 4) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
}

/// The files of a directory, given from this crate's.
fn files(directory: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut paths: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn the_fuzzers_corpus_is_replayed() {
    let corpus = files("fuzz/corpus/tree");
    assert!(corpus.len() > 50);
    let mut out = vec![0; 32 << 10];
    let replay = |path: &PathBuf| exercise(&std::fs::read(path).unwrap(), &mut out);
    let accepted = corpus.iter().map(replay).filter(|accepted| *accepted).count();
    assert!(accepted > 10 && accepted < corpus.len());
}

#[test]
fn mutated_trees_never_panic_or_hang() {
    let mut paths = files("../../tests/fixtures/dtb");
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "dtb"));
    let fixtures: Vec<_> = paths.iter().map(|path| Fixture::new(std::fs::read(path).unwrap())).collect();
    let mut out = vec![0; 32 << 10];
    let mut accepted = 0u64;
    for seed in 0..MUTATIONS {
        let mut random = Random(seed);
        let fixture = &fixtures[random.below(fixtures.len())];
        let mut blob = fixture.blob.clone();
        let values_only = random.below(2) == 0;
        for _ in 0..=random.below(4) {
            match values_only {
                true => fixture.change_value(&mut blob, &mut random),
                false => change_anything(&mut blob, &mut random),
            }
        }
        let result = catch_unwind(AssertUnwindSafe(|| exercise(&blob, &mut out)));
        accepted += u64::from(result.unwrap_or_else(|_| panic!("seed {seed}")));
    }
    println!("{accepted} of {MUTATIONS} passed the gate");
    // Mutations that never pass would test nothing behind the gate, and those that always pass not it.
    assert!(accepted > MUTATIONS / 10 && accepted < MUTATIONS);
}
