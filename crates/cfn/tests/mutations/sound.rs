//! What holds of every text, whatever is in it.

use hydrant_cfn::lint::{self, Options};
use hydrant_cfn::template::Template;
use hydrant_cfn::yaml::{Document, Key, Node, Span};

/// Reads and lints a text. Panics when a place lies outside of it.
pub fn assert_sound(text: &str) {
    let (document, errors) = Document::parse(text);
    let mut spans: Vec<Span> = errors.iter().map(|error| error.span).collect();
    collect(&document.root, &mut spans);
    let _ = Template::parse(text);
    let report = lint::check(text, &Options::default());
    spans.extend(report.findings.iter().map(|finding| finding.span));
    for span in spans {
        assert!(span.start <= span.end && span.end <= text.len(), "{span:?} of {}", text.len());
        assert!(text.get(span.start..span.end).is_some(), "{span:?} cuts a character");
    }
    for finding in &report.findings {
        assert!(!finding.message.is_empty() && !finding.rule.is_empty());
        report.place(finding);
    }
}

fn collect(node: &Node, spans: &mut Vec<Span>) {
    spans.push(node.span);
    spans.extend(node.tag.iter().map(|tag| tag.span));
    node.items().iter().for_each(|item| collect(item, spans));
    for (Key { span, .. }, value) in node.entries() {
        spans.push(*span);
        collect(value, spans);
    }
}
