//! What IAM asks of policy documents: E3510 of those of identities and W3037 of their actions, each with its page.
//!
//! Where a document is found is known by the property's name; its values are read as they stand, functions left aside.

use crate::iam::{Service, matches_ignoring_case};
use crate::lint::{Context, Findings, did_you_mean};
use serde_json::Value;

/// Types with a policy of an identity, and where it lies; `*` stands for each item.
const DOCUMENTS: &[(&str, &[&str])] = &[
    ("AWS::IAM::Group", &["Policies", "*", "PolicyDocument"]),
    ("AWS::IAM::GroupPolicy", &["PolicyDocument"]),
    ("AWS::IAM::ManagedPolicy", &["PolicyDocument"]),
    ("AWS::IAM::Policy", &["PolicyDocument"]),
    ("AWS::IAM::Role", &["Policies", "*", "PolicyDocument"]),
    ("AWS::IAM::RolePolicy", &["PolicyDocument"]),
    ("AWS::IAM::User", &["Policies", "*", "PolicyDocument"]),
    ("AWS::IAM::UserPolicy", &["PolicyDocument"]),
];

const KEYS: &[&str] = &["Action", "Condition", "Effect", "NotAction", "NotResource", "Resource", "Sid"];

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        for (_, steps) in DOCUMENTS.iter().filter(|(name, _)| *name == resource.resource_type) {
            let path = ["Resources", logical_id, "Properties"].map(str::to_owned).to_vec();
            let mut visit = Visit { context, findings };
            visit.find(&resource.properties, steps, path);
        }
    }
}

struct Visit<'v, 't> {
    context: &'v Context<'t>,
    findings: &'v mut Findings,
}

impl Visit<'_, '_> {
    fn find(&mut self, value: &Value, steps: &[&str], path: Vec<String>) {
        match (steps, value) {
            ([], Value::Object(_)) => self.document(value, path),
            (["*", rest @ ..], Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.find(item, rest, below(&path, &index.to_string()));
                }
            }
            ([name, rest @ ..], Value::Object(members)) => {
                if let Some(member) = members.get(*name) {
                    self.find(member, rest, below(&path, name));
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, message: String, help: Option<String>, path: &[String]) {
        let span = self.context.template.place(path);
        self.findings.add(message, help, span, path);
    }

    fn document(&mut self, document: &Value, path: Vec<String>) {
        if is_function(document) {
            return;
        }
        let shape = self.findings.rule == "E3510";
        for name in document.as_object().into_iter().flat_map(|members| members.keys()) {
            if shape && !["Id", "Statement", "Version"].contains(&name.as_str()) {
                self.add(format!("a policy has no `{name}`"), None, &below(&path, name));
            }
        }
        if let Some(version) = document.get("Version").and_then(Value::as_str)
            && shape
            && !["2008-10-17", "2012-10-17"].contains(&version)
        {
            let message = format!("`{version}` is not a version of IAM's language");
            self.add(message, Some("it is 2012-10-17".to_owned()), &below(&path, "Version"));
        }
        let at = below(&path, "Statement");
        match document.get("Statement") {
            None if shape => self.add("a policy needs a `Statement`".to_owned(), None, &path),
            Some(Value::Array(statements)) => {
                for (index, statement) in statements.iter().enumerate() {
                    self.statement(statement, below(&at, &index.to_string()));
                }
            }
            Some(statement @ Value::Object(_)) => self.statement(statement, at),
            Some(_) if shape => self.add("`Statement` is a list of statements".to_owned(), None, &at),
            _ => {}
        }
    }

    fn statement(&mut self, statement: &Value, path: Vec<String>) {
        let Some(members) = statement.as_object().filter(|_| !is_function(statement)) else { return };
        if self.findings.rule == "W3037" {
            return self.actions(statement, &path);
        }
        for name in members.keys().filter(|name| !KEYS.contains(&name.as_str())) {
            self.add(format!("a statement has no `{name}`"), did_you_mean(name, KEYS), &below(&path, name));
        }
        for (one, other) in [("Action", "NotAction"), ("Resource", "NotResource")] {
            if members.contains_key(one) == members.contains_key(other) {
                self.add(format!("a statement has either `{one}` or `{other}`"), None, &path);
            }
        }
        match members.get("Effect") {
            None => self.add("a statement needs an `Effect`".to_owned(), None, &path),
            Some(Value::String(effect)) if effect != "Allow" && effect != "Deny" => {
                let message = format!("the effect `{effect}` is neither `Allow` nor `Deny`");
                self.add(message, did_you_mean(effect, ["Allow", "Deny"]), &below(&path, "Effect"));
            }
            _ => {}
        }
        for key in ["Resource", "NotResource"] {
            for (place, text) in texts(members.get(key), below(&path, key)) {
                if !is_resource(text) {
                    self.add(format!("`{text}` is neither `*` nor an ARN"), None, &place);
                }
            }
        }
    }

    fn actions(&mut self, statement: &Value, path: &[String]) {
        for key in ["Action", "NotAction"] {
            // Of a list that may be long, cfn-lint shows the key.
            let place = below(path, key);
            for (_, text) in texts(statement.get(key), place.clone()) {
                let Some((prefix, name)) = text.split_once(':') else {
                    if text != "*" {
                        self.add(format!("`{text}` names no service"), None, &place);
                    }
                    continue;
                };
                let Some(service) = Service::of(prefix) else {
                    let help = did_you_mean(prefix, Service::prefixes().collect::<Vec<_>>());
                    self.add(format!("IAM knows no service `{prefix}`"), help, &place);
                    continue;
                };
                let is_pattern = name.contains(['*', '?']);
                let is_known = if is_pattern {
                    service.actions().any(|action| matches_ignoring_case(name, action))
                } else {
                    service.has_action(name)
                };
                if !is_known {
                    let near =
                        did_you_mean(&name.to_ascii_lowercase(), service.actions().collect::<Vec<_>>());
                    self.add(format!("{prefix} has no action `{name}`"), near, &place);
                }
            }
        }
    }
}

fn below(path: &[String], name: &str) -> Vec<String> {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

fn is_function(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|members| members.keys().any(|name| name.starts_with("Fn::") || name == "Ref"))
}

/// Returns the texts of a value that is one or a list, with their places.
fn texts(value: Option<&Value>, path: Vec<String>) -> Vec<(Vec<String>, &str)> {
    match value {
        Some(Value::String(text)) => vec![(path, text)],
        Some(Value::Array(items)) => {
            let each = items.iter().enumerate();
            each.filter_map(|(index, item)| Some((below(&path, &index.to_string()), item.as_str()?)))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Says whether a text can be a resource: `*`, or an ARN with all its colons.
fn is_resource(text: &str) -> bool {
    if text.contains("{{resolve:") {
        return true;
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["*"] => true,
        ["arn", partition, service, _, account, rest] => {
            let wild = account.contains(['*', '?']);
            let is_account = account.is_empty() || wild || *account == "aws" || account.len() == 12;
            (partition.starts_with("aws") || *partition == "*")
                && !service.is_empty()
                && is_account
                && !rest.is_empty()
        }
        ["arn", _, _, ..] => text.ends_with('*'),
        _ => false,
    }
}
