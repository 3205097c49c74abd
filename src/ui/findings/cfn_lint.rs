//! The shape of `cfn-lint --format json`, for those whose tools read that.

use serde_json::{Value, json};

use super::{Findings, fingerprint, rule_of};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::catalogue::{self, Entry};

pub(super) fn write(findings: &Findings<'_>) -> String {
    let fingerprints = fingerprint::of_each(findings.diagnostics);
    let matches = findings.diagnostics.iter().zip(&fingerprints);
    let matches =
        matches.map(|(diagnostic, print)| one(diagnostic, print, catalogue::find(rule_of(diagnostic)).ok()));
    crate::ui::json(&matches.collect::<Vec<_>>())
}

fn one(diagnostic: &Diagnostic, fingerprint: &str, rule: Option<&Entry>) -> Value {
    let (line, column) = diagnostic.start();
    let (end_line, end_column) = diagnostic.end();
    // Unreadable text is cfn-lint's E0000; a stack file of a wrong form is nothing else.
    let id = rule.map_or("E0000", |rule| rule.id);
    let summary = rule.map_or("a stack file has the form that hydrant reads", |rule| rule.summary);
    json!({
        "Filename": diagnostic.path.display().to_string(),
        "Id": uuid(fingerprint),
        "Level": match diagnostic.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Info => "Informational",
        },
        "Location": {
            "End": { "ColumnNumber": end_column, "LineNumber": end_line },
            "Path": diagnostic.template_path.iter().map(|segment| segment_of(segment)).collect::<Vec<_>>(),
            "Start": { "ColumnNumber": column, "LineNumber": line },
        },
        "Message": diagnostic.message,
        "ParentId": null,
        "Rule": {
            "Description": rule.map_or_else(|| summary.to_owned(), |rule| rule.why()),
            "Id": id,
            "ShortDescription": summary,
            "Source": rule.and_then(Entry::cfn_lint_uri).unwrap_or_else(|| format!("docs/rules.md#{}", id.to_lowercase())),
        },
    })
}

/// Returns a segment as cfn-lint has it: an item's place in its list is a number. Names of digits alone, such as accounts,
/// are longer than any list.
fn segment_of(segment: &str) -> Value {
    match segment.parse::<u16>() {
        Ok(index) if index.to_string() == segment => json!(index),
        _ => json!(segment),
    }
}

/// Returns 32 hexadecimal digits in the form of a UUID.
fn uuid(digits: &str) -> String {
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}
