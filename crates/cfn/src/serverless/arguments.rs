//! The values of parameters where the macro itself needs to know one: in names, and in what a hash is taken of.

use indexmap::IndexMap;
use serde_json::{Map, Value};

/// What `Ref` and `Fn::Sub` of a parameter stand for.
pub struct Arguments(IndexMap<String, Value>);

impl Arguments {
    pub fn new(parameters: &IndexMap<String, String>, region: &str) -> Self {
        let partition = match region {
            _ if region.starts_with("cn-") => "aws-cn",
            _ if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let mut values: IndexMap<String, Value> =
            parameters.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        values.insert("AWS::Region".to_owned(), region.into());
        values.insert("AWS::Partition".to_owned(), partition.into());
        Self(values)
    }

    /// Returns the ARN of a policy that AWS manages.
    pub fn managed_policy(&self, name: &str) -> String {
        let partition = self.0.get("AWS::Partition").and_then(Value::as_str).unwrap_or("aws");
        format!("arn:{partition}:iam::aws:policy/{name}")
    }

    pub fn partition(&self) -> &str {
        self.0.get("AWS::Partition").and_then(Value::as_str).unwrap_or("aws")
    }

    /// Returns a value with the parameters in it filled in; all else stays as it is.
    pub fn fill(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => self.function(members).unwrap_or_else(|| {
                Value::Object(members.iter().map(|(name, one)| (name.clone(), self.fill(one))).collect())
            }),
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            scalar => scalar.clone(),
        }
    }

    fn function(&self, members: &Map<String, Value>) -> Option<Value> {
        let (name, argument) = members.iter().next().filter(|_| members.len() == 1)?;
        match (name.as_str(), argument) {
            ("Ref", Value::String(name)) => self.0.get(name).cloned(),
            ("Fn::Sub", Value::String(text)) => Some(serde_json::json!({"Fn::Sub": self.substituted(text)})),
            ("Fn::Sub", Value::Array(parts)) => {
                let (text, own) = (parts.first()?.as_str()?, parts.get(1)?);
                Some(serde_json::json!({"Fn::Sub": [self.substituted(text), self.fill(own)]}))
            }
            _ => None,
        }
    }

    fn substituted(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(end) = rest[start..].find('}') else { break };
            let name = &rest[start + 2..start + end];
            filled.push_str(&rest[..start]);
            match self.0.get(name) {
                Some(Value::String(value)) => filled.push_str(value),
                Some(value) => filled.push_str(&value.to_string()),
                None => filled.push_str(&rest[start..=start + end]),
            }
            rest = &rest[start + end + 1..];
        }
        filled.push_str(rest);
        filled
    }
}
