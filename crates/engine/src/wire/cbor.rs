//! Smithy RPC v2 over CBOR: the operation in the path, input and output as CBOR.
//!
//! Documents become JSON values and back, so a service reads its input as from any other protocol. A moment is
//! an object with the one member [`MOMENT`], in milliseconds; bytes become base64.

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use serde_json::{Map, Number, Value};

use super::{Body, collect, respond};
use crate::error::AwsError;

const CONTENT_TYPE: &str = "application/cbor";
const PROTOCOL: &str = "rpc-v2-cbor";
/// Deepest nesting that is read.
const DEPTH: usize = 64;

/// Name of the member that stands for a moment in an output.
pub const MOMENT: &str = "$moment";

/// Returns whether a request speaks this protocol.
pub fn speaks<B>(request: &Request<B>) -> bool {
    request.headers().get("smithy-protocol").is_some_and(|protocol| protocol == PROTOCOL)
}

/// Decodes a request, lets `operate` answer it, and encodes the answer.
pub async fn serve<F>(request: Request<Incoming>, operate: impl FnOnce(String, Value) -> F) -> Response<Body>
where
    F: Future<Output = Result<Value, AwsError>>,
{
    let operation = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let answer = match collect(request).await.and_then(|body| read(&body)) {
        Ok(input) => operate(operation, input).await,
        Err(error) => Err(error),
    };
    let mut body = Vec::new();
    let mut response = match answer {
        Ok(output) => {
            encode(&mut body, &output);
            respond(200, CONTENT_TYPE, body)
        }
        Err(error) => refusal(&error),
    };
    response.headers_mut().insert("smithy-protocol", HeaderValue::from_static(PROTOCOL));
    response
}

fn refusal(error: &AwsError) -> Response<Body> {
    let mut body = Vec::new();
    encode(&mut body, &serde_json::json!({"__type": error.code, "message": error.message}));
    let mut response = respond(error.status, CONTENT_TYPE, body);
    // SDKs take the code from here for services that spoke the Query protocol before.
    let fault = if error.status < 500 { "Sender" } else { "Receiver" };
    if let Ok(code) = HeaderValue::from_str(&format!("{};{fault}", error.code)) {
        response.headers_mut().insert("x-amzn-query-error", code);
    }
    response
}

fn read(body: &Bytes) -> Result<Value, AwsError> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let mut reader = Reader { bytes: body };
    reader
        .value(0)
        .filter(|_| reader.bytes.is_empty())
        .ok_or_else(|| AwsError::new("SerializationException", "The request body is not valid CBOR"))
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    /// Reads the head of an item: its major type, its short information, and its argument.
    fn head(&mut self) -> Option<(u8, u8, u64)> {
        let first = *self.take(1)?.first()?;
        let (major, short) = (first >> 5, first & 31);
        let length = match short {
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            28..=30 => return None,
            _ => return Some((major, short, u64::from(short))),
        };
        let argument = self.take(length)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Some((major, short, argument))
    }

    fn at_break(&mut self) -> bool {
        let is_break = self.bytes.first() == Some(&0xff);
        if is_break {
            self.bytes = &self.bytes[1..];
        }
        is_break
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        let (major, short, argument) = self.head()?;
        let is_open = short == 31;
        match major {
            0 => Some(argument.into()),
            1 => i64::try_from(argument).ok().map(|number| (-1 - number).into()),
            2 => {
                let bytes = self.chunks(2, is_open, argument)?;
                Some(base64::engine::general_purpose::STANDARD.encode(bytes).into())
            }
            3 => String::from_utf8(self.chunks(3, is_open, argument)?).ok().map(Value::String),
            4 => self.list(is_open, argument, depth).map(Value::Array),
            5 => self.map(is_open, argument, depth).map(Value::Object),
            // A tag says what the item is; a moment is its number of seconds.
            6 => self.value(depth + 1),
            _ => simple(short, argument),
        }
    }

    fn chunks(&mut self, major: u8, is_open: bool, length: u64) -> Option<Vec<u8>> {
        if !is_open {
            return self.take(usize::try_from(length).ok()?).map(<[u8]>::to_vec);
        }
        let mut bytes = Vec::new();
        while !self.at_break() {
            let (of, short, length) = self.head()?;
            if of != major || short == 31 {
                return None;
            }
            bytes.extend_from_slice(self.take(usize::try_from(length).ok()?)?);
        }
        Some(bytes)
    }

    fn list(&mut self, is_open: bool, length: u64, depth: usize) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        while if is_open { !self.at_break() } else { (items.len() as u64) < length } {
            items.push(self.value(depth + 1)?);
        }
        Some(items)
    }

    fn map(&mut self, is_open: bool, length: u64, depth: usize) -> Option<Map<String, Value>> {
        let mut members = Map::new();
        let mut count = 0;
        while if is_open { !self.at_break() } else { count < length } {
            let Value::String(name) = self.value(depth + 1)? else { return None };
            members.insert(name, self.value(depth + 1)?);
            count += 1;
        }
        Some(members)
    }
}

