//! How the crate reaches pages: those that a guest shares, and the hypervisor's own.

use types::Mfn;

/// Pages by frame number; the kernel implements it on its window to frames.
///
/// Every frame that is lent to the crate must stay mapped or mappable until it is given back. Indexes are
/// within the page.
pub trait Memory {
    /// Reads the aligned 64-bit word `index` of a page of the hypervisor's own.
    fn load64(&self, page: Mfn, index: usize) -> u64;

    /// Writes the aligned 64-bit word `index` of a page of the hypervisor's own.
    fn store64(&self, page: Mfn, index: usize, value: u64);

    /// Reads the aligned 32-bit word `index` of a page that a guest writes too.
    fn load32(&self, page: Mfn, index: usize) -> u32;

    /// Writes the aligned 32-bit word `index` of a page that a guest writes too.
    fn store32(&self, page: Mfn, index: usize, value: u32);

    /// Tries once to change such a word from `current` to `new`; orders accesses before and after it.
    ///
    /// # Errors
    /// The value that was seen.
    fn compare_exchange(&self, page: Mfn, index: usize, current: u32, new: u32) -> Result<(), u32>;
}
