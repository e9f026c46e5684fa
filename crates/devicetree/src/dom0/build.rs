//! Copying the host's tree into domain 0's.

use super::nodes;
use super::{Dom0Plan, Policy, Verdict};
use crate::{Error, Node, Writer};

/// Writes domain 0's tree into `out` and returns its size in bytes.
///
/// A hidden node whose phandle something may refer to leaves a remnant: its name, phandle and
/// `#...-cells`, `status = "disabled"`.
///
/// # Errors
/// [`crate::Fault::Full`]; [`crate::Fault::CellsTooFew`] if an address does not fit in the root's cells.
pub fn build(policy: &Policy<'_>, plan: &Dom0Plan<'_>, out: &mut [u8]) -> Result<usize, Error> {
    let mut writer = Writer::copying(out, &policy.host)?;
    let mut walk = policy.host.nodes();
    // Depth of the hidden node that the walk is in.
    let mut hidden: Option<usize> = None;
    let mut has_chosen = false;
    while let Some(node) = walk.next() {
        let depth = walk.lineage().depth();
        while writer.depth() >= depth {
            writer.end_node()?;
        }
        hidden = hidden.filter(|&above| depth > above);
        let verdict = if hidden.is_some() { None } else { Some(policy.verdict(walk.lineage())) };
        has_chosen |= verdict == Some(Verdict::Chosen);
        let leave_out = match verdict {
            None => !leaves_remnant(node),
            Some(Verdict::Hide(reason)) => reason.is_replaced() || !leaves_remnant(node),
            Some(_) => false,
        };
        if leave_out {
            walk.skip_children();
            continue;
        }
        writer.begin_node(node.name())?;
        match verdict {
            None => remnant(&mut writer, node)?,
            Some(Verdict::Hide(_)) => {
                hidden = Some(depth);
                remnant(&mut writer, node)?;
            }
            Some(verdict) => nodes::write(&mut writer, policy, plan, (verdict, node))?,
        }
    }
    while writer.depth() > 1 {
        writer.end_node()?;
    }
    nodes::append(&mut writer, policy, plan, has_chosen)?;
    writer.end_node()?;
    writer.finish()
}

/// Tells whether a hidden node or one below it has a phandle.
fn leaves_remnant(node: Node<'_>) -> bool {
    let mut walk = node.tree().nodes_from(node);
    walk.any(|below| below.phandle().is_some())
}

fn remnant(writer: &mut Writer<'_>, node: Node<'_>) -> Result<(), Error> {
    for property in node.properties() {
        if property.name.starts_with('#') || matches!(property.name, "phandle" | "linux,phandle") {
            writer.property(property.name, property.value)?;
        }
    }
    writer.property_str("status", "disabled")
}
