//! The recording port, the choice of a platform and of the way to start CPUs.

use super::*;
use devicetree::query::{Cpu, EnableMethod};
use devicetree::{Writer, validate};
use types::{CpuId, PhysAddr};

/// What a module did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read(u64),
    Write(u64, u32),
    Sgi(CpuId),
    Wait(u32),
}

/// A port that records; reads give `answers` in order, then 0.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) accesses: Vec<Access>,
    pub(crate) answers: Vec<u32>,
    pub(crate) reads: usize,
}

impl Port for Recorder {
    fn read32(&mut self, register: PhysAddr) -> u32 {
        self.accesses.push(Access::Read(register.raw()));
        self.reads += 1;
        self.answers.get(self.reads - 1).copied().unwrap_or(0)
    }

    fn write32(&mut self, register: PhysAddr, value: u32) {
        self.accesses.push(Access::Write(register.raw(), value));
    }

    fn send_sgi(&mut self, cpu: CpuId) {
        self.accesses.push(Access::Sgi(cpu));
    }

    fn wait_us(&mut self, us: u32) {
        self.accesses.push(Access::Wait(us));
    }
}

const VIRT: &[u8] = include_bytes!("../../tests/fixtures/dtb/virt-a57-gic3.dtb");

/// A machine of one CPU: root `compatible`, the CPU's properties, PSCI's `compatible` and method.
fn machine(compatible: &str, cpu: &[(&str, &[u8])], psci: Option<(&str, &str)>) -> Vec<u8> {
    let mut out = vec![0; 1024];
    let mut writer = Writer::new(&mut out).unwrap();
    writer.begin_node("").unwrap();
    writer.property_str("compatible", compatible).unwrap();
    writer.begin_node("cpus").unwrap();
    writer.property_u32("#address-cells", 1).unwrap();
    writer.begin_node("cpu@1").unwrap();
    writer.property_u32("reg", 1).unwrap();
    cpu.iter().for_each(|(name, value)| writer.property(name, value).unwrap());
    writer.end_node().unwrap();
    writer.end_node().unwrap();
    if let Some((compatible, method)) = psci {
        writer.begin_node("psci").unwrap();
        writer.property_str("compatible", compatible).unwrap();
        writer.property_str("method", method).unwrap();
        writer.property_u32("cpu_on", 0x84d0_0003).unwrap();
        writer.end_node().unwrap();
    }
    writer.end_node().unwrap();
    let len = writer.finish().unwrap();
    out.truncate(len);
    out
}

fn decide(compatible: &str, cpu: &[(&str, &[u8])], psci: Option<(&str, &str)>) -> Result<BringUp, NoBringUp> {
    let blob = machine(compatible, cpu, psci);
    let tree = validate(&blob).unwrap();
    bring_up(&tree.cpus().next().unwrap(), tree.psci().as_ref(), select(&tree))
}

#[test]
fn platforms_are_found_by_the_root() {
    assert_eq!(select(&validate(VIRT).unwrap()).name(), "generic");
    let blob = machine("arm,vexpress", &[], None);
    assert_eq!(select(&validate(&blob).unwrap()).name(), "Versatile Express");
}

#[test]
fn psci_comes_first() {
    let standard = if usize::BITS == 64 { 0xc400_0003 } else { 0x8400_0003 };
    let psci: &[(&str, &[u8])] = &[("enable-method", b"psci\0")];
    assert_eq!(decide("x", psci, Some(("arm,psci-1.0", "smc"))), Ok(BringUp::Psci(standard)));
    assert_eq!(decide("x", &[], Some(("arm,psci-0.2", "smc"))), Ok(BringUp::Psci(standard)));
    assert_eq!(decide("x", psci, Some(("arm,psci", "smc"))), Ok(BringUp::Psci(0x84d0_0003)));
    assert_eq!(decide("arm,vexpress", &[], Some(("arm,psci", "smc"))), Ok(BringUp::Psci(0x84d0_0003)));
    assert_eq!(decide("x", psci, Some(("arm,psci-1.0", "hvc"))), Err(NoBringUp::UnusablePsci));
}

#[test]
fn then_spin_table_or_the_platform() {
    let spin: &[(&str, &[u8])] =
        &[("enable-method", b"spin-table\0"), ("cpu-release-addr", &0x8_0000_fff8u64.to_be_bytes())];
    assert_eq!(decide("x", spin, None), Ok(BringUp::SpinTable(PhysAddr::new(0x8_0000_fff8))));
    assert_eq!(decide("x", &spin[..1], None), Err(NoBringUp::NoReleaseAddress));
    assert_eq!(decide("arm,vexpress", &[], None), Ok(BringUp::Platform));
    assert_eq!(decide("x", &[], None), Err(NoBringUp::UnknownMethod));
    assert_eq!(decide("x", &[("enable-method", b"vendor,odd\0")], None), Err(NoBringUp::UnknownMethod));
    assert_eq!(decide("x", &[("status", b"fail\0")], Some(("arm,psci", "smc"))), Err(NoBringUp::Failed));
}

#[test]
fn the_generic_machine_has_no_own_way() {
    let mut port = Recorder::default();
    assert_eq!(Generic.cpu_on(&mut port, CpuId::new(1), PhysAddr::new(0)), Err(PlatformError::Unsupported));
    Generic.reset(&mut port);
    Generic.power_off(&mut port);
    assert!(port.accesses.is_empty() && Generic.hidden_devices().is_empty() && Generic.quirks().is_empty());
    assert_eq!((Generic.dma_bits(), Generic.smp()), (32, Smp::DeviceTree));
    assert_eq!(Generic.smc(types::DomId::ZERO, 0xc200_0001, [0; 4]), SmcVerdict::NotSupported);
    let tree = validate(VIRT).unwrap();
    let methods = tree.cpus().map(|Cpu { enable, .. }| enable);
    assert!(methods.into_iter().all(|method| method == EnableMethod::Psci));
}
