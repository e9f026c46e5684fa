//! A `virt` machine put together byte by byte: what a boot loader does, done wrong where a case wants it.
//!
//! QEMU loads the parts as they are and starts the first CPU at a few instructions of ours, which pass the
//! tree's address to the image, as firmware would.

use super::kernels;
use super::tree::{self, Node};
use crate::cmd;
use crate::image::{EarlyUart, patch_early_uart};
use crate::qemu::machine::PROGRAM;
use anyhow::{Context, Result};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

/// Where RAM starts.
pub const RAM: u64 = 0x4000_0000;
/// How much there is, in MiB.
pub const RAM_MIB: u64 = 256;
/// The instructions that the first CPU starts at; QEMU's own tree is below.
const STARTER: u64 = 0x4010_0000;
/// Where the image is loaded.
pub const IMAGE: u64 = 0x4020_0000;
/// Where the device tree is.
pub const TREE: u64 = 0x4800_0000;
/// Where dom0's kernel is.
pub const KERNEL: u64 = 0x4600_0000;
/// The machine's PL011.
pub const UART: u64 = 0x0900_0000;
/// The file that is the machine's memory, in the case's directory.
pub const RAM_FILE: &str = "ram";

/// `ldr x0, .+16; ldr x1, .+20; br x1; nop`, then the tree's address and the entry.
const START: [u32; 4] = [0x5800_0080, 0x5800_00a1, 0xd61f_0020, 0xd503_201f];
/// Turns the MMU on, with the tables at the first address behind it and the TCR behind that.
const START_WITH_MMU: [u32; 12] = [
    0x5800_0182, // ldr x2, .+48
    0xd51c_2002, // msr ttbr0_el2, x2
    0x5800_0182, // ldr x2, .+48
    0xd51c_2042, // msr tcr_el2, x2
    0xd280_1fe2, // mov x2, #0xff: attribute 0 is Normal memory
    0xd51c_a202, // msr mair_el2, x2
    0xd503_3fdf, // isb
    0xd53c_1002, // mrs x2, sctlr_el2
    0xb240_0042, // orr x2, x2, #1
    0xd51c_1002, // msr sctlr_el2, x2
    0xd503_3fdf, // isb
    0x1400_0005, // b .+20
];
/// 39 bits of addresses from a level-1 table, 40 bits of physical ones.
const TCR: u64 = 25 | 2 << 16 | 1 << 31 | 1 << 23;
/// A level-1 block of Normal memory: valid, accessed, inner shareable.
const BLOCK: u64 = 1 | 3 << 8 | 1 << 10;

/// Whether the CPU's MMU is on when the image is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mmu {
    /// As it must be.
    Off,
    /// With an identity mapping.
    On,
}

/// Everything about a boot that may be wrong.
#[derive(Clone, Debug)]
pub struct Rig {
    /// The model, its options included.
    pub machine: &'static str,
    /// How many CPUs.
    pub cpus: u32,
    /// The hypervisor's image.
    pub image: Vec<u8>,
    /// Where it is loaded.
    pub image_at: u64,
    /// The device tree.
    pub tree: Node,
    /// Its `/memreserve/` entries.
    pub reservations: Vec<(u64, u64)>,
    /// Bytes to pass in its place.
    pub blob: Option<Vec<u8>>,
    /// What is passed as its address.
    pub tree_at: u64,
    /// dom0's kernel and where it is; `None` loads and describes none.
    pub kernel: Option<(u64, Vec<u8>)>,
    /// More in memory.
    pub loaded: Vec<(u64, Vec<u8>)>,
    /// The MMU at entry.
    pub mmu: Mmu,
}

