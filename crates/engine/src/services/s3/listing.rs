//! One page of a bucket's keys: those under a prefix, with what lies behind a delimiter rolled up.
//!
//! A page reads only its own rows: it begins where the last one ended and jumps over what it rolls up.

use super::index::Index;
use super::object::Version;
use crate::error::AwsError;

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Query<'a> {
    pub bucket: &'a str,
    pub prefix: &'a str,
    pub delimiter: Option<&'a str>,
    /// Lists what sorts after this key or common prefix.
    pub after: Option<&'a str>,
    pub limit: usize,
}

/// A line of a listing.
#[derive(Debug, PartialEq)]
pub enum Line {
    Object { key: String, version: Box<Version> },
    CommonPrefix(String),
}

impl Line {
    /// Returns the key or common prefix, after which the next page begins.
    pub fn name(&self) -> &str {
        match self {
            Self::Object { key, .. } => key,
            Self::CommonPrefix(prefix) => prefix,
        }
    }
}

/// A page of a listing.
#[derive(Debug, Default, PartialEq)]
pub struct Page {
    pub lines: Vec<Line>,
    pub is_truncated: bool,
}

/// Returns the page that `query` asks for, of keys whose current version `wanted` accepts.
pub fn page(index: &Index, query: &Query<'_>, wanted: impl Fn(&Version) -> bool) -> Result<Page, AwsError> {
    let delimiter = query.delimiter.filter(|delimiter| !delimiter.is_empty());
    let mut from = query.prefix.as_bytes().to_vec();
    if let Some(after) = query.after.filter(|after| !after.is_empty()) {
        let rolled_up = common_prefix(after, query.prefix, delimiter).filter(|prefix| *prefix == after);
        let next = match rolled_up {
            Some(prefix) => behind(prefix),
            None => [after.as_bytes(), &[0]].concat(),
        };
        from = from.max(next);
    }
    let mut page = Page::default();
    'jump: loop {
        for row in index.keys_from(query.bucket, &from) {
            let (key, version) = row?;
            if !key.starts_with(query.prefix) {
                return Ok(page);
            }
            if !wanted(&version) {
                continue;
            }
            if page.lines.len() == query.limit {
                page.is_truncated = query.limit > 0;
                return Ok(page);
            }
            if let Some(prefix) = common_prefix(&key, query.prefix, delimiter) {
                from = behind(prefix);
                page.lines.push(Line::CommonPrefix(prefix.to_owned()));
                continue 'jump;
            }
            page.lines.push(Line::Object { key, version: Box::new(version) });
        }
        return Ok(page);
    }
}

/// Returns the part of `key` up to the first delimiter after the prefix.
fn common_prefix<'a>(key: &'a str, prefix: &str, delimiter: Option<&str>) -> Option<&'a str> {
    let delimiter = delimiter?;
    let rest = key.strip_prefix(prefix)?;
    let end = rest.find(delimiter)? + delimiter.len();
    Some(&key[..prefix.len() + end])
}

/// Returns the first name that sorts behind all names that begin with `prefix`.
fn behind(prefix: &str) -> Vec<u8> {
    // No byte of UTF-8 is 0xFF, so this sorts behind every longer key.
    [prefix.as_bytes(), &[0xFF]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::services::s3::index::Change;
    use crate::store::Store;

    fn index(keys: &[&str]) -> (tempfile::TempDir, Index) {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(&Store::open(folder.path()).unwrap()).unwrap();
        for key in keys {
            let current = Version {
                version_id: "null".into(),
                sequence: 0,
                last_modified: Timestamp(0),
                content: None,
            };
            let change = Change {
                bucket: "b".into(),
                key: (*key).into(),
                current: Some(current),
                displaced: None,
                removed: None,
            };
            index.apply(&[change], None, None).unwrap();
        }
        (folder, index)
    }

    fn pages(index: &Index, query: Query<'_>) -> Vec<Vec<String>> {
        let mut after = query.after.map(str::to_owned);
        let mut pages = Vec::new();
        loop {
            let page = page(index, &Query { after: after.as_deref(), ..query }, |_| true).unwrap();
            let names: Vec<_> = page.lines.iter().map(|line| line.name().to_owned()).collect();
            after = names.last().cloned();
            pages.push(names);
            if !page.is_truncated {
                return pages;
            }
        }
    }

    #[test]
    fn rolls_up_what_lies_behind_the_delimiter_and_pages_through_it() {
        let (_folder, index) = index(&["a", "a/1", "a/2", "a0", "b/é", "b/ÿ", "c"]);
        let query = Query { bucket: "b", delimiter: Some("/"), limit: 2, ..Query::default() };
        assert_eq!(pages(&index, query), [vec!["a", "a/"], vec!["a0", "b/"], vec!["c"]]);
        let within = Query { bucket: "b", prefix: "b/", delimiter: Some("/"), limit: 1, ..Query::default() };
        assert_eq!(pages(&index, within), [["b/é"], ["b/ÿ"]]);
    }

    #[test]
    fn begins_after_a_key_that_need_not_exist() {
        let (_folder, index) = index(&["a", "b", "c"]);
        let after = |after| Query { bucket: "b", after: Some(after), limit: 10, ..Query::default() };
        assert_eq!(pages(&index, after("a")), [["b", "c"]]);
        assert_eq!(pages(&index, after("aa")), [["b", "c"]]);
        assert_eq!(pages(&index, Query { prefix: "c", ..after("a") }), [["c"]]);
        assert_eq!(pages(&index, after("c")), [Vec::<String>::new()]);
    }

    #[test]
    fn sees_only_its_own_bucket() {
        let (_folder, index) = index(&["a"]);
        assert_eq!(
            pages(&index, Query { bucket: "b-", limit: 10, ..Query::default() }),
            [Vec::<String>::new()]
        );
        assert!(index.is_empty("a").unwrap());
        assert!(!index.is_empty("b").unwrap());
    }
}
