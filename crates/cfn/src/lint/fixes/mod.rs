//! From a finding to the edit that mends it, where the edit can be known and does nothing else to the text.
//!
//! [`fix`] proposes: the name that was meant, a function that does nothing left out, the partition left to CloudFormation.
//! [`Fixed::of`] applies proposals to a text, and keeps those after which the finding is gone and nothing worse stands in its
//! place. Rules know nothing of it: a proposal follows from the finding and the text.

mod apply;
mod near_miss;
mod needless_sub;
mod partition;

pub use apply::{Applied, Fixed};

use super::Finding;
use crate::yaml::{Document, Span};

/// Changes to a text that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an imperative fragment.
    pub title: String,
    pub edits: Vec<Edit>,
}

/// A place in the text and what to write there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

impl Fix {
    fn new(title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        Self { title: title.into(), edits: vec![Edit { span, text: text.into() }] }
    }
}

/// Returns what would mend a finding in the document that it was found in.
pub fn fix(document: &Document, finding: &Finding) -> Option<Fix> {
    match finding.rule {
        // Text that cannot be read has no places that could be trusted.
        "E0000" => None,
        "W1020" => needless_sub::fix(document, finding),
        "I3042" => partition::fix(document, finding),
        _ => near_miss::fix(document, finding),
    }
}

/// Returns the text at a place.
fn text_at(document: &Document, span: Span) -> Option<&str> {
    document.source().get(span.start..span.end)
}
