//! A small tree written by hand, read back; and the same tree cut at every length.

use super::*;

struct Writer {
    structs: Vec<u8>,
    strings: Vec<u8>,
}

impl Writer {
    fn word(&mut self, word: u32) {
        self.structs.extend(word.to_be_bytes());
    }

    fn pad(&mut self) {
        while !self.structs.len().is_multiple_of(4) {
            self.structs.push(0);
        }
    }

    fn begin(&mut self, name: &str) {
        self.word(BEGIN_NODE);
        self.structs.extend(name.bytes().chain([0]));
        self.pad();
    }

    fn prop(&mut self, name: &str, value: &[u8]) {
        let string = u32::try_from(self.strings.len()).unwrap();
        self.strings.extend(name.bytes().chain([0]));
        self.word(PROP);
        self.word(u32::try_from(value.len()).unwrap());
        self.word(string);
        self.structs.extend(value);
        self.pad();
    }

    fn cells(&mut self, name: &str, cells: &[u32]) {
        let bytes: Vec<u8> = cells.iter().flat_map(|cell| cell.to_be_bytes()).collect();
        self.prop(name, &bytes);
    }

    fn finish(mut self) -> Vec<u8> {
        self.word(9);
        let strings = 40 + self.structs.len();
        let total = strings + self.strings.len();
        let header = [0xd00d_feed, total, 40, strings, 0, 17, 16, 0, self.strings.len(), self.structs.len()];
        let mut tree: Vec<u8> =
            header.iter().flat_map(|word| u32::try_from(*word).unwrap().to_be_bytes()).collect();
        tree.extend(self.structs);
        tree.extend(self.strings);
        tree
    }
}

fn sample() -> Vec<u8> {
    let mut tree = Writer { structs: vec![], strings: vec![] };
    tree.begin("");
    tree.cells("#address-cells", &[2]);
    tree.cells("#size-cells", &[1]);
    tree.begin("soc");
    tree.cells("#address-cells", &[1]);
    tree.cells("#size-cells", &[1]);
    tree.begin("uart@9000");
    tree.prop("compatible", b"arm,pl011\0arm,primecell\0");
    tree.cells("reg", &[0x9000, 0x1000]);
    tree.word(END_NODE);
    tree.word(END_NODE);
    tree.begin("memory@100000000");
    tree.prop("device_type", b"memory\0");
    tree.cells("reg", &[1, 0, 0x4000_0000, 2, 0, 0x1000_0000]);
    tree.word(END_NODE);
    tree.word(END_NODE);
    tree.finish()
}

#[test]
fn reads_what_was_written() {
    let bytes = sample();
    let tree = Fdt::new(&bytes).unwrap();
    assert_eq!(tree.version(), 17);
    assert_eq!(
        tree.nodes().map(|node| node.name).collect::<Vec<_>>(),
        ["", "soc", "uart@9000", "memory@100000000"]
    );
    let uart = tree.compatible("arm,primecell").unwrap();
    assert_eq!(uart.reg(0), Some((0x9000, 0x1000)));
    assert!(tree.compatible("arm").is_none());
    let memory = tree.path("/memory@100000000").unwrap();
    assert_eq!(memory.reg(0), Some((0x1_0000_0000, 0x4000_0000)));
    assert_eq!(memory.reg(1), Some((0x2_0000_0000, 0x1000_0000)));
    assert_eq!(memory.reg(2), None);
    assert_eq!(memory.str("device_type"), Some("memory"));
    assert_eq!(tree.path("/soc/uart@9000").map(|node| node.depth), Some(2));
    assert!(tree.path("/uart@9000").is_none());
    assert!(tree.path("/").is_some_and(|node| node.depth == 0));
}

#[test]
fn survives_every_cut() {
    let bytes = sample();
    for length in 0..bytes.len() {
        let mut cut = bytes[..length].to_vec();
        if length >= 8 {
            cut[4..8].copy_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
        }
        if let Some(tree) = Fdt::new(&cut) {
            assert!(tree.nodes().filter_map(|node| node.reg(1)).count() <= 4);
        }
    }
}
