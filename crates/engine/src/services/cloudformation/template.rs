//! A template's text becomes a template that CloudFormation would accept, or CloudFormation's refusal.
//!
//! What only the engine lacks (macros, snapshots, resource types) is refused here too, by name.

use std::collections::BTreeSet;

use hydrant_cfn::schema;
use hydrant_cfn::template::{ReferenceKind, Template};
use hydrant_cfn::yaml::SyntaxErrorKind;
use indexmap::IndexMap;

use super::custom::is_custom;
use super::dynamic;
use super::stack_resource::RemovalPolicy;
use super::vocabulary;
use crate::error::AwsError;

/// Largest template that a request can carry itself.
pub const INLINE_LIMIT: usize = 51_200;

/// Largest template at all.
pub const SIZE_LIMIT: usize = 1_000_000;

/// A template that has been parsed.
#[derive(Debug)]
pub struct Checked {
    pub template: Template,
}

/// Returns the error of an invalid template, parameter or stack.
pub fn validation_error(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", message)
}

impl Checked {
    /// Parses a template; a malformed one is a `ValidationError`.
    pub fn parse(text: &str) -> Result<Self, AwsError> {
        if text.trim().is_empty() {
            return Err(validation_error("Template format error: unsupported structure."));
        }
        match Template::parse(text) {
            Ok(template) => Ok(Self { template }),
            Err(errors) => {
                let Some(error) = errors.first() else {
                    return Err(validation_error("Template format error: unsupported structure."));
                };
                let message = match error.kind {
                    SyntaxErrorKind::Structure => error.message.clone(),
                    _ => {
                        let format = if text.trim_start().starts_with('{') { "JSON" } else { "YAML" };
                        let before = text.get(..error.span.start).unwrap_or(text);
                        let line = before.matches('\n').count() + 1;
                        let column = before.chars().rev().take_while(|one| *one != '\n').count() + 1;
                        format!(
                            "Template format error: {format} not well-formed. (line {line}, column {column})"
                        )
                    }
                };
                Err(validation_error(message))
            }
        }
    }

    /// Refuses what cannot be deployed; `is_provided` tells which resource types the engine has.
    pub fn check(&self, is_provided: impl Fn(&str) -> bool) -> Result<(), AwsError> {
        let template = &self.template;
        if let Some(transform) = template.transforms.first() {
            return Err(AwsError::not_supported(format_args!("the transform `{transform}`")));
        }
        vocabulary::check(template)?;
        template.validate().map_err(|error| validation_error(error.to_string()))?;
        self.check_counts()?;
        self.check_types(is_provided)?;
        self.check_attributes()?;
        self.check_policies()?;
        self.check_unsupported()
    }

    fn check_types(&self, is_provided: impl Fn(&str) -> bool) -> Result<(), AwsError> {
        let types: BTreeSet<&str> =
            self.template.resources.values().map(|resource| resource.resource_type.as_str()).collect();
        let is_aws = |name: &str| name.starts_with("AWS::") || is_custom(name);
        let unknown: Vec<&str> = types
            .iter()
            .copied()
            .filter(|name| !is_provided(name) && schema::of(name).is_none() && !is_aws(name))
            .collect();
        let misspelt = types.iter().copied().filter(|name| !is_provided(name) && is_misspelt(name));
        let unknown: Vec<&str> = unknown.into_iter().chain(misspelt).collect();
        if !unknown.is_empty() {
            let names = unknown.join(", ");
            return Err(validation_error(format!(
                "Template format error: Unrecognized resource types: [{names}]"
            )));
        }
        // One that stands under a condition may never be wanted; the design knows.
        let mut certain = self.template.resources.values().filter(|resource| resource.condition.is_none());
        match certain.find(|resource| !is_provided(&resource.resource_type)) {
            Some(resource) => Err(not_provided(&resource.resource_type)),
            None => Ok(()),
        }
    }

