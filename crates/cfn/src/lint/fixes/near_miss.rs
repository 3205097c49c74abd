//! A misspelt name, replaced by the one that the finding's advice proposes.

use super::{Fix, text_at};
use crate::lint::{Finding, meant};
use crate::template::place::locate;
use crate::yaml::{Document, Span};

/// How many letters may be wrong.
const LETTERS: usize = 2;

pub(super) fn fix(document: &Document, finding: &Finding) -> Option<Fix> {
    let meant = meant(finding.help.as_deref()?)?;
    let mut places =
        finding.message.split('`').skip(1).step_by(2).filter(|word| is_slip(word, meant)).filter_map(
            |word| {
                // What is wrong with a name stands at the name, though the finding shows its value.
                let key = finding.path.last().filter(|last| *last == word);
                let key = key.and_then(|_| locate(&document.root, &finding.path)?.key);
                Some((word, place_of(document, key.unwrap_or(finding.span), word)?))
            },
        );
    let (word, span) = places.next()?;
    if places.next().is_some() || others(document, word, meant) {
        return None;
    }
    Some(Fix::new(format!("write `{meant}` for `{word}`"), span, meant))
}

/// Says whether `word` is `meant` but for its case or a letter or two. Names that differ by their numbers are two names.
fn is_slip(word: &str, meant: &str) -> bool {
    let letters = |name: &str| name.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
    let distance = strsim::osa_distance(word, meant);
    word != meant
        && letters(word) != letters(meant)
        && (word.eq_ignore_ascii_case(meant) || distance <= LETTERS && distance * 3 <= meant.chars().count())
}

/// Returns where the word stands, if it does so just once.
fn place_of(document: &Document, span: Span, word: &str) -> Option<Span> {
    let text = text_at(document, span)?;
    let part_of_a_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut places = text.match_indices(word).filter(|(start, _)| {
        let (before, after) = (&text[..*start], &text[start + word.len()..]);
        !before.ends_with(part_of_a_name) && !after.starts_with(part_of_a_name)
    });
    let (start, _) = places.next()?;
    places.next().is_none().then(|| Span::new(span.start + start, span.start + start + word.len()))
}

/// Says whether the template has another name that is as near to the word as the one that was meant.
fn others(document: &Document, word: &str, meant: &str) -> bool {
    let nearest = strsim::osa_distance(word, meant);
    let sections = ["Parameters", "Mappings", "Conditions", "Resources"];
    let names =
        sections.iter().filter_map(|section| document.root.get(section)).flat_map(|node| node.entries());
    let names: Vec<&str> = names.map(|(key, _)| key.name.as_str()).collect();
    names.contains(&meant)
        && names.iter().any(|name| *name != meant && strsim::osa_distance(word, name) <= nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_slip_for_one_and_nothing_else() {
        for (word, meant) in
            [("Topik", "Topic"), ("gzip", "GZIP"), ("StreamName", "StreamNames"), ("Bukcet", "Bucket")]
        {
            assert!(is_slip(word, meant), "{word}");
        }
        for (word, meant) in [("Topic1", "Topic2"), ("Ab", "Ac"), ("Stream", "Stage"), ("Topic", "Topic")] {
            assert!(!is_slip(word, meant), "{word}");
        }
    }
}
