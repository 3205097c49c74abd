//! Annotations of GitHub's workflows: one line for each finding, which the runner reads from the log.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use super::{Findings, message_and_help, rule_of};
use crate::diagnostic::{Diagnostic, Severity};

pub(super) fn write(findings: &Findings<'_>) -> String {
    findings.diagnostics.iter().map(annotation).collect::<Vec<_>>().join("\n")
}

fn annotation(diagnostic: &Diagnostic) -> String {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let (line, column) = diagnostic.start();
    let (end_line, end_column) = diagnostic.end();
    let mut place = format!("line={line},endLine={end_line},col={column}");
    // GitHub takes an end column on the line of the start only.
    if line == end_line && end_column > column {
        place += &format!(",endColumn={end_column}");
    }
    let file = property(&diagnostic.path.display().to_string());
    let title = property(rule_of(diagnostic));
    format!("::{command} file={file},{place},title={title}::{}", data(&message_and_help(diagnostic)))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_ends_a_command_and_nothing_twice() {
        assert_eq!(data("100 %\r\n: a,b"), "100 %25%0D%0A: a,b");
        assert_eq!(property("C:\\a,b %"), "C%3A\\a%2Cb %25");
    }
}
