//! From the document to the model, with everything that CloudFormation would refuse as malformed.
//!
//! Messages that start with "Template format error" or "Invalid template" are CloudFormation's own; the others are for
//! shapes whose wording on AWS is not confirmed.

use super::body::value_of;
use super::parameter::Parameter;
use super::{Output, RESOURCE_ATTRIBUTES, Resource, SECTIONS, Template, scalar_text};
use crate::serverless;
use crate::yaml::{Document, Node, NodeValue, Span, SyntaxError, SyntaxErrorKind};
use indexmap::IndexMap;
use serde_json::{Map, Value};

pub(super) fn read(document: Document) -> (Template, Vec<SyntaxError>) {
    let mut reader = Reader { errors: Vec::new() };
    let root = &document.root;
    let body = value_of(root);
    reader.sections(root);
    reader.nulls(root, &mut Vec::new());
    let template = Template {
        format_version: body.get("AWSTemplateFormatVersion").and_then(scalar_text),
        description: body.get("Description").and_then(scalar_text),
        metadata: body.get("Metadata").cloned(),
        parameters: reader.parameters(root),
        mappings: object(body.get("Mappings")),
        conditions: reader
            .section(root, "Conditions")
            .map(|(name, node)| (name.to_owned(), value_of(node)))
            .collect(),
        resources: reader.resources(root),
        outputs: reader.outputs(root),
        transforms: transforms(body.get("Transform")),
        body,
        document,
    };
    (template, reader.errors)
}

struct Reader {
    errors: Vec<SyntaxError>,
}

impl Reader {
    fn refuse(&mut self, message: impl Into<String>, span: Span) {
        self.errors.push(SyntaxError::new(SyntaxErrorKind::Structure, message, span));
    }

    fn sections(&mut self, root: &Node) {
        let NodeValue::Mapping(entries) = &root.value else {
            self.refuse("Template format error: unsupported structure.", root.span);
            return;
        };
        // The serverless transform has a section of its own, and takes it out.
        let is_serverless = root.get("Transform").is_some_and(|transform| {
            transforms(Some(&value_of(transform))).iter().any(|name| name == serverless::TRANSFORM)
        });
        let is_known = |name: &str| SECTIONS.contains(&name) || (is_serverless && name == "Globals");
        let unknown: Vec<_> = entries.iter().filter(|(key, _)| !is_known(&key.name)).collect();
        if let Some((first, _)) = unknown.first() {
            let names: Vec<&str> = unknown.iter().map(|(key, _)| key.name.as_str()).collect();
            let message = format!("Invalid template property or properties [{}]", names.join(", "));
            self.refuse(message, first.span);
        }
        if let Some((key, version)) = root.entry("AWSTemplateFormatVersion")
            && version.as_str().is_none_or(|version| version != "2010-09-09")
            && version.value != NodeValue::Null
        {
            // Not confirmed on AWS.
            self.refuse("Template format error: Unsupported value for AWSTemplateFormatVersion.", key.span);
        }
        let resources = root.entry("Resources");
        if resources.is_none_or(|(_, resources)| resources.entries().is_empty()) {
            let span = resources.map_or(root.span, |(key, _)| key.span);
            let message = "Template format error: At least one Resources member must be defined.";
            self.refuse(message, span);
        }
    }

