//! The calls of a toolstack: domctl, sysctl, memory_op and the rest, as bytes from the public headers under
//! xen/include/public.

use rt::timer;
use rt::xen::{self, Block};

const DOMCTL: usize = 36;
const SYSCTL: usize = 35;
/// XEN_DOMCTL_INTERFACE_VERSION and XEN_SYSCTL_INTERFACE_VERSION of 4.17.
const VERSION: u32 = 0x15;

/// What a step gave that should have succeeded, and its name.
pub type Failure = (&'static str, isize);

/// Makes a failure of a result other than `wanted`.
pub fn expect(step: &'static str, result: isize, wanted: isize) -> Result<(), Failure> {
    if result == wanted { Ok(()) } else { Err((step, result)) }
}

/// struct xen_domctl: cmd 0, version 4, domain 8, the command's structure from 16.
pub fn domctl(command: u32, domain: u16) -> Block<144> {
    let mut block = Block::new();
    block.set32(0, command).set32(4, VERSION).set16(8, domain);
    block
}

/// Makes a domctl.
pub fn call_domctl(block: &mut Block<144>) -> isize {
    let address = block.address();
    rt::arch::hypercall(DOMCTL, [address, 0, 0, 0, 0])
}

/// A domctl whose structure is one number of 64 bits.
pub fn domctl_number(step: &'static str, command: u32, domain: u16, number: u64) -> Result<(), Failure> {
    let mut block = domctl(command, domain);
    block.set64(16, number);
    expect(step, call_domctl(&mut block), 0)
}

/// Whether XEN_DOMCTL_getdomaininfo finds the domain.
pub fn exists(domain: u16) -> bool {
    call_domctl(&mut domctl(5, domain)) == 0
}

fn sysctl(command: u32) -> Block<136> {
    let mut block = Block::new();
    block.set32(0, command).set32(4, VERSION);
    block
}

fn call_sysctl(block: &mut Block<136>) -> isize {
    let address = block.address();
    rt::arch::hypercall(SYSCTL, [address, 0, 0, 0, 0])
}

/// XEN_SYSCTL_physinfo: free_pages is at 56.
pub fn free_pages() -> u64 {
    let mut block = sysctl(3);
    if call_sysctl(&mut block) == 0 { block.get64(56) } else { 0 }
}

/// Gives the free pages once they have stayed the same for 100 ms.
pub fn at_rest() -> u64 {
    let mut pages = free_pages();
    let mut same = 0;
    while same < 100 {
        timer::delay_ms(1);
        let now = free_pages();
        same = if now == pages { same + 1 } else { 0 };
        pages = now;
    }
    pages
}

/// Waits until the free pages are `wanted`, up to a second.
pub fn settles(wanted: u64) -> bool {
    for _ in 0..1000 {
        if free_pages() == wanted {
            return true;
        }
        timer::delay_ms(1);
    }
    false
}

/// XEN_SYSCTL_getdomaininfolist: first 8, max 12, buffer 16, number found 24.
pub fn domains() -> u32 {
    let mut list = Block::<480>::new();
    let address = list.address() as u64;
    let mut block = sysctl(6);
    block.set32(12, 4).set64(16, address);
    if call_sysctl(&mut block) == 0 { block.get32(24) } else { 0 }
}

/// A memory_op.
pub fn memory<const N: usize>(
    step: &'static str,
    command: usize,
    block: &mut Block<N>,
) -> Result<(), Failure> {
    expect(step, xen::call(xen::MEMORY_OP, command, block), 0)
}
