//! Which files make a stack what it is, and when one of them is saved.
//!
//! It does not know what is done about it.

mod notices;
mod scope;

pub use notices::Notices;
pub use scope::{Scope, Snapshot};
