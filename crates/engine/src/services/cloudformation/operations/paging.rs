//! Long answers in pages, with a token that says where the next begins.

use super::super::template::validation_error;
use crate::error::AwsError;

/// How many entries a page has.
const SIZE: usize = 100;

/// Returns the page that `token` names, and the token of the next.
pub fn page<T>(items: Vec<T>, token: Option<&str>) -> Result<(Vec<T>, Option<String>), AwsError> {
    let start = match token {
        None => 0,
        Some(token) => token.parse::<usize>().map_err(|_| validation_error("NextToken is invalid"))?,
    };
    let count = items.len();
    let page: Vec<T> = items.into_iter().skip(start).take(SIZE).collect();
    let end = start.saturating_add(page.len());
    Ok((page, (end < count).then(|| end.to_string())))
}

/// Returns the page of entries whose keys come before `token`, newest first, and the token of the next.
///
/// What is added meanwhile is newer than any token, so that no page changes under its reader.
pub fn newest_first<T>(
    entries: Vec<(String, T)>,
    token: Option<&str>,
) -> Result<(Vec<T>, Option<String>), AwsError> {
    let before = |key: &str| token.is_none_or(|token| key < token);
    let mut older = entries.into_iter().rev().filter(|(key, _)| before(key));
    let page: Vec<(String, T)> = older.by_ref().take(SIZE).collect();
    let next = older.next().is_some().then(|| page.last().map(|(key, _)| key.clone())).flatten();
    Ok((page.into_iter().map(|(_, entry)| entry).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_every_entry_once() {
        let (first, token) = page((0..150).collect(), None).unwrap();
        let (second, end) = page((0..150).collect(), token.as_deref()).unwrap();
        assert_eq!([first, second].concat(), (0..150).collect::<Vec<_>>());
        assert_eq!(end, None);
    }

    #[test]
    fn goes_back_in_time_whatever_is_added() {
        let entries = |count: u32| (0..count).map(|one| (format!("{one:03}"), one)).collect::<Vec<_>>();
        let (first, token) = newest_first(entries(150), None).unwrap();
        let (second, end) = newest_first(entries(170), token.as_deref()).unwrap();
        assert_eq!((first[0], second[0], second.len(), end), (149, 49, 50, None));
    }
}
