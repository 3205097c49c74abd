//! YAML and JSON text as a tree whose every key and value knows its place.
//!
//! [`Document::parse`] turns text into [`Node`]s with byte spans, resolves scalars as CloudFormation reads them
//! (YAML 1.1 booleans, dates as strings), and reports what is broken instead of panicking. It keeps tags as they were
//! written and knows nothing of templates: that `!Ref` means something is for [`crate::template`] to say.

pub mod de;
mod de_error;
mod document;
mod near_miss;
mod quotes;
mod reader;
mod recovery;
mod scalar;
mod shadow;
mod spanned;

pub use de::{DeError, DeErrorKind, from_node};
pub use document::{Document, Key, Node, NodeValue, Position, Span, SyntaxError, SyntaxErrorKind, Tag};
pub use near_miss::near_miss;
pub use spanned::Spanned;
