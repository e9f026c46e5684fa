//! Domain 0's tree, made from the host's, and the devices that domain 0 is given.
//!
//! [`Policy`] decides once, for both, which nodes domain 0 gets: [`build`] writes its tree,
//! [`devices`] lists the registers and interrupts behind it, and they agree by construction.
//! What is kept back follows Xen (its documentation and behaviour): the hypervisor's UART, CPUs,
//! memory, PSCI, PMU, SMMUs, ITSs, memory-mapped timers, boot modules, whatever uses a private
//! interrupt, and whatever shares a page with registers that the hypervisor keeps.

mod build;
mod devices;
mod nodes;
mod pages;
mod plan;
mod policy;

pub use build::build;
pub use devices::{Item, devices};
pub use plan::{Dom0Plan, vcpu_affinity};
pub use policy::{Policy, Reason, Verdict};
