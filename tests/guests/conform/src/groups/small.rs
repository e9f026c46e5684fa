//! What has few operations: `xen_version`, `vm_assist`, `vcpu_op`, `sched_op`, `console_io`, `platform_op`,
//! `hypfs_op`, `dm_op`, `xsm_op`, `physdev_op`, `argo_op`, `multicall`; the headers of these names.

use crate::case::Field::{self, B, G, H, P, Q, W, X};
use crate::case::Frame::Ram;
use crate::case::Place::{Block, Buffer, Device, Null, Unmapped};
use crate::case::Step::{self, Domains, Fields, Handles, One};
use crate::case::{Case, Place, Word};

const MULTICALL: usize = 13;
const XEN_VERSION: usize = 17;
const CONSOLE_IO: usize = 18;
const VM_ASSIST: usize = 21;
const VCPU_OP: usize = 24;
const XSM_OP: usize = 27;
const SCHED_OP: usize = 29;
const PHYSDEV_OP: usize = 33;
const ARGO_OP: usize = 39;
const DM_OP: usize = 41;
const HYPFS_OP: usize = 42;
const PLATFORM_OP: usize = 7;
const NOTHING: Word = Word::N(0);

const fn version(name: &'static str, op: u64) -> Case {
    Case::op(name, XEN_VERSION, op, &[])
}

/// XENVER_*: version 0, extraversion 1, compile_info 2, capabilities 3, changeset 4, platform_parameters 5,
/// get_features 6, pagesize 7, guest_handle 8, commandline 9, build_id 10.
const VERSION: &[Step] = &[
    One(version("version.version", 0)),
    One(version("version.extraversion", 1).hide(&[(0, 16)])),
    Handles(version("version.extraversion", 1), 1),
    One(version("version.compile_info", 2).hide(&[(0, 256)])),
    Handles(version("version.compile_info", 2), 1),
    One(version("version.capabilities", 3).word(1, Word::P(Buffer(0)))),
    Handles(version("version.capabilities", 3), 1),
    One(version("version.changeset", 4).hide(&[(0, 64)])),
    Handles(version("version.changeset", 4), 1),
    One(version("version.platform_parameters", 5).hide(&[(0, 8)])),
    Handles(version("version.platform_parameters", 5), 1),
    One(version("version.features", 6)),
    One(Case::op("version.features.1", XEN_VERSION, 6, &[W(0, 1)])),
    One(Case::op("version.features.max", XEN_VERSION, 6, &[W(0, u32::MAX)])),
    Handles(version("version.features", 6), 1),
    One(version("version.pagesize", 7)),
    One(version("version.pagesize.null", 7).word(1, Word::P(Null))),
    One(version("version.guest_handle", 8)),
    Handles(version("version.guest_handle", 8), 1),
    One(version("version.commandline", 9).word(1, Word::P(Buffer(0))).hide_buffer(&[(0, 1024)])),
    Handles(version("version.commandline", 9), 1),
    One(version("version.build_id.size", 10).word(1, Word::P(Null)).varies()),
    One(version("version.build_id.0", 10)),
    One(Case::op("version.build_id.short", XEN_VERSION, 10, &[W(0, 4)])),
    One(Case::op("version.build_id.good", XEN_VERSION, 10, &[W(0, 64)]).hide(&[(4, 64)]).varies()),
    One(version("version.unknown.11", 11)),
    One(version("version.unknown.max", u64::MAX)),
];

const fn assist(name: &'static str, command: u64, kind: u64) -> Step {
    One(Case::new(name, VM_ASSIST, [Word::N(command), Word::N(kind), NOTHING, NOTHING, NOTHING]))
}

/// VMASST_CMD_enable 0, disable 1; VMASST_TYPE_runstate_update_flag 5.
const ASSIST: &[Step] = &[
    assist("vm_assist.enable", 0, 5),
    assist("vm_assist.enable.again", 0, 5),
    assist("vm_assist.disable", 1, 5),
    assist("vm_assist.enable.0", 0, 0),
    assist("vm_assist.enable.2", 0, 2),
    assist("vm_assist.enable.31", 0, 31),
    assist("vm_assist.enable.64", 0, 64),
    assist("vm_assist.enable.max", 0, u64::MAX),
    assist("vm_assist.disable.2", 1, 2),
    assist("vm_assist.disable.max", 1, u64::MAX),
    assist("vm_assist.unknown.2", 2, 5),
    assist("vm_assist.unknown.max", u64::MAX, 5),
];