/// Asks QEMU for the tree of its machine.
///
/// # Errors
/// It does not start.
pub fn host_tree(directory: &Path) -> Result<Vec<u8>> {
    let file = directory.join("host.dtb");
    let machine = format!("{},dumpdtb={}", MACHINE, file.display());
    let memory = format!("{RAM_MIB}M");
    cmd::output(Command::new(PROGRAM).args([
        "-machine",
        &machine,
        "-cpu",
        CPU,
        "-m",
        &memory,
        "-nodefaults",
    ]))?;
    fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

const MACHINE: &str = "virt,virtualization=on,gic-version=3";
const CPU: &str = "cortex-a57";

impl Rig {
    /// A boot with nothing wrong.
    ///
    /// # Errors
    /// The tree is not as QEMU's usually are.
    pub fn new(image: &[u8], blob: &[u8]) -> Result<Self> {
        let mut rig = Self {
            machine: MACHINE,
            cpus: 1,
            image: image.to_vec(),
            image_at: IMAGE,
            tree: tree::parse(blob)?,
            reservations: Vec::new(),
            blob: None,
            tree_at: TREE,
            kernel: Some((KERNEL, kernels::image(0x1_0000))),
            loaded: Vec::new(),
            mmu: Mmu::Off,
        };
        rig.options("")?;
        Ok(rig)
    }

    /// Sets the hypervisor's command line to the usual and `extra`.
    ///
    /// # Errors
    /// The tree has no `/chosen`.
    pub fn options(&mut self, extra: &str) -> Result<()> {
        let line = format!("console=dtuart bootscrub=0 dom0_mem=64M {extra}");
        self.tree.child("chosen")?.set_str("xen,xen-bootargs", line.trim_end());
        Ok(())
    }

    /// Writes the machine's UART into the image, for what is said before the tree is read.
    ///
    /// # Errors
    /// The image has no slot for it.
    pub fn early_uart(&mut self) -> Result<()> {
        let uart: EarlyUart = format!("pl011,{UART:#x}").parse()?;
        patch_early_uart(&mut self.image, Some(uart))
    }

    /// Describes a boot module.
    ///
    /// # Errors
    /// The tree has no `/chosen`.
    pub fn describe(&mut self, kind: &str, start: u64, bytes: u64) -> Result<()> {
        let mut node = Node::named(&format!("module@{start:x}"));
        node.set_str("compatible", &format!("{kind}\0multiboot,module"));
        node.set_wide("reg", &[start, bytes]);
        self.tree.child("chosen")?.add(node);
        Ok(())
    }

    /// Loads a RAM disk at `start` and describes it.
    ///
    /// # Errors
    /// The tree has no `/chosen`.
    pub fn ramdisk(&mut self, start: u64, bytes: u64) -> Result<()> {
        self.loaded.push((start, kernels::noise(usize::try_from(bytes)?)));
        self.describe("multiboot,ramdisk", start, bytes)
    }

    /// The tree as bytes.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn blob(&self) -> Result<Vec<u8>> {
        let mut blob = self.tree.to_blob()?;
        tree::reserve(&mut blob, &self.reservations)?;
        Ok(blob)
    }

    /// Writes all parts into `directory` and makes QEMU's command line.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn command(&mut self, directory: &Path) -> Result<Command> {
        if let Some((at, kernel)) = self.kernel.take() {
            self.describe("multiboot,kernel", at, u64::try_from(kernel.len())?)?;
            self.loaded.push((at, kernel));
        }
        let blob = match self.blob.take() {
            Some(blob) => blob,
            None => self.blob()?,
        };
        let mut parts = vec![(self.image_at, self.image.clone()), (TREE, blob)];
        parts.append(&mut self.loaded);
        let mut qemu = Command::new(PROGRAM);
        let ram =
            format!("memory-backend-file,id=ram,share=on,size={RAM_MIB}M,mem-path={}", self.ram(directory)?);
        qemu.args(["-machine", &format!("{},memory-backend=ram", self.machine), "-cpu", CPU]);
        qemu.args(["-object", &ram, "-smp", &self.cpus.to_string(), "-m", &format!("{RAM_MIB}M")]);
        qemu.args(["-nodefaults", "-display", "none", "-no-reboot"]);
        for (index, (address, bytes)) in parts.iter().enumerate() {
            let file = directory.join(format!("part{index}"));
            fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
            qemu.args(["-device", &loader(&file, *address)]);
        }
        let file = directory.join("starter");
        fs::write(&file, self.starter())?;
        qemu.args(["-device", &format!("{},cpu-num=0", loader(&file, STARTER))]);
        Ok(qemu)
    }

    fn ram(&self, directory: &Path) -> Result<String> {
        let file = directory.join(RAM_FILE);
        if file.exists() {
            // An old log must not be taken for a new one.
            fs::remove_file(&file)?;
        }
        Ok(file.display().to_string())
    }

    fn starter(&self) -> Vec<u8> {
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let mut code = Vec::new();
        if self.mmu == Mmu::On {
            code.extend(words(&START_WITH_MMU));
            code.extend((STARTER + 0x1000).to_le_bytes());
            code.extend(TCR.to_le_bytes());
        }
        code.extend(words(&START));
        code.extend(self.tree_at.to_le_bytes());
        code.extend(self.image_at.to_le_bytes());
        if self.mmu == Mmu::On {
            code.resize(0x1000, 0);
            code.extend(
                (0..512_u64).flat_map(|gib| if gib < 4 { (gib << 30 | BLOCK).to_le_bytes() } else { [0; 8] }),
            );
        }
        code
    }
}

/// Reads what a running machine has around its image from the file that is its memory; nothing before QEMU
/// has made it.
pub fn image_memory(ram: &Path) -> Vec<u8> {
    const BYTES: u64 = 8 << 20;
    let mut memory = Vec::new();
    if let Ok(file) = fs::File::open(ram) {
        // What could not be read is looked for again.
        let _ = file.take(BYTES).read_to_end(&mut memory);
    }
    memory
}

fn loader(file: &Path, address: u64) -> String {
    format!("loader,file={},addr={address:#x},force-raw=on", file.display())
}
