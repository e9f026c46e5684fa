//! Compiles Xen's public headers for both Arm ABIs and compares every number, size and offset.
//!
//! Each value becomes a line `@@ name value` in the compiler's assembly output; nothing is linked or
//! run. Missing compilers or headers fail the test, saying what to install.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of a test")]

mod complete;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use xen_abi::*;

const COMPILERS: [(&str, &str); 2] = [
    ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"),
    ("arm-linux-gnueabihf-gcc", "gcc-arm-linux-gnueabihf"),
];
const HEADERS: &[&str] = &[
    "xen.h",
    "event_channel.h",
    "features.h",
    "version.h",
    "grant_table.h",
    "memory.h",
    "sched.h",
    "vcpu.h",
    "hvm/hvm_op.h",
    "hvm/dm_op.h",
    "hvm/params.h",
    "physdev.h",
    "platform.h",
    "domctl.h",
    "argo.h",
    "hypfs.h",
    "hvm/ioreq.h",
    "xsm/flask_op.h",
    "io/console.h",
    "sysctl.h",
    "errno.h",
    "arch-arm/smccc.h",
];

const LAYOUTS: &[Layout] = &[
    console::XenconsInterface::LAYOUT,
    dm::CreateIoreqServer::LAYOUT,
    dm::DestroyIoreqServer::LAYOUT,
    dm::DmOpBuf::LAYOUT,
    dm::GetIoreqServerInfo::LAYOUT,
    dm::IoreqServerRange::LAYOUT,
    dm::NrVcpus::LAYOUT,
    dm::SetIoreqServerState::LAYOUT,
    dm::SetIrqLevel::LAYOUT,
    dm::XenDmOp::LAYOUT,
    dm::ioreq::Ioreq::LAYOUT,
    domctl::XenDomctl::LAYOUT,
    domctl::context::CoreRegs::LAYOUT,
    domctl::context::VcpuGuestContext::LAYOUT,
    domctl::context::Vcpucontext::LAYOUT,
    domctl::control::AddressSize::LAYOUT,
    domctl::control::SetTarget::LAYOUT,
    domctl::control::SetVirqHandler::LAYOUT,
    domctl::control::Setdebugging::LAYOUT,
    domctl::control::Setdomainhandle::LAYOUT,
    domctl::control::Settimeoffset::LAYOUT,
    domctl::control::Subscribe::LAYOUT,
    domctl::create::ArchDomainconfig::LAYOUT,
    domctl::create::Createdomain::LAYOUT,
    domctl::device::AssignDevice::LAYOUT,
    domctl::device::AssignDt::LAYOUT,
    domctl::device::AssignPci::LAYOUT,
    domctl::device::BindPtIrq::LAYOUT,
    domctl::device::GetDeviceGroup::LAYOUT,
    domctl::device::IrqPermission::LAYOUT,
    domctl::device::VuartOp::LAYOUT,
    domctl::info::Getdomaininfo::LAYOUT,
    domctl::memory::Cacheflush::LAYOUT,
    domctl::memory::IomemPermission::LAYOUT,
    domctl::memory::MaxMem::LAYOUT,
    domctl::memory::MemoryMapping::LAYOUT,
    domctl::memory::Nodeaffinity::LAYOUT,
    domctl::memory::PagingMempool::LAYOUT,
    domctl::memory::Vnuma::LAYOUT,
    domctl::monitor::MonitorGuestRequest::LAYOUT,
    domctl::monitor::MonitorOp::LAYOUT,
    domctl::monitor::SetAccessRequired::LAYOUT,
    domctl::monitor::VmEventOp::LAYOUT,
    domctl::scheduler::SchedCredit::LAYOUT,
    domctl::scheduler::SchedCredit2::LAYOUT,
    domctl::scheduler::SchedRtds::LAYOUT,
    domctl::scheduler::SchedVcpus::LAYOUT,
    domctl::scheduler::SchedparamVcpu::LAYOUT,
    domctl::scheduler::SchedulerOp::LAYOUT,
    domctl::vcpu::Getvcpuinfo::LAYOUT,
    domctl::vcpu::MaxVcpus::LAYOUT,
    domctl::vcpu::Vcpuaffinity::LAYOUT,
    domctl::vcpu::XenctlBitmap::LAYOUT,
    event_channel::EvtchnAllocUnbound::LAYOUT,
    event_channel::EvtchnBindInterdomain::LAYOUT,
    event_channel::EvtchnBindIpi::LAYOUT,
    event_channel::EvtchnBindPirq::LAYOUT,
    event_channel::EvtchnBindVcpu::LAYOUT,
    event_channel::EvtchnBindVirq::LAYOUT,
    event_channel::EvtchnClose::LAYOUT,
    event_channel::EvtchnExpandArray::LAYOUT,
    event_channel::EvtchnInitControl::LAYOUT,
    event_channel::EvtchnReset::LAYOUT,
    event_channel::EvtchnSend::LAYOUT,
    event_channel::EvtchnSetPriority::LAYOUT,
    event_channel::EvtchnStatus::LAYOUT,
    event_channel::EvtchnUnmask::LAYOUT,
    event_channel::FifoControlBlock::LAYOUT,
    grant_table::CacheFlush::LAYOUT,
    grant_table::GetVersion::LAYOUT,
    grant_table::GrantCopy::LAYOUT,
    grant_table::GrantCopyPtr::LAYOUT,
    grant_table::GrantEntryV1::LAYOUT,
    grant_table::MapGrantRef::LAYOUT,
    grant_table::QuerySize::LAYOUT,
    grant_table::SetVersion::LAYOUT,
    grant_table::SetupTable::LAYOUT,
    grant_table::UnmapGrantRef::LAYOUT,
    grant_table::rare::DumpTable::LAYOUT,
    grant_table::rare::GetStatusFrames::LAYOUT,
    grant_table::rare::SwapGrantRef::LAYOUT,
    grant_table::rare::Transfer::LAYOUT,
    grant_table::rare::UnmapAndReplace::LAYOUT,
    hvm::XenHvmParam::LAYOUT,
    hypfs::HypfsDirentry::LAYOUT,
    hypfs::HypfsDirlistentry::LAYOUT,
    memory::AcquireResource::LAYOUT,
    memory::AddToPhysmap::LAYOUT,
    memory::AddToPhysmapBatch::LAYOUT,
    memory::MemoryDomain::LAYOUT,
    memory::MemoryExchange::LAYOUT,
    memory::MemoryReservation::LAYOUT,
    memory::RemoveFromPhysmap::LAYOUT,
    memory::access::MemAccessOp::LAYOUT,
    memory::topology::ReservedDeviceMemory::LAYOUT,
    memory::topology::ReservedDeviceMemoryMap::LAYOUT,
    memory::topology::Vmemrange::LAYOUT,
    memory::topology::VnumaTopologyInfo::LAYOUT,
    multicall::MulticallEntry::LAYOUT,
    physdev::PciDevice::LAYOUT,
    physdev::PciDeviceAdd::LAYOUT,
    platform::Settime64::LAYOUT,
    platform::XenPlatformOp::LAYOUT,
    sched::SchedPinOverride::LAYOUT,
    sched::SchedPoll::LAYOUT,
    sched::SchedRemoteShutdown::LAYOUT,
    sched::SchedShutdown::LAYOUT,
    sched::SchedWatchdog::LAYOUT,
    shared_info::SharedInfo::LAYOUT,
    shared_info::VcpuInfo::LAYOUT,
    shared_info::VcpuTimeInfo::LAYOUT,
    sysctl::XenSysctl::LAYOUT,
    sysctl::control::DebugKeys::LAYOUT,
    sysctl::control::Getdomaininfolist::LAYOUT,
    sysctl::control::Readconsole::LAYOUT,
    sysctl::cpupool::CpupoolOp::LAYOUT,
    sysctl::livepatch::LivepatchAction::LAYOUT,
    sysctl::livepatch::LivepatchGet::LAYOUT,
    sysctl::livepatch::LivepatchList::LAYOUT,
    sysctl::livepatch::LivepatchName::LAYOUT,
    sysctl::livepatch::LivepatchOp::LAYOUT,
    sysctl::livepatch::LivepatchStatus::LAYOUT,
    sysctl::livepatch::LivepatchUpload::LAYOUT,
    sysctl::machine::Availheap::LAYOUT,
    sysctl::machine::Cpuinfo::LAYOUT,
    sysctl::machine::Cputopo::LAYOUT,
    sysctl::machine::Cputopoinfo::LAYOUT,
    sysctl::machine::Getcpuinfo::LAYOUT,
    sysctl::machine::Meminfo::LAYOUT,
    sysctl::machine::Numainfo::LAYOUT,
    sysctl::machine::Pcitopoinfo::LAYOUT,
    sysctl::machine::Physinfo::LAYOUT,
    sysctl::profile::CoverageOp::LAYOUT,
    sysctl::profile::LockprofData::LAYOUT,
    sysctl::profile::LockprofOp::LAYOUT,
    sysctl::profile::PerfcDesc::LAYOUT,
    sysctl::profile::PerfcOp::LAYOUT,
    sysctl::profile::TbufOp::LAYOUT,
    sysctl::scheduler::Arinc653::LAYOUT,
    sysctl::scheduler::Arinc653Entry::LAYOUT,
    sysctl::scheduler::Arinc653Schedule::LAYOUT,
    sysctl::scheduler::Credit2Schedule::LAYOUT,
    sysctl::scheduler::CreditSchedule::LAYOUT,
    sysctl::scheduler::SchedId::LAYOUT,
    sysctl::scheduler::SchedulerOp::LAYOUT,
    vcpu::RegisterRunstateMemoryArea::LAYOUT,
    vcpu::RegisterVcpuInfo::LAYOUT,
    vcpu::RunstateInfo::LAYOUT,
    version::CompileInfo::LAYOUT,
    version::FeatureInfo::LAYOUT,
    version::PlatformParameters::LAYOUT,
];

