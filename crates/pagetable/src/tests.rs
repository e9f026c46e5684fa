//! The tree against a model, on a store that checks what hardware would punish.

mod bits;
mod fake;
mod model;
mod ops;
