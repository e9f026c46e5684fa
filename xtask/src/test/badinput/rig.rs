//! A `virt` machine put together byte by byte: what a boot loader does, done wrong where a case wants it.
//!
//! QEMU loads the parts as they are and starts the first CPU at a few instructions of ours, which pass the
//! tree's address to the image, as firmware would.

use super::kernels;
use super::starter;
use super::tree::{self, Node};
use crate::arch::Arch;
use crate::cmd;
use crate::image::{EarlyUart, patch_early_uart};
use crate::qemu::machine::{Machine, PROGRAM};
use anyhow::{Context, Result};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

/// Where RAM starts.
pub const RAM: u64 = 0x4000_0000;
/// How much there is, in MiB.
pub const RAM_MIB: u64 = 512;
/// The instructions that the first CPU starts at; QEMU's own tree is below.
const STARTER: u64 = 0x4010_0000;
/// Where the image is loaded.
pub const IMAGE: u64 = 0x4020_0000;
/// Where the device tree is.
pub const TREE: u64 = 0x4800_0000;
/// Where dom0's kernel is: a zImage needs the start of its 128 MiB.
pub const KERNEL: u64 = 0x5200_0000;
/// The machine's PL011.
pub const UART: u64 = 0x0900_0000;
/// The file that is the machine's memory, in the case's directory.
pub const RAM_FILE: &str = "ram";

/// The exception level, or the mode of the same rank, in which the CPU starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// EL2 or Hyp mode, as it must be.
    El2,
    /// EL1 or SVC mode.
    El1,
    /// EL3 or secure SVC mode.
    El3,
}

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
    /// The architecture.
    pub arch: Arch,
    /// What the first CPU starts in.
    pub model: Model,
    /// How many CPUs.
    pub cpus: u32,
    /// QEMU's name of them.
    pub cpu: String,
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
pub fn host_tree(arch: Arch, directory: &Path) -> Result<Vec<u8>> {
    let file = directory.join("host.dtb");
    let machine = format!("{},dumpdtb={}", machine(arch, Model::El2), file.display());
    let memory = format!("{RAM_MIB}M");
    let cpu = Machine::usual(arch).cpu;
    let mut qemu = Command::new(PROGRAM);
    cmd::output(qemu.args(["-machine", &machine, "-cpu", &cpu, "-m", &memory, "-nodefaults"]))?;
    fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// Gives QEMU's name of a machine.
fn machine(arch: Arch, model: Model) -> String {
    let gic = Machine::usual(arch).gic;
    let options = match model {
        Model::El2 => ",virtualization=on",
        Model::El1 => "",
        Model::El3 => ",virtualization=on,secure=on",
    };
    format!("virt{options},gic-version={gic}")
}

impl Rig {
    /// A boot with nothing wrong.
    ///
    /// # Errors
    /// The tree is not as QEMU's usually are.
    pub fn new(arch: Arch, image: &[u8], blob: &[u8]) -> Result<Self> {
        let mut rig = Self {
            arch,
            model: Model::El2,
            cpus: 1,
            cpu: Machine::usual(arch).cpu,
            image: image.to_vec(),
            image_at: IMAGE,
            tree: tree::parse(blob)?,
            reservations: Vec::new(),
            blob: None,
            tree_at: TREE,
            kernel: Some((KERNEL, kernels::image(arch, 0x1_0000))),
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
        let line = format!("console=dtuart bootscrub=0 dom0_mem=96M {extra}");
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
        let machine = format!("{},memory-backend=ram", machine(self.arch, self.model));
        qemu.args(["-machine", &machine, "-cpu", &self.cpu]);
        qemu.args(["-object", &ram, "-smp", &self.cpus.to_string(), "-m", &format!("{RAM_MIB}M")]);
        qemu.args(["-nodefaults", "-display", "none", "-no-reboot"]);
        for (index, (address, bytes)) in parts.iter().enumerate() {
            let file = directory.join(format!("part{index}"));
            fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
            qemu.args(["-device", &loader(&file, *address)]);
        }
        let file = directory.join("starter");
        let code = starter::code(self.arch, self.mmu, STARTER, [self.tree_at, self.image_at]);
        fs::write(&file, code)?;
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