const CONSTANTS: &[&[Constant]] = &[
    DOMIDS,
    XenErrno::CONSTANTS,
    Hypercall::CONSTANTS,
    argo::ArgoOp::CONSTANTS,
    console::ConsoleIoOp::CONSTANTS,
    dm::CONSTANTS,
    dm::DmOp::CONSTANTS,
    dm::IoRange::CONSTANTS,
    dm::NotOnArm::CONSTANTS,
    dm::ioreq::CONSTANTS,
    dm::ioreq::IoreqKind::CONSTANTS,
    dm::ioreq::IoreqState::CONSTANTS,
    domctl::CONSTANTS,
    domctl::DomctlCmd::CONSTANTS,
    domctl::NotOnArm::CONSTANTS,
    domctl::context::CONSTANTS,
    domctl::create::CONSTANTS,
    domctl::create::GicVersion::CONSTANTS,
    domctl::create::TeeType::CONSTANTS,
    domctl::device::CONSTANTS,
    domctl::device::DeviceKind::CONSTANTS,
    domctl::device::PtIrqType::CONSTANTS,
    domctl::info::CONSTANTS,
    domctl::memory::CONSTANTS,
    domctl::monitor::MonitorCmd::CONSTANTS,
    domctl::monitor::MonitorEvent::CONSTANTS,
    domctl::monitor::VmEventCmd::CONSTANTS,
    domctl::monitor::VmEventRing::CONSTANTS,
    domctl::scheduler::CONSTANTS,
    domctl::scheduler::SchedulerCmd::CONSTANTS,
    domctl::scheduler::SchedulerId::CONSTANTS,
    domctl::vcpu::CONSTANTS,
    event_channel::CONSTANTS,
    event_channel::ChannelStatus::CONSTANTS,
    event_channel::EvtchnOp::CONSTANTS,
    grant_table::CONSTANTS,
    grant_table::GnttabOp::CONSTANTS,
    guest_layout::CONSTANTS,
    hvm::CONSTANTS,
    hvm::HvmOp::CONSTANTS,
    hvm::HvmParam::CONSTANTS,
    hvm::NotOnArm::CONSTANTS,
    hvm::OpNotOnArm::CONSTANTS,
    hypercall::CONSTANTS,
    hypercall::NotOnArm::CONSTANTS,
    hypfs::CONSTANTS,
    hypfs::HypfsEncoding::CONSTANTS,
    hypfs::HypfsOp::CONSTANTS,
    hypfs::HypfsType::CONSTANTS,
    memory::CONSTANTS,
    memory::MapSpace::CONSTANTS,
    memory::MemoryOp::CONSTANTS,
    memory::NotOnArm::CONSTANTS,
    memory::access::AccessOp::CONSTANTS,
    memory::access::MemAccess::CONSTANTS,
    memory::topology::CONSTANTS,
    physdev::CONSTANTS,
    physdev::NotOnArm::CONSTANTS,
    physdev::PhysdevOp::CONSTANTS,
    platform::CONSTANTS,
    platform::NotOnArm::CONSTANTS,
    platform::PlatformCmd::CONSTANTS,
    sched::SchedOp::CONSTANTS,
    sched::ShutdownReason::CONSTANTS,
    smccc::CONSTANTS,
    sysctl::CONSTANTS,
    sysctl::NotOnArm::CONSTANTS,
    sysctl::SysctlCmd::CONSTANTS,
    sysctl::cpupool::CONSTANTS,
    sysctl::cpupool::CpupoolCmd::CONSTANTS,
    sysctl::livepatch::CONSTANTS,
    sysctl::livepatch::LivepatchActionCmd::CONSTANTS,
    sysctl::livepatch::LivepatchCmd::CONSTANTS,
    sysctl::livepatch::LivepatchState::CONSTANTS,
    sysctl::machine::CONSTANTS,
    sysctl::profile::CONSTANTS,
    sysctl::profile::CoverageCmd::CONSTANTS,
    sysctl::profile::LockprofCmd::CONSTANTS,
    sysctl::profile::PerfcCmd::CONSTANTS,
    sysctl::profile::TbufCmd::CONSTANTS,
    sysctl::scheduler::CONSTANTS,
    sysctl::scheduler::SchedulerCmd::CONSTANTS,
    vcpu::CONSTANTS,
    vcpu::NotOnArm::CONSTANTS,
    vcpu::Runstate::CONSTANTS,
    vcpu::VcpuOp::CONSTANTS,
    version::CONSTANTS,
    version::VersionOp::CONSTANTS,
    virq::CONSTANTS,
    virq::Virq::CONSTANTS,
    vm_assist::CONSTANTS,
    vm_assist::VmAssistCmd::CONSTANTS,
    xsm::CONSTANTS,
    xsm::FlaskOp::CONSTANTS,
];

