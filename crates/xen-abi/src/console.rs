//! `console_io`: the hypervisor's console; and the ring of a domain's own.

use crate::codec::guest_struct;
use crate::constant::header_enum;

header_enum! {
    /// An operation of `console_io` (`xen/include/public/xen.h`).
    ConsoleIoOp: u32 {
        Write = 0 = "CONSOLEIO_write",
        Read = 1 = "CONSOLEIO_read",
    }
}

guest_struct! {
    /// The page of a domain's console (`xen/include/public/io/console.h`), in memory that both ends
    /// write at any time. An index counts bytes from the beginning of time; the byte it means is at its
    /// lower bits in the ring.
    XenconsInterface = "struct xencons_interface" {
        /// The ring towards the guest.
        input: [u8; 1024] = "in",
        /// The ring from the guest.
        out: [u8; 2048],
        /// The index of the next byte the guest takes.
        in_cons: u32,
        /// The index of the next byte the daemon puts.
        in_prod: u32,
        /// The index of the next byte the daemon takes.
        out_cons: u32,
        /// The index of the next byte the guest puts.
        out_prod: u32,
    }
}