const fn vcpu(name: &'static str, op: u64, vcpu: u64, block: &'static [Field]) -> Case {
    let words = [Word::N(op), Word::N(vcpu), Word::P(Block(0)), NOTHING, NOTHING];
    let mut case = Case::new(name, VCPU_OP, words);
    case.block = block;
    case
}

/// VCPUOP_register_runstate_memory_area (5): address 0; register_vcpu_info (10): mfn 0, offset 8, rsvd 12.
const VCPU: &[Step] = &[
    Handles(vcpu("vcpu.runstate", 5, 0, &[]), 2),
    Fields(vcpu("vcpu.runstate.area", 5, 0, &[]), 0),
    One(vcpu("vcpu.runstate.vcpu-1", 5, 1, &[P(0, Place::Ram(6, 0))])),
    One(vcpu("vcpu.runstate.vcpu-max", 5, u64::MAX, &[P(0, Place::Ram(6, 0))])),
    One(vcpu("vcpu.runstate.odd", 5, 0, &[P(0, Place::Ram(6, 1))])),
    One(vcpu("vcpu.runstate.across", 5, 0, &[P(0, Place::Ram(6, 4080))])),
    One(vcpu("vcpu.runstate.good", 5, 0, &[P(0, Place::Ram(6, 0))])),
    Handles(vcpu("vcpu.info", 10, 0, &[]), 2),
    One(vcpu("vcpu.info.vcpu-1", 10, 1, &[G(0, Ram(7))])),
    One(vcpu("vcpu.info.vcpu-max", 10, u64::MAX, &[G(0, Ram(7))])),
    One(vcpu("vcpu.info.offset-end", 10, 0, &[G(0, Ram(7)), W(8, 4056)])),
    One(vcpu("vcpu.info.offset-odd", 10, 0, &[G(0, Ram(7)), W(8, 65)])),
    One(vcpu("vcpu.info.offset-max", 10, 0, &[G(0, Ram(7)), W(8, u32::MAX)])),
    One(vcpu("vcpu.info.gfn-max", 10, 0, &[Q(0, u64::MAX)])),
    One(vcpu("vcpu.info.gfn-hole", 10, 0, &[Q(0, 0x0_f000)])),
    One(vcpu("vcpu.info.good", 10, 0, &[G(0, Ram(7)), W(8, 64)])),
    One(vcpu("vcpu.info.again", 10, 0, &[G(0, Ram(7)), W(8, 64)])),
    One(vcpu("vcpu.initialise", 0, 0, &[])),
    One(vcpu("vcpu.up", 1, 0, &[])),
    One(vcpu("vcpu.down", 2, 0, &[])),
    One(vcpu("vcpu.is_up", 3, 0, &[])),
    One(vcpu("vcpu.get_runstate_info", 4, 0, &[])),
    One(vcpu("vcpu.set_periodic_timer", 6, 0, &[])),
    One(vcpu("vcpu.stop_periodic_timer", 7, 0, &[])),
    One(vcpu("vcpu.set_singleshot_timer", 8, 0, &[])),
    One(vcpu("vcpu.stop_singleshot_timer", 9, 0, &[])),
    One(vcpu("vcpu.send_nmi", 11, 0, &[])),
    One(vcpu("vcpu.get_physid", 12, 0, &[])),
    One(vcpu("vcpu.time_area", 13, 0, &[])),
    One(vcpu("vcpu.runstate_phys", 14, 0, &[])),
    One(vcpu("vcpu.unknown.60", 60, 0, &[])),
    One(vcpu("vcpu.unknown.max", u64::MAX, 0, &[])),
    One(vcpu("vcpu.unknown.vcpu-1", 60, 1, &[])),
];

const fn sched(name: &'static str, op: u64, block: &'static [Field]) -> Case {
    Case::op(name, SCHED_OP, op, block)
}

