//! Takes the rows out of a record into which the Kinesis Producer Library, or `hydrant send --aggregate`, packed them.
//!
//! Lambda hands such a record on as it is. It is four magic bytes, a protobuf message with a table of partition keys
//! and the rows, and the MD5 of the message; see
//! <https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md>. What does not keep to that
//! in every byte is one row, as AWS's own libraries have it.

use md5::{Digest, Md5};

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const DIGEST: usize = 16;

/// The rows of one record: its data, or what was packed into it.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    plain: Option<&'a [u8]>,
    packed: std::vec::IntoIter<&'a [u8]>,
}

impl<'a> Rows<'a> {
    /// Returns the rows of a record's data.
    pub fn of(data: &'a [u8]) -> Self {
        match unpack(data) {
            Some(packed) => Self { plain: None, packed: packed.into_iter() },
            None => Self { plain: Some(data), packed: Vec::new().into_iter() },
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.plain.take().or_else(|| self.packed.next())
    }
}

/// Returns the data of each packed row, or `None` when `data` is no aggregate.
fn unpack(data: &[u8]) -> Option<Vec<&[u8]>> {
    let body = data.strip_prefix(&MAGIC)?;
    let (message, digest) = body.split_at_checked(body.len().checked_sub(DIGEST)?)?;
    if Md5::digest(message)[..] != *digest {
        return None;
    }
    let (mut keys, mut rows) = (0, Vec::new());
    let mut fields = Fields(message);
    while !fields.0.is_empty() {
        match fields.next()? {
            (1, Value::Bytes(_)) => keys += 1,
            (3, Value::Bytes(row)) => rows.push(unpack_row(row)?),
            _ => {}
        }
    }
    rows.into_iter().map(|(key, data)| (key < keys).then_some(data)).collect()
}

/// Returns the place of a row's key in the table, and its data.
fn unpack_row(row: &[u8]) -> Option<(u64, &[u8])> {
    let (mut key, mut data) = (None, None);
    let mut fields = Fields(row);
    while !fields.0.is_empty() {
        match fields.next()? {
            (1, Value::Number(number)) => key = Some(number),
            (3, Value::Bytes(bytes)) => data = Some(bytes),
            _ => {}
        }
    }
    Some((key?, data?))
}

/// What is still to be read of a protobuf message.
struct Fields<'a>(&'a [u8]);

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    /// Returns a field's number and value; `None` where the message breaks off or is none.
    fn next(&mut self) -> Option<(u64, Value<'a>)> {
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => Value::Bytes(self.bytes(8)?),
            2 => {
                let length = self.number()?;
                Value::Bytes(self.bytes(length)?)
            }
            5 => Value::Bytes(self.bytes(4)?),
            _ => return None,
        };
        Some((tag >> 3, value))
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn bytes(&mut self, length: u64) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealed(message: &[u8]) -> Vec<u8> {
        [&MAGIC, message, &Md5::digest(message)[..]].concat()
    }

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let (low, high) = (bytes.len() as u8 | 0x80, bytes.len() >> 7);
        assert!(high < 128);
        [&[number << 3 | 2, low, high as u8], bytes].concat()
    }

    /// Packs rows that all have the second of two keys.
    fn packed(rows: &[Vec<u8>]) -> Vec<u8> {
        let rows = rows.iter().flat_map(|row| field(3, &[&[8, 1], &*field(3, row)].concat()));
        sealed(&[field(1, b"a"), field(1, b"b"), rows.collect()].concat())
    }

    fn rows(data: &[u8]) -> Vec<Vec<u8>> {
        Rows::of(data).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn takes_out_what_the_producer_library_packed() {
        // Two keys, two rows; an explicit hash key in the table and in the first row is passed over.
        let message =
            b"\x0a\x01a\x0a\x01b\x12\x017\x1a\x08\x08\x01\x10\x00\x1a\x02hi\x1a\x04\x08\x00\x1a\x00";
        assert_eq!(rows(&sealed(message)), [b"hi".to_vec(), Vec::new()]);
        // What `hydrant send --aggregate` makes of three rows.
        let message =
            b"\x0a\x01b\x0a\x01a\x1a\x06\x08\x00\x1a\x02hi\x1a\x04\x08\x01\x1a\x00\x1a\x06\x08\x00\x1a\x02yo";
        assert_eq!(rows(&sealed(message)), [b"hi".to_vec(), Vec::new(), b"yo".to_vec()]);
    }

    #[test]
    fn takes_anything_else_for_one_row() {
        for message in [
            &b"\x1a\x7f\x08"[..],                            // a length that points beyond the message
            b"\x0a\x01a\x1a\x06\x08\x01\x1a\x02hi",          // a key that is not in the table
            b"\x0a\x01a\x1a\x04\x1a\x02hi",                  // no key
            b"\x0a\x01a\x1a\x02\x08\x00",                    // no data
            b"\x0b",                                         // a group, which nobody writes any more
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", // a number without end
        ] {
            let data = sealed(message);
            assert_eq!(rows(&data), std::slice::from_ref(&data), "{message:?}");
        }
        for data in [&b""[..], b"plain", &MAGIC, &[MAGIC.as_slice(), &[0; 15]].concat()] {
            assert_eq!(rows(data), [data]);
        }
    }

    proptest! {
        #[test]
        fn takes_out_what_was_packed(packed_rows in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20)) {
            prop_assert_eq!(rows(&packed(&packed_rows)), packed_rows);
        }

        #[test]
        fn does_not_trust_a_damaged_aggregate(row in prop::collection::vec(any::<u8>(), 0..50), at: prop::sample::Index, by in 1_u8..) {
            let mut data = packed(&[row]);
            let at = at.index(data.len());
            data[at] ^= by;
            prop_assert_eq!(rows(&data), [data]);
        }

        #[test]
        fn reads_any_message(message in prop::collection::vec(prop_oneof![any::<u8>(), 0_u8..32], 0..60)) {
            rows(&message);
            rows(&sealed(&message));
        }
    }
}
