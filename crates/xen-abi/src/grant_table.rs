//! `grant_table_op`: memory that domains share.

pub mod rare;

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};
use types::{DomId, GuestVa};

header_enum! {
    /// An operation of `grant_table_op` (`xen/include/public/grant_table.h`).
    GnttabOp: u32 {
        MapGrantRef = 0 = "GNTTABOP_map_grant_ref",
        UnmapGrantRef = 1 = "GNTTABOP_unmap_grant_ref",
        SetupTable = 2 = "GNTTABOP_setup_table",
        DumpTable = 3 = "GNTTABOP_dump_table",
        Transfer = 4 = "GNTTABOP_transfer",
        Copy = 5 = "GNTTABOP_copy",
        QuerySize = 6 = "GNTTABOP_query_size",
        UnmapAndReplace = 7 = "GNTTABOP_unmap_and_replace",
        SetVersion = 8 = "GNTTABOP_set_version",
        GetStatusFrames = 9 = "GNTTABOP_get_status_frames",
        GetVersion = 10 = "GNTTABOP_get_version",
        SwapGrantRef = 11 = "GNTTABOP_swap_grant_ref",
        CacheFlush = 12 = "GNTTABOP_cache_flush",
    }
}

/// How a grant operation ended, in the `status` member of its argument (`GNTST_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum GrantStatus {
    /// Done (`GNTST_okay`).
    Okay = 0,
    /// Not done, for no other reason here (`GNTST_general_error`).
    GeneralError = -1,
    /// No such domain (`GNTST_bad_domain`).
    BadDomain = -2,
    /// No such grant, or not a fitting one (`GNTST_bad_gntref`).
    BadGntref = -3,
    /// No such mapping, or not a fitting one (`GNTST_bad_handle`).
    BadHandle = -4,
    /// Nothing can be mapped at the address (`GNTST_bad_virt_addr`).
    BadVirtAddr = -5,
    /// No mapping at the device address (`GNTST_bad_dev_addr`).
    BadDevAddr = -6,
    /// The I/O MMU has no space (`GNTST_no_device_space`).
    NoDeviceSpace = -7,
    /// The caller may not (`GNTST_permission_denied`).
    PermissionDenied = -8,
    /// The page is not fit (`GNTST_bad_page`).
    BadPage = -9,
    /// A copy crosses a page boundary (`GNTST_bad_copy_arg`).
    BadCopyArg = -10,
    /// The page's address is too large (`GNTST_address_too_big`).
    AddressTooBig = -11,
    /// Not done, try again (`GNTST_eagain`).
    Eagain = -12,
    /// No space for it (`GNTST_no_space`).
    NoSpace = -13,
}

impl GrantStatus {
    /// Every status with its name in the header; values as C's `int`.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("GNTST_okay", Self::Okay),
        ("GNTST_general_error", Self::GeneralError),
        ("GNTST_bad_domain", Self::BadDomain),
        ("GNTST_bad_gntref", Self::BadGntref),
        ("GNTST_bad_handle", Self::BadHandle),
        ("GNTST_bad_virt_addr", Self::BadVirtAddr),
        ("GNTST_bad_dev_addr", Self::BadDevAddr),
        ("GNTST_no_device_space", Self::NoDeviceSpace),
        ("GNTST_permission_denied", Self::PermissionDenied),
        ("GNTST_bad_page", Self::BadPage),
        ("GNTST_bad_copy_arg", Self::BadCopyArg),
        ("GNTST_address_too_big", Self::AddressTooBig),
        ("GNTST_eagain", Self::Eagain),
        ("GNTST_no_space", Self::NoSpace),
    ];

    /// Returns the number for the `status` member.
    #[inline]
    pub const fn raw(self) -> i16 {
        self as i16
    }
}

header_consts! {
    /// Entries at the start of a table that the toolstack may fill in
    NR_RESERVED_ENTRIES: u32 = 8 => "GNTTAB_NR_RESERVED_ENTRIES",
    /// The console ring's grant
    RESERVED_CONSOLE: u32 = 0 => "GNTTAB_RESERVED_CONSOLE",
    /// The xenstore ring's grant
    RESERVED_XENSTORE: u32 = 1 => "GNTTAB_RESERVED_XENSTORE",
    /// Entry flags: no grant
    GTF_INVALID: u16 = 0 => "GTF_invalid",
    /// Entry flags: the domain may map the frame
    GTF_PERMIT_ACCESS: u16 = 1 => "GTF_permit_access",
    /// Entry flags: the domain may transfer a frame here
    GTF_ACCEPT_TRANSFER: u16 = 2 => "GTF_accept_transfer",
    /// Entry flags: a grant of another grant
    GTF_TRANSITIVE: u16 = 3 => "GTF_transitive",
    /// Entry flags: the bits that hold the type
    GTF_TYPE_MASK: u16 = 3 => "GTF_type_mask",
    /// Entry flags, by the guest: only reading
    GTF_READONLY: u16 = 1 << 2 => "GTF_readonly",
    /// Entry flags, by the hypervisor: mapped for reading
    GTF_READING: u16 = 1 << 3 => "GTF_reading",
    /// Entry flags, by the hypervisor: mapped for writing
    GTF_WRITING: u16 = 1 << 4 => "GTF_writing",
    /// Entry flags, by the guest: a part of the frame (version 2)
    GTF_SUB_PAGE: u16 = 1 << 8 => "GTF_sub_page",
    /// Entry flags, by the hypervisor: a transfer will be done
    GTF_TRANSFER_COMMITTED: u16 = 1 << 2 => "GTF_transfer_committed",
    /// Entry flags, by the hypervisor: a transfer is done
    GTF_TRANSFER_COMPLETED: u16 = 1 << 3 => "GTF_transfer_completed",
    /// Map for devices
    GNTMAP_DEVICE_MAP: u32 = 1 << 0 => "GNTMAP_device_map",
    /// Map for CPUs
    GNTMAP_HOST_MAP: u32 = 1 << 1 => "GNTMAP_host_map",
    /// Map for reading
    GNTMAP_READONLY: u32 = 1 << 2 => "GNTMAP_readonly",
    /// Map for an application too
    GNTMAP_APPLICATION_MAP: u32 = 1 << 3 => "GNTMAP_application_map",
    /// The address is that of a page-table entry (not on Arm)
    GNTMAP_CONTAINS_PTE: u32 = 1 << 4 => "GNTMAP_contains_pte",
    /// The copy's source is a grant
    GNTCOPY_SOURCE_GREF: u16 = 1 << 0 => "GNTCOPY_source_gref",
    /// The copy's destination is a grant
    GNTCOPY_DEST_GREF: u16 = 1 << 1 => "GNTCOPY_dest_gref",
    /// Clean the range
    CACHE_CLEAN: u32 = 1 << 0 => "GNTTAB_CACHE_CLEAN",
    /// Invalidate the range
    CACHE_INVAL: u32 = 1 << 1 => "GNTTAB_CACHE_INVAL",
    /// The range is given by a grant
    CACHE_SOURCE_GREF: u32 = 1 << 31 => "GNTTAB_CACHE_SOURCE_GREF",
}

