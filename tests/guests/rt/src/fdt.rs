//! A cursor over a flattened device tree, enough for the guests and independent of the hypervisor's
//! reader: it judges the trees that the hypervisor writes.
//!
//! Key types: [`Fdt`], [`Node`]. Invariant: no read outside the slice; a malformed tree ends the walk.
//! Source: Devicetree Specification v0.4, section 5.

const MAGIC: u32 = 0xd00d_feed;
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROP: u32 = 3;
const NOP: u32 = 4;
const MAX_DEPTH: usize = 16;

/// A flattened device tree in memory.
#[derive(Clone, Copy)]
pub struct Fdt<'a> {
    data: &'a [u8],
    structs: usize,
    strings: usize,
}

/// One node, with the cell counts its `reg` is written in.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    /// The tree it is in.
    pub fdt: Fdt<'a>,
    /// Its name with the unit address; empty for the root.
    pub name: &'a str,
    /// 0 for the root.
    pub depth: usize,
    /// `#address-cells` and `#size-cells` of its parent.
    pub cells: (usize, usize),
    body: usize,
}

/// Walks all nodes, parents first.
pub struct Nodes<'a> {
    fdt: Fdt<'a>,
    at: usize,
    depth: usize,
    cells: [(usize, usize); MAX_DEPTH],
}

fn be32(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

fn text(data: &[u8], at: usize) -> Option<&str> {
    let tail = data.get(at..)?;
    let end = tail.iter().position(|byte| *byte == 0)?;
    core::str::from_utf8(tail.get(..end)?).ok()
}

const fn align4(at: usize) -> usize {
    (at + 3) & !3
}

impl<'a> Fdt<'a> {
    /// Size that the header at the start of `data` announces, if it is one.
    pub fn announced_size(data: &[u8]) -> Option<usize> {
        (be32(data, 0)? == MAGIC).then_some(())?;
        usize::try_from(be32(data, 4)?).ok()
    }

    /// Opens the tree; `data` holds at least the announced size.
    pub fn new(data: &'a [u8]) -> Option<Self> {
        let data = data.get(..Self::announced_size(data)?)?;
        let structs = usize::try_from(be32(data, 8)?).ok()?;
        let strings = usize::try_from(be32(data, 12)?).ok()?;
        (structs < data.len() && strings <= data.len()).then_some(Self { data, structs, strings })
    }

    /// The header's version field.
    pub fn version(&self) -> u32 {
        be32(self.data, 20).unwrap_or(0)
    }

    /// Size of the whole tree in bytes.
    pub fn size(&self) -> usize {
        self.data.len()
    }

    /// All nodes, parents first.
    pub fn nodes(&self) -> Nodes<'a> {
        Nodes { fdt: *self, at: self.structs, depth: 0, cells: [(2, 1); MAX_DEPTH] }
    }

    /// The first node of this compatible.
    pub fn compatible(&self, name: &str) -> Option<Node<'a>> {
        self.nodes().find(|node| node.is_compatible(name))
    }

    /// The node at an absolute path such as `/chosen`, unit addresses included.
    pub fn path(&self, path: &str) -> Option<Node<'a>> {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let mut wanted = parts.next();
        let mut depth = 1;
        for node in self.nodes() {
            if wanted.is_none() {
                return Some(node);
            }
            if node.depth < depth && node.depth > 0 {
                return None;
            }
            if node.depth == depth && Some(node.name) == wanted {
                wanted = parts.next();
                depth += 1;
                if wanted.is_none() {
                    return Some(node);
                }
            }
        }
        None
    }
}

impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let data = self.fdt.data;
        loop {
            let token = be32(data, self.at)?;
            match token {
                BEGIN_NODE => break,
                END_NODE => {
                    self.depth = self.depth.checked_sub(1)?;
                    self.at += 4;
                }
                PROP => {
                    let length = usize::try_from(be32(data, self.at + 4)?).ok()?;
                    self.at = align4(self.at.checked_add(12)?.checked_add(length)?);
                }
                NOP => self.at += 4,
                _ => return None,
            }
        }
        let name = text(data, self.at + 4)?;
        let body = align4(self.at + 4 + name.len() + 1);
        let cells = *self.cells.get(self.depth)?;
        let node = Node { fdt: self.fdt, name, depth: self.depth, cells, body };
        let own = |prop| node.u32(prop).and_then(|value| usize::try_from(value).ok());
        self.depth += 1;
        *self.cells.get_mut(self.depth)? =
            (own("#address-cells").unwrap_or(2), own("#size-cells").unwrap_or(1));
        self.at = body;
        Some(node)
    }
}

impl<'a> Node<'a> {
    /// The value of a property.
    pub fn prop(&self, name: &str) -> Option<&'a [u8]> {
        let data = self.fdt.data;
        let mut at = self.body;
        loop {
            match be32(data, at)? {
                NOP => at += 4,
                PROP => {
                    let length = usize::try_from(be32(data, at + 4)?).ok()?;
                    let string = usize::try_from(be32(data, at + 8)?).ok()?;
                    let value = data.get(at + 12..(at + 12).checked_add(length)?)?;
                    if text(data, self.fdt.strings.checked_add(string)?)? == name {
                        return Some(value);
                    }
                    at = align4(at + 12 + length);
                }
                _ => return None,
            }
        }
    }

    /// Cell `index` of a property.
    pub fn cell(&self, prop: &str, index: usize) -> Option<u32> {
        be32(self.prop(prop)?, index * 4)
    }

    /// A property's first cell.
    pub fn u32(&self, prop: &str) -> Option<u32> {
        self.cell(prop, 0)
    }

    /// A property as text, up to its first NUL.
    pub fn str(&self, prop: &str) -> Option<&'a str> {
        text(self.prop(prop)?, 0)
    }

    /// Whether a string list has this string.
    pub fn has_string(&self, prop: &str, wanted: &str) -> bool {
        self.prop(prop).is_some_and(|list| list.split(|byte| *byte == 0).any(|s| s == wanted.as_bytes()))
    }

    /// Whether `compatible` lists this name.
    pub fn is_compatible(&self, name: &str) -> bool {
        self.has_string("compatible", name)
    }

    fn number(&self, prop: &str, at: usize, cells: usize) -> Option<u64> {
        (at..at + cells).try_fold(0u64, |value, cell| Some(value << 32 | u64::from(self.cell(prop, cell)?)))
    }

    /// Pair `index` of `reg`: address and size.
    pub fn reg(&self, index: usize) -> Option<(u64, u64)> {
        let (address, size) = self.cells;
        let at = index * (address + size);
        Some((self.number("reg", at, address)?, self.number("reg", at + address, size)?))
    }
}

#[cfg(test)]
mod tests;
