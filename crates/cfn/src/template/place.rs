//! The way from a path in the template's values back to the text.

use super::Template;
use super::body::short_form;
use crate::yaml::{Node, Span};

impl Template {
    /// Returns where the value at `path` stands: `["Resources", "Stream", "Properties", "ShardCount"]`.
    ///
    /// Functions are part of the path in their long form, whether the text has the short one or not.
    pub fn span(&self, path: &[impl AsRef<str>]) -> Option<Span> {
        locate(&self.document().root, path).map(|place| place.node.span)
    }

    /// Returns where the key stands that `path` ends with; a list's item has none.
    pub fn key_span(&self, path: &[impl AsRef<str>]) -> Option<Span> {
        locate(&self.document().root, path)?.key
    }

    /// Returns the place to show for `path`: a short value itself, or the key in front of a mapping or a list and
    /// of what stands on a line below.
    ///
    /// A path that leads further than the text does is shown where the text ends.
    pub fn place(&self, path: &[impl AsRef<str>]) -> Span {
        let mut length = path.len();
        loop {
            if let Some(place) = locate(&self.document().root, &path[..length]) {
                let is_below = |key: Span| {
                    self.document().position(key.start).line
                        < self.document().position(place.node.span.start).line
                };
                return match place.key {
                    Some(key) if place.node.is_collection() || is_below(key) => key,
                    _ => place.node.span,
                };
            }
            let Some(shorter) = length.checked_sub(1) else {
                return Span::default();
            };
            length = shorter;
        }
    }

    /// Returns the place to show for a function at the end of `path` that gives something else than is wanted: its name, or in
    /// its short form the key of the property that it is for.
    pub fn function_place(&self, path: &[impl AsRef<str>]) -> Span {
        let Some((function, way)) = path.split_last() else { return Span::default() };
        let Some(place) = locate(&self.document().root, way) else { return self.place(path) };
        if let Some((key, _)) = place.node.entry(function.as_ref()).filter(|_| place.node.tag.is_none()) {
            return key.span;
        }
        let named = (1..=way.len()).rev().filter_map(|length| locate(&self.document().root, &way[..length]));
        let mut keys = named.filter_map(|place| place.key.filter(|_| !place.is_tag));
        keys.next().unwrap_or_else(|| self.place(path))
    }
}

/// A node, and where stands what introduces it: its key, or the tag that is its function.
pub(crate) struct Place<'n> {
    pub node: &'n Node,
    pub key: Option<Span>,
    /// Whether the key is the tag of a short form.
    pub is_tag: bool,
}

/// Returns what stands at `path` below the root, functions in their long form.
pub(crate) fn locate<'n>(root: &'n Node, path: &[impl AsRef<str>]) -> Option<Place<'n>> {
    let mut place = Place { node: root, key: None, is_tag: false };
    let mut inside_tag = false;
    for segment in path {
        let segment = segment.as_ref();
        let function = short_form(place.node).filter(|_| !inside_tag);
        if let Some(function) = function {
            if function != segment {
                return None;
            }
            place.key = place.node.tag.as_ref().map(|tag| tag.span);
            place.is_tag = true;
            inside_tag = true;
            continue;
        }
        // The parts of `!GetAtt a.b` are one scalar in the text.
        let dotted = inside_tag && place.node.as_str().is_some() && matches!(segment, "0" | "1");
        if !dotted {
            place = step(place.node, segment)?;
            inside_tag = false;
        }
    }
    Some(place)
}

fn step<'n>(node: &'n Node, segment: &str) -> Option<Place<'n>> {
    if let Some((key, value)) = node.entry(segment) {
        return Some(Place { node: value, key: Some(key.span), is_tag: false });
    }
    let index: usize = segment.parse().ok()?;
    let node = node.items().get(index)?;
    Some(Place { node, key: None, is_tag: false })
}
