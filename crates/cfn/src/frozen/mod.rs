//! JSON in a form that is read where it lies: nothing is parsed or allocated before somebody looks at a value.
//!
//! [`freeze`] turns a JSON value into bytes in which equal parts stand once, and [`Frozen`] finds its way in them by
//! offsets. It does not know what the values mean, and it does not change them: members of an object are in the order
//! of their names, whatever order they had.
//!
//! A value is a tag byte and what the tag asks for. All offsets are from the beginning, in three bytes, little-endian;
//! counts and lengths are LEB128.
//!
//! | tag | value | follows |
//! |---|---|---|
//! | 0, 1, 2 | null, false, true | nothing |
//! | 3 | integer | an `i64`, little-endian |
//! | 4 | any other number | an `f64`, little-endian |
//! | 5 | text | length in bytes, UTF-8 |
//! | 6 | list | count, and for each item its offset |
//! | 7 | object | count, and for each member the offsets of its name and its value |
//!
//! The first eight bytes are [`MAGIC`], a version, and the offset of the outermost value. Bytes that are not of this
//! form give nulls and empty lists, never a panic.

mod read;
mod write;

pub use read::{Frozen, List, Object, View};
pub use write::{TooLarge, freeze};

/// What the bytes begin with.
pub const MAGIC: [u8; 4] = *b"cfnz";

/// The version of the form, after [`MAGIC`].
pub const VERSION: u8 = 1;

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INTEGER: u8 = 3;
const FLOAT: u8 = 4;
const TEXT: u8 = 5;
const LIST: u8 = 6;
const OBJECT: u8 = 7;

/// How many bytes an offset takes.
const OFFSET: usize = 3;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn gives_back_what_was_frozen() {
        let value = json!({
            "text": "é ⊕", "empty": "", "list": [1, -1, 1.5, i64::MAX, u64::MAX, null, true, false, [], {}],
            "nested": {"list": [1, -1], "z": 0, "a": {"text": "é ⊕"}},
        });
        let bytes = freeze(&value).unwrap();
        let thawed = Frozen::root(&bytes).thaw();
        assert_eq!(thawed["nested"], value["nested"]);
        assert_eq!(thawed["list"][3], value["list"][3]);
        assert_eq!(thawed["list"][4].as_f64(), Some(u64::MAX as f64));
        assert_eq!(thawed["text"], value["text"]);
    }

    #[test]
    fn keeps_equal_parts_once() {
        let part = json!({"type": "string", "enum": ["a long text that takes room", "another"]});
        let once = freeze(&json!({"a": part})).unwrap();
        let twice = freeze(&json!({"a": part, "b": [part, part]})).unwrap();
        assert!(twice.len() < once.len() + 24, "{} and {}", once.len(), twice.len());
    }

    #[test]
    fn finds_a_member_among_many() {
        let members: serde_json::Map<_, _> =
            (0..500).map(|number| (format!("member {number}"), json!(number))).collect();
        let bytes = freeze(&members.clone().into()).unwrap();
        let object = Frozen::root(&bytes).object().unwrap();
        for (name, value) in &members {
            assert_eq!(object.get(name).and_then(Frozen::integer), value.as_i64());
        }
        assert!(object.get("member").is_none() && object.get("zzz").is_none());
        assert!(object.iter().map(|(name, _)| name).is_sorted());
    }

    #[test]
    fn reads_anything_without_a_panic() {
        let bytes = freeze(&json!({"a": ["b", 1, 2.5], "c": {"d": null}})).unwrap();
        for at in 0..bytes.len() {
            for change in [0, 1, 5, 6, 7, 127, 128, 255] {
                let mut broken = bytes.clone();
                broken[at] = change;
                shallow(Frozen::root(&broken), 4);
                shallow(Frozen::root(&broken[..at]), 4);
            }
        }
    }

    fn shallow(value: Frozen<'_>, depth: usize) {
        if depth == 0 {
            return;
        }
        match value.view() {
            View::List(list) => list.iter().take(300).for_each(|item| shallow(item, depth - 1)),
            View::Object(object) => {
                object.iter().take(300).for_each(|(_, member)| shallow(member, depth - 1))
            }
            _ => {}
        }
    }
}
