//! Regular expressions of schemas, compiled when they are first met.

mod java;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use fancy_regex::{Regex, RegexBuilder};

/// How far a look-around may go back and forth before the value is left alone.
const STEPS: usize = 100_000;

/// Tells whether `value` contains a match of `pattern`, or nothing where that cannot be told.
///
/// AWS's schemas use Java's expressions and cfn-lint's corrections those of Python, both with look-around, which takes
/// a backtracking engine. What it refuses, and what takes too many steps, says nothing about the value.
pub(crate) fn matches(pattern: &str, value: &str) -> Option<bool> {
    let regex = compiled(pattern)?;
    regex.is_match(value).ok()
}

fn compiled(pattern: &str) -> Option<Arc<Regex>> {
    type Compiled = HashMap<String, Option<Arc<Regex>>>;
    static COMPILED: OnceLock<RwLock<Compiled>> = OnceLock::new();
    let table = COMPILED.get_or_init(RwLock::default);
    if let Some(known) = table.read().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return known.clone();
    }
    let regex = compile(pattern).map(Arc::new);
    table.write().unwrap_or_else(PoisonError::into_inner).insert(pattern.to_owned(), regex.clone());
    regex
}

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
