//! A text with spaces put in and stretches blanked out, for a parser that would stop otherwise, and the way back from it.

use super::quotes::Missing;
use std::borrow::Cow;
use std::ops::Range;

/// What the parser reads in the place of the text.
pub(super) struct Shadow<'t> {
    pub text: Cow<'t, str>,
    /// Where spaces were put in, as offsets in the shadow, each with how many there are up to and with it.
    inserted: Vec<(Range<usize>, usize)>,
}

impl<'t> Shadow<'t> {
    /// Returns the text as it is.
    pub fn of(text: &'t str) -> Self {
        Self { text: Cow::Borrowed(text), inserted: Vec::new() }
    }

    /// Returns the text with what it lacks and without what is in `blanked`, whose bytes become spaces.
    pub fn with(text: &'t str, missing: &[Missing], blanked: &[Range<usize>]) -> Self {
        let mut bytes = text.as_bytes().to_vec();
        for range in blanked {
            for byte in bytes.get_mut(range.clone()).unwrap_or_default() {
                if !matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
        }
        let mut made = Vec::with_capacity(bytes.len());
        let (mut inserted, mut from, mut total) = (Vec::new(), 0, 0);
        let needed = |missing: &&Missing| !blanked.iter().any(|range| range.contains(&missing.at));
        for missing in missing.iter().filter(needed) {
            made.extend_from_slice(&bytes[from..missing.at]);
            from = missing.at;
            total += missing.count;
            inserted.push((made.len()..made.len() + missing.count, total));
            made.resize(made.len() + missing.count, b' ');
        }
        made.extend_from_slice(&bytes[from..]);
        // Whole characters were blanked or left alone, so that this is text again.
        Self { text: Cow::Owned(String::from_utf8_lossy(&made).into_owned()), inserted }
    }

    /// Returns the offset in the text that an offset in the shadow stands for.
    pub fn original(&self, offset: usize) -> usize {
        let after = self.inserted.partition_point(|(range, _)| range.start <= offset);
        let Some((range, total)) = after.checked_sub(1).and_then(|index| self.inserted.get(index)) else {
            return offset;
        };
        offset.max(range.end) - total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_back_to_the_text() {
        let missing = [Missing { at: 1, count: 2 }, Missing { at: 3, count: 1 }];
        let shadow = Shadow::with("abcdé", &missing, std::slice::from_ref(&(3..4)));
        assert_eq!(shadow.text, "a  bc é");
        let back: Vec<usize> = (0..=6).map(|offset| shadow.original(offset)).collect();
        assert_eq!(back, [0, 1, 1, 1, 2, 3, 4]);
    }
}
