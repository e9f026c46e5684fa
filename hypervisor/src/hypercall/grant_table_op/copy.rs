//! Copying between pages.

use super::{Call, Named};
use crate::domain::grants::{self, Copy, Page, Side};
use crate::hypercall::{Budget, Reply, low32};
use crate::trap::Cx;
use gnttab::GrantRef;
use types::{DomId, Gfn};
use xen_abi::XenErrno;
use xen_abi::grant_table::{GNTCOPY_DEST_GREF, GNTCOPY_SOURCE_GREF, GrantCopy, GrantCopyPtr, GrantStatus};

/// What copying a page costs.
const COPY_STEPS: u32 = 10;

/// Where the status is in the structure.
const STATUS: u64 = 36;

/// Copies (GNTTABOP_copy).
///
/// # Errors
/// EFAULT.
pub fn copy(cx: &Cx<'_>, call: &Call, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let (mut sources, mut dests) = (Named::new(cx), Named::new(cx));
    call.each_status(budget, (COPY_STEPS, STATUS), |request| copy_one(request, &mut sources, &mut dests))
}

fn copy_one(request: &GrantCopy, sources: &mut Named<'_>, dests: &mut Named<'_>) -> Result<(), GrantStatus> {
    let own = sources.own;
    let copy = Copy {
        source: side(&request.source, sources, request.flags & GNTCOPY_SOURCE_GREF)?,
        dest: side(&request.dest, dests, request.flags & GNTCOPY_DEST_GREF)?,
        len: request.len,
    };
    grants::copy(own, &copy)
}

/// Finds the page of one side; `by_grant` is not zero if it is named by a grant.
fn side<'a>(
    pointer: &GrantCopyPtr,
    named: &'a mut Named<'_>,
    by_grant: u16,
) -> Result<Side<'a>, GrantStatus> {
    if pointer.domid != DomId::SELF && by_grant == 0 {
        return Err(GrantStatus::PermissionDenied);
    }
    let id = if pointer.domid == DomId::SELF { named.own.id } else { pointer.domid };
    let page = match by_grant {
        0 => Page::Own(Gfn::new(pointer.source)),
        _ => Page::Grant(GrantRef::new(low32(pointer.source))),
    };
    Ok(Side { owner: named.partner(id)?, page, offset: pointer.offset })
}
