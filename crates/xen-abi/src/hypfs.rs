//! `hypfs_op`: the hypervisor's own file system.

use crate::codec::guest_struct;
use crate::constant::{header_consts, header_enum};

header_enum! {
    /// An operation of `hypfs_op` (`xen/include/public/hypfs.h`).
    HypfsOp: u32 {
        GetVersion = 0 = "XEN_HYPFS_OP_get_version",
        Read = 1 = "XEN_HYPFS_OP_read",
        WriteContents = 2 = "XEN_HYPFS_OP_write_contents",
    }
}

header_enum! {
    /// What an entry is.
    HypfsType: u8 {
        Dir = 0 = "XEN_HYPFS_TYPE_DIR",
        Blob = 1 = "XEN_HYPFS_TYPE_BLOB",
        String = 2 = "XEN_HYPFS_TYPE_STRING",
        Uint = 3 = "XEN_HYPFS_TYPE_UINT",
        Int = 4 = "XEN_HYPFS_TYPE_INT",
        Bool = 5 = "XEN_HYPFS_TYPE_BOOL",
    }
}

header_enum! {
    /// How an entry's contents are encoded.
    HypfsEncoding: u8 {
        Plain = 0 = "XEN_HYPFS_ENC_PLAIN",
        Gzip = 1 = "XEN_HYPFS_ENC_GZIP",
    }
}

header_consts! {
    /// The interface's version
    VERSION: u32 = 1 => "XEN_HYPFS_VERSION",
    /// The most bytes of a path, with the zero at its end
    MAX_PATHLEN: u32 = 1024 => "XEN_HYPFS_MAX_PATHLEN",
    /// Where the name begins in a directory's element
    DIRLISTENTRY_NAME: usize = 14 => "__builtin_offsetof(struct xen_hypfs_dirlistentry, name)",
}

guest_struct! {
    /// What is known of an entry; its contents follow.
    HypfsDirentry = "struct xen_hypfs_direntry" {
        /// A [`HypfsType`].
        kind: u8 = "type",
        /// A [`HypfsEncoding`].
        encoding: u8,
        /// Padding, zero.
        pad: u16,
        /// Bytes of the contents.
        content_len: u32,
        /// The most bytes that can be written, 0 if none can.
        max_write_len: u32,
    }
}

guest_struct! {
    /// An element of a directory's contents; its zero-terminated name begins at
    /// [`DIRLISTENTRY_NAME`], in what is padding here.
    HypfsDirlistentry = "struct xen_hypfs_dirlistentry" {
        /// The entry.
        e: HypfsDirentry,
        /// Bytes to the next element, 0 at the last.
        off_next: u16,
        /// The name's first bytes.
        _pad: [u8; 2],
    }
}
