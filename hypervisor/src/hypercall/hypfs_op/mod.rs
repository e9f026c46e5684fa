//! `hypfs_op`: the hypervisor's own file system (`xen/include/public/hypfs.h`).

mod content;
mod tree;

use super::{Args, guest, low32, privileged};
use crate::trap::Cx;
use content::{Content, describe};
use tree::Node;
use xen_abi::hypfs::{HypfsDirentry, HypfsOp, MAX_PATHLEN, VERSION};
use xen_abi::{Field, GuestStruct, XenErrno};

/// The most bytes of a path.
const PATH_BYTES: usize = MAX_PATHLEN as usize;
/// The most bytes that can be written.
const MAX_WRITE: usize = 32;

/// Performs an operation.
///
/// # Errors
/// EPERM for others than dom0, EOPNOTSUPP for an unknown one, EINVAL, EFAULT, ENOENT, ENOBUFS, EACCES, ENOSPC.
#[inline(never)]
pub fn handle(cx: &mut Cx<'_>, [op, path, length, buffer, size]: Args) -> Result<i64, XenErrno> {
    privileged(cx)?;
    match HypfsOp::from_raw(low32(op)).ok_or(XenErrno::Eopnotsupp)? {
        HypfsOp::GetVersion if [path, length, buffer, size] != [0; 4] => Err(XenErrno::Einval),
        HypfsOp::GetVersion => Ok(VERSION.into()),
        HypfsOp::Read => read(find(path, length)?, buffer, size),
        HypfsOp::WriteContents => write(find(path, length)?, buffer, size),
    }
}

/// Finds what a path names, of `length` bytes with the zero at its end.
fn find(path: u64, length: u64) -> Result<Node, XenErrno> {
    let mut bytes = [0; PATH_BYTES];
    let length = usize::try_from(length).map_err(|_| XenErrno::Einval)?;
    let bytes = bytes.get_mut(..length).filter(|bytes| !bytes.is_empty()).ok_or(XenErrno::Einval)?;
    guest::read_bytes(path, bytes)?;
    Node::find(terminated(bytes)?)
}

/// Returns text without the zero at its end, of which there is one.
fn terminated(bytes: &[u8]) -> Result<&[u8], XenErrno> {
    let (end, text) = bytes.split_last().ok_or(XenErrno::Einval)?;
    if *end == 0 && !text.contains(&0) { Ok(text) } else { Err(XenErrno::Einval) }
}

fn read(node: Node, buffer: u64, size: u64) -> Result<i64, XenErrno> {
    let entry = describe(node);
    let header = HypfsDirentry::SIZE as u64;
    if size < header {
        return Err(XenErrno::Einval);
    }
    guest::write_bytes(buffer, entry.encode().as_ref())?;
    let mut content = Content::default();
    node.read(&mut content);
    if size - header < content.bytes().len() as u64 {
        return Err(XenErrno::Enobufs);
    }
    guest::write_bytes(buffer.checked_add(header).ok_or(XenErrno::Efault)?, content.bytes())?;
    Ok(0)
}

fn write(node: Node, buffer: u64, size: u64) -> Result<i64, XenErrno> {
    if node.max_write_len() == 0 {
        return Err(XenErrno::Eacces);
    }
    if size > node.max_write_len().into() {
        return Err(XenErrno::Enospc);
    }
    let mut bytes = [0; MAX_WRITE];
    let bytes = bytes.get_mut(..crate::arch::to_usize(size)).ok_or(XenErrno::Enospc)?;
    guest::read_bytes(buffer, bytes)?;
    node.write(terminated(bytes)?)?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_in_the_only_zero() {
        assert_eq!(terminated(b"/\0"), Ok(&b"/"[..]));
        for text in [&b""[..], b"/", b"/\0a", b"/\0\0"] {
            assert_eq!(terminated(text), Err(XenErrno::Einval));
        }
    }
}
