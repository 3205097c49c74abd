//! # E7001: a mapping is an object of objects, and its keys are letters and digits
//!
//! ```yaml
//! Mappings:
//!   Sizes: {prod: 4}
//! ```
//!
//! Below a mapping's name stand keys of a first and of a second level, and below these texts, numbers or lists. Names and second
//! keys are letters and digits, first keys may have points and dashes too. A key that is a number is written in quotes:
//! CloudFormation refuses others, "map keys must be strings; received numeric".

use crate::lint::{Context, Findings, Level, Rule};
use crate::yaml::{Key, Node, NodeValue};

pub(super) const RULE: Rule = Rule {
    id: "E7001",
    level: Level::Error,
    summary: "a mapping is an object of objects, and its keys are letters and digits",
    source: include_str!("shape.rs"),
    check,
};

/// How many keys an object of a mapping has at most.
const MOST: usize = 200;

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some((key, mappings)) = context.template.document().root.entry("Mappings") else { return };
    if !is_object(mappings) && mappings.value != NodeValue::Null {
        findings.add("mappings are an object", None, key.span, &["Mappings"]);
    }
    let mut shape = Shape { context, findings };
    for (map, node) in mappings.entries().iter().filter(|(map, _)| map.name != "Fn::Transform") {
        let path = vec!["Mappings".to_owned(), map.name.clone()];
        shape.named(key, map, "", &path, true);
        shape.object(map, node, path, 1);
    }
}

struct Shape<'c, 't> {
    context: &'c Context<'t>,
    findings: &'c mut Findings,
}

impl Shape<'_, '_> {
    /// Checks what stands below a mapping's name, or below one of its first keys.
    fn object(&mut self, key: &Key, node: &Node, path: Vec<String>, depth: usize) {
        // What has nothing is as if it were not there.
        let length = node.entries().iter().filter(|(_, value)| value.value != NodeValue::Null).count();
        if self.findings.rule == "E7010" {
            if length > MOST {
                let message = format!("`{}` has {length} keys, and can have {MOST}", key.name);
                self.findings.add(message, None, key.span, &path);
            }
        } else if self.findings.rule == "E7001" && (!is_object(node) || length == 0) {
            let message = match is_object(node) {
                true => format!("`{}` has no keys", key.name),
                false => format!("`{}` is an object of keys", key.name),
            };
            self.findings.add(message, None, key.span, &path);
        }
        for (inner, value) in node.entries().iter().filter(|(inner, _)| inner.name != "Fn::Transform") {
            let mut path = path.clone();
            path.push(inner.name.clone());
            self.named(key, inner, if depth == 1 { ".-" } else { "" }, &path, depth == 2);
            if depth == 1 {
                self.object(inner, value, path, 2);
            } else if self.findings.rule == "E7001" {
                let is_value = !matches!(value.value, NodeValue::Mapping(_) | NodeValue::Null);
                if value.tag.is_some() || !is_value {
                    let message = "a mapping holds texts, numbers and lists";
                    self.findings.add(message, None, inner.span, &path);
                }
            }
        }
    }

    fn named(&mut self, above: &Key, key: &Key, more: &str, path: &[String], has_limit: bool) {
        if self.findings.rule == "E7001" {
            self.name(above, key, more, path);
        } else if self.findings.rule == "E7002" && has_limit && key.name.chars().count() > 255 {
            self.findings.add("a name has at most 255 characters", None, key.span, path);
        }
    }

    /// Checks a name; one that is written as a number is shown where its object begins.
    fn name(&mut self, above: &Key, key: &Key, more: &str, path: &[String]) {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || more.as_bytes().contains(&byte);
        if key.name.is_empty() || !key.name.bytes().all(allowed) {
            let and = if more.is_empty() { "" } else { ", points and dashes" };
            let message = format!("the key `{}` is not made of letters and digits{and} alone", key.name);
            self.findings.add(message, None, key.span, path);
        } else if key.name.starts_with(|start: char| start.is_ascii_digit())
            && key.name.parse::<f64>().is_ok()
            && self.is_bare(key)
        {
            let message = format!("the key `{}` is a number, and must be a text", key.name);
            let help = format!("write it in quotes: \"{}\"", key.name);
            self.findings.add(message, Some(help), above.span, path);
        }
    }

    /// Says whether a key is written without quotes.
    fn is_bare(&self, key: &Key) -> bool {
        let text = self.context.template.document().source().get(key.span.start..key.span.end);
        text.is_some_and(|text| text.trim() == key.name)
    }
}

fn is_object(node: &Node) -> bool {
    matches!(node.value, NodeValue::Mapping(_)) && node.tag.is_none()
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_what_is_too_flat_too_deep_or_oddly_named() {
        let template = "Mappings:\n  A: x\n  B: {c: y}\n  D:\n    e:\n      f: {g: h}\n      i-j: k\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("E7001", template).len(), 4);
        let template = "Mappings:\n  A:\n    12: {b: c}\n  D: {}\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(
            findings("E7001", template),
            [
                "2:3 the key `12` is a number, and must be a text (write it in quotes: \"12\")",
                "4:3 `D` has no keys"
            ]
        );
    }

    #[test]
    fn trips_on_names_and_mappings_beyond_the_limits() {
        let long = "a".repeat(256);
        let template =
            format!("Mappings: {{A: {{b: {{{long}: x}}}}}}\nResources: {{A: {{Type: Custom::A}}}}\n");
        assert_eq!(findings("E7002", &template).len(), 1);
        assert_eq!(findings("E7002", &template.replace(&long, &long[1..])), [""; 0]);
        let keys = |count: usize| {
            (0..count).map(|index| format!("k{index}: {{x: y}}")).collect::<Vec<_>>().join(", ")
        };
        let template =
            |count| format!("Mappings: {{A: {{{}}}}}\nResources: {{A: {{Type: Custom::A}}}}\n", keys(count));
        assert_eq!(findings("E7010", &template(201)).len(), 1);
        assert_eq!(findings("E7010", &template(200)), [""; 0]);
    }

    #[test]
    fn is_fine_with_two_levels() {
        let template =
            "Mappings: {A: {us-east-1: {b: [1, 2], '32': x}}}\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("E7001", template), [""; 0]);
    }
}
