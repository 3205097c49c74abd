//! The `Rules` section: what a template asks of the values of its parameters before anything is made.
//!
//! A rule's assertions count when its condition holds, or when it has none. `Fn::RefAll`, `Fn::ValueOf` and
//! `Fn::ValueOfAll` ask about existing networks and are refused by name.

use super::super::{Template, scalar_text};
use super::evaluator::{Evaluator, Outcome};
use super::{ResolveError, Scope};
use serde_json::Value;

/// An assertion that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAssertion {
    /// The rule that asserts it.
    pub rule: String,
    /// What the template says of it, if anything.
    pub description: Option<String>,
}

/// Returns the assertions of the template's rules that do not hold, in their order.
pub fn failed_assertions(
    template: &Template,
    scope: &dyn Scope,
) -> Result<Vec<FailedAssertion>, ResolveError> {
    let mut failed = Vec::new();
    let Some(rules) = template.body.get("Rules").and_then(Value::as_object) else { return Ok(failed) };
    let mut evaluator = Evaluator::new(template, scope);
    for (name, rule) in rules {
        let applies = match rule.get("RuleCondition") {
            Some(condition) => evaluator.rule_holds(condition)?,
            None => true,
        };
        let assertions = rule.get("Assertions").and_then(Value::as_array);
        for assertion in assertions.into_iter().flatten().filter(|_| applies) {
            let holds = match assertion.get("Assert") {
                Some(assert) => evaluator.rule_holds(assert)?,
                None => evaluator.refuse(name, "Template format error: Rule assertions must have Assert")?,
            };
            if !holds {
                let description = assertion.get("AssertDescription").and_then(Value::as_str);
                failed.push(FailedAssertion {
                    rule: name.clone(),
                    description: description.map(str::to_owned),
                });
            }
        }
    }
    Ok(failed)
}

impl Evaluator<'_> {
    fn rule_holds(&mut self, value: &Value) -> Result<bool, ResolveError> {
        let only = value.as_object().filter(|members| members.len() == 1);
        let Some((function, argument)) = only.and_then(|members| members.iter().next()) else {
            let message = "Template format error: Every rule must be a rule-specific intrinsic function";
            return self.refuse("Rules", message);
        };
        let parts = argument.as_array().map_or(&[][..], Vec::as_slice);
        match (function.as_str(), parts) {
            ("Fn::Not", [part]) => Ok(!self.rule_holds(part)?),
            ("Fn::And", [_, _, ..]) => self.rules_hold(parts).map(|hold| hold.into_iter().all(|one| one)),
            ("Fn::Or", [_, _, ..]) => self.rules_hold(parts).map(|hold| hold.into_iter().any(|one| one)),
            ("Fn::Equals", [left, right]) => Ok(self.texts(left)? == self.texts(right)?),
            ("Fn::Contains", [list, wanted]) => {
                let (list, wanted) = (self.texts(list)?, self.texts(wanted)?);
                Ok(!wanted.is_empty() && wanted.iter().all(|one| list.contains(one)))
            }
            ("Fn::EachMemberEquals", [list, wanted]) => {
                let (list, wanted) = (self.texts(list)?, self.texts(wanted)?);
                Ok(list.iter().all(|one| wanted.first() == Some(one)))
            }
            ("Fn::EachMemberIn", [list, allowed]) => {
                let (list, allowed) = (self.texts(list)?, self.texts(allowed)?);
                Ok(list.iter().all(|one| allowed.contains(one)))
            }
            _ => self.refuse(function, format!("{function} is not supported in Rules here")),
        }
    }

    fn rules_hold(&mut self, parts: &[Value]) -> Result<Vec<bool>, ResolveError> {
        parts.iter().map(|part| self.rule_holds(part)).collect()
    }

    /// Returns a value's texts: one of a scalar, all of a list.
    fn texts(&mut self, value: &Value) -> Result<Vec<String>, ResolveError> {
        match self.value(value)? {
            Outcome::Known(Value::Array(items)) => Ok(items.iter().filter_map(scalar_text).collect()),
            Outcome::Known(single) => Ok(scalar_text(&single).into_iter().collect()),
            Outcome::NoValue => Ok(Vec::new()),
            Outcome::Unknown { because, .. } => Err(*because),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Parameter(Value);

    impl Scope for Parameter {
        fn reference(&self, name: &str) -> Option<Value> {
            (name == "P").then(|| self.0.clone())
        }

        fn attribute(&self, _: &str, _: &str) -> Option<Value> {
            None
        }
    }

    fn failed(rule: &str, value: Value) -> Vec<FailedAssertion> {
        let text = format!(
            "Parameters: {{P: {{Type: String}}}}\nRules: {{R: {rule}}}\nResources: {{A: {{Type: 'AWS::S3::Bucket'}}}}"
        );
        failed_assertions(&Template::parse(&text).unwrap(), &Parameter(value)).unwrap()
    }

    #[test]
    fn tells_which_assertion_does_not_hold() {
        let rule = "{Assertions: [{Assert: {'Fn::Not': [{'Fn::Contains': [['1', '2'], {Ref: P}]}]}, AssertDescription: too old}]}";
        assert_eq!(failed(rule, "6".into()), []);
        let too_old = FailedAssertion { rule: "R".to_owned(), description: Some("too old".to_owned()) };
        assert_eq!(failed(rule, "2".into()), [too_old]);
    }

    #[test]
    fn asserts_nothing_when_its_condition_does_not_hold() {
        let rule = "{RuleCondition: {'Fn::Equals': [{Ref: P}, prod]}, Assertions: [{Assert: {'Fn::EachMemberIn': [[a], [b]]}}]}";
        assert_eq!(failed(rule, "dev".into()), []);
        assert_eq!(failed(rule, "prod".into()).len(), 1);
    }
}