fn simple(short: u8, argument: u64) -> Option<Value> {
    let float = match short {
        20 => return Some(false.into()),
        21 => return Some(true.into()),
        22 | 23 => return Some(Value::Null),
        25 => half(u16::try_from(argument).ok()?),
        26 => f64::from(f32::from_bits(u32::try_from(argument).ok()?)),
        27 => f64::from_bits(argument),
        _ => return None,
    };
    // JSON has no infinities, and no operation takes them.
    Number::from_f64(float).map(Value::Number)
}

fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from(bits >> 10 & 31);
    let fraction = f64::from(bits & 1023);
    match exponent {
        0 => sign * fraction * 2f64.powi(-24),
        31 => f64::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

fn head(body: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let bytes = argument.to_be_bytes();
    match argument {
        0..=23 => body.push(major | bytes[7]),
        24..=0xff => body.extend([major | 24, bytes[7]]),
        0x100..=0xffff => {
            body.push(major | 25);
            body.extend(&bytes[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            body.push(major | 26);
            body.extend(&bytes[4..]);
        }
        _ => {
            body.push(major | 27);
            body.extend(bytes);
        }
    }
}

fn float(body: &mut Vec<u8>, number: f64) {
    body.push(0xfb);
    body.extend(number.to_bits().to_be_bytes());
}

/// Writes a value; members that are null are left out.
fn encode(body: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => body.push(0xf6),
        Value::Bool(flag) => body.push(if *flag { 0xf5 } else { 0xf4 }),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => head(body, 0, number),
            (None, Some(number)) => head(body, 1, number.unsigned_abs() - 1),
            _ => float(body, number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => {
            head(body, 3, text.len() as u64);
            body.extend(text.as_bytes());
        }
        Value::Array(items) => {
            head(body, 4, items.len() as u64);
            items.iter().for_each(|item| encode(body, item));
        }
        Value::Object(members) => match members.get(MOMENT).and_then(Value::as_i64) {
            Some(milliseconds) => {
                head(body, 6, 1);
                float(body, milliseconds as f64 / 1000.0);
            }
            None => {
                let present = members.iter().filter(|(_, value)| !value.is_null());
                head(body, 5, present.clone().count() as u64);
                for (name, value) in present {
                    head(body, 3, name.len() as u64);
                    body.extend(name.as_bytes());
                    encode(body, value);
                }
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let value = json!({
            "Small": 7, "Large": 70_000, "Huge": u64::MAX, "Negative": -500, "Float": 1.5, "Text": "ü",
            "List": [true, false, {"Name": "a"}], "Long": "x".repeat(300),
        });
        let mut body = Vec::new();
        encode(&mut body, &value);
        assert_eq!(read(&Bytes::from(body)).unwrap(), value);
    }

    #[test]
    fn writes_moments_with_their_tag_and_leaves_out_what_is_not_there() {
        let mut body = Vec::new();
        encode(&mut body, &json!({"At": {MOMENT: 1500}, "Gone": null}));
        let mut expected = vec![0xa1, 0x62, b'A', b't', 0xc1, 0xfb];
        expected.extend(1.5f64.to_bits().to_be_bytes());
        assert_eq!(body, expected);
    }

    #[test]
    fn reads_open_lengths_tags_and_short_floats() {
        // {_ "a": [_ 1, 2], "t": 1(10), "h": 1.5 (half), "s": (_ "x", "y")}
        let body = [
            0xbf, 0x61, b'a', 0x9f, 1, 2, 0xff, 0x61, b't', 0xc1, 10, 0x61, b'h', 0xf9, 0x3e, 0x00, 0x61,
            b's', 0x7f, 0x61, b'x', 0x61, b'y', 0xff, 0xff,
        ];
        let expected = json!({"a": [1, 2], "t": 10, "h": 1.5, "s": "xy"});
        assert_eq!(read(&Bytes::copy_from_slice(&body)).unwrap(), expected);
    }

    #[test]
    fn refuses_what_ends_early_or_goes_too_deep() {
        for body in [vec![0xa1], vec![0x62, b'a'], vec![0x81; 100], vec![0x01, 0x01], vec![0x1c]] {
            assert_eq!(read(&Bytes::from(body)).unwrap_err().code, "SerializationException");
        }
    }
}
