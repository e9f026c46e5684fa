//! What is put into a machine: a hypervisor or none, a guest kernel, a ramdisk, devices.
//!
//! QEMU's guest-loader puts the guest's parts into memory and writes `multiboot,module` nodes for them into
//! the device tree that `virt` generates, as a boot loader would.

use super::machine::{Machine, Memory};
use anyhow::{Error, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

/// Who runs in EL2 or Hyp mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hypervisor {
    /// Ours.
    Xenolith,
    /// Debian's Xen 4.17.
    Xen,
    /// Nobody: the guest has the bare machine.
    None,
}

impl FromStr for Hypervisor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "xenolith" => Ok(Self::Xenolith),
            "xen" => Ok(Self::Xen),
            "none" => Ok(Self::None),
            _ => bail!("a hypervisor is xenolith, xen or none"),
        }
    }
}

/// A guest kernel with its ramdisk.
#[derive(Clone, Debug)]
pub struct Guest {
    /// An Image or zImage.
    pub kernel: PathBuf,
    /// Its ramdisk.
    pub ramdisk: Option<PathBuf>,
    /// Its command line.
    pub cmdline: String,
}

/// The contents of a machine.
#[derive(Clone, Debug)]
pub struct Boot {
    /// The hypervisor's image and its command line; `None` on the bare machine.
    pub hypervisor: Option<(PathBuf, String)>,
    /// The guest.
    pub guest: Guest,
}

// RAM starts at 0x4000_0000; QEMU puts the hypervisor at its start and the tree 128 MiB above. Both places are
// where a kernel can be used without copying: 2 MiB aligned (Image), 128 MiB aligned (zImage).
const KERNEL_ADDRESS: u64 = 0x5000_0000;
const RAMDISK_ADDRESS: u64 = 0x5800_0000;

impl Boot {
    /// Adds the machine's contents to its command line.
    pub fn add_to(&self, command: &mut Command) {
        let guest = &self.guest;
        let Some((image, cmdline)) = &self.hypervisor else {
            command.arg("-kernel").arg(&guest.kernel).args(["-append", &guest.cmdline]);
            if let Some(ramdisk) = &guest.ramdisk {
                command.arg("-initrd").arg(ramdisk);
            }
            return;
        };
        command.arg("-kernel").arg(image).args(["-append", cmdline]);
        let bootargs = if guest.cmdline.is_empty() {
            String::new()
        } else {
            format!(",bootargs={}", escaped(&guest.cmdline))
        };
        let kernel = escaped_path(&guest.kernel);
        command
            .args(["-device", &format!("guest-loader,addr={KERNEL_ADDRESS:#x},kernel={kernel}{bootargs}")]);
        if let Some(ramdisk) = &guest.ramdisk {
            let ramdisk = escaped_path(ramdisk);
            command.args(["-device", &format!("guest-loader,addr={RAMDISK_ADDRESS:#x},initrd={ramdisk}")]);
        }
    }
}

/// Gives the hypervisor's usual command line on a machine, with `extra` behind it.
pub fn hypervisor_cmdline(machine: &Machine, extra: &str) -> String {
    let dom0 = if machine.memory >= Memory::gib(2) {
        Memory::gib(1)
    } else {
        Memory { mib: machine.memory.mib / 2 }
    };
    let own = if extra.contains("dom0_mem=") { String::new() } else { format!(" dom0_mem={dom0}") };
    format!("console=dtuart{own} bootscrub=0 {extra}").trim_end().to_owned()
}

/// Gives dom0's usual command line, with `extra` behind it.
pub fn dom0_cmdline(hypervisor: Hypervisor, extra: &str) -> String {
    let console = match hypervisor {
        Hypervisor::None => "console=ttyAMA0 earlycon",
        Hypervisor::Xenolith | Hypervisor::Xen => "console=hvc0 earlycon=xenboot",
    };
    format!("{console} rdinit=/init {extra}").trim_end().to_owned()
}

/// A comma inside a value of a QEMU option is written twice.
fn escaped(value: &str) -> String {
    value.replace(',', ",,")
}

fn escaped_path(path: &Path) -> String {
    escaped(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Arch;

    #[test]
    fn dom0_gets_half_of_a_small_machine_and_what_was_asked_for() {
        let mut machine = Machine::usual(Arch::Arm64);
        assert_eq!(hypervisor_cmdline(&machine, ""), "console=dtuart dom0_mem=1G bootscrub=0");
        machine.memory = Memory::gib(1);
        assert_eq!(
            hypervisor_cmdline(&machine, "noreboot"),
            "console=dtuart dom0_mem=512M bootscrub=0 noreboot"
        );
        assert!(!hypervisor_cmdline(&machine, "dom0_mem=1500M").contains("512M"));
    }

    #[test]
    fn commas_are_escaped() {
        assert_eq!(escaped("console=ttyS0,115200"), "console=ttyS0,,115200");
    }
}
