//! Properties as their schema wants them: a parameter is always text, the property it fills may be a number.

use hydrant_cfn::schema::{ResourceSchema, Schema, Type, Types};
use serde_json::{Number, Value};

/// Returns `properties` with scalars turned into the types that the schema asks for, where they can be.
pub fn to_schema(schema: ResourceSchema, properties: &Value) -> Value {
    coerce(schema.root(), properties)
}

fn coerce(schema: Schema<'_>, value: &Value) -> Value {
    let schema = schema.followed();
    match value {
        Value::Object(members) => {
            let coerced = members.iter().map(|(name, member)| {
                let known = schema.member(name);
                (name.clone(), known.map_or_else(|| member.clone(), |known| coerce(known, member)))
            });
            Value::Object(coerced.collect())
        }
        Value::Array(items) => match schema.items() {
            Some(item_schema) => items.iter().map(|item| coerce(item_schema, item)).collect(),
            None => value.clone(),
        },
        _ => scalar(schema.types(), value).unwrap_or_else(|| value.clone()),
    }
}

/// Returns a scalar in the type that is asked for, nothing when it is of that type already.
fn scalar(types: Types<'_>, value: &Value) -> Option<Value> {
    // What may be several things, text among them, is text to the service behind.
    let wanted = types.only().or_else(|| types.contains(Type::String).then_some(Type::String))?;
    match (wanted, value) {
        (Type::Integer, Value::String(text)) => text.parse::<i64>().ok().map(Value::from),
        (Type::Integer, Value::Number(number)) if number.is_f64() => {
            let whole = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9e15)?;
            Some(Value::from(whole as i64))
        }
        (Type::Number, Value::String(text)) => {
            let whole = || text.parse::<i64>().ok().map(Value::from);
            whole().or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number))
        }
        (Type::Boolean, Value::String(text)) => match text.as_str() {
            "true" | "True" => Some(Value::Bool(true)),
            "false" | "False" => Some(Value::Bool(false)),
            _ => None,
        },
        (Type::String, Value::Number(number)) => Some(Value::String(number.to_string())),
        (Type::String, Value::Bool(flag)) => Some(Value::String(flag.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use hydrant_cfn::schema;
    use serde_json::json;

    use super::*;

    #[test]
    fn turns_text_into_what_the_schema_asks_for_and_back() {
        let schema = schema::of("AWS::Lambda::Function").unwrap();
        let given =
            json!({"Timeout": "30", "Environment": {"Variables": {"RATE": 20, "ON": true}}, "Foo": "1"});
        let wanted =
            json!({"Timeout": 30, "Environment": {"Variables": {"RATE": "20", "ON": "true"}}, "Foo": "1"});
        assert_eq!(to_schema(schema, &given), wanted);
    }
}
