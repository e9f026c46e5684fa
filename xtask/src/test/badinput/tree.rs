//! A device tree that can be edited: nodes own their properties and children.

use anyhow::{Context, Result, anyhow};
use devicetree::Writer;

/// Room for a written tree.
const ROOM_BYTES: usize = 256 << 10;

/// A node with all below it.
#[derive(Clone, Debug, Default)]
pub struct Node {
    name: String,
    properties: Vec<(String, Vec<u8>)>,
    children: Vec<Node>,
}

/// Reads a blob.
///
/// # Errors
/// It is no device tree.
pub fn parse(blob: &[u8]) -> Result<Node> {
    let tree = devicetree::validate(blob).map_err(|error| anyhow!("{error}"))?;
    Ok(Node::copy(tree.root()))
}

impl Node {
    /// Makes a node with nothing in it.
    pub fn named(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    fn copy(node: devicetree::Node<'_>) -> Self {
        let properties = node.properties().map(|property| (property.name.into(), property.value.to_vec()));
        Self {
            name: node.name().into(),
            properties: properties.collect(),
            children: node.children().map(Self::copy).collect(),
        }
    }

    /// Gives it another name.
    pub fn rename(&mut self, name: &str) -> &mut Self {
        self.name = name.into();
        self
    }

    /// Gives the child called `name`, with or without its unit address.
    ///
    /// # Errors
    /// There is none.
    pub fn child(&mut self, name: &str) -> Result<&mut Self> {
        let same = |child: &&mut Self| child.name.split('@').next() == Some(name) || child.name == name;
        self.children.iter_mut().find(same).with_context(|| format!("the tree has no {name}"))
    }

    /// Adds a child and gives it.
    pub fn add(&mut self, child: Self) -> &mut Self {
        let at = self.children.len();
        self.children.push(child);
        &mut self.children[at]
    }

    /// Removes all children whose names start with `name`.
    pub fn remove_children(&mut self, name: &str) {
        self.children.retain(|child| !child.name.starts_with(name));
    }

    /// Sets a property to bytes.
    pub fn set(&mut self, name: &str, value: &[u8]) -> &mut Self {
        self.remove(name);
        self.properties.push((name.into(), value.to_vec()));
        self
    }

    /// Sets a property to a string, or to several with NULs between.
    pub fn set_str(&mut self, name: &str, value: &str) -> &mut Self {
        self.set(name, format!("{value}\0").as_bytes())
    }

    /// Sets a property to cells.
    pub fn set_cells(&mut self, name: &str, cells: &[u32]) -> &mut Self {
        let bytes: Vec<u8> = cells.iter().flat_map(|cell| cell.to_be_bytes()).collect();
        self.set(name, &bytes)
    }

    /// Sets a property to 64-bit numbers of two cells each.
    pub fn set_wide(&mut self, name: &str, numbers: &[u64]) -> &mut Self {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        self.set(name, &bytes)
    }

    /// Sets the first two cells of a property that has more.
    pub fn set_first(&mut self, name: &str, number: u64) {
        let property = self.properties.iter_mut().find(|(own, _)| own == name);
        if let Some(place) = property.and_then(|(_, value)| value.get_mut(..8)) {
            place.copy_from_slice(&number.to_be_bytes());
        }
    }

    /// Removes a property.
    pub fn remove(&mut self, name: &str) {
        self.properties.retain(|(own, _)| own != name);
    }

    /// Writes the tree with this root.
    ///
    /// # Errors
    /// It is too large or not valid.
    pub fn to_blob(&self) -> Result<Vec<u8>> {
        let mut room = vec![0; ROOM_BYTES];
        let mut writer = Writer::new(&mut room).map_err(|error| anyhow!("{error}"))?;
        self.write(&mut writer).map_err(|error| anyhow!("{error}"))?;
        let bytes = writer.finish().map_err(|error| anyhow!("{error}"))?;
        room.truncate(bytes);
        Ok(room)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), devicetree::Error> {
        writer.begin_node(&self.name)?;
        for (name, value) in &self.properties {
            writer.property(name, value)?;
        }
        self.children.iter().try_for_each(|child| child.write(writer))?;
        writer.end_node()
    }
}

/// Gives a blob the memory reservations (`/memreserve/`) `entries`, each an address and a length.
///
/// # Errors
/// The blob has no header.
pub fn reserve(blob: &mut Vec<u8>, entries: &[(u64, u64)]) -> Result<()> {
    blob.resize(blob.len().next_multiple_of(8), 0);
    let at = u32::try_from(blob.len())?;
    let end = [(0, 0)];
    for (start, len) in entries.iter().chain(&end) {
        blob.extend(start.to_be_bytes());
        blob.extend(len.to_be_bytes());
    }
    let total = u32::try_from(blob.len())?;
    for (offset, word) in [(4, total), (16, at)] {
        let field = blob.get_mut(offset..offset + 4).context("no header")?;
        field.copy_from_slice(&word.to_be_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_edited() {
        let mut root = Node::default();
        root.add(Node::named("chosen")).set_str("bootargs", "a=b");
        root.child("chosen").unwrap().set_str("bootargs", "c");
        root.add(Node::named("memory@1"));
        root.remove_children("memory");
        let mut blob = root.to_blob().unwrap();
        reserve(&mut blob, &[(0x1000, 0x2000)]).unwrap();
        let tree = devicetree::validate(&blob).unwrap();
        assert_eq!(tree.chosen().bootargs(), Some("c"));
        assert_eq!(tree.root().children().count(), 1);
        assert_eq!(tree.memory_reservations().next().unwrap().len_bytes(), 0x2000);
    }
}
