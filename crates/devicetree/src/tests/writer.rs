//! The writer makes trees that the gate accepts, and copies trees without loss.

use super::{FIXTURES, tree};
use crate::{Fault, Node, Writer, validate};

#[test]
fn writes_what_is_read_back() {
    let mut out = [0xee; 512];
    let mut writer = Writer::new(&mut out).unwrap();
    writer.begin_node("").unwrap();
    writer.property_u32("#address-cells", 2).unwrap();
    writer.property_str("model", "a test").unwrap();
    writer.begin_node("a-node-with-a-name-far-longer-than-thirty-one-characters@1,2").unwrap();
    writer.property_cells("reg", [1, 2, 3]).unwrap();
    // The tail of "#address-cells" and a repeated name share strings.
    writer.property_u32("address-cells", 9).unwrap();
    writer.property_u64("model", 1 << 40).unwrap();
    writer.property("empty", &[]).unwrap();
    writer.end_node().unwrap();
    writer.end_node().unwrap();
    let len = writer.finish().unwrap();
    let tree = tree(&out[..len]);
    assert_eq!(tree.used().len(), len);
    assert_eq!(tree.strings, b"empty\0reg\0model\0#address-cells\0");
    assert_eq!(tree.root().str("model"), Some("a test"));
    let node = tree.root().children().next().unwrap();
    assert_eq!(node.base_name().len(), 56);
    assert_eq!(node.property("reg").unwrap().value, [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]);
    assert_eq!(node.u32("address-cells"), Some(9));
    assert_eq!(node.property("model").unwrap().as_u64(), Some(1 << 40));
    assert_eq!(node.property("empty").unwrap().value.len(), 0);
}

fn copy(writer: &mut Writer<'_>, node: Node<'_>) {
    writer.begin_node(node.name()).unwrap();
    for property in node.properties() {
        writer.property(property.name, property.value).unwrap();
    }
    node.children().for_each(|child| copy(writer, child));
    writer.end_node().unwrap();
}

#[test]
fn copies_are_equal() {
    for blob in FIXTURES {
        let host = tree(blob);
        let mut out = vec![0; blob.len() + 256];
        let mut writer = Writer::new(&mut out).unwrap();
        copy(&mut writer, host.root());
        let len = writer.finish().unwrap();
        let copy = tree(&out[..len]);
        assert_eq!(host.nodes().count(), copy.nodes().count());
        for (left, right) in host.nodes().zip(copy.nodes()) {
            assert_eq!(left.name(), right.name());
            assert!(left.properties().eq(right.properties()));
        }
    }
}

#[test]
fn every_size_that_is_too_small_is_full() {
    let mut out = [0; 200];
    let write = |out: &mut [u8]| {
        let mut writer = Writer::new(out)?;
        writer.begin_node("")?;
        writer.property_str("compatible", "x")?;
        writer.begin_node("child")?;
        writer.property_cells("reg", [1, 2])?;
        writer.end_node()?;
        writer.end_node()?;
        writer.finish()
    };
    let needed = write(&mut out).unwrap();
    assert!(validate(&out[..needed]).is_ok());
    for size in 0..needed {
        assert_eq!(write(&mut out[..size]).map_err(|error| error.fault), Err(Fault::Full), "{size}");
    }
    assert_eq!(write(&mut out[..needed]), Ok(needed));
}

#[test]
fn calls_must_nest() {
    let mut out = [0; 200];
    let fault = |result: Result<(), crate::Error>| result.err().map(|error| error.fault);
    let mut writer = Writer::new(&mut out).unwrap();
    assert_eq!(fault(writer.end_node()), Some(Fault::BadNesting));
    assert_eq!(fault(writer.property_u32("x", 1)), Some(Fault::BadNesting));
    assert_eq!(fault(writer.begin_node("root")), Some(Fault::BadNodeName));
    writer.begin_node("").unwrap();
    assert_eq!(fault(writer.begin_node("a/b")), Some(Fault::BadNodeName));
    assert_eq!(fault(writer.property_u32("", 1)), Some(Fault::BadPropertyName));
    writer.begin_node("a").unwrap();
    writer.end_node().unwrap();
    assert_eq!(fault(writer.property_u32("x", 1)), Some(Fault::BadNesting));
    writer.end_node().unwrap();
    assert_eq!(fault(writer.begin_node("")), Some(Fault::BadNesting));
    assert!(writer.finish().is_ok());
    assert_eq!(Writer::new(&mut out).unwrap().finish().map_err(|error| error.fault), Err(Fault::BadNesting));
}
