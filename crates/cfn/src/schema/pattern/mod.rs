//! Regular expressions of schemas, compiled when they are first met.

mod java;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use fancy_regex::{Regex, RegexBuilder};
use regex_automata::{meta, util::syntax};

/// How far a look-around may go back and forth before the value is left alone.
const STEPS: usize = 100_000;

/// How many bytes a compiled pattern may take.
const LARGEST: usize = 10 << 20;

/// Tells whether `value` contains a match of `pattern`, or nothing where that cannot be told.
///
/// AWS's schemas use Java's expressions and cfn-lint's corrections those of Python, both with look-around, which takes
/// a backtracking engine. What it refuses, and what takes too many steps, says nothing about the value.
pub fn matches(pattern: &str, value: &str) -> Option<bool> {
    static OF_ASCII: OnceLock<Compiled<meta::Regex>> = OnceLock::new();
    static COMPILED: OnceLock<Compiled<Regex>> = OnceLock::new();
    if value.is_ascii()
        && let Some(regex) = compiled(&OF_ASCII, pattern, compile_for_ascii)
    {
        return Some(regex.is_match(value.as_bytes()));
    }
    compiled(&COMPILED, pattern, compile)?.is_match(value).ok()
}

type Compiled<R> = RwLock<HashMap<String, Option<Arc<R>>>>;

fn compiled<R>(
    table: &OnceLock<Compiled<R>>,
    pattern: &str,
    compile: fn(&str) -> Option<R>,
) -> Option<Arc<R>> {
    let table = table.get_or_init(RwLock::default);
    if let Some(known) = table.read().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return known.clone();
    }
    let regex = compile(pattern).map(Arc::new);
    table.write().unwrap_or_else(PoisonError::into_inner).insert(pattern.to_owned(), regex.clone());
    regex
}

/// Compiles a pattern that need not look around, for values of ASCII alone: `.{1,2048}` is then 2048 bytes, where all of
/// Unicode takes some milliseconds and megabytes.
///
/// Values are short, and most patterns are met a few times: what would speed up a long search takes longer to make.
fn compile_for_ascii(pattern: &str) -> Option<meta::Regex> {
    let mut translated = java::translate(pattern);
    for (category, letters) in CATEGORIES {
        if translated.contains(category) {
            translated = translated.replace(category, letters);
        }
    }
    let engines = meta::Config::new().hybrid(false).dfa(false).onepass(false).auto_prefilter(false);
    let ascii = syntax::Config::new().unicode(false).utf8(false);
    let engines = engines.utf8_empty(false).nfa_size_limit(Some(LARGEST));
    meta::Regex::builder().configure(engines).syntax(ascii).build(&translated).ok()
}

/// What there is of Unicode's categories in ASCII, as classes that may stand within others.
const CATEGORIES: &[(&str, &str)] = &[
    (r"\p{L}", "[A-Za-z]"),
    (r"\p{M}", "[a&&b]"),
    (r"\p{N}", "[0-9]"),
    (r"\p{P}", r"[!-#%-*,-/:;?@\[-\]_{}]"),
    (r"\p{S}", r"[$+<=>\^`|~]"),
    (r"\p{Z}", "[ ]"),
    (r"\p{C}", r"[\x00-\x1F\x7F]"),
    (r"\P{C}", r"[\x20-\x7E]"),
];

fn compile(pattern: &str) -> Option<Regex> {
    let mut builder = RegexBuilder::new(&java::translate(pattern));
    builder.backtrack_limit(STEPS).delegate_size_limit(4 << 20);
    builder.build().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::schema;

    #[test]
    fn searches_rather_than_matches_the_whole() {
        assert_eq!(matches("[0-9]", "a1b"), Some(true));
        assert_eq!(matches("^[0-9]$", "a1b"), Some(false));
    }

    #[test]
    fn says_the_same_of_ascii_as_of_any_text() {
        // Every character of ASCII is of one category, and of the same one for both.
        for (category, _) in CATEGORIES {
            for value in (0..128_u8).map(char::from) {
                let pattern = format!("^[{category}]$");
                let whole = compile(&pattern).and_then(|regex| regex.is_match(&value.to_string()).ok());
                let ascii = compile_for_ascii(&pattern).map(|regex| regex.is_match(&[value as u8]));
                assert_eq!(ascii, whole, "{pattern} {value:?}");
            }
        }
        for (pattern, value) in [
            ("^[^a]{1,5}$", "xy-z"),
            ("^\\w+\\s.*$", "ab c"),
            ("(?i)^ABC$", "abc"),
            ("^\\p{L}+$", "abc"),
            ("^[ -\u{d7ff}]*$", "abc"),
            ("^.$", "\n"),
        ] {
            let whole = compile(pattern).and_then(|regex| regex.is_match(value).ok());
            assert_eq!(matches(pattern, value), whole, "{pattern}");
        }
    }

    #[test]
    fn looks_around() {
        assert_eq!(matches("^(?!aws:).*$", "aws:x"), Some(false));
        assert_eq!(matches("^(?!aws:).*$", "x"), Some(true));
    }

    #[test]
    fn says_nothing_where_it_cannot_be_compiled() {
        assert_eq!(matches("[", "x"), None);
    }

    #[test]
    fn understands_all_but_a_few_of_the_schemas_patterns() {
        fn collect<'a>(schema: schema::Schema<'a>, patterns: &mut BTreeSet<&'a str>) {
            patterns.extend(schema.pattern());
            patterns.extend(schema.pattern_properties().map(|(pattern, _)| pattern));
            schema.children().for_each(|child| collect(child, patterns));
        }
        let mut patterns = BTreeSet::new();
        schema::type_names()
            .filter_map(schema::of)
            .for_each(|resource| collect(resource.root(), &mut patterns));
        // Debug builds take long for all of them; one in seven is a sample of every service.
        let step = if cfg!(debug_assertions) { 7 } else { 1 };
        let sample: Vec<_> = patterns.iter().step_by(step).collect();
        let refused: Vec<_> = sample.iter().filter(|pattern| compile(pattern).is_none()).collect();
        assert!(sample.len() > 300 && refused.len() * 100 <= sample.len(), "{refused:#?}");
    }
}
