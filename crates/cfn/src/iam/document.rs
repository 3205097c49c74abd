//! A policy document: JSON in its single and list forms becomes statements.
//!
//! What IAM asks of one kind of policy and not of another is in [`rules`](super::rules).

use serde_json::{Map, Value};

use super::condition::Condition;
use super::context::Context;
use super::principal::PrincipalElement;
use super::wildcard::{arn_matches, matches_ignoring_case, substitute};

/// Why a document is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// AWS refuses it, with `MalformedPolicyDocument` and this message.
    #[error("{0}")]
    Malformed(String),
    /// AWS has it and this evaluator does not.
    #[error("{0} is not supported")]
    Unsupported(String),
}

/// A policy: statements that allow or deny.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyDocument {
    /// `2012-10-17`, or `2008-10-17`, in which `${…}` has no meaning.
    pub version: String,
    pub statements: Vec<Statement>,
}

/// What a statement does with requests that it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
}

/// One statement of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub sid: Option<String>,
    pub effect: Effect,
    /// Whom it speaks of; nobody is named in an identity-based policy.
    pub principal: Option<PrincipalElement>,
    pub actions: PatternSet,
    /// On what; a trust policy names no resource, since it belongs to one.
    pub resources: Option<PatternSet>,
    pub conditions: Vec<Condition>,
}

/// Patterns under `Action` or `Resource`, or under their negations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternSet {
    /// Whether they stand under `NotAction` or `NotResource`.
    pub negated: bool,
    pub patterns: Vec<String>,
}

impl PolicyDocument {
    /// Reads a document from JSON.
    pub fn parse(document: &Value) -> Result<Self, PolicyError> {
        let members = object(document)?;
        let known = |name: &str| matches!(name, "Version" | "Id" | "Statement");
        if members.keys().any(|name| !known(name)) {
            return Err(syntax());
        }
        let version = match members.get("Version") {
            None => "2008-10-17",
            Some(Value::String(version)) if version == "2012-10-17" || version == "2008-10-17" => version,
            Some(_) => return Err(syntax()),
        };
        let statements = match members.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().map(Statement::parse).collect(),
            Some(statement) => Statement::parse(statement).map(|statement| vec![statement]),
            None => Err(syntax()),
        };
        Ok(Self { version: version.to_owned(), statements: statements? })
    }

    /// Reads a document from text, as IAM's operations take it.
    pub fn from_text(text: &str) -> Result<Self, PolicyError> {
        let document = serde_json::from_str(text)
            .map_err(|_| PolicyError::Malformed("This policy contains invalid Json".to_owned()))?;
        Self::parse(&document)
    }

    pub(super) fn has_variables(&self) -> bool {
        self.version == "2012-10-17"
    }
}

impl Statement {
    fn parse(statement: &Value) -> Result<Self, PolicyError> {
        let members = object(statement)?;
        let known = |name: &str| {
            matches!(
                name,
                "Sid"
                    | "Effect"
                    | "Principal"
                    | "NotPrincipal"
                    | "Action"
                    | "NotAction"
                    | "Resource"
                    | "NotResource"
                    | "Condition"
            )
        };
        if members.keys().any(|name| !known(name)) {
            return Err(syntax());
        }
        let effect = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => return Err(syntax()),
        };
        let principal = match (members.get("Principal"), members.get("NotPrincipal")) {
            (None, None) => None,
            (Some(principal), None) => Some(PrincipalElement::parse(principal, false)?),
            (None, Some(principal)) => Some(PrincipalElement::parse(principal, true)?),
            (Some(_), Some(_)) => return Err(syntax()),
        };
        let missing = || PolicyError::Malformed("Policy statement must contain actions.".to_owned());
        Ok(Self {
            sid: members.get("Sid").and_then(Value::as_str).map(str::to_owned),
            effect,
            principal,
            actions: PatternSet::parse(members, "Action", "NotAction")?.ok_or_else(missing)?,
            resources: PatternSet::parse(members, "Resource", "NotResource")?,
            conditions: conditions(members.get("Condition"))?,
        })
    }

    /// Tells whether the statement speaks of an action on a resource under a request's conditions.
    pub(super) fn fits(&self, action: &str, resource: &str, context: &Context, variables: bool) -> bool {
        let substituted = |pattern: &str, compare: &dyn Fn(&str) -> bool| {
            if variables && pattern.contains("${") {
                return substitute(pattern, context).is_some_and(|pattern| compare(&pattern));
            }
            compare(pattern)
        };
        let acts = self.actions.covers(|pattern| matches_ignoring_case(pattern, action));
        let on = self.resources.as_ref().is_none_or(|resources| {
            resources.covers(|pattern| substituted(pattern, &|pattern| arn_matches(pattern, resource)))
        });
        acts && on && self.conditions.iter().all(|condition| condition.holds(context, variables))
    }
}

