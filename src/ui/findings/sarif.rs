//! SARIF 2.1.0, for code scanning. <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeSet;

use hydrant_cfn::lint::{Edit, Level};
use serde_json::{Value, json};

use super::{Findings, UNNAMED, fingerprint, message_and_help, rule_of};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::catalogue::{self, Entry};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/cos02/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(findings: &Findings<'_>) -> String {
    let met: BTreeSet<&str> = findings.diagnostics.iter().map(rule_of).collect();
    let met: Vec<&str> = met.into_iter().collect();
    let fingerprints = fingerprint::of_each(findings.diagnostics);
    let results = findings.diagnostics.iter().zip(&fingerprints);
    let results: Vec<Value> = results.map(|(one, print)| result(one, print, &met)).collect();
    crate::ui::json(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "hydrant",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": met.iter().map(|id| descriptor(id)).collect::<Vec<_>>(),
            }},
            // Columns are counted in characters, not in UTF-16's units.
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "ROOT": { "description": { "text": "the folder in which hydrant ran" } } },
            "results": results,
        }],
    }))
}

/// Tells of a rule, with its page.
fn descriptor(id: &str) -> Value {
    let Ok(rule) = catalogue::find(id) else {
        return json!({
            "id": id,
            "shortDescription": { "text": "a stack file has the form that hydrant reads" },
            "help": { "text": "docs/stack-file.md tells every key of a stack file" },
            "defaultConfiguration": { "level": "error" },
        });
    };
    let mut descriptor = json!({
        "id": id,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.why() },
        "help": { "text": rule.page, "markdown": rule.page },
        "defaultConfiguration": { "level": level_of_rule(rule) },
        "properties": { "tags": ["cloudformation", "infrastructure-as-code"] },
    });
    if let Some(uri) = rule.cfn_lint_uri() {
        descriptor["helpUri"] = json!(uri);
    }
    descriptor
}

fn level_of_rule(rule: &Entry) -> &'static str {
    match rule.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

fn result(diagnostic: &Diagnostic, fingerprint: &str, met: &[&str]) -> Value {
    let id = rule_of(diagnostic);
    let mut result = json!({
        "ruleId": id,
        "level": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "note",
        },
        "message": { "text": message_and_help(diagnostic) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": artifact(diagnostic),
                "region": region(diagnostic.start(), diagnostic.end()),
            },
        }],
        "partialFingerprints": { "templatePath/v1": fingerprint },
    });
    if let Some(index) = met.iter().position(|one| *one == id) {
        result["ruleIndex"] = json!(index);
    }
    if id != UNNAMED && !diagnostic.template_path.is_empty() {
        let name = diagnostic.template_path.join("/");
        result["locations"][0]["logicalLocations"] = json!([{ "fullyQualifiedName": name }]);
    }
    if let Some(fix) = &diagnostic.fix {
        let replacement = |edit: &Edit| {
            let start = diagnostic.line_and_column(edit.span.start);
            let end = diagnostic.line_and_column(edit.span.end);
            json!({ "deletedRegion": region(start, end), "insertedContent": { "text": edit.text } })
        };
        result["fixes"] = json!([{
            "description": { "text": fix.title },
            "artifactChanges": [{
                "artifactLocation": artifact(diagnostic),
                "replacements": fix.edits.iter().map(replacement).collect::<Vec<_>>(),
            }],
        }]);
    }
    result
}

fn region((line, column): (usize, usize), (end_line, end_column): (usize, usize)) -> Value {
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}

/// Names the file: relative to the folder of the run, or whole.
fn artifact(diagnostic: &Diagnostic) -> Value {
    let path = diagnostic.path.display().to_string().replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    match path.starts_with('/') {
        true => json!({ "uri": format!("file://{}", encoded(path)) }),
        false => json!({ "uri": encoded(path), "uriBaseId": "ROOT" }),
    }
}

/// Encodes what may not stand in a URI's path.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                uri.push(char::from(byte))
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_names_of_files_as_uris() {
        assert_eq!(encoded("a b/ü%.yaml"), "a%20b/%C3%BC%25.yaml");
    }
}
