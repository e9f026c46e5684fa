//! `xen_version`: which Xen this is and what it can do (`xen/include/public/version.h`).

use super::{Args, guest, low32};
use crate::arch::{layout, sysreg};
use crate::boot;
use crate::trap::Cx;
use arm_spec::Width;
use types::PAGE_BYTES;
use xen_abi::XenErrno;
use xen_abi::version::{
    CAPABILITIES_BYTES, CHANGESET_BYTES, COMMANDLINE_BYTES, CompileInfo, DOMAIN_HANDLE_BYTES, EXTRAVERSION,
    EXTRAVERSION_BYTES, FEATURES_DIRECT_MAPPED_HWDOM, FEATURES_DOMU, FeatureInfo, NR_SUBMAPS,
    PlatformParameters, VersionOp, XEN_VERSION,
};

/// What domains run in, of each execution state.
const CAPABILITIES: [(Width, &str); 2] = [(Width::A64, "xen-3.0-aarch64 "), (Width::A32, "xen-3.0-armv7l ")];
/// Where the source was when this was built: not known.
pub const CHANGESET: &str = "unavailable";
/// Who built it.
pub const COMPILE_BY: &str = "xenolith";
/// With what.
pub const COMPILER: &str = "rustc";
/// What others than dom0 are told of the command line.
const DENIED: &str = "<denied>";

const VERSION: u32 = VersionOp::Version.raw();
const PAGESIZE: u32 = VersionOp::Pagesize.raw();

/// Answers a question whose answer is the same for everybody, at once.
#[inline(always)]
pub fn constant([op, arg, ..]: Args) -> Option<i64> {
    match low32(op) {
        VERSION => Some(XEN_VERSION.into()),
        PAGESIZE if arg == 0 => Some(PAGE_BYTES.cast_signed()),
        _ => None,
    }
}

/// Answers a question.
///
/// # Errors
/// ENOSYS for an unknown one, EFAULT, EINVAL.
#[inline]
pub fn handle(cx: &mut Cx<'_>, args: Args) -> Result<i64, XenErrno> {
    constant(args).map_or_else(|| copy(cx, args), Ok)
}

/// Answers into the caller's memory.
#[inline(never)]
fn copy(cx: &mut Cx<'_>, [op, arg, ..]: Args) -> Result<i64, XenErrno> {
    match VersionOp::from_raw(low32(op)).ok_or(XenErrno::Enosys)? {
        VersionOp::Version => Err(XenErrno::Enosys),
        // With an argument.
        VersionOp::Pagesize => Err(XenErrno::Einval),
        VersionOp::Extraversion => text::<EXTRAVERSION_BYTES>(arg, EXTRAVERSION),
        VersionOp::CompileInfo => compile_info(arg),
        VersionOp::Capabilities => capabilities(arg),
        VersionOp::Changeset => text::<CHANGESET_BYTES>(arg, CHANGESET),
        VersionOp::PlatformParameters => platform_parameters(arg),
        VersionOp::GetFeatures => features(cx, arg),
        VersionOp::GuestHandle => {
            let handle: [u8; DOMAIN_HANDLE_BYTES] = cx.vcpu.domain.settings.with(|values| values.handle);
            guest::write_bytes(arg, &handle).map(|()| 0)
        }
        VersionOp::Commandline => text::<COMMANDLINE_BYTES>(arg, command_line(cx)),
        VersionOp::BuildId if !cx.vcpu.domain.is_hardware() => Err(XenErrno::Eperm),
        VersionOp::BuildId => Err(XenErrno::Enodata),
    }
}

/// Returns `text` in an array, cut to leave a zero at its end.
fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().take(N - 1).zip(text.bytes()) {
        *to = from;
    }
    bytes
}

fn text<const N: usize>(arg: u64, text: &str) -> Result<i64, XenErrno> {
    guest::write_bytes(arg, &padded::<N>(text))?;
    Ok(0)
}

fn capabilities(arg: u64) -> Result<i64, XenErrno> {
    let mut names =
        CAPABILITIES.iter().filter(|(width, _)| sysreg::runs(*width)).flat_map(|(_, name)| name.bytes());
    let mut bytes = [0; CAPABILITIES_BYTES];
    for (to, from) in bytes.iter_mut().take(CAPABILITIES_BYTES - 1).zip(&mut names) {
        *to = from;
    }
    guest::write_bytes(arg, &bytes)?;
    Ok(0)
}

fn compile_info(arg: u64) -> Result<i64, XenErrno> {
    let info = CompileInfo {
        compiler: padded(COMPILER),
        compile_by: padded(COMPILE_BY),
        compile_domain: padded(""),
        compile_date: padded(""),
    };
    guest::write(arg, &info)?;
    Ok(0)
}

fn platform_parameters(arg: u64) -> Result<i64, XenErrno> {
    let virt_start = layout::IMAGE.raw() as u64;
    guest::write(arg, &PlatformParameters { virt_start })?;
    Ok(0)
}

fn features(cx: &Cx<'_>, arg: u64) -> Result<i64, XenErrno> {
    let mut info: FeatureInfo = guest::read(arg)?;
    if info.submap_idx >= NR_SUBMAPS {
        return Err(XenErrno::Einval);
    }
    info.submap = if cx.vcpu.domain.is_hardware() { FEATURES_DIRECT_MAPPED_HWDOM } else { FEATURES_DOMU };
    guest::write(arg, &info)?;
    Ok(0)
}

fn command_line(cx: &Cx<'_>) -> &'static str {
    if !cx.vcpu.domain.is_hardware() {
        return DENIED;
    }
    boot::machine().map_or("", |machine| machine.command_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_and_ends_in_zero() {
        assert_eq!(padded::<4>("ab"), *b"ab\0\0");
        assert_eq!(padded::<4>("abcdef"), *b"abc\0");
    }

    #[test]
    fn the_extra_version_fits() {
        assert!(EXTRAVERSION.len() < EXTRAVERSION_BYTES);
    }
}