impl PatternSet {
    fn parse(members: &Map<String, Value>, name: &str, negation: &str) -> Result<Option<Self>, PolicyError> {
        match (members.get(name), members.get(negation)) {
            (None, None) => Ok(None),
            (Some(patterns), None) => Ok(Some(Self { negated: false, patterns: texts(patterns)? })),
            (None, Some(patterns)) => Ok(Some(Self { negated: true, patterns: texts(patterns)? })),
            (Some(_), Some(_)) => Err(syntax()),
        }
    }

    fn covers(&self, fits: impl Fn(&str) -> bool) -> bool {
        self.patterns.iter().any(|pattern| fits(pattern)) != self.negated
    }
}

fn conditions(value: Option<&Value>) -> Result<Vec<Condition>, PolicyError> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let mut conditions = Vec::new();
    for (operator, keys) in object(value)? {
        for (key, values) in object(keys)? {
            conditions.push(Condition::new(operator, key, texts(values)?)?);
        }
    }
    Ok(conditions)
}

fn object(value: &Value) -> Result<&Map<String, Value>, PolicyError> {
    value.as_object().ok_or_else(syntax)
}

/// Reads one text or a list of texts; numbers and flags stand for their text.
pub(super) fn texts(value: &Value) -> Result<Vec<String>, PolicyError> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(syntax()),
    };
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => text(value).map(|text| vec![text]),
    }
}

pub(super) fn syntax() -> PolicyError {
    PolicyError::Malformed("Syntax errors in policy.".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_single_and_list_forms_alike() {
        let single = json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": true}}}});
        let lists = json!({"Version": "2012-10-17", "Statement":
            [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"], "Condition": {"Bool": {"aws:SecureTransport": ["true"]}}}]});
        assert_eq!(PolicyDocument::parse(&single), PolicyDocument::parse(&lists));
        assert!(PolicyDocument::parse(&single).is_ok());
    }

    #[test]
    fn refuses_what_is_no_policy() {
        let statement = |members: Value| json!({"Version": "2012-10-17", "Statement": [members]});
        let cases = [
            (json!([]), "Syntax errors in policy."),
            (json!({"Version": "2012-10-17"}), "Syntax errors in policy."),
            (json!({"Version": "2012-10-18", "Statement": []}), "Syntax errors in policy."),
            (
                statement(json!({"Effect": "allow", "Action": "*", "Resource": "*"})),
                "Syntax errors in policy.",
            ),
            (
                statement(json!({"Effect": "Allow", "Actions": "*", "Resource": "*"})),
                "Syntax errors in policy.",
            ),
            (
                statement(json!({"Effect": "Allow", "Resource": "*"})),
                "Policy statement must contain actions.",
            ),
            (
                statement(json!({"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"})),
                "Syntax errors in policy.",
            ),
        ];
        for (document, expected) in cases {
            let refused = PolicyDocument::parse(&document);
            assert_eq!(refused, Err(PolicyError::Malformed(expected.to_owned())), "{document}");
        }
    }
}
