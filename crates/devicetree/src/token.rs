//! The structure block's tokens (Devicetree Specification v0.4, 5.4): one bounds-checked decoder for
//! the gate and for every walk after it.

use crate::Fault;
use crate::bytes::{be32, index, text};

pub(crate) const BEGIN_NODE: u32 = 1;
pub(crate) const END_NODE: u32 = 2;
pub(crate) const PROPERTY: u32 = 3;
pub(crate) const NOP: u32 = 4;
pub(crate) const END: u32 = 9;

/// One token with what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Token<'a> {
    /// A node and its name.
    BeginNode(&'a [u8]),
    /// The end of the innermost node.
    EndNode,
    /// A property: the offset of its name in the strings block, and its value.
    Property(u32, &'a [u8]),
    /// Nothing: what an in-place edit left.
    Nop,
    /// The end of the tree.
    End,
}

/// Decodes the token at byte `at` of a structure block, a multiple of 4, and returns it with the
/// offset of the next, which is larger.
pub(crate) fn token(block: &[u8], at: usize) -> Result<(Token<'_>, usize), Fault> {
    let word = be32(block, at).ok_or(Fault::UnexpectedEnd)?;
    let after = at.checked_add(4).ok_or(Fault::UnexpectedEnd)?;
    match word {
        BEGIN_NODE => {
            let name = text(block, after).ok_or(Fault::BadNodeName)?;
            let end = after.checked_add(name.len()).and_then(|end| end.checked_add(1));
            Ok((Token::BeginNode(name), end.and_then(align4).ok_or(Fault::UnexpectedEnd)?))
        }
        END_NODE => Ok((Token::EndNode, after)),
        PROPERTY => property(block, after),
        NOP => Ok((Token::Nop, after)),
        END => Ok((Token::End, after)),
        other => Err(Fault::BadToken(other)),
    }
}

fn property(block: &[u8], at: usize) -> Result<(Token<'_>, usize), Fault> {
    // The length and the name together: every walk passes most properties by.
    let head = block.get(at..).and_then(|rest| rest.split_first_chunk::<8>());
    let (&[l0, l1, l2, l3, n0, n1, n2, n3], rest) = head.ok_or(Fault::UnexpectedEnd)?;
    let (len, name) = (u32::from_be_bytes([l0, l1, l2, l3]), u32::from_be_bytes([n0, n1, n2, n3]));
    let value = rest.get(..index(len)).ok_or(Fault::BadPropertyLength(len))?;
    let end = at.checked_add(8).and_then(|start| start.checked_add(index(len))).and_then(align4);
    Ok((Token::Property(name, value), end.ok_or(Fault::BadPropertyLength(len))?))
}

fn align4(at: usize) -> Option<usize> {
    at.checked_next_multiple_of(4)
}