/// What this crate says, by C expression.
fn expected() -> BTreeMap<String, i64> {
    let mut values = BTreeMap::new();
    for constant in CONSTANTS.iter().copied().flatten() {
        values.insert(constant.c_name.to_owned(), constant.value as i64);
    }
    for (name, status) in grant_table::GrantStatus::ALL {
        values.insert((*name).to_owned(), status.raw().into());
    }
    for layout in LAYOUTS {
        let ty = layout.c_type;
        values.insert(format!("sizeof({ty})"), layout.size as i64);
        for field in layout.fields.iter().filter(|f| !f.c_name.starts_with("_pad")) {
            // `first..last` names members in a row of which one array is made here.
            let (first, last) = field.c_name.split_once("..").unwrap_or((field.c_name, field.c_name));
            let size = format!("__builtin_offsetof({ty}, {last}) - __builtin_offsetof({ty}, {first})");
            values.insert(format!("__builtin_offsetof({ty}, {first})"), field.offset as i64);
            values.insert(format!("{size} + sizeof((({ty} *)0)->{last})"), field.size as i64);
        }
    }
    let lengths = [
        ("XEN_EXTRAVERSION_LEN", version::EXTRAVERSION_BYTES),
        ("XEN_CAPABILITIES_INFO_LEN", version::CAPABILITIES_BYTES),
        ("XEN_CHANGESET_INFO_LEN", version::CHANGESET_BYTES),
        ("sizeof(xen_commandline_t)", version::COMMANDLINE_BYTES),
        ("sizeof(xen_domain_handle_t)", version::DOMAIN_HANDLE_BYTES),
        ("XEN_LEGACY_MAX_VCPUS", shared_info::LEGACY_MAX_VCPUS.into()),
    ];
    values.extend(lengths.map(|(name, value)| (name.to_owned(), value as i64)));
    for (name, uid) in [("XEN_SMCCC_UID", smccc::UID), ("SSSC_SMCCC_UID", smccc::STANDARD_UID)] {
        let bytes = uid.into_iter().enumerate();
        values.extend(bytes.map(|(index, byte)| (format!("{name}.a[{index}]"), byte.into())));
    }
    values
}

