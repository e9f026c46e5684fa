//! Debug keys.

use crate::boot::end;
use crate::machine::console::print;

/// Runs a debug key, in steps that end.
pub fn run(key: u8) {
    print(format_args!("'{}' pressed\n", char::from(key)));
    match key {
        b'h' => help(),
        b'R' => end::machine_restart(),
        _ => print(format_args!("No such key: 'h' shows them\n")),
    }
}

fn help() {
    print(format_args!(" key 'h': this list\n key 'R': restart the machine\n"));
}
