//! The end of a domain, in bounded steps: each leaves the domain in a state from which the next goes on.
//!
//! First nobody may run or find anything new in it, then what it holds of others goes, then its memory,
//! then the tables, then the vCPUs and the domain itself. A page that somebody else holds lives on until
//! he lets it go (counted references of crates/frames).

use super::life::tell_dom0;
use super::{Domain, Vcpu, events, grants, lending, memory, shared_info};
use crate::hypercall::Budget;
use crate::machine::fallible;
use crate::sched;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// How far an end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum End {
    /// The domain is no more.
    Gone,
    /// Call again: the budget is spent, or somebody still looks at it.
    More,
}

/// What a step that only looks costs, at least.
const LOOK_STEPS: u32 = 4;

/// Destroys a guest; none of its vCPUs is the caller.
pub fn destroy(domain: Arc<Domain>, budget: &mut Budget) -> End {
    domain.die();
    if !budget.spend(LOOK_STEPS) || !domain.has_stopped() {
        return End::More;
    }
    domain.release_vuart();
    let steps: [fn(&Domain, &mut Budget) -> bool; 6] = [
        events::close_all,
        grants::release_all,
        shared_info::release_all,
        memory::release_all,
        lending::release_all,
        memory::free_tables,
    ];
    if !steps.iter().all(|step| step(&domain, budget)) {
        return End::More;
    }
    take_apart(domain)
}

/// Takes a domain that holds nothing any more off all lists, and drops it.
fn take_apart(mut domain: Arc<Domain>) -> End {
    if domain.vcpus().iter().any(|vcpu| sched::remove_vcpu(vcpu).is_err()) {
        return End::More;
    }
    super::unlist(&domain);
    let count = domain.vcpus().len();
    let all_alone = domain.vcpus().iter().all(|vcpu| Arc::strong_count(vcpu) == 1);
    // Once it is on no list, nobody new finds it; who found it before lets it go soon.
    let vcpus: Option<Vec<Arc<Vcpu>>> =
        if all_alone { fallible::with_unshared(&mut domain, count, Domain::take_vcpus) } else { None };
    match vcpus {
        Some(vcpus) => {
            sched::remove_domain(domain.id);
            drop((vcpus, domain));
        }
        None => {
            super::list_again(domain);
            return End::More;
        }
    }
    tell_dom0();
    End::Gone
}
