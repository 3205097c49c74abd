//! `arn:aws:` where the partition can be left to CloudFormation.

use super::{Fix, text_at};
use crate::lint::Finding;
use crate::template::place::locate;
use crate::yaml::{Document, Node};

const WRITTEN: &str = "arn:aws:";
const LEFT_OPEN: &str = "arn:${AWS::Partition}:";

pub(super) fn fix(document: &Document, finding: &Finding) -> Option<Fix> {
    let section = finding.path.first()?;
    if !matches!(section.as_str(), "Resources" | "Outputs")
        || finding.path.iter().any(|part| part == "Metadata")
    {
        return None;
    }
    let node = locate(&document.root, &finding.path)?.node;
    let text = node.as_str().filter(|text| text.contains(WRITTEN))?;
    let written = text_at(document, node.span).filter(|written| written.contains(WRITTEN))?;
    let title = "leave the partition to `AWS::Partition`";
    if is_sub(node, finding) {
        return Some(Fix::new(title, node.span, written.replace(WRITTEN, LEFT_OPEN)));
    }
    // In the text of a function something else may happen to it, and what looks like a variable would become one.
    if node.tag.is_some() || text.contains("${") || written.contains('\n') {
        return None;
    }
    let quoted = match written.chars().next()? {
        '"' | '\'' => written.to_owned(),
        _ if written.contains(['"', '\\']) => return None,
        _ => format!("\"{written}\""),
    };
    let quoted = quoted.replace(WRITTEN, LEFT_OPEN);
    let function = match document.is_json() {
        true => format!("{{\"Fn::Sub\": {quoted}}}"),
        false => format!("!Sub {quoted}"),
    };
    Some(Fix::new(title, node.span, function))
}

/// Says whether the node is the text of `Fn::Sub`.
fn is_sub(node: &Node, finding: &Finding) -> bool {
    let function = finding.path.iter().rev().find(|part| *part != "0");
    let short = node.tag.as_ref().is_some_and(|tag| tag.name == "!Sub");
    short || node.tag.is_none() && function.is_some_and(|function| function == "Fn::Sub")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::Level;

    fn fixed(text: &str, path: &[&str]) -> Option<String> {
        let (document, _) = Document::parse(text);
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        let span = locate(&document.root, &path)?.node.span;
        let finding =
            Finding { rule: "I3042", level: Level::Info, message: String::new(), help: None, span, path };
        let edit = fix(&document, &finding)?.edits.into_iter().next()?;
        Some(format!("{}{}{}", &text[..edit.span.start], edit.text, &text[edit.span.end..]))
    }

    #[test]
    fn leaves_the_partition_open_in_a_text_and_in_a_sub() {
        assert_eq!(
            fixed("Outputs: {A: {Value: 'arn:aws:s3:::b'}}", &["Outputs", "A", "Value"]).as_deref(),
            Some("Outputs: {A: {Value: !Sub 'arn:${AWS::Partition}:s3:::b'}}")
        );
        assert_eq!(
            fixed("Outputs:\n  A:\n    Value: arn:aws:s3:::b # x\n", &["Outputs", "A", "Value"]).as_deref(),
            Some("Outputs:\n  A:\n    Value: !Sub \"arn:${AWS::Partition}:s3:::b\" # x\n")
        );
        assert_eq!(
            fixed("Outputs: {A: {Value: !Sub 'arn:aws:s3:::${B}'}}", &["Outputs", "A", "Value", "Fn::Sub"])
                .as_deref(),
            Some("Outputs: {A: {Value: !Sub 'arn:${AWS::Partition}:s3:::${B}'}}")
        );
        assert_eq!(
            fixed("{\"Outputs\": {\"A\": {\"Value\": \"arn:aws:s3:::b\"}}}", &["Outputs", "A", "Value"])
                .as_deref(),
            Some("{\"Outputs\": {\"A\": {\"Value\": {\"Fn::Sub\": \"arn:${AWS::Partition}:s3:::b\"}}}}")
        );
    }

    #[test]
    fn leaves_alone_what_would_change_its_meaning() {
        assert_eq!(fixed("Outputs: {A: {Value: 'arn:aws:s3:::${b}'}}", &["Outputs", "A", "Value"]), None);
        assert_eq!(
            fixed("Parameters: {A: {Default: 'arn:aws:s3:::b'}}", &["Parameters", "A", "Default"]),
            None
        );
    }
}
