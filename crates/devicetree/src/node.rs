//! Nodes: a place in the structure block, cheap to copy.

use crate::bytes::{index, text};
use crate::property::Property;
use crate::token::{Token, token};
use crate::tree::Tree;
use core::fmt;

/// Where a node begins in its tree: an identity that borrows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    pub(crate) const fn new(at: u32) -> Self {
        Self(at)
    }

    pub(crate) const fn raw(self) -> u32 {
        self.0
    }
}

/// A node of a validated tree.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub(crate) tree: Tree<'a>,
    /// Offset of the node's BEGIN_NODE token.
    pub(crate) at: u32,
}

impl<'a> Node<'a> {
    /// Returns the node's identity in its tree.
    pub const fn id(&self) -> NodeId {
        NodeId::new(self.at)
    }

    /// Returns the tree.
    pub const fn tree(&self) -> Tree<'a> {
        self.tree
    }

    /// Returns the name with its unit address; the root's is empty.
    pub fn name(&self) -> &'a str {
        core::str::from_utf8(self.name_bytes()).unwrap_or_default()
    }

    /// Returns the name up to the `@`.
    pub fn base_name(&self) -> &'a str {
        self.name().split('@').next().unwrap_or_default()
    }

    pub(crate) fn name_bytes(&self) -> &'a [u8] {
        match token(self.tree.structure, index(self.at)) {
            Ok((Token::BeginNode(name), _)) => name,
            _ => &[],
        }
    }

    /// Offset of the first token inside the node.
    pub(crate) fn body(&self) -> usize {
        match token(self.tree.structure, index(self.at)) {
            Ok((_, next)) => next,
            Err(_) => self.tree.structure.len(),
        }
    }

    /// Iterates over the properties.
    pub fn properties(&self) -> Properties<'a> {
        Properties { tree: self.tree, at: self.body() }
    }

    /// Returns the first property of that name.
    pub fn property(&self, name: &str) -> Option<Property<'a>> {
        let mut at = self.body();
        loop {
            let (token, next) = token(self.tree.structure, at).ok()?;
            at = next;
            match token {
                Token::Property(offset, value) if self.tree.is_string(offset, name) => {
                    return Some(Property { name: self.tree.string(offset), value });
                }
                Token::Property(..) | Token::Nop => {}
                _ => return None,
            }
        }
    }

    /// Returns the property as one cell.
    pub fn u32(&self, name: &str) -> Option<u32> {
        self.property(name)?.as_u32()
    }

    /// Returns the property as a string.
    pub fn str(&self, name: &str) -> Option<&'a str> {
        self.property(name)?.as_str()
    }

    /// Tells whether the node has the property, with whatever value.
    pub fn has(&self, name: &str) -> bool {
        self.property(name).is_some()
    }

    /// Iterates over the children.
    pub fn children(&self) -> Children<'a> {
        Children { tree: self.tree, at: self.body() }
    }

    /// Returns the child of that name: with a unit address exactly, without one whatever its unit.
    pub fn child(&self, name: &str) -> Option<Node<'a>> {
        let whole = name.contains('@');
        self.children().find(|child| if whole { child.name() == name } else { child.base_name() == name })
    }

    /// Returns the phandle (`phandle`, or the old `linux,phandle`).
    pub fn phandle(&self) -> Option<u32> {
        self.u32("phandle").or_else(|| self.u32("linux,phandle"))
    }

    /// Tells whether `compatible` lists the string.
    pub fn is_compatible(&self, with: &str) -> bool {
        self.is_compatible_any(&[with])
    }

    /// Tells whether `compatible` lists one of the strings.
    pub fn is_compatible_any(&self, with: &[&str]) -> bool {
        self.property("compatible").is_some_and(|list| list.strings().any(|item| with.contains(&item)))
    }

    /// Tells whether the device may be used: no `status`, or `okay` or `ok`.
    pub fn is_available(&self) -> bool {
        match self.property("status") {
            None => true,
            Some(status) => matches!(status.as_str(), Some("okay" | "ok")),
        }
    }

    /// Returns the node's `#address-cells` for its children, 2 by default.
    pub fn address_cells(&self) -> usize {
        self.u32("#address-cells").map_or(2, index)
    }

    /// Returns the node's `#size-cells` for its children, 1 by default.
    pub fn size_cells(&self) -> usize {
        self.u32("#size-cells").map_or(1, index)
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Node<'_> {}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({:?})", self.name())
    }
}

impl<'a> Tree<'a> {
    /// The text at an offset of the strings block.
    pub(crate) fn string(&self, offset: u32) -> &'a str {
        let bytes = text(self.strings, index(offset)).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Tells whether the text at an offset of the strings block is `name`.
    pub(crate) fn is_string(&self, offset: u32, name: &str) -> bool {
        let tail = self.strings.get(index(offset)..).unwrap_or_default();
        // Most names differ in their first byte already.
        if tail.first() != name.as_bytes().first() && !name.is_empty() {
            return false;
        }
        tail.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&0))
    }
}

/// Iterator over a node's properties.
#[derive(Clone)]
pub struct Properties<'a> {
    tree: Tree<'a>,
    at: usize,
}

impl<'a> Properties<'a> {
    /// The next property with the offset of its name in the strings block.
    pub(crate) fn next_raw(&mut self) -> Option<(u32, &'a [u8])> {
        loop {
            let (token, next) = token(self.tree.structure, self.at).ok()?;
            match token {
                Token::Property(name, value) => {
                    self.at = next;
                    return Some((name, value));
                }
                Token::Nop => self.at = next,
                _ => return None,
            }
        }
    }
}

impl<'a> Iterator for Properties<'a> {
    type Item = Property<'a>;

    fn next(&mut self) -> Option<Property<'a>> {
        let (name, value) = self.next_raw()?;
        Some(Property { name: self.tree.string(name), value })
    }
}

/// Iterator over a node's children.
#[derive(Clone)]
pub struct Children<'a> {
    tree: Tree<'a>,
    at: usize,
}

impl<'a> Iterator for Children<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let mut found = None;
        let mut depth: usize = 0;
        loop {
            let (token, next) = token(self.tree.structure, self.at).ok()?;
            match token {
                Token::BeginNode(_) => {
                    found = found.or(u32::try_from(self.at).ok());
                    depth = depth.checked_add(1)?;
                }
                // The parent's own end is not passed, so that the iterator stays at its end.
                Token::EndNode => depth = depth.checked_sub(1)?,
                Token::End => return None,
                Token::Property(..) | Token::Nop => {}
            }
            self.at = next;
            if let (Some(at), 0) = (found, depth) {
                return Some(Node { tree: self.tree, at });
            }
        }
    }
}
