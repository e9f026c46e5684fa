//! What it costs to make a domain of 256 MiB, and to destroy it until it is gone.
//!
//! Its memory was another domain's before, as it is on a machine that has run for a while: whoever zeroes it
//! does so here.

use crate::domain::{Domain, Refused};
use crate::row::Bench;
use rt::window;

const NAMES: [&str; 2] = ["domain-create", "domain-destroy"];
/// Extents of 2 MiB.
const EXTENTS: usize = 128;
/// GUEST_RAM0_BASE (xen/include/public/arch-arm.h), as a frame.
const FIRST: u64 = 0x4_0000;
/// As many domains as it takes to have used all memory of the machine before.
const USERS: u32 = 4;

/// Both.
pub fn run(bench: &Bench) {
    if !bench.machine.is_xen() {
        return NAMES.iter().for_each(|name| bench.skip(name, "no hypervisor"));
    }
    if NAMES.iter().any(|name| bench.wants(name)) {
        (0..USERS).for_each(|_| destroy(create()));
    }
    bench.singles(NAMES[0], 1, &mut |_| {
        let (ticks, domain) = timed(create);
        destroy(domain);
        ticks
    });
    bench.singles(NAMES[1], 1, &mut |_| {
        let domain = create();
        timed(|| destroy(domain)).0
    });
}

fn timed<R>(work: impl FnOnce() -> R) -> (u64, R) {
    window::begin();
    let start = window::counter();
    let result = work();
    let ticks = window::counter() - start;
    window::end();
    (ticks, result)
}

/// Makes a domain and gives its vCPU where to begin; why it could not is for [`destroy`] to tell.
fn create() -> Result<Domain, Refused> {
    let mut extents: [u64; EXTENTS] = core::array::from_fn(|index| FIRST + (index as u64) * 512);
    let domain = Domain::make(&mut extents)?;
    domain.set_entry(FIRST << 12, 0).map(|()| domain)
}

fn destroy(domain: Result<Domain, Refused>) {
    match domain {
        Ok(domain) => domain.destroy(),
        Err(refused) => refused.tell(),
    }
}
