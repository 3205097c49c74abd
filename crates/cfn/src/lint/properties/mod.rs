//! What schemas and services refuse in the properties of resources, found once for all rules that tell of it.
//!
//! A template becomes [`Finding`]s, each with the id of the rule that it belongs to: a keyword of a schema is one rule of
//! cfn-lint's, and a value that comes out of a function belongs to the rule of the function. Rules with pages only, in
//! `rules/pages`, take what is theirs.

pub(super) mod elsewhere;
mod formats;
mod gathering;
pub(super) mod loops;
mod of_resource;
pub(super) mod places;
mod policies;
mod regional;
mod runtime;
mod scenarios;
mod tags;
mod words;

use super::globals::{self, SERVERLESS};
use super::{Context, Finding, Findings, Level};
use crate::schema::formats::has_format;
use crate::schema::{self, ResourceSchema, Violation};
use crate::template::seen;
use of_resource::OfResource;
use serde_json::Value;

/// Adds what belongs to the rule that is asked.
pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let all = context.properties.get_or_init(|| collect(context));
    findings.list.extend(all.iter().filter(|finding| finding.rule == findings.rule).cloned());
}

fn collect(context: &Context<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (logical_id, resource) in &context.template.resources {
        let properties = globals::properties(context.template, logical_id, resource);
        let mut of_resource = OfResource {
            context,
            logical_id,
            base: None,
            type_name: &resource.resource_type,
            found: &mut found,
        };
        // What a `null` stands for is not known.
        if context.template.body["Resources"][logical_id].get("Properties") == Some(&Value::Null) {
            let message = "`Properties` is an object, and nothing at all stands here".to_owned();
            of_resource.add("E3012", Level::Error, message, None, &[], "type");
            continue;
        }
        of_resource.check(&properties, resource.condition.as_deref());
    }
    for looped in loops::resources(context.template) {
        let mut of_resource = OfResource {
            context,
            logical_id: looped.name,
            base: Some(looped.path),
            type_name: looped.type_name,
            found: &mut found,
        };
        of_resource.check(looped.properties, looped.condition);
    }
    found
}

impl OfResource<'_, '_> {
    /// Checks all that is known of the type.
    fn check(&mut self, properties: &Value, condition: Option<&str>) {
        let Some(schema) = schema_of(self.context, self.type_name) else {
            // A function's runtime has ended too where the transform is forgotten.
            runtime::check(self, properties);
            return;
        };
        self.type_name = schema.type_name();
        let described = (schema.root(), schema.type_name());
        let scenarios = scenarios::of(&self.context.conditions, properties, condition);
        let mut properties = seen::see(&self.context.conditions, properties, condition);
        for violation in schema.validate_with_formats(&properties, &seen::read, has_format) {
            // The properties of a custom resource are its function's, whatever CloudFormation sets itself.
            let is_functions = self.type_name == CUSTOM && violation.keyword == "readOnlyProperties";
            if let Some(rule) = rule_of(&violation).filter(|_| !is_functions) {
                self.violation(rule, described, &[], violation);
            }
        }
        tags::check(self, schema, &properties);
        policies::check(self, &properties);
        gathering::check(self, &properties);
        runtime::check(self, &properties);
        lower_engine(self.type_name, &mut properties);
        regional::check(self, &properties);
        self.breaches(&properties);
        for mut properties in scenarios {
            for violation in schema.validate_with(&properties, &seen::read) {
                let rule = rule_of(&violation).filter(|_| scenarios::KEYWORDS.contains(&violation.keyword));
                if let Some(rule) = rule {
                    self.violation(rule, described, &[], violation);
                }
            }
            lower_engine(self.type_name, &mut properties);
            self.breaches(&properties);
        }
    }
}

/// The type of which all `Custom::` types are.
const CUSTOM: &str = "AWS::CloudFormation::CustomResource";

/// Returns the schema of a type, unless it is in none of the regions: of that it is told elsewhere.
fn schema_of(context: &Context<'_>, name: &str) -> Option<ResourceSchema> {
    let custom = if name.starts_with("Custom::") { CUSTOM } else { name };
    let serverless = context.template.has_transform(SERVERLESS);
    let schema = schema::of(custom).or_else(|| schema::of_serverless(name).filter(|_| serverless));
    let regions = &context.options.regions;
    let is_there = |schema: &ResourceSchema| {
        regions.is_empty() || regions.iter().any(|region| schema.is_in_region(region) != Some(false))
    };
    schema.filter(is_there)
}

/// Writes a database's engine in lower case, as the rules of RDS's engines have it.
fn lower_engine(type_name: &str, properties: &mut Value) {
    if let Some(Value::String(engine)) =
        properties.get_mut("Engine").filter(|_| type_name.starts_with("AWS::RDS::"))
    {
        engine.make_ascii_lowercase();
    }
}

/// Returns a rule's id for as long as the program runs, if there is the rule.
fn rule_id(id: &str) -> Option<&'static str> {
    super::rules().iter().map(|rule| rule.id).find(|known| *known == id)
}

/// Returns what holds when a rule is kept.
fn summary(id: &str) -> Option<&'static str> {
    super::rules().iter().find(|rule| rule.id == id).map(|rule| rule.summary)
}

/// Returns the rule that a keyword belongs to.
fn rule_of(violation: &Violation) -> Option<&'static str> {
    Some(match violation.keyword {
        "additionalProperties"
        | "const"
        | "false"
        | "maxProperties"
        | "minProperties"
        | "multipleOf"
        | "propertyNames"
        | "uniqueKeys" => "E3002",
        "required" => "E3003",
        "type" => "E3012",
        "requiredXor" => "E3014",
        "anyOf" => "E3017",
        "oneOf" => "E3018",
        "dependentExcluded" => "E3020",
        "dependentRequired" => "E3021",
        "enum" | "enumCaseInsensitive" => "E3030",
        "pattern" => "E3031",
        "maxItems" | "minItems" => "E3032",
        "maxLength" | "minLength" => "E3033",
        "exclusiveMaximum" | "exclusiveMinimum" | "maximum" | "minimum" => "E3034",
        "uniqueItems" => "E3037",
        "readOnlyProperties" => "E3040",
        "requiredOr" => "E3058",
        "maxUniqueItems" => "E3065",
        "format" => return formats::rule_of(violation.names.first()?),
        _ => return None,
    })
}

/// Returns the rule that what comes out of a function belongs to.
fn rule_of_function(function: &str, keyword: &str) -> Option<&'static str> {
    match (function, keyword) {
        ("Ref", _) => Some("W1030"),
        ("Fn::Sub", _) => Some("W1031"),
        ("Fn::Join", _) => Some("W1032"),
        ("Fn::Split", _) => Some("W1033"),
        ("Fn::FindInMap", _) => Some("W1034"),
        ("Fn::Select", _) => Some("W1035"),
        _ => None,
    }
}
