//! JUnit's XML: a suite for each file, in it a case for each finding, or one that passed.
//!
//! What does not make the command fail is a case that passed and says so in its output.

use super::{Findings, message_and_help, rule_of};
use crate::diagnostic::{Diagnostic, Severity};

pub(super) fn write(findings: &Findings<'_>) -> String {
    let fails = |diagnostic: &&Diagnostic| diagnostic.severity >= findings.least;
    let (mut suites, mut tests) = (String::new(), 0);
    // What a stack renders to is no file that was named, and can have findings all the same.
    let mut files = findings.files.clone();
    for file in findings.diagnostics.iter().map(|one| one.path.display().to_string()) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    for file in &files {
        let of_file: Vec<&Diagnostic> =
            findings.diagnostics.iter().filter(|one| one.path.display().to_string() == *file).collect();
        let failures = of_file.iter().copied().filter(|one| fails(one)).count();
        let cases = of_file.len().max(1);
        tests += cases;
        suites += &format!(
            "  <testsuite name=\"{}\" tests=\"{cases}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">\n",
            escaped(file)
        );
        if of_file.is_empty() {
            suites += &format!("    <testcase name=\"lint\" classname=\"{}\"/>\n", escaped(file));
        }
        suites.extend(of_file.into_iter().map(|diagnostic| case(file, diagnostic, fails(&diagnostic))));
        suites += "  </testsuite>\n";
    }
    let failures = findings.diagnostics.iter().filter(fails).count();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"hydrant lint\" tests=\"{tests}\" \
         failures=\"{failures}\" errors=\"0\">\n{suites}</testsuites>"
    )
}

fn case(file: &str, diagnostic: &Diagnostic, fails: bool) -> String {
    let (line, column) = diagnostic.start();
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let name = escaped(&format!("{} at {line}:{column}", rule_of(diagnostic)));
    let (classname, message) = (escaped(file), escaped(&diagnostic.message));
    let text = escaped(&format!("{file}:{line}:{column}: {level}: {}", message_and_help(diagnostic)));
    let outcome = match fails {
        true => format!("<failure type=\"{level}\" message=\"{message}\">{text}</failure>"),
        false => format!("<system-out>{text}</system-out>"),
    };
    format!("    <testcase name=\"{name}\" classname=\"{classname}\">\n      {outcome}\n    </testcase>\n")
}

/// Escapes a text for content and attributes; characters that XML 1.0 cannot hold become `?`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\r' => escaped.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('?'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_is_markup_and_what_xml_cannot_hold() {
        assert_eq!(escaped("<a b=\"1\">&\u{7}\n"), "&lt;a b=&quot;1&quot;&gt;&amp;?&#10;");
    }
}
