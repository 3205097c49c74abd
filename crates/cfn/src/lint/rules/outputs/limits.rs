//! How many outputs there are and how long their texts, and what they are of: E6003, E6010, E6011, E6102 and W6001, each with its page.

use crate::lint::{Context, Findings};
use crate::template::{ReferenceKind, function_of_tag};
use crate::yaml::{Key, Node, NodeValue};

/// How many outputs a template has at most.
const MOST: usize = 200;

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some((key, outputs)) = context.template.document().root.entry("Outputs") else { return };
    let count = outputs.entries().len();
    match findings.rule {
        "E6010" if count > MOST => {
            let message = format!("a template has {MOST} outputs at most, not {count}");
            findings.add(message, None, key.span, &["Outputs"]);
        }
        "E6003" if !is_object(outputs) => {
            findings.add("outputs are an object", None, key.span, &["Outputs"]);
        }
        "E6102" => exports(context, findings),
        _ => {}
    }
    for (key, output) in outputs.entries().iter().filter(|(key, _)| !key.name.starts_with("Fn::")) {
        let path = ["Outputs", &key.name];
        match findings.rule {
            "E6011" => lengths(key, output, findings),
            "E6003" => types(key, output, findings),
            "W6001" => {
                let value = output.get("Value");
                let imports = |value: &Node| {
                    function_of_tag(value).as_deref() == Some("Fn::ImportValue")
                        || value.tag.is_none()
                            && matches!(value.entries(), [(key, _)] if key.name == "Fn::ImportValue")
                };
                if value.is_some_and(imports) {
                    let path = ["Outputs", &key.name, "Value", "Fn::ImportValue"];
                    let span = context.template.function_place(&path);
                    findings.add("this hands on what another stack exports", None, span, &path);
                }
            }
            "E6102" => {
                if let Some((attribute, name)) = output.get("Export").and_then(|export| export.entry("Name"))
                    && matches!(
                        name.value,
                        NodeValue::Sequence(_) | NodeValue::Number(_) | NodeValue::Bool(_)
                    )
                    && name.tag.is_none()
                {
                    findings.add("an export's name must be a text", None, attribute.span, &path);
                }
            }
            _ => {}
        }
    }
}

fn is_object(node: &Node) -> bool {
    node.tag.is_none() && matches!(node.value, NodeValue::Mapping(_) | NodeValue::Null)
}

fn lengths(key: &Key, output: &Node, findings: &mut Findings) {
    let path = ["Outputs", &key.name, "Description"];
    if key.name.chars().count() > 255 {
        findings.add("an output's name has at most 255 characters", None, key.span, &path[..2]);
    }
    let description = output.get("Description");
    if let Some(description) = description
        && description.as_str().is_some_and(|text| text.chars().count() > 1024)
    {
        findings.add("an output's description has at most 1024 characters", None, description.span, &path);
    }
}

/// Checks that the attributes of an output are of their types; an output that is no object is told of elsewhere.
fn types(key: &Key, output: &Node, findings: &mut Findings) {
    for (attribute, value) in output.entries() {
        let path = ["Outputs", &key.name, &attribute.name];
        let wanted = match attribute.name.as_str() {
            "Description" if value.is_collection() || value.tag.is_some() => "a text",
            "Condition" if value.is_collection() => "a text",
            "Export" if !is_object(value) => "an object",
            _ => continue,
        };
        findings.add(format!("`{}` must be {wanted}", attribute.name), None, attribute.span, &path);
    }
}

/// Finds names of exports that wait for a resource.
fn exports(context: &Context<'_>, findings: &mut Findings) {
    for reference in context.references {
        let [section, _, export, name, ..] = reference.from.path.as_slice() else { continue };
        let of_resource = matches!(reference.kind, ReferenceKind::Ref | ReferenceKind::Sub)
            && reference.attribute.is_none()
            && context.template.resources.contains_key(&reference.to)
            || reference.kind == ReferenceKind::GetAtt;
        if (section.as_str(), export.as_str(), name.as_str()) == ("Outputs", "Export", "Name") && of_resource
        {
            let message = format!("the name of an export cannot depend on the resource `{}`", reference.to);
            findings.add(message, None, reference.from.span, &reference.from.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn of(rule: &str, output: &str) -> usize {
        let template =
            format!("Resources: {{A: {{Type: Custom::A}}}}\nOutputs:\n  O: {{Value: x, {output}}}\n");
        findings(rule, &template).len()
    }

    #[test]
    fn trips_on_what_is_too_much() {
        let long = format!("Description: {}", "a".repeat(1025));
        assert_eq!((of("E6011", &long), of("E6011", &long[..1020])), (1, 0));
        let template = |count: usize| {
            let outputs: String = (0..count).map(|index| format!("  O{index}: {{Value: x}}\n")).collect();
            format!("Resources: {{A: {{Type: Custom::A}}}}\nOutputs:\n{outputs}")
        };
        assert_eq!(
            (findings("E6010", &template(201)).len(), findings("E6010", &template(200)).len()),
            (1, 0)
        );
    }

    #[test]
    fn trips_on_other_types() {
        assert_eq!(of("E6003", "Description: [a]"), 1);
        assert_eq!(of("E6003", "Export: x"), 1);
        assert_eq!(of("E6003", "Description: a, Export: {Name: x}"), 0);
        assert_eq!(of("E6102", "Export: {Name: [x]}"), 1);
        assert_eq!(of("E6102", "Export: {Name: !Ref A}"), 1);
        assert_eq!(of("E6102", "Export: {Name: !Sub '${AWS::StackName}-x'}"), 0);
    }

    #[test]
    fn trips_on_what_is_handed_on() {
        let template = "Resources: {A: {Type: Custom::A}}\nOutputs:\n  O: {Value: !ImportValue x}\n  P: {Value: !Sub x}\n";
        assert_eq!(findings("W6001", template), ["3:7 this hands on what another stack exports"]);
    }
}
