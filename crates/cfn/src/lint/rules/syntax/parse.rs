//! # E0000: the text is YAML or JSON, and every key stands once
//!
//! A text that cannot be read has no template in it, so no other rule looks at it. A key that stands twice in one mapping
//! can be read, but one of its two values is lost without a word.
//!
//! ```yaml
//! Resources:
//!   Stream: {Type: AWS::Kinesis::Stream}
//!   Stream: {Type: AWS::Kinesis::Stream}
//! ```
//!
//! Mend the place that is shown; give the second key another name, or remove it.

use crate::lint::{Context, Findings, Level, Rule};
use crate::yaml::{NodeValue, Span, SyntaxErrorKind};

pub(super) const RULE: Rule = Rule {
    id: "E0000",
    level: Level::Error,
    summary: "the text is YAML or JSON, and every key stands once",
    source: include_str!("parse.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    const NOWHERE: &[&str] = &[];
    let document = context.template.document();
    let root = &document.root;
    if context.syntax_errors.is_empty() && !matches!(root.value, NodeValue::Mapping(_) | NodeValue::Null) {
        findings.add("a template is an object with sections", None, root.span, NOWHERE);
    }
    for error in context.syntax_errors {
        let Some(first) = error.related else {
            findings.add(&error.message, None, error.span, NOWHERE);
            continue;
        };
        let place = |span: Span| document.position(span.start).line;
        let help = |line: usize| Some(format!("the other one is on line {line}"));
        // Both places are shown: either may be the one that is too many.
        if matches!(error.kind, SyntaxErrorKind::DuplicateKey { .. }) {
            findings.add(&error.message, help(place(error.span)), first, NOWHERE);
        }
        findings.add(&error.message, help(place(first)), error.span, NOWHERE);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_both_equal_keys_and_on_broken_text() {
        let template = "Resources:\n  A: {Type: AWS::SNS::Topic}\n  A: {Type: AWS::SNS::Topic}\n";
        let found = findings("E0000", template);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("2:3 the key `A` stands twice"), "{found:?}");
        assert!(found[1].starts_with("3:3 "), "{found:?}");
        assert_eq!(findings("E0000", "Resources: [").len(), 1);
        assert_eq!(findings("E0000", "- Resources").len(), 1);
    }

    #[test]
    fn is_fine_with_equal_keys_in_two_mappings() {
        let template = "Resources:\n  A: {Type: AWS::SNS::Topic}\n  B: {Type: AWS::SNS::Topic}\n";
        assert_eq!(findings("E0000", template), [""; 0]);
    }
}
