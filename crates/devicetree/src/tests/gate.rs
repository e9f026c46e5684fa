//! The gate accepts real trees and names what is wrong with others.

use super::{FIXTURES, GICV3, tree};
use crate::{Fault, Header, validate};

fn patched(at: usize, word: u32) -> Vec<u8> {
    let mut blob = GICV3.to_vec();
    blob[at..at + 4].copy_from_slice(&word.to_be_bytes());
    blob
}

fn fault(blob: &[u8]) -> Fault {
    validate(blob).err().unwrap_or_else(|| panic!("accepted")).fault
}

fn structure() -> usize {
    u32::from_be_bytes(GICV3[8..12].try_into().unwrap()) as usize
}

#[test]
fn fixtures_pass_and_need_only_their_header_for_the_size() {
    for blob in FIXTURES {
        assert_eq!(Header::read(&blob[..40]).map(|header| header.total_bytes()), Ok(blob.len()));
        assert!(tree(blob).used().len() <= blob.len());
    }
}

#[test]
fn padding_after_the_tree_is_ignored() {
    let mut blob = GICV3.to_vec();
    blob.resize(1 << 20, 0xaa);
    assert_eq!(tree(&blob).blob().len(), GICV3.len());
    blob[4..8].copy_from_slice(&(1u32 << 20).to_be_bytes());
    assert!(tree(&blob).used().len() <= GICV3.len());
}

#[test]
fn header_faults() {
    assert_eq!(fault(&[]), Fault::NoHeader);
    assert_eq!(fault(&GICV3[..39]), Fault::NoHeader);
    assert_eq!(fault(&[0; 64]), Fault::BadMagic(0));
    assert_eq!(fault(&GICV3[..GICV3.len() - 1]), Fault::Truncated);
    assert_eq!(fault(&patched(20, 16)), Fault::BadVersion(16));
    assert_eq!(fault(&patched(24, 18)), Fault::BadVersion(17));
    assert_eq!(fault(&patched(4, 39)), Fault::BadTotalSize(39));
    assert_eq!(fault(&patched(4, 0xffff_ffff)), Fault::BadTotalSize(0xffff_ffff));
    assert_eq!(fault(&patched(8, 41)), Fault::BadBlock("structure"));
    assert_eq!(fault(&patched(36, 0xffff_fff0)), Fault::BadBlock("structure"));
    assert_eq!(fault(&patched(12, 0xffff_fff0)), Fault::BadBlock("strings"));
    assert_eq!(fault(&patched(16, 4)), Fault::BadBlock("memory reservation"));
}

#[test]
fn structure_faults_name_offset_and_node() {
    let root = structure();
    assert_eq!(fault(&patched(root, 7)), Fault::BadToken(7));
    assert_eq!(fault(&patched(root, 9)), Fault::MisplacedToken);
    assert_eq!(fault(&patched(root, 3)), Fault::MisplacedToken);
    // The first property of the root: length, then name.
    assert_eq!(fault(&patched(root + 12, 0xffff_fff0)), Fault::BadPropertyLength(0xffff_fff0));
    assert_eq!(fault(&patched(root + 16, 0x00ff_ffff)), Fault::BadPropertyName);
    let psci = GICV3.windows(5).position(|word| word == b"psci\0").unwrap();
    let mut blob = GICV3.to_vec();
    blob[psci + 1] = b'/';
    assert_eq!(fault(&blob), Fault::BadNodeName);
    // The token after the name.
    let error = validate(&patched(psci + 8, 0x55)).err().unwrap();
    assert_eq!((error.fault, error.offset, error.node.as_str()), (Fault::BadToken(0x55), psci + 8, "psci"));
    assert_eq!(
        error.to_string(),
        format!("device tree: 0x55 is not a token (offset {:#x}, node psci)", psci + 8)
    );
}

#[test]
fn nesting_is_capped() {
    let nested = |depth: usize| {
        let mut structure = Vec::new();
        for level in 0..depth {
            structure.extend(1u32.to_be_bytes());
            structure.extend(if level == 0 { *b"\0\0\0\0" } else { *b"n\0\0\0" });
        }
        (0..depth).for_each(|_| structure.extend(2u32.to_be_bytes()));
        structure.extend(9u32.to_be_bytes());
        let len = u32::try_from(structure.len()).unwrap();
        let header = [0xd00d_feed, 56 + len, 56, 56 + len, 40, 17, 16, 0, 0, len];
        let mut blob: Vec<u8> = header.iter().flat_map(|word: &u32| word.to_be_bytes()).collect();
        blob.extend([0; 16]);
        blob.extend(structure);
        blob
    };
    let deepest = nested(64);
    assert_eq!(tree(&deepest).nodes().count(), 64);
    assert!(tree(&deepest).as_fdt().is_none());
    assert_eq!(tree(&nested(63)).as_fdt().map(|fdt| fdt.all_nodes().count()), Some(63));
    assert_eq!(fault(&nested(65)), Fault::TooDeep);
}

#[test]
fn the_fdt_crate_reads_what_we_read() {
    for blob in FIXTURES {
        let tree = tree(blob);
        let fdt = tree.as_fdt().unwrap();
        let mut theirs = fdt.all_nodes();
        for node in tree.nodes() {
            let their = theirs.next().unwrap();
            assert_eq!(their.name, if node.name().is_empty() { "/" } else { node.name() });
            let ours: Vec<_> = node.properties().map(|property| (property.name, property.value)).collect();
            let other: Vec<_> = their.properties().map(|property| (property.name, property.value)).collect();
            assert_eq!(ours, other);
        }
        assert!(theirs.next().is_none());
    }
}
