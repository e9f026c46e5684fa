//! `/chosen`: command lines and their precedence (Xen, `docs/misc/arm/device-tree/booting.txt`).

use super::Modules;
use crate::{Node, Tree};

/// The `/chosen` node; a tree without one has no answers.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// The node.
    pub node: Option<Node<'a>>,
}

/// The command lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arguments<'a> {
    /// The hypervisor's.
    pub hypervisor: &'a str,
    /// Domain 0's.
    pub dom0: &'a str,
}

impl<'a> Tree<'a> {
    /// Returns `/chosen`.
    pub fn chosen(&self) -> Chosen<'a> {
        Chosen { node: self.root().child("chosen") }
    }
}

impl<'a> Chosen<'a> {
    /// Returns `bootargs`.
    pub fn bootargs(&self) -> Option<&'a str> {
        self.node?.str("bootargs")
    }

    /// Returns `xen,xen-bootargs`.
    pub fn xen_bootargs(&self) -> Option<&'a str> {
        self.node?.str("xen,xen-bootargs")
    }

    /// Returns `xen,dom0-bootargs`.
    pub fn dom0_bootargs(&self) -> Option<&'a str> {
        self.node?.str("xen,dom0-bootargs")
    }

    /// Decides who gets which line. The hypervisor: `xen,xen-bootargs`, else `bootargs` if domain 0 has
    /// a line of its own. Domain 0: its kernel module's `bootargs`, else `xen,dom0-bootargs`, else
    /// `bootargs`.
    pub fn arguments(&self, modules: &Modules<'a>) -> Arguments<'a> {
        let own = modules.kernel().and_then(|kernel| kernel.bootargs).or_else(|| self.dom0_bootargs());
        let shared = self.bootargs();
        let hypervisor = self.xen_bootargs().or(if own.is_some() { shared } else { None });
        Arguments { hypervisor: hypervisor.unwrap_or(""), dom0: own.or(shared).unwrap_or("") }
    }
}
