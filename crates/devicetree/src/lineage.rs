//! Depth-first walks, and a node together with its ancestors.
//!
//! The format has no parent links. A [`Lineage`] is the chain of nodes from the root to one node; the
//! walk keeps it for free, [`Lineage::of`] finds it by a walk from the root.

use crate::MAX_DEPTH;
use crate::bytes::index;
use crate::node::{Node, NodeId};
use crate::token::{Token, token};
use crate::tree::Tree;
use core::fmt;

/// A node and all its ancestors.
#[derive(Clone)]
pub struct Lineage<'a> {
    tree: Tree<'a>,
    chain: [u32; MAX_DEPTH],
    depth: usize,
}

impl<'a> Lineage<'a> {
    fn empty(tree: Tree<'a>) -> Self {
        Self { tree, chain: [0; MAX_DEPTH], depth: 0 }
    }

    /// Finds a node's ancestors, by a walk of the tree up to it.
    pub fn of(node: Node<'a>) -> Self {
        let mut walk = node.tree.nodes();
        for found in walk.by_ref() {
            if found.at >= node.at {
                break;
            }
        }
        walk.lineage
    }

    /// Returns the node.
    pub fn node(&self) -> Node<'a> {
        self.ancestor(0).unwrap_or(Node { tree: self.tree, at: 0 })
    }

    /// Returns the parent, `None` for the root.
    pub fn parent(&self) -> Option<Node<'a>> {
        self.ancestor(1)
    }

    /// Returns the node `up` levels above, 0 being the node itself.
    pub fn ancestor(&self, up: usize) -> Option<Node<'a>> {
        let level = self.depth.checked_sub(up)?.checked_sub(1)?;
        Some(Node { tree: self.tree, at: *self.chain.get(level)? })
    }

    /// Iterates over the node and its ancestors, upwards.
    pub fn upwards(&self) -> impl Iterator<Item = Node<'a>> + '_ {
        (0..self.depth).map_while(|up| self.ancestor(up))
    }

    /// Returns the number of nodes from the root to this one, both counted.
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Tells whether the chain passes through a node (or ends there).
    pub fn passes(&self, id: NodeId) -> bool {
        self.chain.iter().take(self.depth).any(|&at| at == id.raw())
    }

    /// Returns a value that prints as the full path.
    pub fn path(&self) -> impl fmt::Display + '_ {
        Path(self)
    }

    /// Returns the lineage of the node `up` levels above.
    pub(crate) fn above(&self, up: usize) -> Self {
        Self { depth: self.depth.saturating_sub(up), ..self.clone() }
    }

    fn push(&mut self, at: u32) {
        if let Some(slot) = self.chain.get_mut(self.depth) {
            *slot = at;
            self.depth = self.depth.saturating_add(1);
        }
    }
}

struct Path<'l, 'a>(&'l Lineage<'a>);

impl fmt::Display for Path<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.depth <= 1 {
            return f.write_str("/");
        }
        (1..self.0.depth).rev().try_for_each(|up| match self.0.ancestor(up.saturating_sub(1)) {
            Some(node) => write!(f, "/{}", node.name()),
            None => Ok(()),
        })
    }
}

/// Depth-first walk of a tree.
#[derive(Clone)]
pub struct Nodes<'a> {
    tree: Tree<'a>,
    at: usize,
    lineage: Lineage<'a>,
    /// Nodes that were entered and not left: the last node's depth, until the walk goes on.
    open: usize,
}

impl<'a> Nodes<'a> {
    pub(crate) fn new(tree: Tree<'a>) -> Self {
        Self { tree, at: 0, lineage: Lineage::empty(tree), open: 0 }
    }

    /// Returns the last node with its ancestors.
    pub const fn lineage(&self) -> &Lineage<'a> {
        &self.lineage
    }

    /// Leaves out what is below the last node.
    pub fn skip_children(&mut self) {
        let mut depth: usize = 0;
        while let Ok((token, next)) = token(self.tree.structure, self.at) {
            match token {
                Token::BeginNode(_) => depth = depth.saturating_add(1),
                Token::EndNode if depth == 0 => return,
                Token::EndNode => depth = depth.saturating_sub(1),
                Token::End => return,
                Token::Property(..) | Token::Nop => {}
            }
            self.at = next;
        }
    }
}

impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        loop {
            let (token, next) = token(self.tree.structure, self.at).ok()?;
            let at = self.at;
            match token {
                Token::BeginNode(_) => {
                    self.at = next;
                    self.lineage.depth = self.open;
                    self.lineage.push(u32::try_from(at).ok()?);
                    self.open = self.lineage.depth;
                    return Some(self.lineage.node());
                }
                Token::EndNode => self.open = self.open.saturating_sub(1),
                Token::End => return None,
                Token::Property(..) | Token::Nop => {}
            }
            self.at = next;
        }
    }
}

impl<'a> Tree<'a> {
    /// Walks a node and those below it. The lineages of this walk begin at the node.
    pub(crate) fn nodes_from(&self, node: Node<'a>) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let mut walk = Nodes { tree: *self, at: index(node.at), lineage: Lineage::empty(*self), open: 0 };
        let mut first = true;
        core::iter::from_fn(move || {
            let node = walk.next()?;
            // Back at the level it began at: a sibling.
            let below = core::mem::take(&mut first) || walk.lineage.depth() > 1;
            below.then_some(node)
        })
    }

    /// Returns a node with its ancestors, by a walk up to it.
    pub fn lineage(&self, id: NodeId) -> Lineage<'a> {
        Lineage::of(self.node(id))
    }
}

const _: () = assert!(index(u32::MAX) == u32::MAX as usize);
