//! Findings in the properties of one resource: a violation or a breach becomes words at the place that is at fault.

use super::super::rules::resources::local_code;
use super::{rule_of_function, summary, words};
use crate::invariants::{self, Breach, Known, Refusal};
use crate::lint::{Context, Finding, Level, globals};
use crate::schema::{Schema, Violation};
use crate::template::seen;
use serde_json::Value;

/// One resource, and what is found in it.
pub(super) struct OfResource<'c, 't> {
    pub(super) context: &'c Context<'t>,
    pub(super) logical_id: &'c str,
    /// The way to the properties, where it is not that of a resource by its name.
    pub(super) base: Option<Vec<String>>,
    pub(super) type_name: &'c str,
    pub(super) found: &'c mut Vec<Finding>,
}

impl OfResource<'_, '_> {
    /// Tells of a violation as one of a rule. `described` is the schema that was asked, with a name for what it describes, and
    /// `base` the way to that in the properties.
    pub(super) fn violation(
        &mut self,
        rule: &'static str,
        described: (Schema<'_>, &str),
        base: &[String],
        violation: Violation,
    ) {
        let mut path = [base, &violation.path].concat();
        if rule == "E3012" && local_code::may_be_local(self.type_name, &path) {
            return;
        }
        // What must not be there stands at its key; of several, each that is there.
        let keys: Vec<&String> = match violation.keyword {
            "additionalProperties" | "readOnlyProperties" => violation.names.iter().collect(),
            "dependentExcluded" => violation.names.iter().take(1).collect(),
            "requiredXor" => violation.names.iter().filter(|name| self.has(&path, name)).collect(),
            // What all branches of a condition lack is told of once, where cfn-lint does.
            "required" if is_branch_of_root(&path) => {
                path.clear();
                Vec::new()
            }
            // So is a list that is too long on one side.
            "maxItems" | "minItems" | "uniqueItems" => {
                path.truncate(way_to_choice(&path));
                Vec::new()
            }
            _ => Vec::new(),
        };
        let (message, help) = words::of(self.context.template, described, &violation, &self.absolute(&path));
        if keys.is_empty() {
            return self.add(rule, Level::Error, message, help, &path, violation.keyword);
        }
        for key in keys {
            path.push(key.clone());
            self.add(rule, Level::Error, message.clone(), help.clone(), &path, violation.keyword);
            path.pop();
        }
    }

    /// Tells of what the service refuses in properties together.
    pub(super) fn breaches(&mut self, properties: &Value) {
        let leads_to = |value: &Value| leads_to(self.context, value);
        let known = Known::new(&seen::read, &leads_to);
        for Breach { rule, path, message, refusal } in invariants::check(self.type_name, properties, &known) {
            // What a parameter's default breaks together with others may never be.
            if !rule.starts_with('H') && seen::origin(&path).is_some() {
                continue;
            }
            let level = if refusal == Refusal::Unsure { Level::Warning } else { Level::Error };
            let of_schema = !rule.starts_with('H') && message.contains("keyword [");
            let message = match summary(rule).filter(|_| of_schema) {
                Some(summary) => format!("it should hold that {summary}"),
                None => message.trim_end_matches('.').to_owned(),
            };
            self.add(rule, level, message, None, &path[..way_to_choice(&path)], "");
        }
    }

    /// Adds a finding at a place in the properties. A value that a function makes is shown where it comes from.
    pub(super) fn add(
        &mut self,
        rule: &'static str,
        level: Level,
        message: String,
        help: Option<String>,
        path: &[String],
        keyword: &str,
    ) {
        let template = self.context.template;
        let (rule, level, path, span) = match seen::origin(path) {
            Some((way, function, source)) => {
                // A function's argument of the wrong type is not one of its outcomes.
                let Some(rule) = rule_of_function(function, keyword) else { return };
                let mut used = self.absolute(way);
                used.push(function.to_owned());
                let is_of_use = matches!(keyword, "format" | "maxLength" | "minLength" | "type");
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
                let span = template.place(&path);
                (rule, level, path, span)
            }
        };
        let known =
            |finding: &Finding| finding.rule == rule && finding.span == span && finding.message == message;
        if !self.found.iter().any(known) {
            self.found.push(Finding { rule, level, message, help, span, path });
        }
    }

    /// Adds a finding at a place in another resource's properties.
    pub(super) fn add_of(
        &mut self,
        logical_id: &str,
        rule: &'static str,
        level: Level,
        message: String,
        path: &[String],
    ) {
        if seen::origin(path).is_some() {
            return;
        }
        let path = globals::origin(self.context.template, logical_id, path);
        let span = self.context.template.place(&path);
        self.found.push(Finding { rule, level, message, help: None, span, path });
    }

    fn absolute(&self, path: &[String]) -> Vec<String> {
        match &self.base {
            Some(base) => base.iter().chain(path).cloned().collect(),
            None => globals::origin(self.context.template, self.logical_id, path),
        }
    }

    fn has(&self, path: &[String], name: &str) -> bool {
        let mut path = self.absolute(path);
        path.push(name.to_owned());
        self.context.template.span(&path).is_some()
    }
}

/// Returns the type of the resource that `Ref` or `Fn::GetAtt` names.
pub(super) fn leads_to(context: &Context<'_>, value: &Value) -> Option<String> {
    let name = value.get("Ref").or_else(|| value.get("Fn::GetAtt")?.get(0))?.as_str()?;
    context.template.resources.get(name).map(|resource| resource.resource_type.clone())
}

/// Returns how much of a path leads to where conditions begin to choose among whole values.
fn way_to_choice(path: &[String]) -> usize {
    let choices = path.rchunks(2).take_while(|step| step.len() == 2 && step[0] == "Fn::If");
    path.len() - 2 * choices.count()
}

/// Says whether a path leads only through conditions that choose among whole properties.
fn is_branch_of_root(path: &[String]) -> bool {
    let mut steps = path.chunks(2);
    !path.is_empty() && steps.all(|step| step[0] == "Fn::If")
}