/// SCHEDOP_yield 0, shutdown 2, poll 3 { ports 0, nr_ports 8, timeout 16 }, remote_shutdown 4 { domain_id
/// 0, reason 4 }, shutdown_code 5 { reason 0 }, watchdog 6 { id 0, timeout 4 }, pin_override 7 { pcpu 0 }.
/// block (1) would wait for ever.
const SCHED: &[Step] = &[
    One(sched("sched.yield", 0, &[])),
    One(sched("sched.yield.null", 0, &[]).word(1, Word::P(Null))),
    Handles(sched("sched.shutdown", 2, &[]), 1),
    Handles(sched("sched.poll", 3, &[]), 1),
    Fields(sched("sched.poll.ports", 3, &[W(8, 1), Q(16, 1)]), 0),
    One(sched("sched.poll.129", 3, &[P(0, Buffer(0)), W(8, 129), Q(16, 1)])),
    One(sched("sched.poll.max", 3, &[P(0, Buffer(0)), W(8, u32::MAX), Q(16, 1)])),
    One(sched("sched.poll.port-max", 3, &[P(0, Buffer(0)), W(8, 1), Q(16, 1)]).buffer(&[W(0, u32::MAX)])),
    One(sched("sched.poll.port-free", 3, &[P(0, Buffer(0)), W(8, 1), Q(16, 1)]).buffer(&[W(0, 800)])),
    One(sched("sched.poll.none", 3, &[Q(16, 1)])),
    Handles(sched("sched.remote_shutdown", 4, &[]), 1),
    Domains(sched("sched.remote_shutdown", 4, &[]), 0),
    One(sched("sched.remote_shutdown.self", 4, &[H(0, 0x7ff0)])),
    Handles(sched("sched.shutdown_code", 5, &[]), 1),
    Handles(sched("sched.watchdog", 6, &[]), 1),
    One(sched("sched.watchdog.3", 6, &[W(0, 3), W(4, 1000)])),
    One(sched("sched.watchdog.max", 6, &[W(0, u32::MAX), W(4, 1000)])),
    One(sched("sched.watchdog.1-unused", 6, &[W(0, 1), W(4, 1000)])),
    One(sched("sched.watchdog.first", 6, &[W(4, 1000)])),
    One(sched("sched.watchdog.second", 6, &[W(4, 1000)])),
    One(sched("sched.watchdog.third", 6, &[W(4, 1000)])),
    One(sched("sched.watchdog.again", 6, &[W(0, 1), W(4, 1000)])),
    One(sched("sched.watchdog.stop", 6, &[W(0, 1)])),
    One(sched("sched.watchdog.stop-2", 6, &[W(0, 2)])),
    One(sched("sched.watchdog.stop-again", 6, &[W(0, 2)])),
    Handles(sched("sched.pin_override", 7, &[]), 1),
    One(sched("sched.pin_override.77", 7, &[W(0, 77)])),
    One(sched("sched.pin_override.max", 7, &[W(0, 0x7fff_ffff)])),
    One(sched("sched.pin_override.none", 7, &[W(0, u32::MAX)])),
    One(sched("sched.pin_override.good", 7, &[W(0, 0)])),
    One(sched("sched.pin_override.again", 7, &[W(0, 0)])),
    One(sched("sched.pin_override.undo", 7, &[W(0, u32::MAX)])),
    One(sched("sched.unknown.8", 8, &[])),
    One(sched("sched.unknown.max", u64::MAX, &[])),
];

const fn console(name: &'static str, op: u64, count: u64, place: Place) -> Case {
    Case::new(name, CONSOLE_IO, [Word::N(op), Word::N(count), Word::P(place), NOTHING, NOTHING])
}

/// CONSOLEIO_write 0, read 1.
const CONSOLE: &[Step] = &[
    One(console("console.write.none", 0, 0, Buffer(0))),
    One(console("console.write.none-null", 0, 0, Null)),
    Handles(console("console.write", 0, 1, Null), 2),
    One(console("console.write.line", 0, 1, Buffer(0)).buffer(&[B(0, b'\n')])),
    One(console("console.read.nothing", 1, 16, Buffer(0))),
    One(console("console.read.none", 1, 0, Buffer(0))),
    Handles(console("console.read", 1, 1, Null), 2),
    One(console("console.unknown.2", 2, 1, Buffer(0))),
    One(console("console.unknown.max", u64::MAX, 1, Buffer(0))),
];

/// XENPF_settime64 (62): cmd 0, interface_version 4, secs 8, nsecs 16, mbz 20, system_time 24.
const PLATFORM: &[Step] = &[
    Handles(Case::block("platform.settime64", PLATFORM_OP, &[]), 0),
    One(Case::block("platform.version", PLATFORM_OP, &[W(0, 62), W(4, 0x0300_0000), Q(8, 1)])),
    One(Case::block("platform.settime64.mbz", PLATFORM_OP, &[W(0, 62), W(4, 0x0300_0001), W(20, 1)])),
    One(Case::block("platform.settime64.good", PLATFORM_OP, &[W(0, 62), W(4, 0x0300_0001), Q(8, 1 << 33)])),
    One(Case::block("platform.settime32", PLATFORM_OP, &[W(0, 17), W(4, 0x0300_0001)])),
    One(Case::block("platform.firmware_info", PLATFORM_OP, &[W(0, 50), W(4, 0x0300_0001)])),
    One(Case::block("platform.efi", PLATFORM_OP, &[W(0, 49), W(4, 0x0300_0001)])),
    One(Case::block("platform.get_cpuinfo", PLATFORM_OP, &[W(0, 55), W(4, 0x0300_0001)])),
    One(Case::block("platform.cpu_offline", PLATFORM_OP, &[W(0, 57), W(4, 0x0300_0001)])),
    One(Case::block("platform.unknown.99", PLATFORM_OP, &[W(0, 99), W(4, 0x0300_0001)])),
    One(Case::block("platform.unknown.version", PLATFORM_OP, &[W(0, 99), W(4, 0)])),
];