guest_struct! {
    /// An entry of a version 1 table; it lives in shared memory.
    GrantEntryV1 = "struct grant_entry_v1" {
        /// `GTF_*`.
        flags: u16,
        /// Who may access the frame.
        domid: DomId,
        /// The guest frame number.
        frame: u32,
    }
}

guest_struct! {
    /// The argument of [`GnttabOp::MapGrantRef`].
    MapGrantRef = "struct gnttab_map_grant_ref" {
        /// In: where to map it.
        host_addr: u64,
        /// In: `GNTMAP_*`.
        flags: u32,
        /// In: the grant.
        grant_ref: u32 = "ref",
        /// In: whose grant it is.
        dom: DomId,
        /// Out: a [`GrantStatus`].
        status: i16,
        /// Out: the mapping's handle.
        handle: u32,
        /// Out: the machine address, for devices.
        dev_bus_addr: u64,
    }
}

guest_struct! {
    /// The argument of [`GnttabOp::UnmapGrantRef`].
    UnmapGrantRef = "struct gnttab_unmap_grant_ref" {
        /// In: where it is mapped.
        host_addr: u64,
        /// In: the machine address or 0.
        dev_bus_addr: u64,
        /// In: the mapping's handle.
        handle: u32,
        /// Out: a [`GrantStatus`].
        status: i16,
        /// Padding.
        _pad: [u8; 2],
    }
}

guest_struct! {
    /// The argument of [`GnttabOp::SetupTable`].
    SetupTable = "struct gnttab_setup_table" {
        /// In: whose table.
        dom: DomId,
        /// Padding.
        _pad0: [u8; 2],
        /// In: frames it shall have.
        nr_frames: u32,
        /// Out: a [`GrantStatus`].
        status: i16,
        /// Padding.
        _pad1: [u8; 6],
        /// Out: the frame numbers go here, as `xen_pfn_t`.
        frame_list: GuestVa,
    }
}

guest_struct! {
    /// One side of a [`GrantCopy`].
    GrantCopyPtr = "struct gnttab_copy_ptr" {
        /// In: the grant or the guest frame number.
        source: u64 = "u",
        /// In: whose it is.
        domid: DomId,
        /// In: the offset in the frame, in bytes.
        offset: u16,
        /// Padding.
        _pad: [u8; 4],
    }
}

guest_struct! {
    /// The argument of [`GnttabOp::Copy`].
    GrantCopy = "struct gnttab_copy" {
        /// In: from where.
        source: GrantCopyPtr,
        /// In: to where.
        dest: GrantCopyPtr,
        /// In: bytes.
        len: u16,
        /// In: `GNTCOPY_*`.
        flags: u16,
        /// Out: a [`GrantStatus`].
        status: i16,
        /// Padding.
        _pad: [u8; 2],
    }
}

guest_struct! {
    /// The argument of [`GnttabOp::QuerySize`].
    QuerySize = "struct gnttab_query_size" {
        /// In: whose table.
        dom: DomId,
        /// Padding.
        _pad0: [u8; 2],
        /// Out: frames it has.
        nr_frames: u32,
        /// Out: frames it may have.
        max_nr_frames: u32,
        /// Out: a [`GrantStatus`].
        status: i16,
        /// Padding.
        _pad1: [u8; 2],
    }
}

guest_struct! {
    /// The argument of [`GnttabOp::SetVersion`].
    SetVersion = "struct gnttab_set_version" {
        /// In: the version the caller wants; out: the one it has.
        version: u32,
    }
}

guest_struct! {
    /// The argument of [`GnttabOp::GetVersion`].
    GetVersion = "struct gnttab_get_version" {
        /// In: whose table.
        dom: DomId,
        /// Padding.
        pad: u16,
        /// Out: the table's version.
        version: u32,
    }
}

guest_struct! {
    /// The argument of [`GnttabOp::CacheFlush`].
    CacheFlush = "struct gnttab_cache_flush" {
        /// In: the machine address, or the grant in the lower half.
        address: u64 = "a",
        /// In: the range's offset in the page.
        offset: u16,
        /// In: the range's bytes.
        length: u16,
        /// In: `CACHE_*`.
        op: u32,
    }
}
