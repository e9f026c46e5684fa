//! Boot modules under `/chosen` (Xen, `docs/misc/arm/device-tree/booting.txt`), in the
//! `multiboot,module` binding and the older `xen,multiboot-module`.

use crate::{Error, Fault, List, Node, NodeName, Tree};
use types::PhysRange;

/// Most modules that a boot may have.
pub const MAX_MODULES: usize = 32;

const MODULE: [&str; 2] = ["multiboot,module", "xen,multiboot-module"];

/// What a module is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleKind {
    /// Domain 0's kernel.
    Kernel,
    /// Domain 0's initial RAM disk.
    Ramdisk,
    /// A device tree.
    DeviceTree,
    /// An XSM policy.
    XsmPolicy,
    /// No type in the tree, and not the first or second of those without.
    Untyped,
}

/// A boot module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module<'a> {
    /// The node.
    pub node: Node<'a>,
    /// What it is.
    pub kind: ModuleKind,
    /// Where it was loaded.
    pub range: PhysRange,
    /// Its command line.
    pub bootargs: Option<&'a str>,
}

/// The modules in the tree's order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Modules<'a> {
    list: List<Module<'a>, MAX_MODULES>,
}

impl<'a> Modules<'a> {
    /// Iterates over all modules.
    pub fn iter(&self) -> impl Iterator<Item = Module<'a>> + '_ {
        self.list.iter()
    }

    /// Returns the first module of a kind.
    pub fn first(&self, kind: ModuleKind) -> Option<Module<'a>> {
        self.iter().find(|module| module.kind == kind)
    }

    /// Returns domain 0's kernel.
    pub fn kernel(&self) -> Option<Module<'a>> {
        self.first(ModuleKind::Kernel)
    }

    /// Returns domain 0's ramdisk.
    pub fn ramdisk(&self) -> Option<Module<'a>> {
        self.first(ModuleKind::Ramdisk)
    }

    fn add(&mut self, cells: (usize, usize), node: Node<'a>) -> Result<(), Error> {
        let fail = |fault| Error {
            fault,
            offset: crate::bytes::index(node.at),
            node: NodeName::new(node.name_bytes()),
        };
        if !node.is_compatible_any(&MODULE) {
            return Ok(());
        }
        let range = node.untranslated_reg(cells.0, cells.1);
        let range = range.ok_or(fail(Fault::BadProperty("reg of a boot module")))?;
        let kind = typed(node).unwrap_or_else(|| self.guess());
        let module = Module { node, kind, range, bootargs: node.str("bootargs") };
        self.list.push(module).map_err(|_| fail(Fault::TooMany("boot modules")))
    }

    /// What an untyped module is: the kernel if there is none yet, else the ramdisk if there is none.
    fn guess(&self) -> ModuleKind {
        match (self.kernel(), self.ramdisk()) {
            (None, _) => ModuleKind::Kernel,
            (Some(_), None) => ModuleKind::Ramdisk,
            _ => ModuleKind::Untyped,
        }
    }
}

fn typed(node: Node<'_>) -> Option<ModuleKind> {
    let kinds = [
        ("multiboot,kernel", ModuleKind::Kernel),
        ("xen,linux-zimage", ModuleKind::Kernel),
        ("multiboot,ramdisk", ModuleKind::Ramdisk),
        ("xen,linux-initrd", ModuleKind::Ramdisk),
        ("multiboot,device-tree", ModuleKind::DeviceTree),
        ("xen,xsm-policy", ModuleKind::XsmPolicy),
    ];
    kinds.into_iter().find(|(name, _)| node.is_compatible(name)).map(|(_, kind)| kind)
}

impl<'a> Tree<'a> {
    /// Collects the modules of `/chosen` and of the container `/chosen/modules` that old boot loaders
    /// make. Addresses are physical, in the cells of the parent.
    ///
    /// # Errors
    /// A module without a usable `reg`, by name; more than [`MAX_MODULES`].
    pub fn modules(&self) -> Result<Modules<'a>, Error> {
        let mut modules = Modules::default();
        let Some(chosen) = self.chosen().node else { return Ok(modules) };
        let root = self.root();
        let outer = cells(chosen, (root.address_cells(), root.size_cells()));
        for child in chosen.children() {
            modules.add(outer, child)?;
            if child.base_name() == "modules" {
                let inner = cells(child, outer);
                child.children().try_for_each(|module| modules.add(inner, module))?;
            }
        }
        Ok(modules)
    }
}

/// The cells of addresses and sizes below a node. Where it does not say, its parent's count, not the
/// specification's default: QEMU's guest-loader writes modules so.
fn cells(node: Node<'_>, parent: (usize, usize)) -> (usize, usize) {
    let or = |name, inherited| node.u32(name).map_or(inherited, crate::bytes::index);
    (or("#address-cells", parent.0), or("#size-cells", parent.1))
}
