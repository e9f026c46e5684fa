//! CPUs (Linux binding `arm,cpus`).

use crate::{Node, Tree};

/// How a CPU is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnableMethod<'a> {
    /// By PSCI CPU_ON.
    Psci,
    /// By a store to `cpu-release-addr`, `None` if the property is missing.
    SpinTable(Option<u64>),
    /// By something that a platform module may know.
    Other(&'a str),
    /// The tree does not say.
    Unspecified,
}

/// A CPU node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu<'a> {
    /// The node.
    pub node: Node<'a>,
    /// The affinity fields of MPIDR (`reg`).
    pub mpidr: u64,
    /// How it is started.
    pub enable: EnableMethod<'a>,
    /// Whether it may be started: its `status` is not `fail`.
    pub available: bool,
}

impl<'a> Tree<'a> {
    /// Iterates over the CPUs in the tree's order; nodes without a usable `reg` are left out.
    pub fn cpus(&self) -> impl Iterator<Item = Cpu<'a>> + use<'a> {
        let cpus = self.root().child("cpus");
        cpus.into_iter().flat_map(|parent| parent.children().filter_map(move |node| cpu(parent, node)))
    }
}

fn cpu<'a>(parent: Node<'a>, node: Node<'a>) -> Option<Cpu<'a>> {
    if node.str("device_type") != Some("cpu") && node.base_name() != "cpu" {
        return None;
    }
    let mpidr = node.property("reg")?.cells().number(parent.address_cells())?;
    // On arm32 the method may stand once, in the parent.
    let enable = match node.str("enable-method").or_else(|| parent.str("enable-method")) {
        Some("psci") => EnableMethod::Psci,
        Some("spin-table") => {
            EnableMethod::SpinTable(node.property("cpu-release-addr").and_then(|addr| addr.as_u64()))
        }
        Some(other) => EnableMethod::Other(other),
        None => EnableMethod::Unspecified,
    };
    // "disabled" is a CPU that waits to be started (Devicetree Specification v0.4, 3.8.1); only "fail"
    // takes it away. Linux reads it so too.
    let available = !node.str("status").is_some_and(|status| status.starts_with("fail"));
    Some(Cpu { node, mpidr, enable, available })
}
