//! The PSCI node (Linux binding `arm,psci`).

use crate::{Node, Tree};

/// The interface that firmware offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PsciVersion {
    /// 0.1: function ids are in the tree.
    V0_1,
    /// 0.2: ids are standard; PSCI_VERSION tells more.
    V0_2,
    /// 1.0 or later.
    V1_0,
}

/// The instruction that calls firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PsciMethod {
    /// SMC.
    Smc,
    /// HVC: firmware expects a guest; at EL2 it cannot be called.
    Hvc,
}

/// Firmware's PSCI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Psci<'a> {
    /// The node.
    pub node: Node<'a>,
    /// The newest version that `compatible` names.
    pub version: PsciVersion,
    /// How to call it.
    pub method: PsciMethod,
    /// `cpu_on`: the id to use with 0.1.
    pub cpu_on: Option<u32>,
    /// `cpu_off`: the id to use with 0.1.
    pub cpu_off: Option<u32>,
    /// `cpu_suspend`: the id to use with 0.1.
    pub cpu_suspend: Option<u32>,
    /// `migrate`: the id to use with 0.1.
    pub migrate: Option<u32>,
}

pub(crate) const PSCI: [&str; 3] = ["arm,psci-1.0", "arm,psci-0.2", "arm,psci"];

impl<'a> Tree<'a> {
    /// Finds the PSCI node; `None` if there is none, or its method is missing or unknown.
    pub fn psci(&self) -> Option<Psci<'a>> {
        let node = self.compatible_with(&PSCI).find(Node::is_available)?;
        let version = match () {
            () if node.is_compatible("arm,psci-1.0") => PsciVersion::V1_0,
            () if node.is_compatible("arm,psci-0.2") => PsciVersion::V0_2,
            () => PsciVersion::V0_1,
        };
        let method = match node.str("method")? {
            "smc" => PsciMethod::Smc,
            "hvc" => PsciMethod::Hvc,
            _ => return None,
        };
        Some(Psci {
            node,
            version,
            method,
            cpu_on: node.u32("cpu_on"),
            cpu_off: node.u32("cpu_off"),
            cpu_suspend: node.u32("cpu_suspend"),
            migrate: node.u32("migrate"),
        })
    }
}
