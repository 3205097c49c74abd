//! Reads a text that the parser does not take at once: looser quotes are tightened, and what is broken is passed over.
//!
//! The parser stops at the first thing that is no YAML. Here the entry around it is blanked out, a member of a section or a
//! whole section, and the text is read again, so that the next fault is found too and the rest of the tree is there. It
//! does not know how to go on in JSON, where the text's indentation says nothing.

use super::document::{SyntaxError, SyntaxErrorKind, looks_like_json};
use super::quotes::missing_spaces;
use super::reader::{Reading, read_shadow};
use super::shadow::Shadow;
use std::ops::Range;

/// How many broken entries are passed over.
const MOST_BROKEN: usize = 8;

pub(super) fn read(text: &str) -> Reading {
    let first = read_shadow(text, &Shadow::of(text));
    let Some(mut at) = broken_at(&first.errors) else { return first };
    let missing = missing_spaces(text);
    let mut reading = first;
    if !missing.is_empty() {
        let tightened = read_shadow(text, &Shadow::with(text, &missing, &[]));
        match broken_at(&tightened.errors) {
            None => return tightened,
            Some(further) if further > at => (reading, at) = (tightened, further),
            Some(_) => {}
        }
    }
    if looks_like_json(text) {
        return reading;
    }
    let mut errors: Vec<SyntaxError> = Vec::new();
    let mut blanked: Vec<Range<usize>> = Vec::new();
    while blanked.len() < MOST_BROKEN {
        // An open bracket takes what follows for its own until the parser notices.
        let entry = entry_around(text, reading.open_bracket.unwrap_or(at));
        if blanked.iter().any(|range| range.start <= entry.start && entry.end <= range.end) {
            break;
        }
        for error in reading.errors.drain(..).filter(|error| error.stops) {
            // The parser may notice a fault far below where it is; what is found above is the same one.
            if errors.last().is_none_or(|last| last.span.start < error.span.start) {
                errors.push(error);
            }
        }
        blanked.push(entry);
        reading = read_shadow(text, &Shadow::with(text, &missing, &blanked));
        match broken_at(&reading.errors) {
            Some(next) => at = next,
            None => break,
        }
    }
    let last = errors.last().map_or(0, |error| error.span.start);
    reading.errors.retain(|error| match error.kind {
        // An alias may lack its anchor only because that was passed over.
        SyntaxErrorKind::UnknownAlias { .. } => false,
        _ => !error.stops || error.span.start > last,
    });
    reading.errors.extend(errors);
    reading.errors.sort_by_key(|error| error.span.start);
    reading
}

fn broken_at(errors: &[SyntaxError]) -> Option<usize> {
    errors.iter().find(|error| error.stops).map(|error| error.span.start)
}

/// Returns the lines of the entry that an offset is in: of a section's member, or of a section.
fn entry_around(text: &str, at: usize) -> Range<usize> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches([' ', '\t']);
        if !content.trim().is_empty() && !content.starts_with('#') {
            lines.push((start, line.len() - content.len()));
        }
        start += line.len();
    }
    let Some(here) = lines.iter().rposition(|(start, _)| *start <= at) else { return 0..text.len() };
    // The lines that lead to this one, from the innermost to that of the section.
    let mut chain = vec![here];
    let mut indent = lines[here].1;
    for index in (0..here).rev() {
        if lines[index].1 < indent {
            indent = lines[index].1;
            chain.push(index);
        }
    }
    let first = chain.len().checked_sub(2).map_or(here, |index| chain[index]);
    let (from, indent) = lines[first];
    let next = lines[first + 1..].iter().find(|(start, other)| *start > at && *other <= indent);
    from..next.map_or(text.len(), |(start, _)| *start)
}

#[cfg(test)]
#[path = "recovery_tests.rs"]
mod tests;
