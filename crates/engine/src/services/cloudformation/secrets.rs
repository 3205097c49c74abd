//! The values of NoEcho parameters and what functions answer as NoEcho, and their masking wherever something is shown.

use serde_json::Value;

use super::stack::{Blueprint, Stack};

/// What is shown in a secret's place.
pub const MASK: &str = "****";

/// Values that nobody may see.
#[derive(Debug, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Returns the secrets of a stack: of what it is, and of what it may go back to.
    pub fn of(stack: &Stack) -> Self {
        let blueprints = [stack.blueprint.as_ref(), stack.stable.as_ref()];
        Self::in_blueprints(blueprints.into_iter().flatten()).and_answers_in(stack)
    }

    /// Adds the texts that functions answered for the stack's custom resources and marked as secret.
    pub fn and_answers_in(mut self, stack: &Stack) -> Self {
        let current = stack.resources.values().map(|resource| &resource.current);
        let answers = current.filter(|instance| instance.is_secret).flat_map(|one| one.attributes.values());
        let texts = answers.filter_map(|value| value.as_str()).filter(|text| !text.is_empty());
        self.0.extend(texts.map(str::to_owned));
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        self
    }

    /// Returns the secrets in several blueprints.
    pub fn in_blueprints<'a>(blueprints: impl Iterator<Item = &'a Blueprint>) -> Self {
        let hidden = |blueprint: &'a Blueprint| {
            let values = blueprint.no_echo.iter().filter_map(|name| blueprint.effective(name));
            values.filter(|value| !value.is_empty()).cloned()
        };
        let mut secrets: Vec<String> = blueprints.flat_map(hidden).collect();
        // A secret that contains another must be masked whole.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    /// Returns `text` with every secret in it masked.
    pub fn masked_text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
    }

    /// Returns `value` with every secret in it masked.
    pub fn masked(&self, value: &Value) -> Value {
        if self.0.is_empty() {
            return value.clone();
        }
        match value {
            Value::String(text) => Value::String(self.masked_text(text)),
            Value::Array(items) => items.iter().map(|item| self.masked(item)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, member)| (name.clone(), self.masked(member))).collect()
            }
            Value::Number(number) if self.0.contains(&number.to_string()) => Value::String(MASK.to_owned()),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn masks_a_secret_within_any_text() {
        let secrets = Secrets(vec!["hunter2-long".into(), "hunter2".into()]);
        let shown = secrets.masked(&json!({"Url": ["a:hunter2-long@b", "a:hunter2@b"], "Port": 5}));
        assert_eq!(shown, json!({"Url": ["a:****@b", "a:****@b"], "Port": 5}));
    }
}