/// A call with a path and its length, a buffer and its size.
const fn hypfs(name: &'static str, op: u64, path: (Place, u64), to: (Place, u64)) -> Case {
    let (path, length) = path;
    let (to, size) = to;
    Case::new(name, HYPFS_OP, [Word::N(op), Word::P(path), Word::N(length), Word::P(to), Word::N(size)])
}

/// XEN_HYPFS_OP_get_version 0, read 1, write_contents 2: path, its length, buffer, its size.
const HYPFS: &[Step] = &[
    One(Case::new("hypfs.version", HYPFS_OP, [NOTHING; 5])),
    One(hypfs("hypfs.version.arguments", 0, (Buffer(0), 1), (Buffer(0), 1))),
    Handles(hypfs("hypfs.read.path", 1, (Null, 2), (Buffer(64), 512)), 1),
    Handles(hypfs("hypfs.read.to", 1, (Buffer(0), 2), (Null, 512)).buffer(&[X(0, "/")]), 3),
    One(hypfs("hypfs.read.root", 1, (Buffer(0), 2), (Buffer(64), 512)).buffer(&[X(0, "/")])),
    One(hypfs("hypfs.read.root.short", 1, (Buffer(0), 2), (Buffer(64), 16)).buffer(&[X(0, "/")])),
    One(hypfs("hypfs.read.root.shorter", 1, (Buffer(0), 2), (Buffer(64), 8)).buffer(&[X(0, "/")])),
    One(hypfs("hypfs.read.root.none", 1, (Buffer(0), 2), (Buffer(64), 0)).buffer(&[X(0, "/")])),
    One(hypfs("hypfs.read.relative", 1, (Buffer(0), 7), (Buffer(64), 512)).buffer(&[X(0, "params")])),
    One(hypfs("hypfs.read.empty", 1, (Buffer(0), 1), (Buffer(64), 512)).buffer(&[X(0, "")])),
    One(hypfs("hypfs.read.length-0", 1, (Buffer(0), 0), (Buffer(64), 512)).buffer(&[X(0, "/")])),
    One(hypfs("hypfs.read.length-1025", 1, (Buffer(0), 1025), (Buffer(64), 512)).buffer(&[X(0, "/")])),
    One(hypfs("hypfs.read.length-max", 1, (Buffer(0), u64::MAX), (Buffer(64), 512)).buffer(&[X(0, "/")])),
    One(hypfs("hypfs.read.unterminated", 1, (Buffer(0), 1), (Buffer(64), 512)).buffer(&[X(0, "/")])),
    One(hypfs("hypfs.read.terminated-twice", 1, (Buffer(0), 4), (Buffer(64), 512)).buffer(&[X(0, "/\0a")])),
    One(hypfs("hypfs.read.missing", 1, (Buffer(0), 9), (Buffer(64), 512)).buffer(&[X(0, "/missing")])),
    One(hypfs("hypfs.read.below-missing", 1, (Buffer(0), 11), (Buffer(64), 512))
        .buffer(&[X(0, "/missing/x")])),
    One(hypfs("hypfs.write.missing", 2, (Buffer(0), 9), (Buffer(64), 4))
        .buffer(&[X(0, "/missing"), W(64, 1)])),
    One(hypfs("hypfs.write.root", 2, (Buffer(0), 2), (Buffer(64), 4)).buffer(&[X(0, "/"), W(64, 1)])),
    Handles(hypfs("hypfs.write.path", 2, (Null, 2), (Buffer(64), 4)), 1),
    One(hypfs("hypfs.unknown.3", 3, (Buffer(0), 2), (Buffer(64), 4)).buffer(&[X(0, "/")])),
    One(hypfs("hypfs.unknown.max", u64::MAX, (Buffer(0), 2), (Buffer(64), 4)).buffer(&[X(0, "/")])),
];

const fn dm(name: &'static str, domain: Word, count: u64) -> Case {
    let mut case = Case::new(name, DM_OP, [domain, Word::N(count), Word::P(Block(0)), NOTHING, NOTHING]);
    // struct xen_dm_op_buf { handle, size }; struct xen_dm_op { op, pad, u }.
    case.block = &[P(0, Buffer(0)), Q(8, 64)];
    case
}

