//! Which of the host's nodes domain 0 gets.

use super::pages::KeptPages;
use crate::query::{Gic, GicVersion, ITS, TIMERS, V2M};
use crate::{Error, Fault, Interrupts, Lineage, List, Node, NodeId, NodeName, Tree};
use types::PhysRange;

/// Why a node is kept back from domain 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The hypervisor's console.
    Console,
    /// Boot modules, domains, a hypervisor's node: for us, not for a guest.
    Xen,
    /// `/cpus`: domain 0 has its own.
    Cpus,
    /// Memory: domain 0 has its own banks.
    Memory,
    /// PSCI: domain 0 calls the hypervisor's.
    Psci,
    /// A part of the GIC that is not emulated.
    Gic,
    /// A memory-mapped timer.
    Timer,
    /// The performance monitors, or another device made of a CPU's own registers.
    CpuRegisters,
    /// An SMMU, which is put into bypass.
    Iommu,
    /// It raises a private interrupt.
    PrivateInterrupt,
    /// Its registers share a page with some that are kept.
    SharedPage,
    /// The platform module says so.
    Platform,
    /// `xen,passthrough`: meant for another domain.
    Passthrough,
    /// Only the secure world can reach it.
    Secure,
}

impl Reason {
    /// Tells whether the hypervisor itself uses (or protects) the registers, so that nothing else in
    /// their pages may be given away.
    const fn keeps_registers(self) -> bool {
        matches!(
            self,
            Self::Console | Self::Gic | Self::Timer | Self::Iommu | Self::Platform | Self::Passthrough
        )
    }

    /// Tells whether domain 0's tree has something in the node's place, or nothing left that refers to
    /// it; for others a disabled remnant carries the phandle.
    pub(super) const fn is_replaced(self) -> bool {
        matches!(self, Self::Xen | Self::Cpus | Self::Memory | Self::Psci | Self::Gic | Self::Iommu)
    }
}

/// What becomes of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Copied; its registers and interrupts are domain 0's.
    Keep,
    /// The GIC: written anew, emulated at the host's addresses.
    Gic,
    /// The architected timer: copied, with the frequency of the plan.
    Timer,
    /// `/chosen`: written anew.
    Chosen,
    /// `/aliases`: copied without those of hidden nodes.
    Aliases,
    /// Left out with all that is below it.
    Hide(Reason),
}

/// `compatible` strings of the SMMUs that the hypervisor puts into bypass.
const SMMUS: [&str; 7] = [
    "arm,smmu-v1",
    "arm,smmu-v2",
    "arm,mmu-400",
    "arm,mmu-401",
    "arm,mmu-500",
    "arm,smmu-v3",
    "cavium,smmu-v2",
];

/// Tells whether `compatible` names a device that is reached through a CPU's system registers.
fn is_cpu_device(compatible: &str) -> bool {
    let of_core = ["arm,cortex-", "arm,neoverse-"].iter().any(|core| compatible.starts_with(core));
    (of_core && (compatible.ends_with("-pmu") || compatible.ends_with("-edac")))
        || ["arm,armv8-pmuv3", "arm,dsu-pmu", "apm,potenza-pmu", "cavium,thunder-pmu", "brcm,vulcan-pmu"]
            .contains(&compatible)
}

/// The decisions for one host and one set of kept-back devices.
pub struct Policy<'a> {
    pub(super) host: Tree<'a>,
    pub(super) gic: Gic<'a>,
    pub(super) interrupts: Interrupts<'a>,
    console: Option<NodeId>,
    platform: &'a [&'a str],
    kept: KeptPages,
    /// The banks of RAM, unless there are more than the list holds: then the tree is asked each time.
    banks: Option<List<PhysRange, 16>>,
}

impl<'a> Policy<'a> {
    /// Decides for `host`. `console` is the hypervisor's UART, `platform` the `compatible` strings that
    /// the platform module keeps back.
    ///
    /// # Errors
    /// If the host has no known GIC, or too many kept-back devices.
    pub fn new(host: &Tree<'a>, console: Option<NodeId>, platform: &'a [&'a str]) -> Result<Self, Error> {
        let gic = host.gic()?;
        let interrupts = gic.interrupts();
        let kept = KeptPages::default();
        let mut policy =
            Self { host: *host, gic, interrupts, console, platform, kept, banks: list(host.memory()) };
        let mut walk = host.nodes();
        while let Some(node) = walk.next() {
            let keeps = match policy.decide(walk.lineage()) {
                Verdict::Gic => true,
                Verdict::Hide(reason) => reason.keeps_registers(),
                _ => false,
            };
            if keeps {
                policy.keep_registers(walk.lineage(), node)?;
            }
        }
        Ok(policy)
    }

    fn keep_registers(&mut self, lineage: &Lineage<'a>, node: Node<'a>) -> Result<(), Error> {
        for registers in lineage.reg().filter_map(|entry| entry.cpu) {
            self.kept.add(registers).map_err(|_| Error {
                fault: Fault::TooMany("kept-back devices"),
                offset: crate::bytes::index(node.at),
                node: NodeName::new(node.name_bytes()),
            })?;
        }
        Ok(())
    }

    /// Decides about a node. Its ancestors were not hidden: that is for the walk to know.
    pub fn verdict(&self, lineage: &Lineage<'a>) -> Verdict {
        match self.decide(lineage) {
            Verdict::Keep if self.shares_kept_page(lineage) => Verdict::Hide(Reason::SharedPage),
            verdict => verdict,
        }
    }

    /// Tells whether a node or one of its ancestors is hidden.
    pub fn is_hidden(&self, lineage: &Lineage<'a>) -> bool {
        (0..lineage.depth()).any(|up| matches!(self.verdict(&lineage.above(up)), Verdict::Hide(_)))
    }

    /// Calls `visit` with the parts of a device's registers that lie in no kept page.
    pub(super) fn give_away(&self, registers: PhysRange, visit: impl FnMut(PhysRange)) {
        self.kept.subtract(registers, visit);
    }

    /// Tells whether a range is, in part, RAM.
    pub(super) fn is_memory(&self, range: &PhysRange) -> bool {
        match &self.banks {
            Some(banks) => banks.iter().any(|bank| bank.overlaps(range)),
            None => self.host.memory().any(|bank| bank.overlaps(range)),
        }
    }

    /// The host's GIC.
    pub const fn gic(&self) -> &Gic<'a> {
        &self.gic
    }

