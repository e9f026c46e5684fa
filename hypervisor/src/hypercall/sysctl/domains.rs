//! The list of domains.

use super::{Command, Outcome};
use crate::domain;
use crate::hypercall::{domctl, guest};
use types::DomId;
use xen_abi::domctl::info::Getdomaininfo;
use xen_abi::sysctl::control::Getdomaininfolist;
use xen_abi::{DOMID_FIRST_RESERVED, Field};

/// `XEN_SYSCTL_getdomaininfolist`: those from a number on, as many as there is space for.
pub fn list(work: &mut Command<'_, '_>) -> Outcome {
    let mut request: Getdomaininfolist = work.payload()?;
    let mut next = request.first_domain;
    let mut count = 0;
    while count < request.max_domains && next < DOMID_FIRST_RESERVED {
        let Some(found) = domain::find_from(next) else { break };
        let info = domctl::describe(&found);
        let at = guest::element(request.buffer, count.into(), Getdomaininfo::SIZE as u64)?;
        guest::write(at, &info)?;
        next = DomId::new(found.id.raw() + 1);
        count += 1;
    }
    request.num_domains = count;
    work.answer(&request)
}
