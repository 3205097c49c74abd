//! Blobs in a JSON request: text that is borrowed from the body, and all blobs of a call decoded into one buffer.
//!
//! A call with 500 records would otherwise cost a thousand small allocations before anything is done with it.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::error::AwsError;

/// A string that is borrowed from the request wherever nothing in it was escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a>(Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'de> Visitor<'de> for Borrowing {
            type Value = Text<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowing)
    }
}

/// The decoded blobs of one call, one after another in one buffer.
#[derive(Debug)]
pub struct Blobs {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Blobs {
    /// Decodes base64 texts; one that is absent counts as empty.
    pub fn decode<'t>(texts: impl Iterator<Item = Option<&'t Text<'t>>> + Clone) -> Result<Self, AwsError> {
        let most: usize = texts.clone().flatten().map(|text| base64::decoded_len_estimate(text.len())).sum();
        let mut bytes = vec![0; most];
        let mut ends = Vec::with_capacity(texts.size_hint().0);
        let mut end = 0;
        for text in texts {
            let text = text.map(|text| text.as_bytes()).unwrap_or_default();
            let decoded = STANDARD.decode_slice(text, bytes.get_mut(end..).unwrap_or_default());
            end += decoded.map_err(|error| AwsError::new("SerializationException", error.to_string()))?;
            ends.push(end);
        }
        bytes.truncate(end);
        Ok(Self { bytes, ends })
    }

    /// Returns the blob at `place`, empty when there is none.
    pub fn get(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(place).and_then(|end| self.bytes.get(start..*end)).unwrap_or_default()
    }

    /// Returns the blobs in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> + Clone {
        (0..self.ends.len()).map(|place| self.get(place))
    }

    /// Returns the size of all blobs.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(json: &str) -> Result<Blobs, AwsError> {
        let texts: Vec<Option<Text<'_>>> = serde_json::from_str(json).unwrap();
        Blobs::decode(texts.iter().map(Option::as_ref))
    }

    #[test]
    fn decodes_blobs_one_after_another() {
        let blobs = decode(r#"["aGVs\u0062G8=", null, "", "d29ybGQ="]"#).unwrap();
        assert_eq!(blobs.iter().collect::<Vec<_>>(), [&b"hello"[..], b"", b"", b"world"]);
        assert_eq!((blobs.len(), blobs.get(4)), (10, &b""[..]));
    }

    #[test]
    fn refuses_what_is_not_base64() {
        assert_eq!(decode(r#"["aGVsbG8=", "*"]"#).unwrap_err().code, "SerializationException");
        assert_eq!(decode(r#"["aGVsbG8"]"#).unwrap_err().code, "SerializationException");
    }

    #[test]
    fn borrows_text_that_has_no_escapes() {
        assert!(matches!(serde_json::from_str(r#""plain""#).unwrap(), Text(Cow::Borrowed("plain"))));
        assert!(
            matches!(serde_json::from_str(r#""\u0061""#).unwrap(), Text(Cow::Owned(text)) if text == "a")
        );
    }
}
