//! Versions of the table's layout.

use crate::error::Error;
use crate::table::GrantTable;

/// The version offered.
const VERSION: u32 = 1;
/// The other version that Xen knows.
const VERSION_2: u32 = 2;

impl GrantTable {
    /// Returns the table's version (`xen/include/public/grant_table.h, GNTTABOP_get_version`).
    pub const fn version(&self) -> u32 {
        VERSION
    }

    /// Chooses the table's version and returns it (`GNTTABOP_set_version`).
    ///
    /// # Errors
    /// If it is not version 1.
    pub const fn set_version(&mut self, version: u32) -> Result<u32, Error> {
        match version {
            VERSION => Ok(VERSION),
            VERSION_2 => Err(Error::VersionNotOffered),
            _ => Err(Error::NoVersion),
        }
    }
}