/// Calls that answer ENOSYS, whole or for the most part.
const ABSENT: &[Step] = &[
    One(dm("dm.create_ioreq_server", Word::Target, 1).buffer(&[W(0, 1), Q(8, 0)])),
    One(dm("dm.set_irq_level", Word::Target, 1).buffer(&[W(0, 19), Q(8, 0)])),
    One(dm("dm.nr_vcpus", Word::Target, 1).buffer(&[W(0, 20), Q(8, 0)])),
    One(dm("dm.self", Word::N(0x7ff0), 1).buffer(&[W(0, 20), Q(8, 0)])),
    One(dm("dm.nobody", Word::N(77), 1).buffer(&[W(0, 20), Q(8, 0)])),
    One(dm("dm.buffers-0", Word::Target, 0)),
    One(dm("dm.buffers-max", Word::Target, u64::MAX)),
    Handles(dm("dm.buffers", Word::Target, 1), 2),
    One(Case::op("xsm.0", XSM_OP, 0, &[])),
    One(Case::block("xsm.block", XSM_OP, &[W(0, 1), W(4, 1)])),
    Handles(Case::op("xsm", XSM_OP, 0, &[]), 0),
    One(Case::op("physdev.eoi", PHYSDEV_OP, 12, &[])),
    One(Case::op("physdev.irq_status_query", PHYSDEV_OP, 5, &[])),
    One(Case::op("physdev.map_pirq", PHYSDEV_OP, 13, &[])),
    One(Case::op("physdev.manage_pci_add", PHYSDEV_OP, 15, &[])),
    One(Case::op("physdev.pci_device_add", PHYSDEV_OP, 25, &[])),
    One(Case::op("physdev.pci_device_remove", PHYSDEV_OP, 26, &[])),
    One(Case::op("physdev.unknown.90", PHYSDEV_OP, 90, &[])),
    Handles(Case::op("physdev.pci_device_add", PHYSDEV_OP, 25, &[]), 1),
    One(Case::new("argo.register", ARGO_OP, [Word::N(1), Word::P(Buffer(0)), NOTHING, NOTHING, NOTHING])),
    One(Case::new("argo.sendv", ARGO_OP, [Word::N(3), Word::P(Buffer(0)), NOTHING, NOTHING, NOTHING])),
    One(Case::new("argo.unknown", ARGO_OP, [Word::N(9), NOTHING, NOTHING, NOTHING, NOTHING])),
    One(Case::block("compat.event_channel", 16, &[W(0, 6), H(4, 0x7ff0), H(6, 0x7ff0)])),
    One(Case::block("compat.physdev", 19, &[W(0, 12)])),
    One(Case::op("compat.sched.yield", 6, 0, &[])),
    One(Case::op("compat.sched.unknown", 6, 9, &[])),
];

const fn multicall(name: &'static str, count: u64, buffer: &'static [Field]) -> Case {
    let words = [Word::P(Buffer(0)), Word::N(count), NOTHING, NOTHING, NOTHING];
    Case::new(name, MULTICALL, words).buffer(buffer).zeroed()
}

/// struct multicall_entry: op 0, result 8, args 16 to 63.
const MULTI: &[Step] = &[
    Handles(multicall("multicall", 1, &[]), 0),
    One(multicall("multicall.none", 0, &[])),
    One(multicall("multicall.none-null", 0, &[]).word(0, Word::P(Null))),
    One(multicall("multicall.good", 1, &[Q(0, 17), Q(16, 7)])),
    One(multicall("multicall.two", 2, &[Q(0, 17), Q(16, 7), Q(64, 17), Q(80, 0)])),
    One(multicall("multicall.unknown", 2, &[Q(0, 63), Q(64, 17), Q(80, 7)])),
    One(multicall("multicall.number-max", 2, &[Q(0, 0xffff_ffff), Q(64, 17), Q(80, 7)])),
    One(multicall("multicall.nested", 1, &[Q(0, 13), P(16, Buffer(64)), Q(24, 1), Q(64, 17), Q(80, 7)])),
    One(multicall("multicall.fault", 2, &[Q(0, 17), Q(16, 6), P(24, Unmapped), Q(64, 17), Q(80, 7)])),
    One(multicall("multicall.fault-device", 2, &[Q(0, 17), Q(16, 6), P(24, Device), Q(64, 17), Q(80, 7)])),
];

/// In order.
pub const CASES: &[&[Step]] = &[VERSION, ASSIST, VCPU, SCHED, CONSOLE, PLATFORM, HYPFS, ABSENT, MULTI];
