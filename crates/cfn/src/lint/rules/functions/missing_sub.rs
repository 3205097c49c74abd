//! # E1029: a text with variables stands in Fn::Sub
//!
//! ```yaml
//! Properties:
//!   TopicName: "${Environment}-orders"
//! ```
//!
//! Without `Fn::Sub` nothing is put in: the text keeps its `${Environment}`. Only names that the template declares, and pseudo
//! parameters, are taken for variables; a state machine's definition has variables of its own, which `DefinitionSubstitutions`
//! must list.

use crate::lint::{Context, Findings, Level, Rule};
use crate::schema;
use crate::template::sub::{Piece, is_variable_name, pieces};
use crate::template::{Template, function_of_tag};
use crate::yaml::{Node, Span};

pub(super) const RULE: Rule = Rule {
    id: "E1029",
    level: Level::Error,
    summary: "a text with variables stands in Fn::Sub",
    source: include_str!("missing_sub.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let root = &context.template.document().root;
    walk(context, root, root.span, &mut Vec::new(), findings);
}

fn walk(context: &Context<'_>, node: &Node, span: Span, path: &mut Vec<String>, findings: &mut Findings) {
    let tag = function_of_tag(node);
    if tag.as_deref() == Some("Fn::Sub") {
        return;
    }
    if let Some(text) = node.as_str().filter(|text| text.contains("${")) {
        let names = pieces(text).into_iter().filter_map(|piece| match piece {
            Piece::Variable(name) if is_variable_name(name) => Some(name),
            _ => None,
        });
        if let Some(name) = names.into_iter().find(|name| is_meant(context.template, name, path)) {
            let message = format!("`${{{name}}}` is not replaced without `Fn::Sub`");
            findings.add(message, Some("write `!Sub` in front of the text".to_owned()), span, path);
        }
    }
    for (key, value) in node.entries() {
        if matches!(key.name.as_str(), "Fn::Sub" | "TemplateBody") {
            continue;
        }
        path.push(key.name.clone());
        walk(context, value, key.span, path, findings);
        path.pop();
    }
    for (index, item) in node.items().iter().enumerate() {
        path.push(index.to_string());
        walk(context, item, item.span, path, findings);
        path.pop();
    }
}

/// Says whether a name in a text is one of the template's.
fn is_meant(template: &Template, name: &str, path: &[String]) -> bool {
    let definition = path.iter().position(|segment| segment == "DefinitionString" || segment == "Definition");
    if let Some(at) = definition {
        let mut substitution = path[..at].to_vec();
        substitution.extend(["DefinitionSubstitutions".to_owned(), name.to_owned()]);
        if template.span(&substitution).is_some() {
            return false;
        }
        if path[at] == "DefinitionString" {
            return true;
        }
    }
    match name.split_once('.') {
        None => template.declares(name),
        Some((resource, attribute)) => {
            let known =
                template.resources.get(resource).and_then(|resource| schema::of(&resource.resource_type));
            known.is_some_and(|known| known.attributes().any(|one| one.dotted() == attribute))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_names_of_the_template() {
        let template = "Parameters: {Env: {Type: String}}\nResources:\n  A: {Type: AWS::SNS::Topic, Properties: {TopicName: '${Env}-x'}}\n  \
                        B: {Type: AWS::SNS::Topic, Properties: {DisplayName: {'Fn::Join': ['', ['${A.TopicArn}']]}}}\n";
        assert_eq!(findings("E1029", template).len(), 2);
    }

    #[test]
    fn is_fine_with_other_names_and_with_substitutions() {
        let template = "Resources:\n  A:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionString: '${x}'\n      \
                        DefinitionSubstitutions: {x: 1}\n      RoleArn: '${aws:username}'\n      Tags: [!Sub '${AWS::Region}', '${stageVariables.a}']\n";
        assert_eq!(findings("E1029", template), [""; 0]);
    }
}
