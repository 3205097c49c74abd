//! From parser events to the tree: anchors and merges written out, duplicate keys found, size and depth bounded.
//!
//! The parser's own limits keep it from deep recursion; the limits here keep aliases from building what the text never
//! had room for. Whoever walks the finished tree may recurse: it is at most [`MAX_DEPTH`] deep.

use super::document::{
    Key, Node, NodeValue, Span, SyntaxError, SyntaxErrorKind, Tag, floor_char_boundary, looks_like_json,
};
use super::scalar;
use super::shadow::Shadow;
use granit_parser::{Event, Parser, ScalarStyle, Span as EventSpan, Tag as EventTag, options};
use indexmap::IndexMap;
use std::borrow::Cow;
use std::collections::HashMap;

/// How deep a tree may be. Templates stay under half of it; with every level in a short form written out, which doubles
/// it, the value can still be written as JSON and be read back by a reader that stops at 128.
const MAX_DEPTH: usize = 60;
/// How many nodes aliases may add to a document.
const MAX_ALIASED_NODES: usize = 100_000;

pub(super) struct Reading {
    pub root: Node,
    pub errors: Vec<SyntaxError>,
    pub aliases: Vec<Span>,
    pub merges: Vec<Span>,
    /// The outermost bracket that was open where the parser stopped.
    pub open_bracket: Option<usize>,
    pub comments: Vec<Span>,
}

/// Reads the text by way of a shadow of it, whose places lead back to the text.
pub(super) fn read_shadow(text: &str, shadow: &Shadow<'_>) -> Reading {
    let options = options! {
        emit_comments: true,
        max_buffered_comment_events: usize::MAX,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut reader = Reader::new(text, shadow);
    for result in Parser::new_from_str_with_options(&shadow.text, options) {
        match result {
            Ok((event, span)) => {
                if reader.event(event, &span).is_break() {
                    break;
                }
            }
            Err(error) => {
                let start = error.marker().byte_offset().map_or(text.len(), |start| shadow.original(start));
                reader.malformed(&error.kind().to_string(), start);
                break;
            }
        }
    }
    reader.finish()
}

/// A collection whose end has not been read.
struct Frame {
    span: Span,
    tag: Option<Tag>,
    anchor: usize,
    content: Content,
    /// How many nodes are in it, and how many levels, so far.
    size: usize,
    height: usize,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping(OpenMapping),
}

#[derive(Default)]
struct OpenMapping {
    entries: IndexMap<String, (Key, Node)>,
    pending: Option<PendingKey>,
    merged: Vec<Vec<(Key, Node)>>,
}

struct PendingKey {
    key: Key,
    merge: bool,
}

#[derive(Clone)]
struct Sized {
    node: Node,
    size: usize,
    height: usize,
}

struct Reader<'t> {
    text: &'t str,
    shadow: &'t Shadow<'t>,
    json: bool,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Sized>,
    aliased_nodes: usize,
    root: Option<Node>,
    documents: usize,
    errors: Vec<SyntaxError>,
    aliases: Vec<Span>,
    merges: Vec<Span>,
    open_bracket: Option<usize>,
    comments: Vec<Span>,
}

type Step = std::ops::ControlFlow<()>;
const GO_ON: Step = Step::Continue(());
const STOP: Step = Step::Break(());

impl<'t> Reader<'t> {
    fn new(text: &'t str, shadow: &'t Shadow<'t>) -> Self {
        Self {
            text,
            shadow,
            json: looks_like_json(text),
            frames: Vec::new(),
            anchors: HashMap::new(),
            aliased_nodes: 0,
            root: None,
            documents: 0,
            errors: Vec::new(),
            aliases: Vec::new(),
            merges: Vec::new(),
            open_bracket: None,
            comments: Vec::new(),
        }
    }

