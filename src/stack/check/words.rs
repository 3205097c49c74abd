//! The checks that every kind of block needs: names, ranges, names that lead somewhere.

use hydrant_cfn::yaml::{Span, Spanned};

use super::Check;
use crate::stack::load::did_you_mean;
use crate::stack::model::Named;

impl Check<'_> {
    pub(super) fn name(&mut self, name: &Spanned<String>, what: &str, longest: usize, punctuation: &str) {
        let allowed = |c: char| c.is_ascii_alphanumeric() || punctuation.contains(c);
        let begins_well = name.value.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !begins_well || name.value.len() > longest || !name.value.chars().all(allowed) {
            let help = format!(
                "1 to {longest} letters, digits and `{punctuation}`, beginning with a letter or digit"
            );
            self.add(name.span, format!("`{}` is not a name for a {what}", name.value), Some(help));
        }
    }

    pub(super) fn range(&mut self, span: Span, what: &str, value: u64, range: std::ops::RangeInclusive<u64>) {
        if !range.contains(&value) {
            let message =
                format!("{what} must lie between {} and {}, not {value}", range.start(), range.end());
            self.add(span, message, None);
        }
    }

    pub(super) fn lookup<T>(&mut self, name: &Spanned<String>, what: &str, known: &Named<T>) {
        if !known.contains_key(name.value.as_str()) {
            let names: Vec<&str> = known.keys().map(|name| name.value.as_str()).collect();
            let help = did_you_mean(&name.value, &names);
            self.add(name.span, format!("there is no {what} `{}`", name.value), help);
        }
    }
}