    fn shares_kept_page(&self, lineage: &Lineage<'a>) -> bool {
        lineage.reg().filter_map(|entry| entry.cpu).any(|registers| self.kept.cover(registers))
    }

    fn decide(&self, lineage: &Lineage<'a>) -> Verdict {
        let node = lineage.node();
        if node == self.gic.node() {
            return Verdict::Gic;
        }
        if let Some(verdict) = self.by_place(lineage, node) {
            return verdict;
        }
        let compatible = node.property("compatible");
        let by_compatible =
            compatible.and_then(|list| list.strings().find_map(|name| self.by_compatible(name)));
        if let Some(verdict) = by_compatible {
            return verdict;
        }
        if Some(node.id()) == self.console {
            return Verdict::Hide(Reason::Console);
        }
        if node.has("xen,passthrough") {
            return Verdict::Hide(Reason::Passthrough);
        }
        if node.has("secure-status") && !node.is_available() {
            return Verdict::Hide(Reason::Secure);
        }
        if self.interrupts.of(lineage).flatten().any(|interrupt| interrupt.id.is_ppi()) {
            return Verdict::Hide(Reason::PrivateInterrupt);
        }
        Verdict::Keep
    }

    /// What a node is by its place in the tree.
    fn by_place(&self, lineage: &Lineage<'a>, node: Node<'a>) -> Option<Verdict> {
        if lineage.parent() == Some(self.gic.node()) {
            return Some(if node.is_compatible(V2M) { Verdict::Keep } else { Verdict::Hide(Reason::Gic) });
        }
        if lineage.depth() == 3 && node.base_name() == "modules" {
            let in_chosen = lineage.parent().is_some_and(|parent| parent.name() == "chosen");
            return in_chosen.then_some(Verdict::Hide(Reason::Xen));
        }
        if lineage.depth() != 2 {
            return None;
        }
        match node.base_name() {
            "cpus" => Some(Verdict::Hide(Reason::Cpus)),
            "psci" => Some(Verdict::Hide(Reason::Psci)),
            "hypervisor" => Some(Verdict::Hide(Reason::Xen)),
            "chosen" => Some(Verdict::Chosen),
            "aliases" => Some(Verdict::Aliases),
            _ if node.str("device_type") == Some("memory") => Some(Verdict::Hide(Reason::Memory)),
            _ => None,
        }
    }

    fn by_compatible(&self, name: &str) -> Option<Verdict> {
        let reason = match name {
            "arm,psci" | "arm,psci-0.2" | "arm,psci-1.0" => Reason::Psci,
            "multiboot,module" | "xen,multiboot-module" | "xen,domain" | "xen,xen" => Reason::Xen,
            "arm,armv7-timer-mem" => Reason::Timer,
            ITS => Reason::Gic,
            _ if TIMERS.contains(&name) => return Some(Verdict::Timer),
            _ if SMMUS.contains(&name) => Reason::Iommu,
            _ if self.platform.contains(&name) => Reason::Platform,
            _ if is_cpu_device(name) => Reason::CpuRegisters,
            _ => return None,
        };
        Some(Verdict::Hide(reason))
    }

    /// Tells whether a kept node's property must go: it leads to an SMMU or ITS that domain 0 has not.
    pub(super) fn drops_property(&self, name: &str, value: &[u8]) -> bool {
        // Where the phandle stands: "iommus" and "msi-parent" begin with it; in the maps an entry is
        // first id, phandle, base, length (Linux bindings pci-iommu, pci-msi).
        let at = match name {
            "iommus" | "msi-parent" => 0,
            "iommu-map" | "msi-map" => 4,
            _ => return false,
        };
        let target = crate::bytes::be32(value, at).and_then(|phandle| self.host.find_phandle(phandle));
        target.is_some_and(|node| {
            let emulated = matches!(self.gic.version, GicVersion::V3 { .. }) && node == self.gic.node();
            emulated || node.is_compatible(ITS) || node.is_compatible_any(&SMMUS)
        })
    }
}

/// Collects into a list, if all fit.
fn list<T: Copy, const N: usize>(items: impl Iterator<Item = T>) -> Option<List<T, N>> {
    let mut list = List::new();
    for item in items {
        list.push(item).ok()?;
    }
    Some(list)
}
