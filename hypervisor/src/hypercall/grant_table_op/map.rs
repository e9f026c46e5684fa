//! Mapping grants, and back.

use super::{Call, Named, raw_status};
use crate::domain::grants::{self, Request};
use crate::hypercall::{Budget, Reply};
use crate::trap::Cx;
use gnttab::{Access, GrantRef, Handle};
use types::Ipa;
use xen_abi::XenErrno;
use xen_abi::grant_table::rare::UnmapAndReplace;
use xen_abi::grant_table::{
    GNTMAP_APPLICATION_MAP, GNTMAP_CONTAINS_PTE, GNTMAP_DEVICE_MAP, GNTMAP_HOST_MAP, GNTMAP_READONLY,
    GrantStatus, MapGrantRef, UnmapGrantRef,
};

/// What mapping a page costs, or unmapping it.
const PAGE_STEPS: u32 = 8;

/// Where the status is in both structures for unmapping.
const UNMAP_STATUS: u64 = 20;
/// Flags of what a domain on Arm cannot ask for: its devices' addresses are not translated, and page-table
/// entries are its own affair.
const NOT_ON_ARM: u32 = GNTMAP_DEVICE_MAP | GNTMAP_APPLICATION_MAP | GNTMAP_CONTAINS_PTE;

/// Maps grants (GNTTABOP_map_grant_ref).
///
/// # Errors
/// EFAULT.
pub fn map(cx: &Cx<'_>, call: &Call, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let mut named = Named::new(cx);
    call.each(budget, PAGE_STEPS, |request: &mut MapGrantRef| {
        request.status = raw_status(map_one(request, &mut named));
    })
}

fn map_one(request: &mut MapGrantRef, named: &mut Named<'_>) -> Result<(), GrantStatus> {
    if request.flags & (GNTMAP_HOST_MAP | GNTMAP_DEVICE_MAP) == 0 {
        return Err(GrantStatus::BadGntref);
    }
    if request.flags & NOT_ON_ARM != 0 {
        return Err(GrantStatus::GeneralError);
    }
    let is_known = request.flags & !(GNTMAP_HOST_MAP | GNTMAP_READONLY) == 0;
    let own = named.own;
    let wanted = Request {
        granter: named.partner(request.dom)?,
        grant: GrantRef::new(request.grant_ref),
        access: if request.flags & GNTMAP_READONLY != 0 { Access::Read } else { Access::Write },
        // With other flags there is no such place.
        gfn: is_known.then(|| Ipa::new(request.host_addr).frame()),
    };
    let (handle, mfn) = grants::map(own, &wanted)?;
    request.handle = handle.raw();
    request.dev_bus_addr = mfn.addr().raw();
    Ok(())
}

/// Undoes mappings (GNTTABOP_unmap_grant_ref).
///
/// # Errors
/// EFAULT.
pub fn unmap(cx: &Cx<'_>, call: &Call, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let own = &cx.vcpu.domain;
    call.each_status(budget, (PAGE_STEPS, UNMAP_STATUS), |request: &UnmapGrantRef| {
        let gfn = Ipa::new(request.host_addr).frame();
        grants::unmap(own, Handle::new(request.handle), gfn)
    })
}

/// Undoes mappings (GNTTABOP_unmap_and_replace); nothing but nothing can be put in their place.
///
/// # Errors
/// EFAULT.
pub fn unmap_and_replace(cx: &Cx<'_>, call: &Call, budget: &mut Budget) -> Result<Reply, XenErrno> {
    let own = &cx.vcpu.domain;
    call.each_status(budget, (PAGE_STEPS, UNMAP_STATUS), |request: &UnmapAndReplace| {
        let (handle, gfn) = (Handle::new(request.handle), Ipa::new(request.host_addr).frame());
        match request.new_addr {
            0 => grants::unmap(own, handle, gfn),
            _ => grants::check(own, handle).and(Err(GrantStatus::GeneralError)),
        }
    })
}
