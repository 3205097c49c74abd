//! The functions that make strings and lists: `Fn::Sub`, `Fn::Join`, `Fn::Select`, `Fn::Split`, `Fn::Base64`.

use super::super::scalar_text;
use super::super::sub::{self, Piece};
use super::evaluator::{Arguments, Evaluated, Evaluator, Outcome, left_in_place};
use base64::Engine as _;
use serde_json::{Map, Value, json};

const SUB_SHAPE: &str = "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. \
                         Specify a string as first argument, and an optional second argument to specify a mapping of \
                         values to replace in the string";
const JOIN_SHAPE: &str = "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and \
                          (2) a list of strings to be joined or a function that returns a list of strings (such as \
                          Fn::GetAZs) to be joined.";
const SPLIT_SHAPE: &str = "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and \
                           (2) a string to be split or a function that returns a string to be split.";
const SELECT_SHAPE: &str =
    "Template error: Fn::Select requires a list argument with two elements: an integer index and a list";

impl Evaluator<'_> {
    pub(super) fn sub(&mut self, argument: &Value) -> Evaluated {
        let empty = Map::new();
        let (text, locals) = match argument {
            Value::String(text) => (text, &empty),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(text)] => (text, &empty),
                [Value::String(text), Value::Object(locals)] => (text, locals),
                _ => return self.refuse("Fn::Sub", SUB_SHAPE),
            },
            _ => return self.refuse("Fn::Sub", SUB_SHAPE),
        };
        let mut substituted = String::new();
        // The same text with what is not known left in, for a reader who will know more.
        let mut left = String::new();
        let mut left_locals = Map::new();
        let mut reason = None;
        for piece in sub::pieces(text) {
            let name = match piece {
                Piece::Literal(literal) => {
                    substituted.push_str(literal);
                    left.push_str(literal);
                    continue;
                }
                Piece::Escaped(name) => {
                    substituted.push_str(&format!("${{{name}}}"));
                    left.push_str(&format!("${{!{name}}}"));
                    continue;
                }
                Piece::Variable(name) => name,
            };
            match self.sub_variable(name, locals)? {
                Outcome::Known(value) => {
                    let Some(value) = scalar_text(&value) else {
                        return self.refuse("Fn::Sub", SUB_SHAPE);
                    };
                    substituted.push_str(&value);
                    left.push_str(&value.replace("${", "${!"));
                }
                Outcome::NoValue => return self.refuse("Fn::Sub", SUB_SHAPE),
                Outcome::Unknown { value, because } => {
                    left.push_str(&format!("${{{name}}}"));
                    if locals.contains_key(name) {
                        left_locals.insert(name.to_owned(), value);
                    }
                    reason.get_or_insert(because);
                }
            }
        }
        Ok(match reason {
            None => Outcome::Known(Value::String(substituted)),
            Some(because) if left_locals.is_empty() => left_in_place("Fn::Sub", json!(left), because),
            Some(because) => left_in_place("Fn::Sub", json!([left, left_locals]), because),
        })
    }

    fn sub_variable(&mut self, name: &str, locals: &Map<String, Value>) -> Evaluated {
        if let Some(local) = locals.get(name) {
            return self.within(name, |evaluator| evaluator.value(local));
        }
        if !sub::is_variable_name(name) {
            return self.refuse(
                "Fn::Sub",
                "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, \
                 underscores, periods, and colons",
            );
        }
        match name.split_once('.') {
            Some((logical_id, attribute)) => self.attribute_by_name("Fn::Sub", logical_id, attribute),
            None => self.reference_by_name("Fn::Sub", name),
        }
    }

    pub(super) fn join(&mut self, argument: &Value) -> Evaluated {
        let arguments = match self.arguments("Fn::Join", argument)? {
            Arguments::Known(arguments) => arguments,
            Arguments::Left(left) => return Ok(left),
        };
        let [Value::String(delimiter), Value::Array(items)] = arguments.as_slice() else {
            return self.refuse("Fn::Join", JOIN_SHAPE);
        };
        let texts: Option<Vec<String>> = items.iter().map(scalar_text).collect();
        match texts {
            Some(texts) => Ok(Outcome::Known(json!(texts.join(delimiter)))),
            None => self.refuse("Fn::Join", JOIN_SHAPE),
        }
    }

    pub(super) fn split(&mut self, argument: &Value) -> Evaluated {
        let arguments = match self.arguments("Fn::Split", argument)? {
            Arguments::Known(arguments) => arguments,
            Arguments::Left(left) => return Ok(left),
        };
        let [Value::String(delimiter), text] = arguments.as_slice() else {
            return self.refuse("Fn::Split", SPLIT_SHAPE);
        };
        match scalar_text(text) {
            Some(text) if !delimiter.is_empty() => {
                Ok(Outcome::Known(json!(text.split(delimiter.as_str()).collect::<Vec<_>>())))
            }
            _ => self.refuse("Fn::Split", SPLIT_SHAPE),
        }
    }

    pub(super) fn select(&mut self, argument: &Value) -> Evaluated {
        let arguments = match self.arguments("Fn::Select", argument)? {
            Arguments::Known(arguments) => arguments,
            Arguments::Left(left) => return Ok(left),
        };
        let [index, Value::Array(items)] = arguments.as_slice() else {
            return self.refuse("Fn::Select", SELECT_SHAPE);
        };
        let Some(index) = scalar_text(index).and_then(|text| text.parse::<usize>().ok()) else {
            return self.refuse("Fn::Select", SELECT_SHAPE);
        };
        match items.get(index) {
            Some(item) => Ok(Outcome::Known(item.clone())),
            None => self.refuse(
                "Fn::Select",
                format!("Template error: Fn::Select cannot select nonexistent value at index {index}"),
            ),
        }
    }

    pub(super) fn base64(&mut self, argument: &Value) -> Evaluated {
        match self.value(argument)? {
            Outcome::Known(value) => match scalar_text(&value) {
                Some(text) => {
                    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
                    Ok(Outcome::Known(json!(encoded)))
                }
                None => self.refuse_base64(),
            },
            Outcome::Unknown { value, because } => Ok(left_in_place("Fn::Base64", value, because)),
            Outcome::NoValue => self.refuse_base64(),
        }
    }

    fn refuse_base64(&self) -> Evaluated {
        self.refuse("Fn::Base64", "Template error: every Fn::Base64 object must have a String-typed value.")
    }
}
