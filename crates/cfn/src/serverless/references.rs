//! References to what the macro made of a function: `!Ref Consumer.Version` becomes a reference to the version's own id.

use std::collections::BTreeMap;

use serde_json::Value;

/// Logical ids of derived resources by the names that a template gives them: `Consumer.Alias`.
#[derive(Debug, Default)]
pub struct References(BTreeMap<String, String>);

impl References {
    pub fn add(&mut self, logical_id: &str, name: &str, derived: &str) {
        self.0.insert(format!("{logical_id}.{name}"), derived.to_owned());
    }

    /// Puts the logical ids in the place of derived names, everywhere in a value.
    pub fn resolve(&self, value: &mut Value) {
        if self.0.is_empty() {
            return;
        }
        match value {
            Value::Object(members) => {
                if members.len() == 1 {
                    for (name, argument) in members.iter_mut() {
                        self.function(name, argument);
                    }
                }
                members.values_mut().for_each(|member| self.resolve(member));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.resolve(item)),
            _ => {}
        }
    }

    fn function(&self, name: &str, argument: &mut Value) {
        match (name, argument) {
            ("Ref", Value::String(name)) => {
                if let Some(derived) = self.0.get(name.as_str()) {
                    *name = derived.clone();
                }
            }
            ("Fn::Sub", Value::String(text)) => *text = self.substituted(text),
            ("Fn::Sub", Value::Array(parts)) => {
                if let Some(Value::String(text)) = parts.first_mut() {
                    *text = self.substituted(text);
                }
            }
            ("Fn::GetAtt", Value::Array(parts)) => self.attribute(parts),
            _ => {}
        }
    }

    /// `[Consumer, Alias.Arn]` and `[Consumer.Alias, Arn]` both mean an attribute of the alias.
    fn attribute(&self, parts: &mut Vec<Value>) {
        let [Value::String(first), Value::String(second)] = parts.as_slice() else { return };
        let path = format!("{first}.{second}");
        let found = self.0.iter().find_map(|(name, derived)| {
            let attribute = path.strip_prefix(name.as_str())?.strip_prefix('.')?;
            Some((derived.clone(), attribute.to_owned()))
        });
        if let Some((derived, attribute)) = found {
            *parts = vec![derived.into(), attribute.into()];
        }
    }

    fn substituted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, derived) in &self.0 {
            text = text.replace(&format!("${{{name}}}"), &format!("${{{derived}}}"));
            text = text.replace(&format!("${{{name}."), &format!("${{{derived}."));
        }
        text
    }
}