    /// Refuses `Fn::GetAtt` of an attribute that the type does not have.
    fn check_attributes(&self) -> Result<(), AwsError> {
        for reference in self.template.references() {
            let (ReferenceKind::GetAtt | ReferenceKind::Sub, Some(attribute)) =
                (reference.kind, &reference.attribute)
            else {
                continue;
            };
            // What a custom resource has, only its function knows.
            let resource = self.template.resources.get(&reference.to);
            let resource = resource.filter(|resource| !is_custom(&resource.resource_type));
            let Some(schema) = resource.and_then(|resource| schema::of(&resource.resource_type)) else {
                continue;
            };
            let is_attribute = schema.attributes().any(|pointer| pointer.dotted() == *attribute);
            let first = attribute.split('.').next().unwrap_or_default();
            if !is_attribute && !schema.property_names().any(|name| name == first) {
                let message = format!(
                    "Template error: resource {} does not support attribute type {attribute} in Fn::GetAtt",
                    reference.to
                );
                return Err(validation_error(message));
            }
        }
        Ok(())
    }

    fn check_policies(&self) -> Result<(), AwsError> {
        for (logical_id, resource) in &self.template.resources {
            let policies = [
                ("DeletionPolicy", &resource.deletion_policy),
                ("UpdateReplacePolicy", &resource.update_replace_policy),
            ];
            for (attribute, policy) in policies {
                let Some(policy) = policy else { continue };
                if policy == "Snapshot" {
                    return Err(validation_error(format!(
                        "Template error: resource type {} does not support {attribute} Snapshot",
                        resource.resource_type
                    )));
                }
                let is_allowed = RemovalPolicy::parse(policy).is_some_and(|one| {
                    attribute == "DeletionPolicy" || one != RemovalPolicy::RetainExceptOnCreate
                });
                if !is_allowed {
                    return Err(validation_error(format!(
                        "Template format error: Unrecognized {attribute} {policy} for resource {logical_id}"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Refuses more of anything than a template may have.
    fn check_counts(&self) -> Result<(), AwsError> {
        let template = &self.template;
        let counts = [
            ("resources", template.resources.len(), 500),
            ("parameters", template.parameters.len(), 200),
            ("outputs", template.outputs.len(), 200),
        ];
        match counts.iter().find(|(_, count, limit)| count > limit) {
            Some((what, count, limit)) => Err(validation_error(format!(
                "Template format error: Number of {what}, {count}, is greater than maximum allowed, {limit}"
            ))),
            None => Ok(()),
        }
    }

    /// Refuses what would otherwise be passed over in silence.
    fn check_unsupported(&self) -> Result<(), AwsError> {
        let template = &self.template;
        if template.body.get("Hooks").is_some() {
            return Err(AwsError::not_supported("the template section Hooks"));
        }
        for (logical_id, resource) in &template.resources {
            let policies =
                [("CreationPolicy", &resource.creation_policy), ("UpdatePolicy", &resource.update_policy)];
            if let Some((attribute, _)) = policies.iter().find(|(_, policy)| policy.is_some()) {
                return Err(AwsError::not_supported(format_args!("{attribute} of {logical_id}")));
            }
        }
        for (name, output) in &template.outputs {
            if dynamic::stands_in(&output.value) {
                return Err(AwsError::not_supported(format_args!(
                    "the dynamic reference ({{{{resolve:…}}}}) in the output {name}"
                )));
            }
        }
        Ok(())
    }

    /// Checks the values given for parameters and adds the defaults.
    pub fn parameters(&self, given: &IndexMap<String, String>) -> Result<IndexMap<String, String>, AwsError> {
        self.template.parameter_values(given).map_err(|error| validation_error(error.to_string()))
    }

    /// Whether a parameter's value must not be shown.
    pub fn is_no_echo(&self, name: &str) -> bool {
        self.template.parameters.get(name).is_some_and(|parameter| parameter.no_echo)
    }
}

/// Refuses a resource type that the engine does not have.
pub fn not_provided(resource_type: &str) -> AwsError {
    AwsError::not_supported(format_args!("the resource type {resource_type}"))
}

/// Whether a name in AWS's namespace belongs to a service whose types are known, and is none of them.
fn is_misspelt(name: &str) -> bool {
    let is_known = |prefix: &str| schema::type_names().any(|known| known.starts_with(prefix));
    let service = name.rsplit_once("::").map_or(name, |(service, _)| service);
    let has_three_parts = name.split("::").count() == 3;
    name.starts_with("AWS::")
        && schema::of(name).is_none()
        && (!has_three_parts || is_known(&format!("{service}::")))
        && !matches!(service, "AWS::CloudFormation" | "AWS::CDK" | "AWS::Serverless")
}
