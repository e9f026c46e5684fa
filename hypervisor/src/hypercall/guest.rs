//! Structures in the caller's memory, copied whole.

use crate::machine::guest_copy;
use types::GuestVa;
use xen_abi::{GuestStruct, XenErrno};

/// Bytes that can be copied and decoded by words.
#[repr(align(8))]
struct Aligned<B>(B);

/// Copies a structure from the caller.
///
/// # Errors
/// EFAULT.
pub fn read<T: GuestStruct>(at: u64) -> Result<T, XenErrno> {
    let mut bytes = Aligned(T::buffer());
    guest_copy::read_array(GuestVa::new(at), &mut bytes.0).map_err(|_| XenErrno::Efault)?;
    Ok(T::decode(&bytes.0))
}

/// Copies a structure to the caller.
///
/// # Errors
/// EFAULT.
pub fn write<T: GuestStruct>(at: u64, value: &T) -> Result<(), XenErrno> {
    guest_copy::write_array(GuestVa::new(at), &value.encode()).map_err(|_| XenErrno::Efault)
}

/// Copies bytes from the caller.
///
/// # Errors
/// EFAULT.
pub fn read_bytes(at: u64, bytes: &mut [u8]) -> Result<(), XenErrno> {
    guest_copy::read(GuestVa::new(at), bytes).map_err(|_| XenErrno::Efault)
}

/// Copies bytes to the caller.
///
/// # Errors
/// EFAULT.
pub fn write_bytes(at: u64, bytes: &[u8]) -> Result<(), XenErrno> {
    guest_copy::write(GuestVa::new(at), bytes).map_err(|_| XenErrno::Efault)
}

/// Copies element `index` of an array of 64-bit numbers from the caller.
///
/// # Errors
/// EFAULT.
pub fn read_u64(array: GuestVa, index: u64) -> Result<u64, XenErrno> {
    let mut bytes = Aligned([0; 8]);
    let at = GuestVa::new(element(array, index, 8)?);
    guest_copy::read_array(at, &mut bytes.0).map_err(|_| XenErrno::Efault)?;
    Ok(u64::from_le_bytes(bytes.0))
}

/// Returns the address of element `index` of an array.
///
/// # Errors
/// EFAULT if it is beyond all addresses.
pub fn element(array: GuestVa, index: u64, bytes: u64) -> Result<u64, XenErrno> {
    let offset = index.checked_mul(bytes).ok_or(XenErrno::Efault)?;
    Ok(array.checked_add(offset).ok_or(XenErrno::Efault)?.raw())
}

/// Copies a 64-bit number to the caller.
///
/// # Errors
/// EFAULT.
pub fn write_u64(at: u64, value: u64) -> Result<(), XenErrno> {
    guest_copy::write_array(GuestVa::new(at), &value.to_le_bytes()).map_err(|_| XenErrno::Efault)
}

/// Copies a 32-bit number to the caller.
///
/// # Errors
/// EFAULT.
pub fn write_u32(at: u64, value: u32) -> Result<(), XenErrno> {
    guest_copy::write_array(GuestVa::new(at), &value.to_le_bytes()).map_err(|_| XenErrno::Efault)
}