    fn event(&mut self, event: Event<'_>, at: &EventSpan) -> Step {
        let span = self.span(at);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.error(
                        SyntaxErrorKind::SecondDocument,
                        "a second document starts here; one file holds one document",
                        span,
                    );
                    return STOP;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                return self.scalar(&text, style, anchor, tag, at);
            }
            Event::SequenceStart(_, anchor, tag) => {
                return self.open(Content::Sequence(Vec::new()), anchor, tag, at);
            }
            Event::MappingStart(_, anchor, tag) => {
                return self.open(Content::Mapping(OpenMapping::default()), anchor, tag, at);
            }
            Event::SequenceEnd | Event::MappingEnd => return self.close(span),
            Event::Alias(anchor) => return self.alias(anchor, span),
            Event::UnresolvedAlias(name) => {
                self.unknown_alias(&name, span);
                return self.complete(sized_null(span), false);
            }
            Event::Comment(..) => self.comments.push(span),
            _ => {}
        }
        GO_ON
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'_, EventTag>>,
        at: &EventSpan,
    ) -> Step {
        let mut span = self.span(at);
        let plain = style == ScalarStyle::Plain;
        // The parser starts a block scalar at its first line; what a reader points at is the `|` or `>` before it.
        if let Some(indicator) = match style {
            ScalarStyle::Literal => Some('|'),
            ScalarStyle::Folded => Some('>'),
            _ => None,
        } {
            let before = self.text.get(..span.start).unwrap_or_default();
            span.start = before.rfind(indicator).unwrap_or(span.start);
        }
        if self.awaits_key() {
            if tag.as_deref().is_some_and(|tag| tag.core_suffix().is_none() && tag.original() != "!") {
                self.error(SyntaxErrorKind::UnusableKey, "a key cannot have a tag", span);
            }
            if plain && tag.is_none() && scalar::resolve_plain(text, false) == NodeValue::Null {
                self.error(SyntaxErrorKind::UnusableKey, "a key cannot be null", span);
            }
            return self.key(text, plain && text == "<<", anchor, span);
        }
        let mut written_tag = None;
        let value = match tag.as_deref() {
            None if plain => scalar::resolve_plain(text, self.json),
            None => NodeValue::String(text.to_owned()),
            Some(tag) => match tag.core_suffix() {
                Some(core) => scalar::resolve_tagged(core, text).unwrap_or_else(|| {
                    let message = format!("`{text}` does not fit its tag `{}`", tag.original());
                    self.error(SyntaxErrorKind::Malformed, message, span);
                    NodeValue::String(text.to_owned())
                }),
                None => {
                    written_tag = self.tag(tag, at);
                    // `!GetAZs` with nothing after it has the empty text for its argument.
                    NodeValue::String(text.to_owned())
                }
            },
        };
        let node = Node { span, tag: written_tag, value };
        let sized = Sized { node, size: 1, height: 1 };
        self.remember(anchor, &sized);
        self.complete(sized, plain && text == "<<")
    }

    fn awaits_key(&self) -> bool {
        matches!(
            self.frames.last(),
            Some(Frame { content: Content::Mapping(OpenMapping { pending: None, .. }), .. })
        )
    }

    fn key(&mut self, name: &str, merge: bool, anchor: usize, span: Span) -> Step {
        let key = Key { name: name.to_owned(), span };
        if anchor != 0 {
            let node = Node { span, tag: None, value: NodeValue::String(name.to_owned()) };
            let sized = Sized { node, size: 1, height: 1 };
            self.remember(anchor, &sized);
        }
        if let Some(Frame { content: Content::Mapping(mapping), .. }) = self.frames.last_mut() {
            mapping.pending = Some(PendingKey { key, merge });
        }
        GO_ON
    }

    fn open(
        &mut self,
        content: Content,
        anchor: usize,
        tag: Option<Cow<'_, EventTag>>,
        at: &EventSpan,
    ) -> Step {
        let span = self.span(at);
        if self.frames.len() >= MAX_DEPTH {
            return self.too_large("the document is nested too deeply", span);
        }
        let tag = tag.as_deref().filter(|tag| tag.core_suffix().is_none()).and_then(|tag| self.tag(tag, at));
        self.frames.push(Frame { span, tag, anchor, content, size: 1, height: 1 });
        GO_ON
    }

    fn close(&mut self, end: Span) -> Step {
        let Some(frame) = self.frames.pop() else {
            return GO_ON;
        };
        // A block collection ends where the next token starts; what the reader should see ends with its last value.
        let mut span = Span::new(frame.span.start, end.end);
        if let Some(written) = self.text.get(span.start..span.end) {
            span.end = span.start + written.trim_end().len();
        }
        let value = match frame.content {
            Content::Sequence(items) => NodeValue::Sequence(items),
            Content::Mapping(mapping) => NodeValue::Mapping(with_merged(mapping)),
        };
        let sized =
            Sized { node: Node { span, tag: frame.tag, value }, size: frame.size, height: frame.height };
        self.remember(frame.anchor, &sized);
        self.complete(sized, false)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Step {
        self.aliases.push(span);
        let Some(aliased) = self.anchors.get(&anchor) else {
            let name = self.text.get(span.start + 1..span.end).unwrap_or_default();
            self.unknown_alias(name, span);
            return self.complete(sized_null(span), false);
        };
        self.aliased_nodes += aliased.size;
        if self.aliased_nodes > MAX_ALIASED_NODES || self.frames.len() + aliased.height > MAX_DEPTH {
            return self.too_large("the document is too large once its aliases are written out", span);
        }
        let aliased = aliased.clone();
        self.complete(aliased, false)
    }

    fn unknown_alias(&mut self, name: &str, span: Span) {
        self.error(
            SyntaxErrorKind::UnknownAlias { name: name.to_owned() },
            format!("no anchor `&{name}` stands before this alias"),
            span,
        );
    }

    fn too_large(&mut self, message: &str, span: Span) -> Step {
        self.error(SyntaxErrorKind::TooLarge, message, span);
        self.frames.clear();
        STOP
    }

    fn remember(&mut self, anchor: usize, sized: &Sized) {
        if anchor != 0 {
            self.anchors.insert(anchor, sized.clone());
        }
    }

    /// Puts a finished node where it belongs: into the open collection, or at the root.
    fn complete(&mut self, sized: Sized, merge_key: bool) -> Step {
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(sized.node);
            return GO_ON;
        };
        frame.size += sized.size;
        frame.height = frame.height.max(sized.height + 1);
        match &mut frame.content {
            Content::Sequence(items) => {
                items.push(sized.node);
                GO_ON
            }
            Content::Mapping(mapping) => match mapping.pending.take() {
                None => self.unusual_key(sized.node, merge_key),
                Some(PendingKey { key, merge: true }) => {
                    self.merge(key, sized.node);
                    GO_ON
                }
                Some(PendingKey { key, .. }) => {
                    self.insert(key, sized.node);
                    GO_ON
                }
            },
        }
    }

    /// Takes a key that was not a scalar in the text: an alias to one is fine, anything else is not.
    fn unusual_key(&mut self, node: Node, merge: bool) -> Step {
        let span = node.span;
        let name = match node.value {
            NodeValue::String(text) => text,
            NodeValue::Number(number) => number.to_string(),
            NodeValue::Bool(value) => value.to_string(),
            NodeValue::Null => String::new(),
            NodeValue::Sequence(_) | NodeValue::Mapping(_) => {
                self.error(SyntaxErrorKind::UnusableKey, "a key must be text, not a list or a mapping", span);
                self.text.get(span.start..span.end).unwrap_or_default().to_owned()
            }
        };
        self.key(&name, merge, 0, span)
    }

    fn insert(&mut self, key: Key, value: Node) {
        let Some(Frame { content: Content::Mapping(mapping), .. }) = self.frames.last_mut() else {
            return;
        };
        let span = key.span;
        let name = key.name.clone();
        if let Some((earlier, _)) = mapping.entries.insert(name.clone(), (key, value)) {
            let mut error = SyntaxError::new(
                SyntaxErrorKind::DuplicateKey { key: name.clone() },
                format!("the key `{name}` stands twice in this mapping"),
                span,
            );
            error.related = Some(earlier.span);
            self.errors.push(error);
        }
    }

    fn merge(&mut self, key: Key, value: Node) {
        self.merges.push(key.span);
        let span = value.span;
        let sources = match value.value {
            NodeValue::Mapping(entries) => vec![entries],
            NodeValue::Sequence(items)
                if items.iter().all(|item| matches!(item.value, NodeValue::Mapping(_))) =>
            {
                items
                    .into_iter()
                    .filter_map(|item| match item.value {
                        NodeValue::Mapping(entries) => Some(entries),
                        _ => None,
                    })
                    .collect()
            }
            _ => {
                self.error(
                    SyntaxErrorKind::UnusableMerge,
                    "`<<` merges a mapping or a list of mappings",
                    span,
                );
                return;
            }
        };
        if let Some(Frame { content: Content::Mapping(mapping), .. }) = self.frames.last_mut() {
            mapping.merged.extend(sources);
        }
    }

    fn tag(&self, tag: &EventTag, at: &EventSpan) -> Option<Tag> {
        let name = tag.original();
        // The bare `!` only says "not plain".
        (name != "!")
            .then(|| Tag { span: at.tag_span().map_or_else(|| self.span(at), |tag| self.span(&tag)), name })
    }

    fn span(&self, at: &EventSpan) -> Span {
        let range = at.byte_range().unwrap_or(0..0);
        let place = |offset: usize| floor_char_boundary(self.text, self.shadow.original(offset));
        Span::new(place(range.start), place(range.end))
    }

    fn malformed(&mut self, message: &str, start: usize) {
        let start = floor_char_boundary(self.text, start);
        let length = self
            .text
            .get(start..)
            .and_then(|rest| rest.chars().next())
            .filter(|character| !character.is_control())
            .map_or(0, char::len_utf8);
        let span = Span::new(start, start + length);
        let mut error = SyntaxError::new(SyntaxErrorKind::Malformed, message, span);
        error.stops = true;
        self.errors.push(error);
        let starts = self.frames.iter().map(|frame| frame.span.start);
        self.open_bracket = starts
            .into_iter()
            .find(|start| self.text.get(*start..).is_some_and(|rest| rest.starts_with(['[', '{'])));
        // What was read so far stays.
        while !self.frames.is_empty() && self.close(span).is_continue() {}
    }

    fn error(&mut self, kind: SyntaxErrorKind, message: impl Into<String>, span: Span) {
        self.errors.push(SyntaxError::new(kind, message, span));
    }

    fn finish(self) -> Reading {
        Reading {
            root: self.root.unwrap_or(Node { span: Span::default(), tag: None, value: NodeValue::Null }),
            errors: self.errors,
            aliases: self.aliases,
            merges: self.merges,
            open_bracket: self.open_bracket,
            comments: self.comments,
        }
    }
}

fn sized_null(span: Span) -> Sized {
    Sized { node: Node { span, tag: None, value: NodeValue::Null }, size: 1, height: 1 }
}

/// Writes merged entries out: a mapping's own keys win, then earlier sources over later ones.
fn with_merged(mapping: OpenMapping) -> Vec<(Key, Node)> {
    let mut entries = mapping.entries;
    for (key, value) in mapping.merged.into_iter().flatten() {
        entries.entry(key.name.clone()).or_insert((key, value));
    }
    entries.into_values().collect()
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
