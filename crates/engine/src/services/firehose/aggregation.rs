//! Records that the Kinesis Producer Library has packed into one, back into many.
//!
//! <https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md>: four magic bytes,
//! a protobuf message with a table of partition keys and the records, and the MD5 of the message.

use bytes::Bytes;
use md5::{Digest, Md5};

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const DIGEST: usize = 16;

/// Returns partition key and data of each record, or `None` when the data is not an aggregate.
pub fn unpack(data: &Bytes) -> Option<Vec<(String, Bytes)>> {
    let body = data.strip_prefix(&MAGIC)?;
    let message = body.get(..body.len().checked_sub(DIGEST)?)?;
    if Md5::digest(message)[..] != body[message.len()..] {
        return None;
    }
    let message = data.slice(MAGIC.len()..MAGIC.len() + message.len());
    let mut keys: Vec<String> = Vec::new();
    let mut records = Vec::new();
    let mut fields = Fields(message);
    while !fields.0.is_empty() {
        match fields.next()? {
            (1, Value::Bytes(key)) => keys.push(String::from_utf8(key.to_vec()).ok()?),
            (3, Value::Bytes(record)) => records.push(record),
            _ => {}
        }
    }
    records.into_iter().map(|record| unpack_record(&keys, record)).collect()
}

fn unpack_record(keys: &[String], record: Bytes) -> Option<(String, Bytes)> {
    let (mut key, mut data) = (None, None);
    let mut fields = Fields(record);
    while !fields.0.is_empty() {
        match fields.next()? {
            (1, Value::Number(index)) => key = keys.get(usize::try_from(index).ok()?),
            (3, Value::Bytes(bytes)) => data = Some(bytes),
            _ => {}
        }
    }
    Some((key?.clone(), data?))
}

/// The fields of a protobuf message that are still to be read.
struct Fields(Bytes);

enum Value {
    Number(u64),
    Bytes(Bytes),
}

impl Fields {
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.0.first()?;
            let _ = self.0.split_to(1);
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn bytes(&mut self, length: usize) -> Option<Bytes> {
        (length <= self.0.len()).then(|| self.0.split_to(length))
    }

    fn next(&mut self) -> Option<(u64, Value)> {
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => Value::Bytes(self.bytes(8)?),
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Value::Bytes(self.bytes(length)?)
            }
            5 => Value::Bytes(self.bytes(4)?),
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aggregate(message: &[u8]) -> Bytes {
        let mut data = MAGIC.to_vec();
        data.extend_from_slice(message);
        data.extend_from_slice(&Md5::digest(message));
        data.into()
    }

    /// Two keys, two records: (key 1, "hi") and (key 0, "").
    const MESSAGE: &[u8] = b"\x0a\x01a\x0a\x01b\x1a\x06\x08\x01\x1a\x02hi\x1a\x04\x08\x00\x1a\x00";

    #[test]
    fn unpacks_records_with_their_keys() {
        let expected = [("b".to_owned(), Bytes::from("hi")), ("a".to_owned(), Bytes::new())];
        assert_eq!(unpack(&aggregate(MESSAGE)).unwrap(), expected);
    }

    #[test]
    fn leaves_everything_else_alone() {
        let mut damaged = aggregate(MESSAGE).to_vec();
        damaged[6] ^= 1;
        for data in [Bytes::from("plain"), Bytes::from(MAGIC.to_vec()), damaged.into(), Bytes::new()] {
            assert_eq!(unpack(&data), None);
        }
        // A length that points beyond the message.
        assert_eq!(unpack(&aggregate(b"\x1a\x7f\x08")), None);
        assert_eq!(unpack(&aggregate(b"\x1a\x06\x08\x05\x1a\x02hi")), None);
    }
}
