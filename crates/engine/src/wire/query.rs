//! AWS Query: the operation and its input as a form, the output as XML.
//!
//! A form such as `Tags.member.1.Key=a` becomes nested JSON, from which an operation's typed input is read;
//! since a form holds only text, numbers and booleans in inputs use [`loose`]. Outputs take the way back:
//! an array becomes `<member>` elements.

use std::collections::BTreeMap;
use std::fmt::Write;

use http::{Request, Response};
use hyper::body::Incoming;
use percent_encoding::percent_decode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Body, collect, request_id, respond};
use crate::error::AwsError;
use crate::faults::{Lost, Passage, Pending, pass_pending};

/// One call of an operation.
#[derive(Debug)]
pub struct Call {
    /// Operation name, such as `CreateChangeSet`.
    pub operation: String,
    input: Value,
}

/// The answer of an operation, still to be wrapped in its `…Response` element.
#[derive(Debug)]
pub struct Reply(Value);

impl Call {
    /// Decodes the operation's input.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, AwsError> {
        T::deserialize(&self.input).map_err(|error| AwsError::new("ValidationError", error.to_string()))
    }

    /// Refuses an operation that the engine does not have, by name.
    pub fn unknown(&self) -> AwsError {
        AwsError::not_supported(format_args!("the operation `{}`", self.operation))
    }
}

impl Reply {
    /// Encodes an operation's output, an object with the operation's result members.
    pub fn of(output: &impl Serialize) -> Result<Self, AwsError> {
        Ok(Self(serde_json::to_value(output).map_err(AwsError::internal)?))
    }

    /// Returns the answer of an operation without output.
    pub fn empty() -> Self {
        Self(Value::Null)
    }

    /// Returns the answer of an operation whose result has no members; clients look for its element all the same.
    pub fn without_members() -> Self {
        Self(Value::Object(Map::new()))
    }
}

/// Decodes a request, lets `operate` answer it, and encodes the answer in `namespace`.
pub async fn serve<F>(
    mut request: Request<Incoming>,
    namespace: &str,
    operate: impl FnOnce(Call) -> F,
) -> Response<Body>
where
    F: Future<Output = Result<Reply, AwsError>>,
{
    let pending = request.extensions_mut().remove::<Pending>();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let form = match collect(request).await {
        Ok(body) if body.is_empty() => query.into_bytes(),
        Ok(body) => body.to_vec(),
        Err(error) => return self::error(&error, namespace),
    };
    let mut input = parse_form(&form);
    let operation = match input.as_object_mut().and_then(|input| input.shift_remove("Action")) {
        Some(Value::String(operation)) => operation,
        _ => String::new(),
    };
    let passage = pass_pending(pending, &operation).await;
    let answer = match &passage {
        Passage::Refused(error) => Err(error.clone()),
        Passage::Closed => Ok(Reply::empty()),
        Passage::Open | Passage::AnswerLost | Passage::Late(_) => {
            operate(Call { operation: operation.clone(), input }).await
        }
    };
    let response = match answer {
        Ok(Reply(output)) => respond(200, "text/xml", success(&operation, namespace, &output)),
        Err(error) => self::error(&error, namespace),
    };
    match passage {
        Passage::Closed | Passage::AnswerLost => Lost::mark(response),
        Passage::Late(late) => late.mark(response),
        Passage::Open | Passage::Refused(_) => response,
    }
}

/// Encodes a refusal.
pub fn error(error: &AwsError, namespace: &str) -> Response<Body> {
    let fault = if error.status < 500 { "Sender" } else { "Receiver" };
    let mut body = format!("<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{fault}</Type>");
    element(&mut body, "Code", &Value::from(error.code.as_str()));
    element(&mut body, "Message", &Value::from(error.message.as_str()));
    let _ = write!(body, "</Error><RequestId>{}</RequestId></ErrorResponse>", request_id());
    respond(error.status, "text/xml", body)
}

fn success(operation: &str, namespace: &str, output: &Value) -> String {
    let mut body = format!("<{operation}Response xmlns=\"{namespace}\">");
    if !output.is_null() {
        element(&mut body, &format!("{operation}Result"), output);
    }
    let id = request_id();
    let _ = write!(
        body,
        "<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
    );
    body
}

