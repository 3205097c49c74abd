//! Conditions: `Fn::If`, and what stands in the `Conditions` section.

use super::super::{Template, scalar_text};
use super::evaluator::{Evaluated, Evaluator, Outcome, Truth, left_in_place};
use super::{ResolveError, Scope};
use indexmap::IndexMap;
use serde_json::{Value, json};

/// Evaluates every condition of the template, in its order.
pub fn conditions(template: &Template, scope: &dyn Scope) -> Result<IndexMap<String, bool>, ResolveError> {
    let mut evaluated = IndexMap::new();
    for name in template.conditions.keys() {
        let mut evaluator = Evaluator::new(template, scope);
        match evaluator.named_condition("Condition", name)? {
            Truth::Known(value) => {
                evaluated.insert(name.clone(), value);
            }
            Truth::Unknown(because) => return Err(*because),
        }
    }
    Ok(evaluated)
}

/// How long a chain of conditions that name each other may be.
const MAX_CHAIN: usize = 100;

impl Evaluator<'_> {
    /// Evaluates `Fn::If`: the branch that is taken, and that alone, when the condition is known.
    pub(super) fn condition_if(&mut self, argument: &Value) -> Evaluated {
        let parts = argument.as_array().map(Vec::as_slice);
        let Some([Value::String(name), when_true, when_false]) = parts else {
            return self.refuse(
                "Fn::If",
                "Template error: Fn::If requires a list argument with the first element being a condition",
            );
        };
        match self.named_condition("Fn::If", name)? {
            Truth::Known(true) => self.within("1", |evaluator| evaluator.value(when_true)),
            Truth::Known(false) => self.within("2", |evaluator| evaluator.value(when_false)),
            Truth::Unknown(because) => {
                let argument = json!([name, when_true, when_false]);
                Ok(left_in_place("Fn::If", argument, because))
            }
        }
    }

    fn named_condition(&mut self, function: &str, name: &str) -> Result<Truth, ResolveError> {
        if let Some(value) = self.scope.condition(name) {
            return Ok(Truth::Known(value));
        }
        if let Some(done) = self.done_conditions.get(name) {
            return Ok(done.clone());
        }
        let Some(condition) = self.template.conditions.get(name) else {
            let message = format!("Template error: unresolved condition dependency {name} in {function}");
            return self.refuse(function, message);
        };
        if self.open_conditions.iter().any(|open| open == name) {
            let message = format!(
                "Template format error: Circular dependencies for condition {name}: [{}]",
                self.open_conditions.join(", ")
            );
            return self.refuse(function, message);
        }
        if self.open_conditions.len() >= MAX_CHAIN {
            let message = format!("more than {MAX_CHAIN} conditions lead to condition {name}");
            return self.refuse(function, message);
        }
        self.open_conditions.push(name.to_owned());
        let truth = self.truth(condition);
        self.open_conditions.pop();
        let truth = truth?;
        self.done_conditions.insert(name.to_owned(), truth.clone());
        Ok(truth)
    }

    /// Evaluates a condition function that stands where a value does.
    pub(super) fn condition_value(&mut self, function: &str, argument: &Value) -> Evaluated {
        match self.condition_function(function, argument)? {
            Truth::Known(value) => Ok(Outcome::Known(Value::Bool(value))),
            Truth::Unknown(because) => Ok(left_in_place(function, argument.clone(), because)),
        }
    }

    fn truth(&mut self, value: &Value) -> Result<Truth, ResolveError> {
        if let Value::Object(entries) = value
            && entries.len() == 1
            && let Some((function, argument)) = entries.iter().next()
        {
            if function == "Condition"
                && let Some(name) = argument.as_str()
            {
                return self.named_condition("Condition", name);
            }
            return self.within(function, |evaluator| evaluator.condition_function(function, argument));
        }
        self.refuse("Condition", "Template format error: Every Condition must be a condition function")
    }

    fn condition_function(&mut self, function: &str, argument: &Value) -> Result<Truth, ResolveError> {
        let parts = argument.as_array().map_or(&[][..], Vec::as_slice);
        match (function, parts) {
            ("Fn::Equals", [left, right]) => self.equals(left, right),
            ("Fn::Equals", _) => self.refuse(
                function,
                "Template error: every Fn::Equals object requires a list of 2 string parameters.",
            ),
            ("Fn::Not", [condition]) => Ok(match self.truth(condition)? {
                Truth::Known(value) => Truth::Known(!value),
                unknown => unknown,
            }),
            ("Fn::Not", _) => self.refuse(
                function,
                "Template error: every Fn::Not object requires one boolean parameter.",
            ),
            ("Fn::And", _) if (2..=10).contains(&parts.len()) => self.all(parts, true),
            ("Fn::Or", _) if (2..=10).contains(&parts.len()) => self.all(parts, false),
            ("Fn::And" | "Fn::Or", _) => self.refuse(
                function,
                format!(
                    "Template error: every {function} object requires a list of at least 2 and at most 10 boolean \
                     parameters."
                ),
            ),
            _ => self.refuse(
                function,
                format!("Template format error: {function} is not a condition function"),
            ),
        }
    }

    /// Evaluates `Fn::And` (`wanted` true) and `Fn::Or` (`wanted` false): the first part that is not as wanted decides.
    fn all(&mut self, parts: &[Value], wanted: bool) -> Result<Truth, ResolveError> {
        let mut reason = None;
        for part in parts {
            match self.truth(part)? {
                Truth::Known(value) if value != wanted => return Ok(Truth::Known(value)),
                Truth::Known(_) => {}
                Truth::Unknown(because) => {
                    reason.get_or_insert(because);
                }
            }
        }
        Ok(reason.map_or(Truth::Known(wanted), Truth::Unknown))
    }

    /// Compares two values; scalars as text, since every parameter is text.
    fn equals(&mut self, left: &Value, right: &Value) -> Result<Truth, ResolveError> {
        let mut reason = None;
        let left = self.value(left)?.take(&mut reason);
        let right = self.value(right)?.take(&mut reason);
        if let Some(because) = reason {
            return Ok(Truth::Unknown(because));
        }
        let text = |value: &Option<Value>| value.as_ref().and_then(scalar_text);
        Ok(Truth::Known(match (text(&left), text(&right)) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        }))
    }
}