    /// Returns the members of a section that is an object of objects; anything else is refused.
    fn section<'n>(
        &mut self,
        root: &'n Node,
        section: &str,
    ) -> impl Iterator<Item = (&'n str, &'n Node)> + use<'n> {
        let entry = root.entry(section);
        if let Some((key, node)) = entry
            && !matches!(node.value, NodeValue::Mapping(_) | NodeValue::Null)
        {
            let message = format!("Template format error: {section} must be an object.");
            self.refuse(message, key.span);
        }
        entry.map_or(&[][..], |(_, node)| node.entries()).iter().map(|(key, node)| (key.name.as_str(), node))
    }

    fn parameters(&mut self, root: &Node) -> IndexMap<String, Parameter> {
        let members: Vec<_> = self.section(root, "Parameters").collect();
        let mut parameters = IndexMap::new();
        for (name, node) in members {
            if node.get("Type").and_then(Node::as_str).is_none() {
                let message = "Template format error: Every Parameters object must contain a Type member.";
                self.refuse(message, node.span);
            }
            parameters.insert(name.to_owned(), Parameter::from_value(name, &value_of(node)));
        }
        parameters
    }

    fn resources(&mut self, root: &Node) -> IndexMap<String, Resource> {
        let members: Vec<_> = self.section(root, "Resources").collect();
        let mut resources = IndexMap::new();
        for (name, node) in members {
            if name.starts_with("Fn::ForEach::") || name == "Fn::Transform" {
                continue;
            }
            if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) || name.is_empty() {
                let message = format!("Template format error: Resource name {name} is non alphanumeric.");
                self.refuse(message, node.span);
            }
            self.resource_shape(name, node);
            resources.insert(name.to_owned(), resource(&value_of(node)));
        }
        resources
    }

    fn resource_shape(&mut self, name: &str, node: &Node) {
        let NodeValue::Mapping(entries) = &node.value else {
            let message =
                format!("Template format error: [/Resources/{name}] resource definition is malformed");
            self.refuse(message, node.span);
            return;
        };
        if node.get("Type").and_then(Node::as_str).is_none() {
            let message = format!(
                "Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
            );
            self.refuse(message, node.span);
        }
        for (key, value) in entries {
            if !RESOURCE_ATTRIBUTES.contains(&key.name.as_str()) {
                let message = format!("Invalid template resource property '{}'", key.name);
                self.refuse(message, key.span);
            }
            let wants_object = key.name == "Properties";
            if wants_object && !matches!(value.value, NodeValue::Mapping(_) | NodeValue::Null) {
                let message = format!(
                    "Template format error: [/Resources/{name}/Properties] Properties must be an object"
                );
                self.refuse(message, key.span);
            }
        }
    }

    fn outputs(&mut self, root: &Node) -> IndexMap<String, Output> {
        let members: Vec<_> = self.section(root, "Outputs").collect();
        let mut outputs = IndexMap::new();
        for (name, node) in members {
            if name.starts_with("Fn::ForEach::") {
                continue;
            }
            if node.get("Value").is_none() {
                let message = format!(
                    "Template format error: Output {name} is malformed. Every Outputs member must contain a Value object"
                );
                self.refuse(message, node.span);
            }
            let value = value_of(node);
            let output = Output {
                value: value.get("Value").cloned().unwrap_or(Value::Null),
                export_name: value.pointer("/Export/Name").cloned(),
                condition: text(&value, "Condition"),
                description: text(&value, "Description"),
            };
            outputs.insert(name.to_owned(), output);
        }
        outputs
    }

    /// Refuses values that are null, as CloudFormation does.
    fn nulls(&mut self, node: &Node, path: &mut Vec<String>) {
        match &node.value {
            NodeValue::Null if !path.is_empty() => {
                let message = format!(
                    "Template format error: [/{}] 'null' values are not allowed in templates",
                    path.join("/")
                );
                self.refuse(message, node.span);
            }
            NodeValue::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string());
                    self.nulls(item, path);
                    path.pop();
                }
            }
            NodeValue::Mapping(entries) => {
                for (key, value) in entries {
                    path.push(key.name.clone());
                    self.nulls(value, path);
                    path.pop();
                }
            }
            _ => {}
        }
    }
}

fn resource(value: &Value) -> Resource {
    Resource {
        resource_type: text(value, "Type").unwrap_or_default(),
        properties: object(value.get("Properties")),
        depends_on: match value.get("DependsOn") {
            Some(Value::Array(items)) => items.iter().filter_map(scalar_text).collect(),
            Some(other) => scalar_text(other).into_iter().collect(),
            None => Vec::new(),
        },
        condition: text(value, "Condition"),
        deletion_policy: text(value, "DeletionPolicy"),
        update_replace_policy: text(value, "UpdateReplacePolicy"),
        creation_policy: value.get("CreationPolicy").cloned(),
        update_policy: value.get("UpdatePolicy").cloned(),
        metadata: value.get("Metadata").cloned(),
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn object(value: Option<&Value>) -> Value {
    match value {
        Some(Value::Object(object)) => Value::Object(object.clone()),
        _ => Value::Object(Map::new()),
    }
}

fn transforms(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names.iter().filter_map(scalar_text).collect(),
        _ => Vec::new(),
    }
}
