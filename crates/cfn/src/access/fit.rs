//! Whether a pattern of a policy fits an ARN, when both have marks for what is not known.

use super::symbols::{END, GENERATED, OPAQUE};
use crate::iam::matches;

/// How sure it is that a pattern fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    No,
    Maybe,
    Yes,
}

/// Texts beyond this length are not compared.
const LONGEST: usize = 600;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Atom<'t> {
    /// A star, or a part that may be any text.
    Any,
    /// A name that AWS makes up, which has neither slash nor colon.
    Name,
    One,
    Character(char),
    Generated(&'t str),
}

/// Says whether a pattern fits a text.
pub(super) fn fit(pattern: &str, value: &str) -> Fit {
    let pattern = any_partition(pattern);
    if matches(&pattern, value) {
        return Fit::Yes;
    }
    if pattern.len().max(value.len()) > LONGEST {
        return Fit::Maybe;
    }
    // A name that AWS makes up begins with the stack's: only a pattern that is open where the name stands can fit it.
    let name = pattern.splitn(6, ':').nth(5).unwrap_or(&pattern);
    let name = name.strip_suffix("/*").or_else(|| name.strip_suffix(":*")).unwrap_or(name);
    let is_open = !pattern.contains(GENERATED) && name.contains(['*', '?', OPAQUE]);
    let (pattern, value) = (atoms(&pattern, is_open), atoms(value, is_open));
    if meet(&pattern, &value) { Fit::Maybe } else { Fit::No }
}

/// Reads an ARN of any partition as one of the first.
fn any_partition(pattern: &str) -> String {
    match pattern.strip_prefix("arn:").and_then(|rest| rest.split_once(':')) {
        Some((_, rest)) => format!("arn:aws:{rest}"),
        None => pattern.to_owned(),
    }
}

fn atoms(text: &str, generated_is_open: bool) -> Vec<Atom<'_>> {
    let mut atoms = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        let is_mark = character == OPAQUE || character == GENERATED;
        if let Some(length) = after.find(END).filter(|_| is_mark) {
            atoms.push(match (character == OPAQUE, generated_is_open) {
                (true, _) => Atom::Any,
                (_, true) => Atom::Name,
                _ => Atom::Generated(&after[..length]),
            });
            rest = &after[length + END.len_utf8()..];
            continue;
        }
        // Variables of IAM's, such as `${aws:username}`, may be anything.
        if let Some(length) = rest.strip_prefix("${").and_then(|inside| inside.find('}')) {
            atoms.push(Atom::Any);
            rest = &rest[length + 3..];
            continue;
        }
        atoms.push(match character {
            '*' => Atom::Any,
            '?' => Atom::One,
            other => Atom::Character(other),
        });
        rest = after;
    }
    atoms
}

/// Says whether there is a text that fits both.
fn meet(left: &[Atom<'_>], right: &[Atom<'_>]) -> bool {
    // `row[j]`: what follows in `left` meets what follows the j-th in `right`.
    let width = right.len() + 1;
    let mut below = vec![false; width];
    for i in (0..=left.len()).rev() {
        let mut row = vec![false; width];
        for j in (0..width).rev() {
            row[j] = match (left.get(i), right.get(j)) {
                (None, None) => true,
                (Some(Atom::Any), _) => below[j] || j + 1 < width && row[j + 1],
                (_, Some(Atom::Any)) => row[j + 1] || i < left.len() && below[j],
                (Some(Atom::Name), other) => below[j] || other.is_some_and(is_of_name) && row[j + 1],
                (one, Some(Atom::Name)) => row[j + 1] || one.is_some_and(is_of_name) && below[j],
                (Some(one), Some(other)) => {
                    let same = *one == *other
                        || matches!(
                            (one, other),
                            (Atom::One, Atom::Character(_)) | (Atom::Character(_), Atom::One)
                        );
                    same && below[j + 1]
                }
                _ => false,
            };
        }
        below = row;
    }
    below[0]
}

fn is_of_name(atom: &Atom<'_>) -> bool {
    !matches!(atom, Atom::Character('/' | ':'))
}

#[cfg(test)]
mod tests {
    use super::super::symbols::{generated, opaque};
    use super::*;

    #[test]
    fn tells_what_is_sure_from_what_may_be() {
        let (stream, other) = (format!("arn:aws:s3:::{}", generated("A")), generated("B"));
        let parameter = opaque("P");
        for (pattern, value, expected) in [
            ("*".to_owned(), stream.clone(), Fit::Yes),
            (format!("{stream}/*"), format!("{stream}/key"), Fit::Yes),
            (stream.clone(), format!("{stream}/key"), Fit::No),
            (format!("arn:aws:s3:::{other}"), stream.clone(), Fit::No),
            (format!("arn:aws:s3:::{parameter}"), stream.clone(), Fit::Maybe),
            (format!("arn:aws:sqs:::{parameter}"), stream.clone(), Fit::No),
            ("arn:aws:s3:::prod-*".to_owned(), stream.clone(), Fit::Maybe),
            ("arn:aws:s3:::data/*".to_owned(), stream.clone(), Fit::No),
            ("arn:aws-cn:s3:::*".to_owned(), stream.clone(), Fit::Yes),
            (parameter.clone(), stream.clone(), Fit::Maybe),
            ("arn:aws:s3:::logs".to_owned(), parameter, Fit::Maybe),
            ("arn:aws:s3:::*/*".to_owned(), stream.clone(), Fit::No),
            ("arn:aws:s3:::a-*-z".to_owned(), "arn:aws:s3:::a-b".to_owned(), Fit::No),
        ] {
            assert_eq!(fit(&pattern, &value), expected, "{pattern} {value}");
        }
    }
}
