//! `values:`: what a stack takes from elsewhere, by name, and `${name}` in the texts that use it.
//!
//! It says where a value comes from. What it is is known only at deployment, and never here.

use hydrant_cfn::yaml::{Span, Spanned};
use serde::Deserialize;

use super::model::StackFile;

/// A value from elsewhere. Exactly one of its keys says from where.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// The stack whose output or export is meant.
    pub stack: Option<Spanned<String>>,
    /// An output of that stack, copied at deployment.
    pub output: Option<Spanned<String>>,
    /// An output that the stack exports, or, without a stack, the name of any export.
    pub export: Option<Spanned<String>>,
    /// A parameter of Systems Manager, of type String or StringList.
    pub ssm: Option<Spanned<String>>,
    /// A variable of the environment in which the program runs.
    pub env: Option<Spanned<String>>,
    /// A file, from the project's root; a line's end at its end does not count.
    pub file: Option<Spanned<String>>,
    /// Whether nobody may see it.
    pub secret: Option<Spanned<bool>>,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    Output { stack: &'a Spanned<String>, output: &'a Spanned<String> },
    Export { stack: Option<&'a Spanned<String>>, name: &'a Spanned<String> },
    Ssm(&'a Spanned<String>),
    Env(&'a Spanned<String>),
    File(&'a Spanned<String>),
}

impl Value {
    /// Returns where the value comes from, unless the keys do not go together.
    pub fn source(&self) -> Option<Source<'_>> {
        let Self { stack, output, export, ssm, env, file, .. } = self;
        match (stack, output, export, ssm, env, file) {
            (Some(stack), Some(output), None, None, None, None) => Some(Source::Output { stack, output }),
            (stack, None, Some(name), None, None, None) => {
                Some(Source::Export { stack: stack.as_ref(), name })
            }
            (None, None, None, Some(name), None, None) => Some(Source::Ssm(name)),
            (None, None, None, None, Some(name), None) => Some(Source::Env(name)),
            (None, None, None, None, None, Some(path)) => Some(Source::File(path)),
            _ => None,
        }
    }

    /// Returns whether nobody may see the value.
    pub fn is_secret(&self) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret.value)
    }

    /// Returns whether the value comes into the template as a parameter; an export is imported instead.
    pub fn is_parameter(&self) -> bool {
        !matches!(self.source(), Some(Source::Export { .. }))
    }
}

/// A piece of a text that may use values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Text(&'a str),
    Value(&'a str),
}

impl<'a> Part<'a> {
    /// Returns the text, or nothing of a value.
    pub fn as_text(&self) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Value(_) => "",
        }
    }
}

/// Takes a text apart; `$${` stands for `${` itself. Returns nothing when a `${` has no end.
pub fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            // The first `$` goes, what follows it is plain text.
            parts.push(Part::Text(&rest[..at - 1]));
            parts.push(Part::Text("${"));
            rest = &rest[at + 2..];
            continue;
        }
        let end = rest[at..].find('}')? + at;
        parts.push(Part::Text(&rest[..at]));
        parts.push(Part::Value(rest[at + 2..end].trim()));
        rest = &rest[end + 1..];
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    Some(parts)
}

/// Returns every text of the file that may use values.
pub fn texts(file: &StackFile) -> impl Iterator<Item = &Spanned<String>> {
    let variables = file.functions.values().flat_map(|function| function.environment.values());
    variables.chain(file.streams.values().filter_map(|stream| stream.arn.as_ref()))
}

/// Returns the names of the stacks whose outputs and exports the file uses, with their places.
pub fn stacks(file: &StackFile) -> impl Iterator<Item = &Spanned<String>> {
    file.values.values().filter_map(|value| match value.source()? {
        Source::Output { stack, .. } => Some(stack),
        Source::Export { stack, .. } => stack,
        Source::Ssm(_) | Source::Env(_) | Source::File(_) => None,
    })
}

/// Returns the place of a value's own words.
pub fn place(value: &Value, otherwise: Span) -> Span {
    let texts = [&value.stack, &value.output, &value.export, &value.ssm, &value.env, &value.file];
    texts.into_iter().flatten().map(|text| text.span).next().unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_text_apart_at_its_values() {
        let taken = parts("https://${host}/x?a=$${b}").unwrap();
        let text: Vec<_> = taken
            .iter()
            .map(|part| match part {
                Part::Text(text) => (*text).to_owned(),
                Part::Value(name) => format!("<{name}>"),
            })
            .collect();
        assert_eq!(text.concat(), "https://<host>/x?a=${b}");
        assert_eq!(parts("${ a }"), Some(vec![Part::Value("a")]));
        assert_eq!(parts("a ${b"), None);
        assert_eq!(parts(""), Some(vec![]));
    }
}
