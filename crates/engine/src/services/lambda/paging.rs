//! Lists in pages: the marker is the key of the last entry of the page before.

use crate::error::AwsError;

/// Entries that AWS puts on a page at most, whatever is asked for.
const PAGE: usize = 50;

/// One page, and the marker of the next.
pub struct Page<T> {
    pub entries: Vec<T>,
    pub next_marker: Option<String>,
}

/// Returns the entries after `marker`; `entries` are sorted by key.
pub fn page<T>(
    entries: Vec<(String, T)>,
    marker: Option<&str>,
    max_items: Option<&str>,
) -> Result<Page<T>, AwsError> {
    let size = match max_items.map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(size @ 1..=10_000)) => size.min(PAGE),
        Some(_) => {
            let value = max_items.unwrap_or_default();
            let rule = "Member must have value between 1 and 10000";
            return Err(super::settings::constraint(value, "maxItems", rule));
        }
    };
    let after = |key: &str| marker.is_none_or(|marker| key > marker);
    let mut rest = entries.into_iter().filter(|(key, _)| after(key)).peekable();
    let mut page = Page { entries: Vec::new(), next_marker: None };
    let mut last = None;
    while page.entries.len() < size {
        let Some((key, entry)) = rest.next() else { break };
        page.entries.push(entry);
        last = Some(key);
    }
    if rest.peek().is_some() {
        page.next_marker = last;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_through_all_entries() {
        let entries = || ["a", "b", "c"].map(|key| (key.to_owned(), key)).to_vec();
        let first = page(entries(), None, Some("2")).unwrap();
        assert_eq!((first.entries, first.next_marker.as_deref()), (vec!["a", "b"], Some("b")));
        let second = page(entries(), Some("b"), Some("2")).unwrap();
        assert_eq!((second.entries, second.next_marker), (vec!["c"], None));
        assert!(page(entries(), None, Some("0")).is_err());
        assert!(page(entries(), None, Some("x")).is_err());
    }
}
