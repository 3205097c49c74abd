//! The tree and the places in it. Spans are byte ranges; a [`Position`] is what a person counts: lines and characters.

use serde_json::Number;
use std::fmt;

/// A half-open range of bytes in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Returns the smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }
}

/// A place as an editor shows it: line and column from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// A tag as it was written, with its exclamation mark: `!Ref`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub span: Span,
}

/// The name in front of a mapping's value. Keys are always text: `8: x` and `"8": x` have the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub name: String,
    pub span: Span,
}

/// One value of the document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub span: Span,
    pub tag: Option<Tag>,
    pub value: NodeValue,
}

#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Sequence(Vec<Node>),
    Mapping(Vec<(Key, Node)>),
}

impl Node {
    /// Returns the value under `name` when this node is a mapping that has it.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|(_, value)| value)
    }

    /// Returns key and value under `name` when this node is a mapping that has it.
    pub fn entry(&self, name: &str) -> Option<(&Key, &Node)> {
        self.entries().iter().find(|(key, _)| key.name == name).map(|(key, value)| (key, value))
    }

    /// Returns the entries of a mapping, and nothing of any other node.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            NodeValue::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the items of a sequence, and nothing of any other node.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            NodeValue::Sequence(items) => items,
            _ => &[],
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            NodeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// Says whether the node is a mapping or a sequence.
    pub fn is_collection(&self) -> bool {
        matches!(self.value, NodeValue::Sequence(_) | NodeValue::Mapping(_))
    }
}

/// A parsed text: its tree, and the way from byte offsets to lines and columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub root: Node,
    /// Where `*alias` stands in for an anchored value. CloudFormation itself does not read aliases.
    pub aliases: Vec<Span>,
    /// Where `<<` merges another mapping. CloudFormation itself does not read merges.
    pub merges: Vec<Span>,
    /// The comments, in order: each from its `#` to the end of its line.
    pub comments: Vec<Span>,
    source: String,
    line_starts: Vec<usize>,
}

impl Document {
    /// Reads YAML or JSON. What is broken is in the list; the tree holds what could be read around it.
    pub fn parse(text: &str) -> (Document, Vec<SyntaxError>) {
        let reading = super::recovery::read(text);
        let document = Document {
            root: reading.root,
            aliases: reading.aliases,
            merges: reading.merges,
            comments: reading.comments,
            source: text.to_owned(),
            line_starts: line_starts(text),
        };
        (document, reading.errors)
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the line and column of a byte offset; one past the end, or inside a character, is brought back to it.
    pub fn position(&self, offset: usize) -> Position {
        let offset = floor_char_boundary(&self.source, offset);
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let line_start =
            line.checked_sub(1).and_then(|index| self.line_starts.get(index)).copied().unwrap_or(0);
        let column = self.source.get(line_start..offset).map_or(0, |before| before.chars().count());
        Position { line, column: column + 1 }
    }

    /// Returns the text of a line, counted from 1, without its line break.
    pub fn line(&self, line: usize) -> Option<&str> {
        let start = *self.line_starts.get(line.checked_sub(1)?)?;
        let end = self.line_starts.get(line).copied().unwrap_or(self.source.len());
        Some(self.source.get(start..end)?.trim_end_matches(['\n', '\r']))
    }

    /// Says whether the text is JSON to the eye: its first character opens an object or an array.
    pub fn is_json(&self) -> bool {
        looks_like_json(&self.source)
    }
}

pub(super) fn looks_like_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
}

pub(super) fn floor_char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (index, byte) in bytes.iter().enumerate() {
        let lone_return = *byte == b'\r' && bytes.get(index + 1) != Some(&b'\n');
        if *byte == b'\n' || lone_return {
            starts.push(index + 1);
        }
    }
    starts
}

/// Something in the text that cannot be read as a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    pub kind: SyntaxErrorKind,
    pub message: String,
    pub span: Span,
    /// The other place that the message is about: the first of two equal keys.
    pub related: Option<Span>,
    /// Whether the parser could not go on from here.
    pub(super) stops: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// The text is not YAML here. The tree may lack what stands around it.
    Malformed,
    /// A key that stands twice in one mapping; the tree keeps the last.
    DuplicateKey { key: String },
    /// A key that is a mapping or a sequence.
    UnusableKey,
    /// `<<` with something else than a mapping or a list of mappings.
    UnusableMerge,
    /// `*name` where no `&name` stands before it.
    UnknownAlias { name: String },
    /// Deeper than any honest document, or larger once its aliases are written out.
    TooLarge,
    /// A second document after `---`.
    SecondDocument,
    /// Well-formed, and still not what the reader of the tree needs: a template without `Resources`, for example.
    Structure,
}

impl SyntaxError {
    pub fn new(kind: SyntaxErrorKind, message: impl Into<String>, span: Span) -> Self {
        Self { kind, message: message.into(), span, related: None, stops: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters_from_one() {
        let (document, errors) = Document::parse("ä: 1\r\nb: é x\nc: 2\n");
        assert!(errors.is_empty(), "{errors:?}");
        let (_, value) = document.root.entry("b").expect("b is there");
        assert_eq!(document.position(value.span.start), Position { line: 2, column: 4 });
        assert_eq!(document.line(2), Some("b: é x"));
        assert_eq!(document.line(9), None);
        assert_eq!(document.position(10_000).line, 4);
        assert_eq!(document.position(1), Position { line: 1, column: 1 });
    }
}
