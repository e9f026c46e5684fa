//! A guest whose console is the emulated UART that `vuart="sbsa_uart"` asks for.

use super::{Guest, destroy, start};
use crate::qemu::console::Console;
use crate::test::scenario::{PROMPT, Setting, power, typed};
use anyhow::Result;

const GUEST: Guest = Guest {
    lines: &["vuart=\"sbsa_uart\"", "extra=\"console=hvc0 console=ttyAMA0 rdinit=/init\""],
    ..Guest::usual(1)
};

/// Reads the kernel's messages there, and types at a shell there.
pub fn run(console: &mut Console, _: &Setting<'_>) -> Result<()> {
    start(console, 1)?;
    typed(console, &GUEST.create_command(""))?;
    // What the kernel says before its console drivers are there comes later, and is most of it.
    typed(console, "guest g1-vuart --wait \"Linux version\" 600")?;
    typed(console, "guest g1-vuart --wait \"is ready\" 600")?;
    console.send_line("xl console -t vuart g1")?;
    console.wait_for_any(&["guest# ", PROMPT])?;
    console.send_line("echo $((6*7))$((6*7))")?;
    console.wait_for("4242")?;
    console.send(b"\x1d")?;
    console.wait_for(PROMPT)?;
    destroy(console, &[GUEST])?;
    power::off(console)
}