/// Writes `value` as the element `name`; null writes nothing.
fn element(xml: &mut String, name: &str, value: &Value) {
    if value.is_null() {
        return;
    }
    if let ("entry", Value::Array(entries)) = (name, value) {
        // The entries of a map stand side by side: `<Attributes><entry>…</entry><entry>…</entry></Attributes>`.
        return entries.iter().for_each(|entry| element(xml, "entry", entry));
    }
    let _ = write!(xml, "<{name}>");
    match value {
        Value::Array(items) => items.iter().for_each(|item| element(xml, "member", item)),
        Value::Object(members) => members.iter().for_each(|(name, value)| element(xml, name, value)),
        Value::String(text) => escape(xml, text),
        other => {
            let _ = write!(xml, "{other}");
        }
    }
    let _ = write!(xml, "</{name}>");
}

fn escape(xml: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '\r' => xml.push_str("&#13;"),
            // XML 1.0 has no way to write other control characters.
            c if c < ' ' && c != '\n' && c != '\t' => xml.push('\u{fffd}'),
            c => xml.push(c),
        }
    }
}

/// A form's fields as a tree, before lists are told from objects.
#[derive(Debug, Default)]
struct Field {
    text: Option<String>,
    children: BTreeMap<String, Field>,
}

fn parse_form(form: &[u8]) -> Value {
    let decode = |bytes: &[u8]| {
        let spaced: Vec<u8> = bytes.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
        percent_decode(&spaced).decode_utf8_lossy().into_owned()
    };
    let mut root = Field::default();
    for pair in form.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |&byte| byte == b'=');
        let name = decode(halves.next().unwrap_or_default());
        let value = decode(halves.next().unwrap_or_default());
        let mut field = &mut root;
        for part in name.split('.') {
            field = field.children.entry(part.to_owned()).or_default();
        }
        field.text = Some(value);
    }
    root.into_value()
}

impl Field {
    fn into_value(mut self) -> Value {
        if let Some(members) = self.children.remove("member") {
            return Value::Array(members.into_list());
        }
        match self.text {
            // `Tags=` is how SDKs write an empty list; inputs read it as an empty text or list.
            Some(text) if self.children.is_empty() => Value::String(text),
            _ => {
                let fields = self.children.into_iter().map(|(name, field)| (name, field.into_value()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }

    fn into_list(self) -> Vec<Value> {
        let mut items: Vec<(u32, Field)> = self
            .children
            .into_iter()
            .filter_map(|(index, field)| Some((index.parse().ok()?, field)))
            .collect();
        items.sort_by_key(|(index, _)| *index);
        items.into_iter().map(|(_, field)| field.into_value()).collect()
    }
}

/// Readers for `#[serde(default, deserialize_with = "…")]` on members that a form writes as text.
pub mod loose {
    use serde::de::{Deserialize, Deserializer, Error};

    /// Reads `true` or `false`.
    pub fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
        parse(deserializer)
    }

    /// Reads a whole number.
    pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        parse(deserializer)
    }

    /// Reads a list, which SDKs write as an empty text when it has no members.
    pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum List<T> {
            Items(Vec<T>),
            Empty(String),
        }
        match List::deserialize(deserializer)? {
            List::Items(items) => Ok(items),
            List::Empty(text) if text.is_empty() => Ok(Vec::new()),
            List::Empty(text) => Err(D::Error::custom(format!("expected a list, found `{text}`"))),
        }
    }

    fn parse<'de, D: Deserializer<'de>, T: std::str::FromStr>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(|_| D::Error::custom(format!("`{text}` is not valid"))))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_nested_lists_in_their_numeric_order() {
        let form = b"Action=X&Tags.member.10.Key=j&Tags.member.2.Key=b%26&Tags.member.2.Value=c+d&Empty=";
        let expected = json!({
            "Action": "X", "Empty": "", "Tags": [{"Key": "b&", "Value": "c d"}, {"Key": "j"}],
        });
        assert_eq!(parse_form(form), expected);
    }

    #[test]
    fn writes_lists_as_members_and_escapes_text() {
        let output = json!({"Stacks": [{"Name": "a<b", "Count": 2, "Gone": null}]});
        let xml = success("ListStacks", "urn:x", &output);
        assert!(xml.contains(
            "<ListStacksResult><Stacks><member><Name>a&lt;b</Name><Count>2</Count></member></Stacks>"
        ));
    }
}
