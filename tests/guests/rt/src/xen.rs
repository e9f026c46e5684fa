//! Hypercalls, by number and bytes: layouts are written out here from the public headers, so that the
//! guests judge the hypervisor's own `xen-abi` crate instead of sharing its mistakes.

use crate::arch::hypercall;

/// HYPERVISOR_memory_op (xen/include/public/xen.h).
pub const MEMORY_OP: usize = 12;
/// HYPERVISOR_multicall.
pub const MULTICALL: usize = 13;
/// HYPERVISOR_xen_version.
pub const XEN_VERSION: usize = 17;
/// HYPERVISOR_console_io.
pub const CONSOLE_IO: usize = 18;
/// HYPERVISOR_grant_table_op.
pub const GRANT_TABLE_OP: usize = 20;
/// HYPERVISOR_vm_assist.
pub const VM_ASSIST: usize = 21;
/// HYPERVISOR_vcpu_op.
pub const VCPU_OP: usize = 24;
/// HYPERVISOR_sched_op.
pub const SCHED_OP: usize = 29;
/// HYPERVISOR_event_channel_op.
pub const EVENT_CHANNEL_OP: usize = 32;
/// HYPERVISOR_physdev_op.
pub const PHYSDEV_OP: usize = 33;
/// HYPERVISOR_hvm_op.
pub const HVM_OP: usize = 34;
/// HYPERVISOR_domctl.
pub const DOMCTL: usize = 36;

/// DOMID_SELF.
pub const DOMID_SELF: u16 = 0x7ff0;

/// -EPERM (xen/include/public/errno.h).
pub const EPERM: isize = -1;
/// -ENOENT.
pub const ENOENT: isize = -2;
/// -ESRCH.
pub const ESRCH: isize = -3;
/// -ENXIO.
pub const ENXIO: isize = -6;
/// -EACCES.
pub const EACCES: isize = -13;
/// -EFAULT.
pub const EFAULT: isize = -14;
/// -EEXIST.
pub const EEXIST: isize = -17;
/// -EINVAL.
pub const EINVAL: isize = -22;
/// -ENOSYS.
pub const ENOSYS: isize = -38;

/// A hypercall's argument block: shared memory is written and read as bytes of a 64-bit layout.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
pub struct Block<const N: usize> {
    /// The bytes.
    pub bytes: [u8; N],
}

impl<const N: usize> Default for Block<N> {
    fn default() -> Self {
        Self { bytes: [0; N] }
    }
}

impl<const N: usize> Block<N> {
    /// All zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a field.
    pub fn set<const W: usize>(&mut self, offset: usize, field: [u8; W]) -> &mut Self {
        self.bytes[offset..offset + W].copy_from_slice(&field);
        self
    }

    /// Writes a u16 field.
    pub fn set16(&mut self, offset: usize, value: u16) -> &mut Self {
        self.set(offset, value.to_le_bytes())
    }

    /// Writes a u32 field.
    pub fn set32(&mut self, offset: usize, value: u32) -> &mut Self {
        self.set(offset, value.to_le_bytes())
    }

    /// Writes a u64 field (or a handle).
    pub fn set64(&mut self, offset: usize, value: u64) -> &mut Self {
        self.set(offset, value.to_le_bytes())
    }

    /// Reads a u32 field.
    pub fn get32(&self, offset: usize) -> u32 {
        let b = &self.bytes[offset..offset + 4];
        u32::from_le_bytes([b[0], b[1], b[2], b[3]])
    }

    /// Reads a u64 field.
    pub fn get64(&self, offset: usize) -> u64 {
        u64::from(self.get32(offset)) | u64::from(self.get32(offset + 4)) << 32
    }

    /// Its address for the hypervisor.
    pub fn address(&mut self) -> usize {
        self.bytes.as_mut_ptr().expose_provenance()
    }
}

/// A hypercall of the form (command, pointer to argument).
pub fn call<const N: usize>(number: usize, command: usize, argument: &mut Block<N>) -> isize {
    hypercall(number, [command, argument.address(), 0, 0, 0])
}

/// CONSOLEIO_write.
pub fn console_write(bytes: &[u8]) -> isize {
    hypercall(CONSOLE_IO, [0, bytes.len(), bytes.as_ptr().expose_provenance(), 0, 0])
}

/// CONSOLEIO_read: number of bytes read.
pub fn console_read(bytes: &mut [u8]) -> isize {
    hypercall(CONSOLE_IO, [1, bytes.len(), bytes.as_mut_ptr().expose_provenance(), 0, 0])
}

/// A hypercall with up to two plain arguments.
pub fn hypercall_words(number: usize, args: [usize; 2]) -> isize {
    hypercall(number, [args[0], args[1], 0, 0, 0])
}
