//! What goes wrong when a tree is read as a type, told with its place and its kind.

use super::document::Span;
use serde::de::{self, Expected, Unexpected};
use std::fmt::{self, Display};

/// Why a node could not be read as the type that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeError {
    /// A lower-case fragment: "unknown key `shard`".
    pub message: String,
    /// The guilty key or value.
    pub span: Span,
    pub kind: DeErrorKind,
    /// The way from the root to the guilty value: keys, and positions in lists from 0.
    pub path: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeErrorKind {
    /// A key that the type does not have.
    UnknownKey { found: String, expected: &'static [&'static str] },
    /// A value that is none of an enum's names.
    UnknownVariant { found: String, expected: &'static [&'static str] },
    /// Something else where a mapping with such keys is wanted.
    NotAMapping { expected: &'static [&'static str] },
    /// A key that the type needs and the mapping lacks.
    MissingKey { key: String },
    /// A value of the wrong kind or range.
    Invalid,
}

/// An error on its way up: its place is filled in by the first who knows one, its path grows at the end.
#[derive(Debug)]
pub struct Failure {
    message: String,
    span: Option<Span>,
    kind: DeErrorKind,
    path: Vec<String>,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>, kind: DeErrorKind) -> Self {
        Self { message: message.into(), span: None, kind, path: Vec::new() }
    }

    pub(super) fn not_a_mapping(found: Unexpected<'_>, expected: &'static [&'static str]) -> Self {
        Self::new(
            format!("expected a mapping, found {}", Found(found)),
            DeErrorKind::NotAMapping { expected },
        )
    }

    pub(super) fn place(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// Places the error at a node, unless it is about a key that is missing there: that is its owner's place to show.
    pub(super) fn place_value(self, span: Span) -> Self {
        match self.kind {
            DeErrorKind::MissingKey { .. } => self,
            _ => self.place(span),
        }
    }

    pub(super) fn within(mut self, segment: impl Into<String>) -> Self {
        self.path.push(segment.into());
        self
    }
}

impl Failure {
    /// Ends the way up: the path is turned round, and what has no place yet gets the root's.
    pub(super) fn into_error(self, root: Span) -> DeError {
        let mut path = self.path;
        path.reverse();
        DeError { message: self.message, span: self.span.unwrap_or(root), kind: self.kind, path }
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string(), DeErrorKind::Invalid)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let kind = DeErrorKind::UnknownKey { found: field.to_owned(), expected };
        Self::new(format!("unknown key `{field}`"), kind)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let kind = DeErrorKind::UnknownVariant { found: variant.to_owned(), expected };
        let names: Vec<String> = expected.iter().map(|name| format!("`{name}`")).collect();
        Self::new(format!("`{variant}` is not one of {}", names.join(", ")), kind)
    }

    fn missing_field(field: &'static str) -> Self {
        let kind = DeErrorKind::MissingKey { key: field.to_owned() };
        Self::new(format!("missing key `{field}`"), kind)
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("expected {}, found {}", plain(&expected.to_string()), Found(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }
}

/// Returns what was expected in the words of a YAML file, where Serde says it in those of Rust.
fn plain(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" => "text",
        "a boolean" => "`true` or `false`",
        "a sequence" => "a list",
        "a map" => "a mapping",
        other => other,
    }
}

/// What was found, in the words of a YAML file rather than of Rust.
struct Found<'a>(Unexpected<'a>);

impl Display for Found<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Unit | Unexpected::Option => formatter.write_str("nothing"),
            Unexpected::Seq => formatter.write_str("a list"),
            Unexpected::Map | Unexpected::StructVariant => formatter.write_str("a mapping"),
            Unexpected::Str(text) => write!(formatter, "the text {text:?}"),
            Unexpected::Bool(value) => write!(formatter, "`{value}`"),
            Unexpected::Unsigned(value) => write!(formatter, "the number {value}"),
            Unexpected::Signed(value) => write!(formatter, "the number {value}"),
            Unexpected::Float(value) => write!(formatter, "the number {value}"),
            other => write!(formatter, "{other}"),
        }
    }
}
