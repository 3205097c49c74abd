//! What schemas and services refuse in the properties of resources, found once for all rules that tell of it.
//!
//! A template becomes [`Finding`]s, each with the id of the rule that it belongs to: a keyword of a schema is one rule of
//! cfn-lint's, and a value that comes out of a function belongs to the rule of the function. Rules with pages only, in
//! `rules/pages`, take what is theirs.

mod formats;
mod words;

use super::rules::resources::local_code;
use super::{Context, Finding, Findings, Level};
use crate::invariants::{self, Breach, Known, Refusal};
use crate::schema::{self, ResourceSchema, Violation};
use crate::template::{Resource, seen};
use serde_json::Value;

/// Adds what belongs to the rule that is asked.
pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let all = context.properties.get_or_init(|| collect(context));
    findings.list.extend(all.iter().filter(|finding| finding.rule == findings.rule).cloned());
}

fn collect(context: &Context<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let serverless = context.template.has_transform("AWS::Serverless-2016-10-31");
    for (logical_id, resource) in &context.template.resources {
        let name = resource.resource_type.as_str();
        let custom = if name.starts_with("Custom::") { "AWS::CloudFormation::CustomResource" } else { name };
        let schema = schema::of(custom).or_else(|| schema::of_serverless(name).filter(|_| serverless));
        let Some(schema) = schema else { continue };
        let mut properties =
            seen::see(&context.conditions, &resource.properties, resource.condition.as_deref());
        let mut of_resource = OfResource { context, logical_id, schema, found: &mut found };
        for violation in schema.validate_with_formats(&properties, &seen::read, formats::has_format) {
            of_resource.violation(violation);
        }
        // The rules of RDS's engines are written for names in lower case.
        if let Some(Value::String(engine)) =
            properties.get_mut("Engine").filter(|_| name.starts_with("AWS::RDS::"))
        {
            engine.make_ascii_lowercase();
        }
        of_resource.breaches(resource, &properties);
    }
    found
}

/// One resource, and what is found in it.
struct OfResource<'c, 't> {
    context: &'c Context<'t>,
    logical_id: &'c str,
    schema: ResourceSchema,
    found: &'c mut Vec<Finding>,
}

impl OfResource<'_, '_> {
    fn violation(&mut self, violation: Violation) {
        let Some(rule) = rule_of(&violation) else { return };
        if rule == "E3012" && local_code::may_be_local(self.schema.type_name(), &violation.path) {
            return;
        }
        let mut path = violation.path.clone();
        // What must not be there stands at its key; of several, each that is there.
        let keys: Vec<&String> = match violation.keyword {
            "additionalProperties" | "readOnlyProperties" => violation.names.iter().collect(),
            "dependentExcluded" => violation.names.iter().take(1).collect(),
            "requiredXor" => violation.names.iter().filter(|name| self.has(&path, name)).collect(),
            _ => Vec::new(),
        };
        let (message, help) =
            words::of(self.context.template, self.schema, &violation, &self.absolute(&path));
        if keys.is_empty() {
            return self.add(rule, Level::Error, message, help, &path, violation.keyword);
        }
        for key in keys {
            path.push(key.clone());
            self.add(rule, Level::Error, message.clone(), help.clone(), &path, violation.keyword);
            path.pop();
        }
    }

    fn breaches(&mut self, resource: &Resource, properties: &Value) {
        let leads_to = |value: &Value| leads_to(self.context, value);
        let known = Known::new(&seen::read, &leads_to);
        for Breach { rule, path, message, refusal } in
            invariants::check(&resource.resource_type, properties, &known)
        {
            let level = if refusal == Refusal::Unsure { Level::Warning } else { Level::Error };
            let of_schema = !rule.starts_with('H') && message.contains("keyword [");
            let summary = super::rules().iter().find(|one| one.id == rule).map(|one| one.summary);
            let message = match summary.filter(|_| of_schema) {
                Some(summary) => format!("it should hold that {summary}"),
                None => message.trim_end_matches('.').to_owned(),
            };
            self.add(rule, level, message, None, &path, "");
        }
    }

    fn add(
        &mut self,
        rule: &'static str,
        level: Level,
        message: String,
        help: Option<String>,
        path: &[String],
        keyword: &str,
    ) {
        let (rule, level, path, span) = match seen::origin(path) {
            Some((way, function, source)) => {
                // A function's argument of the wrong type is not one of its outcomes.
                let Some(rule) = rule_of_function(function, keyword) else { return };
                let mut used = self.absolute(way);
                used.push(function.to_owned());
                let is_of_use = matches!(keyword, "format" | "maxLength" | "minLength" | "type");
                let template = self.context.template;
                let (path, span) = match source.is_empty() || is_of_use {
                    true => {
                        let span = template.function_place(&used);
                        (used, span)
                    }
                    false => {
                        let span = template.place(&source);
                        (source, span)
                    }
                };
                (rule, Level::Warning, path, span)
            }
            None => {
                let path = self.absolute(path);
                let span = self.context.template.place(&path);
                (rule, level, path, span)
            }
        };
        let known =
            |finding: &Finding| finding.rule == rule && finding.span == span && finding.message == message;
        if !self.found.iter().any(known) {
            self.found.push(Finding { rule, level, message, help, span, path });
        }
    }

    fn absolute(&self, path: &[String]) -> Vec<String> {
        let start = ["Resources", self.logical_id, "Properties"].map(str::to_owned);
        start.into_iter().chain(path.iter().cloned()).collect()
    }

    fn has(&self, path: &[String], name: &str) -> bool {
        let mut path = self.absolute(path);
        path.push(name.to_owned());
        self.context.template.span(&path).is_some()
    }
}

/// Returns the type of the resource that `Ref` or `Fn::GetAtt` names.
fn leads_to(context: &Context<'_>, value: &Value) -> Option<String> {
    let name = value.get("Ref").or_else(|| value.get("Fn::GetAtt")?.get(0))?.as_str()?;
    context.template.resources.get(name).map(|resource| resource.resource_type.clone())
}

/// Returns the rule that a keyword belongs to.
fn rule_of(violation: &Violation) -> Option<&'static str> {
    Some(match violation.keyword {
        "additionalProperties" | "minProperties" | "maxProperties" | "propertyNames" | "false" => "E3002",
        "required" => "E3003",
        "type" => "E3012",
        "requiredXor" => "E3014",
        "anyOf" => "E3017",
        "oneOf" => "E3018",
        "dependentExcluded" => "E3020",
        "dependentRequired" => "E3021",
        "const" | "enum" | "enumCaseInsensitive" => "E3030",
        "pattern" => "E3031",
        "maxItems" | "minItems" => "E3032",
        "maxLength" | "minLength" => "E3033",
        "exclusiveMaximum" | "exclusiveMinimum" | "maximum" | "minimum" | "multipleOf" => "E3034",
        "uniqueItems" | "uniqueKeys" => "E3037",
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
        ("Fn::FindInMap", _) => Some("W1034"),
        _ => None,
    }
}