/// A C file that includes the headers.
fn includes() -> String {
    let mut source = String::from("#define __XEN_TOOLS__ 1\n#include <stdint.h>\n");
    for header in HEADERS {
        writeln!(source, "#include <xen/{header}>").unwrap();
    }
    source
}

fn c_source(expressions: &BTreeMap<String, i64>) -> String {
    let mut source = includes();
    source.push_str("void values(void) {\n");
    for expression in expressions.keys() {
        writeln!(source, "asm volatile(\"@@ {expression} = %c0\" :: \"i\"((long long)({expression})));")
            .unwrap();
    }
    source.push_str("}\n");
    source
}

/// What a compiler makes of a source: `mode` says what that is.
fn compile((compiler, package): (&str, &str), mode: &[&str], source: &str) -> String {
    // smccc.h is written for Xen's own tree, where the headers are in "public".
    let public = concat!(env!("CARGO_TARGET_TMPDIR"), "/public");
    std::fs::create_dir_all(public).unwrap();
    std::fs::write(format!("{public}/xen.h"), "#include <xen/xen.h>\n").unwrap();
    let mut child = Command::new(compiler)
        .args(["-x", "c", "-std=gnu11", "-ffreestanding", "-o", "-", "-iquote", env!("CARGO_TARGET_TMPDIR")])
        .args(mode)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{compiler}: {e}; install it with: apt-get install {package} libxen-dev"));
    child.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{compiler} cannot read the headers (apt-get install {package} libxen-dev?):\n{errors}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// What the headers say when a compiler reads them.
fn measured(compiler: (&str, &str), expressions: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    compile(compiler, &["-O1", "-S"], &c_source(expressions))
        .lines()
        .filter_map(|line| line.trim().strip_prefix("@@ ")?.rsplit_once(" = "))
        .map(|(name, value)| (name.to_owned(), value.parse::<i64>().unwrap()))
        .collect()
}

#[test]
fn numbers_sizes_and_offsets_are_the_headers() {
    let ours = expected();
    for compiler in COMPILERS {
        let theirs = measured(compiler, &ours);
        let compiler = compiler.0;
        assert_eq!(theirs.len(), ours.len(), "{compiler} answered in part");
        let wrong: Vec<_> = ours
            .iter()
            .filter(|(name, value)| theirs[*name] != **value)
            .map(|(n, v)| (n, v, theirs[n]))
            .collect();
        assert!(wrong.is_empty(), "{compiler}: (what, ours, the headers'): {wrong:#?}");
    }
}

/// Counts how often the sources in `dir` and below say `what` at the start of a line.
fn occurrences_in(dir: &std::path::Path, what: &str) -> usize {
    let count = |path: std::path::PathBuf| {
        if path.is_dir() {
            return occurrences_in(&path, what);
        }
        std::fs::read_to_string(path).unwrap().lines().filter(|line| line.starts_with(what)).count()
    };
    std::fs::read_dir(dir).unwrap().map(|entry| count(entry.unwrap().path())).sum()
}

/// Counts how often the crate's sources say `what` at the start of a line.
fn occurrences(what: &str) -> usize {
    occurrences_in(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), what)
}

#[test]
fn nothing_is_left_out() {
    assert_eq!(LAYOUTS.len(), occurrences("guest_struct! {"), "a structure is not compared");
    let tables = occurrences("header_enum! {") + occurrences("header_consts! {");
    // Domain identifiers and error numbers are not made by these macros.
    assert_eq!(CONSTANTS.len() - 2, tables, "a table of numbers is not compared");
}
