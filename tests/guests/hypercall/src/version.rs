//! HYPERVISOR_xen_version. xen/include/public/version.h, features.h.

use rt::check::{check, check_eq, check_with};
use rt::xen::{self, Block, EINVAL, ENOSYS};

fn text<const N: usize>(block: &Block<N>) -> &[u8] {
    block.bytes.split(|byte| *byte == 0).next().unwrap_or(&[])
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

pub fn run() {
    check_eq("version is 4.17", xen::hypercall_words(xen::XEN_VERSION, [0, 0]), 0x4_0011);
    let mut extra = Block::<16>::new();
    check_eq("extraversion returns 0", xen::call(xen::XEN_VERSION, 1, &mut extra), 0);
    check("extraversion is a string in 16 bytes", extra.bytes.contains(&0) && extra.bytes[0] != 0);
    let mut compile = Block::<144>::new();
    check_eq("compile_info returns 0", xen::call(xen::XEN_VERSION, 2, &mut compile), 0);
    check("compile_info names a compiler", compile.bytes[0] != 0 && compile.bytes[..64].contains(&0));
    let mut capabilities = Block::<1024>::new();
    check_eq("capabilities returns 0", xen::call(xen::XEN_VERSION, 3, &mut capabilities), 0);
    let name: &[u8] = if cfg!(target_arch = "arm") { b"xen-3.0-armv7l" } else { b"xen-3.0-aarch64" };
    check("capabilities name this architecture", contains(text(&capabilities), name));
    let mut changeset = Block::<64>::new();
    check_eq("changeset returns 0", xen::call(xen::XEN_VERSION, 4, &mut changeset), 0);
    let mut parameters = Block::<8>::new();
    check_eq("platform_parameters returns 0", xen::call(xen::XEN_VERSION, 5, &mut parameters), 0);
    features();
    check_eq("pagesize is 4096", xen::hypercall_words(xen::XEN_VERSION, [7, 0]), 4096);
    let mut handle = Block::<16> { bytes: [0xff; 16] };
    check_eq("guest_handle returns 0", xen::call(xen::XEN_VERSION, 8, &mut handle), 0);
    check("dom0's handle is zero", handle.bytes == [0; 16]);
    let mut line = Block::<1024>::new();
    check_eq("commandline returns 0", xen::call(xen::XEN_VERSION, 9, &mut line), 0);
    check("commandline is a string in 1024 bytes", line.bytes.contains(&0));
    check_eq("unknown version command is ENOSYS", xen::hypercall_words(xen::XEN_VERSION, [100, 0]), ENOSYS);
}

/// struct xen_feature_info { submap_idx, submap }.
fn features() {
    let mut info = Block::<8>::new();
    check_eq("get_features returns 0", xen::call(xen::XEN_VERSION, 6, &mut info), 0);
    let map = info.get32(4);
    let has = |bit: u32| map >> bit & 1 != 0;
    check_with("feature dom0", has(11), format_args!("{map:#x}"));
    check_with("feature auto_translated_physmap", has(2), format_args!("{map:#x}"));
    check_with("feature memory_op_vnode_supported", has(13), format_args!("{map:#x}"));
    check_with("feature ARM_SMCCC_supported", has(14), format_args!("{map:#x}"));
    check_with("one of direct_mapped and not_direct_mapped", has(16) != has(17), format_args!("{map:#x}"));
    check_with("a dom0 is direct_mapped", has(17), format_args!("{map:#x}"));
    info.set32(0, 1);
    check_eq("feature submap 1 is EINVAL", xen::call(xen::XEN_VERSION, 6, &mut info), EINVAL);
}
