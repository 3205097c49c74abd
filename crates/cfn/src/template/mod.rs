//! A CloudFormation template: parameters, mappings, conditions, resources and outputs, each with the way back to its text.
//!
//! [`Template::parse`] turns text into the model and refuses what CloudFormation refuses as malformed; [`Template::read`]
//! takes what is there and lists what is wrong, for a reader that wants to say everything at once. Short forms become
//! long ones (`!Ref x` is `{"Ref": "x"}`), so that everything after this module knows one spelling. Which resource types
//! exist and what their properties mean is not known here.

mod body;
pub mod conditions;
pub mod graph;
mod parameter;
pub(crate) mod place;
mod read;
mod references;
pub mod resolve;
pub mod seen;
pub mod sub;
mod validate;

pub use parameter::{Parameter, ParameterError};
pub use references::{Location, Reference, ReferenceKind};
pub use validate::TemplateError;

use crate::yaml::{Document, Node, SyntaxError};
use indexmap::IndexMap;
use serde_json::Value;

/// The pseudo parameters that `Ref` and `Fn::Sub` know in every template.
pub const PSEUDO_PARAMETERS: &[&str] = &[
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// The names that may stand at the top of a template.
pub const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// The names that may stand in a resource. `Description` and `Version` are taken without being documented.
pub const RESOURCE_ATTRIBUTES: &[&str] = &[
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Description",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    "Version",
];

#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub format_version: Option<String>,
    pub description: Option<String>,
    pub metadata: Option<Value>,
    pub parameters: IndexMap<String, Parameter>,
    /// The section as written: an object of objects of objects.
    pub mappings: Value,
    pub conditions: IndexMap<String, Value>,
    pub resources: IndexMap<String, Resource>,
    pub outputs: IndexMap<String, Output>,
    pub transforms: Vec<String>,
    /// The whole template with its short forms written out.
    pub body: Value,
    document: Document,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    pub resource_type: String,
    /// Always an object; empty when the resource has none.
    pub properties: Value,
    pub depends_on: Vec<String>,
    pub condition: Option<String>,
    pub deletion_policy: Option<String>,
    pub update_replace_policy: Option<String>,
    pub creation_policy: Option<Value>,
    pub update_policy: Option<Value>,
    pub metadata: Option<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    pub value: Value,
    /// What stands under `Export: Name`, which may be a function.
    pub export_name: Option<Value>,
    pub condition: Option<String>,
    pub description: Option<String>,
}

impl Template {
    /// Reads a template from YAML or JSON; the errors are CloudFormation's refusals with their places.
    pub fn parse(text: &str) -> Result<Template, Vec<SyntaxError>> {
        let (document, errors) = Document::parse(text);
        if !errors.is_empty() {
            return Err(errors);
        }
        Self::strict(document)
    }

    /// Reads a template from a document that was parsed before.
    pub fn from_document(document: &Document) -> Result<Template, Vec<SyntaxError>> {
        Self::strict(document.clone())
    }

    /// Takes what is there, and lists what CloudFormation would refuse.
    pub fn read(document: Document) -> (Template, Vec<SyntaxError>) {
        read::read(document)
    }

    fn strict(document: Document) -> Result<Template, Vec<SyntaxError>> {
        let (template, errors) = read::read(document);
        if errors.is_empty() { Ok(template) } else { Err(errors) }
    }

    /// Returns the text and tree that the template was read from.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Gives the text and tree back.
    pub fn into_document(self) -> Document {
        self.document
    }

    /// Says whether a transform with this name is asked for.
    pub fn has_transform(&self, name: &str) -> bool {
        self.transforms.iter().any(|transform| transform == name)
    }
}

/// Returns the function, in its long form, that a node's tag stands for: `Fn::GetAtt` for `!GetAtt`.
pub fn function_of_tag(node: &Node) -> Option<String> {
    body::short_form(node).map(|function| function.into_owned())
}

/// Returns a scalar's text, as CloudFormation writes numbers and booleans where it wants a string.
pub fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
