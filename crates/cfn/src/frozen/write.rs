//! From a JSON value to frozen bytes, in which equal parts stand once.

use std::collections::HashMap;

use serde_json::Value;

use super::{FALSE, FLOAT, INTEGER, LIST, MAGIC, NULL, OBJECT, OFFSET, TEXT, TRUE, VERSION};

/// The value takes more than the 16 MiB that an offset can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value takes more than the 16 MiB that its form can hold")]
pub struct TooLarge;

/// Returns a value in the form that [`super::Frozen`] reads. Equal values give equal bytes.
pub fn freeze(value: &Value) -> Result<Vec<u8>, TooLarge> {
    let mut bytes = Vec::from(MAGIC);
    bytes.push(VERSION);
    bytes.extend([0; OFFSET]);
    let mut writer = Writer { bytes, places: HashMap::new() };
    let root = writer.value(value)?;
    let mut bytes = writer.bytes;
    bytes[MAGIC.len() + 1..][..OFFSET].copy_from_slice(&root);
    Ok(bytes)
}

struct Writer {
    bytes: Vec<u8>,
    /// Where each part that was written is, by its bytes.
    places: HashMap<Vec<u8>, [u8; OFFSET]>,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Result<[u8; OFFSET], TooLarge> {
        let part = match value {
            Value::Null => vec![NULL],
            Value::Bool(false) => vec![FALSE],
            Value::Bool(true) => vec![TRUE],
            Value::Number(number) => match number.as_i64() {
                Some(integer) => [&[INTEGER][..], &integer.to_le_bytes()].concat(),
                None => [&[FLOAT][..], &number.as_f64().unwrap_or_default().to_le_bytes()].concat(),
            },
            Value::String(text) => text_part(text)?,
            Value::Array(items) => {
                let mut part = vec![LIST];
                part.extend(leb128(items.len())?);
                for item in items {
                    part.extend(self.value(item)?);
                }
                part
            }
            Value::Object(members) => {
                let mut part = vec![OBJECT];
                part.extend(leb128(members.len())?);
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                for (name, member) in members {
                    let name = text_part(name)?;
                    part.extend(self.part(name)?);
                    part.extend(self.value(member)?);
                }
                part
            }
        };
        self.part(part)
    }

    /// Writes a part unless it stands somewhere already, and returns where it is.
    fn part(&mut self, part: Vec<u8>) -> Result<[u8; OFFSET], TooLarge> {
        if let Some(place) = self.places.get(&part) {
            return Ok(*place);
        }
        let [low, middle, high, rest @ ..] = self.bytes.len().to_le_bytes();
        if rest.iter().any(|byte| *byte != 0) {
            return Err(TooLarge);
        }
        let place = [low, middle, high];
        self.bytes.extend_from_slice(&part);
        self.places.insert(part, place);
        Ok(place)
    }
}

fn text_part(text: &str) -> Result<Vec<u8>, TooLarge> {
    Ok([&[TEXT][..], &leb128(text.len())?, text.as_bytes()].concat())
}

fn leb128(number: usize) -> Result<Vec<u8>, TooLarge> {
    if number >= 1 << 28 {
        return Err(TooLarge);
    }
    let mut bytes = Vec::new();
    let mut rest = number;
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    Ok(bytes)
}
