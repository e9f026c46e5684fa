//! `console_io`: the hypervisor's console.

use crate::constant::header_enum;

header_enum! {
    /// An operation of `console_io` (`xen/include/public/xen.h`).
    ConsoleIoOp: u32 {
        Write = 0 = "CONSOLEIO_write",
        Read = 1 = "CONSOLEIO_read",
    }
}
