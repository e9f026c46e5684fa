//! The headers of the formats.

pub(crate) mod image64;
pub(crate) mod uimage;
pub(crate) mod zimage32;

/// How much of an image there is.
#[derive(Clone, Copy)]
pub(crate) enum Present {
    /// The module's bytes, all of them readable.
    All(u64),
    /// Only the head is readable; the whole unpacks to about so many bytes.
    Head(u64),
}
