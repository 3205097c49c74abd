//! The functions that name things, and the table of all functions.

use super::super::PSEUDO_PARAMETERS;
use super::evaluator::{Evaluated, Evaluator, Outcome, left_in_place};
use serde_json::{Value, json};

impl Evaluator<'_> {
    pub(super) fn function(&mut self, name: &str, argument: &Value) -> Evaluated {
        match name {
            "Ref" => self.reference(argument),
            "Fn::GetAtt" => self.get_att(argument),
            "Fn::Sub" => self.sub(argument),
            "Fn::Join" => self.join(argument),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::If" => self.condition_if(argument),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::Base64" => self.base64(argument),
            "Fn::GetAZs" => self.availability_zones(argument),
            "Fn::ImportValue" => self.import_value(argument),
            "Fn::Length" | "Fn::ToJsonString" => self.language_extension(name, argument),
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => self.condition_value(name, argument),
            "Fn::Cidr" | "Fn::Transform" => self.refuse(name, format!("{name} is not supported here")),
            // Not confirmed on AWS.
            _ => self.refuse(name, format!("Template error: {name} is not an intrinsic function")),
        }
    }

    fn reference(&mut self, argument: &Value) -> Evaluated {
        let Some(name) = argument.as_str() else {
            return self.refuse("Ref", "Template error: every Ref object must have a single String value.");
        };
        self.reference_by_name("Ref", name)
    }

    pub(super) fn reference_by_name(&mut self, function: &str, name: &str) -> Evaluated {
        if name == "AWS::NoValue" {
            return Ok(Outcome::NoValue);
        }
        if let Some(value) = self.scope.reference(name) {
            return Ok(Outcome::Known(value));
        }
        if !self.template.declares(name) && !PSEUDO_PARAMETERS.contains(&name) {
            return self.refuse(
                function,
                format!(
                    "Template format error: Unresolved resource dependencies [{name}] in the Resources block of the \
                     template"
                ),
            );
        }
        Ok(self.unknown(function, json!(name), name))
    }

    fn get_att(&mut self, argument: &Value) -> Evaluated {
        const SHAPE: &str = "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource \
                             name and the resource attribute";
        let (logical_id, attribute) = match argument {
            Value::String(text) => match text.split_once('.') {
                Some((logical_id, attribute)) => (logical_id, json!(attribute)),
                None => return self.refuse("Fn::GetAtt", SHAPE),
            },
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(logical_id), attribute] => (logical_id.as_str(), attribute.clone()),
                _ => return self.refuse("Fn::GetAtt", SHAPE),
            },
            _ => return self.refuse("Fn::GetAtt", SHAPE),
        };
        // The attribute's name may be a `Ref` to a parameter.
        let attribute = match self.value(&attribute)? {
            Outcome::Known(Value::String(attribute)) if !attribute.is_empty() => attribute,
            Outcome::Unknown { value, because } => {
                return Ok(left_in_place("Fn::GetAtt", json!([logical_id, value]), because));
            }
            _ => return self.refuse("Fn::GetAtt", SHAPE),
        };
        self.attribute_by_name("Fn::GetAtt", logical_id, &attribute)
    }

    pub(super) fn attribute_by_name(
        &mut self,
        function: &str,
        logical_id: &str,
        attribute: &str,
    ) -> Evaluated {
        if let Some(value) = self.scope.attribute(logical_id, attribute) {
            return Ok(Outcome::Known(value));
        }
        if !self.template.resources.contains_key(logical_id) {
            return self.refuse(
                function,
                format!("Template error: instance of {function} references undefined resource {logical_id}"),
            );
        }
        let name = format!("{logical_id}.{attribute}");
        Ok(self.unknown(function, json!([logical_id, attribute]), &name))
    }

    fn import_value(&mut self, argument: &Value) -> Evaluated {
        match self.value(argument)? {
            Outcome::Known(Value::String(name)) => match self.scope.import(&name) {
                Some(value) => Ok(Outcome::Known(value)),
                None => Ok(self.unknown("Fn::ImportValue", json!(name), &name)),
            },
            Outcome::Unknown { value, because } => Ok(left_in_place("Fn::ImportValue", value, because)),
            // Not confirmed on AWS.
            _ => self.refuse(
                "Fn::ImportValue",
                "Template error: the attribute in Fn::ImportValue must be a string",
            ),
        }
    }

    fn availability_zones(&mut self, argument: &Value) -> Evaluated {
        let region = match self.value(argument)? {
            Outcome::Known(Value::String(region)) if !region.is_empty() => region,
            Outcome::Known(Value::String(_)) | Outcome::NoValue => {
                match self.reference_by_name("Ref", "AWS::Region")? {
                    Outcome::Known(Value::String(region)) => region,
                    _ => return Ok(self.unknown("Fn::GetAZs", json!(""), "AWS::Region")),
                }
            }
            Outcome::Unknown { value, because } => {
                return Ok(left_in_place("Fn::GetAZs", value, because));
            }
            Outcome::Known(_) => {
                // Not confirmed on AWS.
                return self.refuse("Fn::GetAZs", "Template error: Fn::GetAZs requires the name of a region");
            }
        };
        match self.scope.availability_zones(&region) {
            Some(zones) => Ok(Outcome::Known(json!(zones))),
            None => Ok(self.unknown("Fn::GetAZs", json!(region), &region)),
        }
    }

    /// Evaluates `Fn::FindInMap`. Its `DefaultValue` belongs to AWS::LanguageExtensions, and is taken there only.
    fn find_in_map(&mut self, argument: &Value) -> Evaluated {
        const FUNCTION: &str = "Fn::FindInMap";
        const SHAPE: &str = "Template error: every Fn::FindInMap object requires three parameters, the map name, map \
                             key and the attribute for return value";
        let Some(parts) = argument.as_array() else {
            return self.refuse(FUNCTION, SHAPE);
        };
        let extended = self.template.has_transform("AWS::LanguageExtensions");
        let (keys, default) = match parts.as_slice() {
            [map, top, second] => ([map, top, second], None),
            [map, top, second, default] if extended => ([map, top, second], default.get("DefaultValue")),
            _ => return self.refuse(FUNCTION, SHAPE),
        };
        let mut names = Vec::new();
        let mut reason = None;
        for (index, key) in keys.into_iter().enumerate() {
            let outcome = self.within(&index.to_string(), |evaluator| evaluator.value(key))?;
            match outcome.take(&mut reason) {
                Some(value) => names.push(value),
                None => return self.refuse(FUNCTION, SHAPE),
            }
        }
        if let Some(because) = reason {
            names.extend(parts.get(3).cloned());
            return Ok(left_in_place(FUNCTION, Value::Array(names), because));
        }
        let names: Option<Vec<String>> = names.iter().map(super::super::scalar_text).collect();
        let Some([map, top, second]) = names.as_deref() else {
            return self.refuse(FUNCTION, SHAPE);
        };
        let mappings = &self.template.mappings;
        let found = mappings.get(map).and_then(|map| map.get(top)).and_then(|top| top.get(second));
        match (found, default) {
            (Some(found), _) => Ok(Outcome::Known(found.clone())),
            (None, Some(default)) => self.value(default),
            (None, None) if mappings.get(map).is_none() => self.refuse(
                FUNCTION,
                format!("Template error: Mapping named '{map}' is not present in the 'Mappings' section of template."),
            ),
            (None, None) => self.refuse(
                FUNCTION,
                format!("Template error: Unable to get mapping for {map}::{top}::{second}"),
            ),
        }
    }

    /// Evaluates the functions that the transform AWS::LanguageExtensions brings.
    fn language_extension(&mut self, function: &str, argument: &Value) -> Evaluated {
        if !self.template.has_transform("AWS::LanguageExtensions") {
            // Not confirmed on AWS.
            let message =
                format!("Template error: {function} requires the transform AWS::LanguageExtensions");
            return self.refuse(function, message);
        }
        match self.value(argument)? {
            Outcome::Known(Value::Array(items)) if function == "Fn::Length" => {
                Ok(Outcome::Known(json!(items.len())))
            }
            Outcome::Known(value @ (Value::Array(_) | Value::Object(_)))
                if function == "Fn::ToJsonString" =>
            {
                Ok(Outcome::Known(json!(value.to_string())))
            }
            Outcome::Unknown { value, because } => Ok(left_in_place(function, value, because)),
            // Not confirmed on AWS.
            _ => {
                self.refuse(function, format!("Template error: {function} got an argument of the wrong kind"))
            }
        }
    }
}
