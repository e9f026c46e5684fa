//! Any bytes: the gate must refuse them, or everything behind it must hold.
#![no_main]

#[path = "../../tests/common/exercise.rs"]
mod exercise;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|blob: &[u8]| {
    let mut out = vec![0; blob.len() + (32 << 10)];
    exercise::exercise(blob, &mut out);
});
