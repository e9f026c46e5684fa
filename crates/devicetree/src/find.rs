//! Looking nodes up: by path, alias, phandle and `compatible`.

use crate::node::Node;
use crate::tree::Tree;

impl<'a> Tree<'a> {
    /// Finds a node by its full path (`/soc/uart@9000000`) or by an alias, which may be followed by
    /// more path (`serial0`, `pci0/bridge`). A component without `@` matches whatever its unit address.
    pub fn find(&self, path: &str) -> Option<Node<'a>> {
        match path.strip_prefix('/') {
            Some(rest) => descend(self.root(), rest),
            None => {
                let (alias, rest) = path.split_once('/').unwrap_or((path, ""));
                let target = self.root().child("aliases")?.str(alias)?;
                descend(descend(self.root(), target.strip_prefix('/')?)?, rest)
            }
        }
    }

    /// Finds the node that has a phandle.
    pub fn find_phandle(&self, phandle: u32) -> Option<Node<'a>> {
        self.nodes().find(|node| node.phandle() == Some(phandle))
    }

    /// Iterates depth-first over the nodes that are compatible with one of the strings.
    pub fn compatible_with<'s>(&self, with: &'s [&'s str]) -> impl Iterator<Item = Node<'a>> + use<'a, 's> {
        self.nodes().filter(move |node| node.is_compatible_any(with))
    }
}

fn descend<'a>(from: Node<'a>, path: &str) -> Option<Node<'a>> {
    path.split('/').filter(|part| !part.is_empty()).try_fold(from, |node, part| node.child(part))
}
