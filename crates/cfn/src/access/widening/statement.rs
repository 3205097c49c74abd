//! Statements of policies, whatever resource holds them, and the pieces that they are compared in.

use serde_json::{Map, Value};

use super::cover::Piece;
use crate::access::fit::{Fit, fit};
use crate::iam::PatternSet;

/// A statement of an identity's policy, of a resource's policy or of a role's trust.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub holder: String,
    pub is_allow: bool,
    pub is_trust: bool,
    /// Nobody in the policies of identities.
    pub principals: Vec<Principal>,
    pub actions: PatternSet,
    pub resources: PatternSet,
    /// Operator, key and values, in the spelling of the policy but for the cases of both.
    pub conditions: Vec<Condition>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    pub operator: String,
    pub key: String,
    pub values: Vec<String>,
}

/// Whom a resource's policy speaks of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Principal {
    /// `AWS`, `Service`, `Federated` or `CanonicalUser`.
    pub kind: String,
    pub name: String,
    /// Whether everyone else is meant.
    pub is_negated: bool,
}

impl Principal {
    pub fn new(kind: &str, name: &str) -> Self {
        Self { kind: kind.to_owned(), name: name.to_owned(), is_negated: false }
    }
}

impl Statement {
    /// Returns each principal, action and resource by itself; negations stay whole.
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        let each = |set: &PatternSet| match set.negated {
            true => vec![set.clone()],
            false => set
                .patterns
                .iter()
                .map(|pattern| PatternSet { negated: false, patterns: vec![pattern.clone()] })
                .collect(),
        };
        let principals: Vec<Option<Principal>> = match self.principals.as_slice() {
            [] => vec![None],
            some => some.iter().cloned().map(Some).collect(),
        };
        let mut pieces = Vec::new();
        for principal in principals {
            for resource in each(&self.resources) {
                for action in each(&self.actions) {
                    let (principal, resource) = (principal.clone(), resource.clone());
                    pieces.push(Piece { statement: self, principal, action, resource });
                }
            }
        }
        pieces
    }

    /// Says whether there may be a request of which both speak.
    pub fn may_meet(&self, piece: &Piece<'_>) -> bool {
        meet(&self.actions, &piece.action, |pattern| pattern.to_ascii_lowercase())
            && meet(&self.resources, &piece.resource, str::to_owned)
    }

    /// Returns the keys of the conditions, each once.
    pub fn condition_keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.conditions.iter().map(|condition| condition.key.clone()).collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

fn meet(one: &PatternSet, other: &PatternSet, form: impl Fn(&str) -> String) -> bool {
    let fits = |pattern: &String, text: &String| fit(&form(pattern), &form(text)) != Fit::No;
    let any = |left: &PatternSet, right: &PatternSet| {
        left.patterns.iter().any(|pattern| right.patterns.iter().any(|text| fits(pattern, text)))
    };
    match (one.negated, other.negated) {
        (false, false) => any(one, other),
        // In doubt they meet.
        _ => true,
    }
}

/// Reads the statements of a document; nothing when a part of it cannot be read.
pub(super) fn read(holder: &str, document: &Value) -> Option<Vec<Statement>> {
    let text;
    let document = match document {
        Value::String(json) => {
            text = serde_json::from_str::<Value>(json).ok()?;
            &text
        }
        other => other,
    };
    match document.get("Statement")? {
        Value::Array(statements) => statements.iter().map(|statement| one(holder, statement)).collect(),
        statement => Some(vec![one(holder, statement)?]),
    }
}

fn one(holder: &str, statement: &Value) -> Option<Statement> {
    let is_allow = match statement.get("Effect")?.as_str()? {
        "Allow" => true,
        "Deny" => false,
        _ => return None,
    };
    let everything = || PatternSet { negated: false, patterns: vec!["*".to_owned()] };
    Some(Statement {
        holder: holder.to_owned(),
        is_allow,
        is_trust: false,
        principals: principals(statement)?,
        actions: set(statement, "Action", "NotAction")??,
        resources: set(statement, "Resource", "NotResource")?.unwrap_or_else(everything),
        conditions: conditions(statement.get("Condition"))?,
    })
}

/// Returns the patterns under a name or its negation; an inner nothing when there are none.
fn set(statement: &Value, name: &str, negation: &str) -> Option<Option<PatternSet>> {
    let (negated, value) = match (statement.get(name), statement.get(negation)) {
        (Some(value), _) => (false, value),
        (None, Some(value)) => (true, value),
        (None, None) => return Some(None),
    };
    Some(Some(PatternSet { negated, patterns: texts(value)? }))
}

fn principals(statement: &Value) -> Option<Vec<Principal>> {
    let (is_negated, value) = match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(value), _) => (false, value),
        (None, Some(value)) => (true, value),
        (None, None) => return Some(Vec::new()),
    };
    let members = match value {
        Value::String(text) => return Some(vec![Principal { is_negated, ..Principal::new("AWS", text) }]),
        Value::Object(members) => members,
        _ => return None,
    };
    let mut found = Vec::new();
    for (kind, names) in members {
        if kind == "Ref" || kind.starts_with("Fn::") {
            return None;
        }
        found.extend(texts(names)?.iter().map(|name| Principal { is_negated, ..Principal::new(kind, name) }));
    }
    Some(found)
}

fn conditions(value: Option<&Value>) -> Option<Vec<Condition>> {
    let Some(value) = value else { return Some(Vec::new()) };
    let mut found = Vec::new();
    for (operator, keys) in value.as_object()? {
        for (key, values) in keys.as_object()? {
            found.push(Condition { operator: operator.clone(), key: key.clone(), values: texts(values)? });
        }
    }
    Some(found)
}

/// Returns the texts of a value that is one or a list of them, or nothing when a function is among them.
pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => {
            let each: Option<Vec<Vec<String>>> = items.iter().map(texts).collect();
            Some(each?.concat())
        }
        Value::Object(_) | Value::Null => None,
        other => crate::template::scalar_text(other).map(|text| vec![text]),
    }
}

/// Writes a condition as a policy does, from a property that stands for one.
pub(super) fn condition(operator: &str, key: &str, value: &Value) -> Option<Condition> {
    Some(Condition { operator: operator.to_owned(), key: key.to_owned(), values: texts(value)? })
}

/// An object that a resource may not have.
pub(super) fn members(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}
