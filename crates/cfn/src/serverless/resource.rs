//! A resource that the macro makes, and the two ways in which others name one.

use serde_json::{Map, Value, json};

/// A resource on its way into the expanded template.
#[derive(Debug, Clone)]
pub struct Made {
    pub logical_id: String,
    pub resource_type: &'static str,
    pub depends_on: Option<Value>,
    /// `Condition`, `DeletionPolicy` and their like.
    pub attributes: Map<String, Value>,
    pub properties: Map<String, Value>,
}

impl Made {
    pub fn new(
        logical_id: impl Into<String>,
        resource_type: &'static str,
        attributes: &Map<String, Value>,
    ) -> Self {
        Self {
            logical_id: logical_id.into(),
            resource_type,
            depends_on: None,
            attributes: attributes.clone(),
            properties: Map::new(),
        }
    }

    /// Sets a property.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.properties.insert(name.to_owned(), value.into());
    }

    /// Sets a property to what is there, if anything is.
    pub fn set_some(&mut self, name: &str, value: Option<&Value>) {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            self.properties.insert(name.to_owned(), value.clone());
        }
    }

    pub fn reference(&self) -> Value {
        reference(&self.logical_id)
    }

    pub fn arn(&self) -> Value {
        attribute(&self.logical_id, "Arn")
    }

    pub fn into_value(self) -> Value {
        let mut resource = Map::new();
        resource.insert("Type".to_owned(), self.resource_type.into());
        if let Some(depends_on) = self.depends_on {
            resource.insert("DependsOn".to_owned(), depends_on);
        }
        resource.extend(self.attributes);
        resource.insert("Properties".to_owned(), Value::Object(self.properties));
        Value::Object(resource)
    }
}

pub fn reference(logical_id: &str) -> Value {
    json!({"Ref": logical_id})
}

pub fn attribute(logical_id: &str, name: &str) -> Value {
    json!({"Fn::GetAtt": [logical_id, name]})
}

/// Returns those attributes of a resource that all resources made of it have too.
pub fn passed_on(resource: &Value) -> Map<String, Value> {
    some_of(resource, &["Condition", "DeletionPolicy", "UpdateReplacePolicy"])
}

/// Returns the attributes of a resource that the one in its place has.
pub fn kept(resource: &Value) -> Map<String, Value> {
    some_of(resource, &["DeletionPolicy", "UpdatePolicy", "Condition", "UpdateReplacePolicy", "Metadata"])
}

fn some_of(resource: &Value, names: &[&str]) -> Map<String, Value> {
    let some = names.iter().filter_map(|name| Some(((*name).to_owned(), resource.get(name)?.clone())));
    some.collect()
}

/// Returns tags as CloudFormation writes them.
pub fn tag_list(tags: &Map<String, Value>) -> Vec<Value> {
    let value = |value: &Value| if value.is_null() { json!("") } else { value.clone() };
    tags.iter().map(|(key, one)| json!({"Key": key, "Value": value(one)})).collect()
}

/// Whether a value is a function of CloudFormation, whose value is not known yet.
pub fn is_function(value: &Value) -> bool {
    let Some(members) = value.as_object().filter(|members| members.len() == 1) else { return false };
    members.keys().any(|name| name == "Ref" || name == "Condition" || name.starts_with("Fn::"))
}
