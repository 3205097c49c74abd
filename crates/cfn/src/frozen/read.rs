//! From an offset in frozen bytes to the value that is there.

use serde_json::{Map, Value};

use super::{FALSE, FLOAT, INTEGER, LIST, OBJECT, OFFSET, TEXT, TRUE};

/// A value in frozen bytes.
#[derive(Debug, Clone, Copy)]
pub struct Frozen<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// What a frozen value is.
#[derive(Debug, Clone, Copy)]
pub enum View<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(&'a str),
    List(List<'a>),
    Object(Object<'a>),
}

impl<'a> Frozen<'a> {
    /// Returns the outermost value.
    pub fn root(bytes: &'a [u8]) -> Self {
        Self { bytes, at: offset_at(bytes, super::MAGIC.len() + 1) }
    }

    /// Returns what the value is.
    pub fn view(self) -> View<'a> {
        match self.bytes.get(self.at).copied().unwrap_or_default() {
            FALSE => View::Bool(false),
            TRUE => View::Bool(true),
            INTEGER => View::Integer(i64::from_le_bytes(self.eight_bytes())),
            FLOAT => View::Float(f64::from_le_bytes(self.eight_bytes())),
            TEXT => View::Text(str::from_utf8(self.raw_text()).unwrap_or_default()),
            LIST => {
                let (count, start) = self.counted(OFFSET);
                View::List(List { bytes: self.bytes, start, count })
            }
            OBJECT => {
                let (count, start) = self.counted(2 * OFFSET);
                View::Object(Object { bytes: self.bytes, start, count })
            }
            _ => View::Null,
        }
    }

    /// Returns the place of the value, by which equal values in the same bytes are known.
    pub fn offset(self) -> usize {
        self.at
    }

    /// Returns the text, if it is one.
    pub fn text(self) -> Option<&'a str> {
        if let View::Text(text) = self.view() { Some(text) } else { None }
    }

    /// Returns the integer, if it is one.
    pub fn integer(self) -> Option<i64> {
        if let View::Integer(integer) = self.view() { Some(integer) } else { None }
    }

    /// Returns the number, whole or not.
    pub fn number(self) -> Option<f64> {
        match self.view() {
            View::Integer(integer) => Some(integer as f64),
            View::Float(float) => Some(float),
            _ => None,
        }
    }

    /// Returns the flag, if it is one.
    pub fn flag(self) -> Option<bool> {
        if let View::Bool(flag) = self.view() { Some(flag) } else { None }
    }

    /// Returns the list, if it is one.
    pub fn list(self) -> Option<List<'a>> {
        if let View::List(list) = self.view() { Some(list) } else { None }
    }

    /// Returns the object, if it is one.
    pub fn object(self) -> Option<Object<'a>> {
        if let View::Object(object) = self.view() { Some(object) } else { None }
    }

    /// Returns the value as one that can be changed.
    pub fn thaw(self) -> Value {
        match self.view() {
            View::Null => Value::Null,
            View::Bool(flag) => Value::Bool(flag),
            View::Integer(integer) => Value::from(integer),
            View::Float(float) => Value::from(float),
            View::Text(text) => Value::from(text),
            View::List(list) => list.iter().map(Frozen::thaw).collect(),
            View::Object(object) => {
                let members = object.iter().map(|(name, member)| (name.to_owned(), member.thaw()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }

    fn eight_bytes(self) -> [u8; 8] {
        let bytes = self.bytes.get(self.at + 1..self.at + 9);
        bytes.and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
    }

    fn raw_text(self) -> &'a [u8] {
        if self.bytes.get(self.at) != Some(&TEXT) {
            return &[];
        }
        let (length, start) = leb128(self.bytes, self.at + 1);
        start.checked_add(length).and_then(|end| self.bytes.get(start..end)).unwrap_or_default()
    }

    /// Returns a count and where that many entries of `size` bytes begin, none if they do not fit.
    fn counted(self, size: usize) -> (usize, usize) {
        let (count, start) = leb128(self.bytes, self.at + 1);
        let end = count.checked_mul(size).and_then(|length| start.checked_add(length));
        (if end.is_some_and(|end| end <= self.bytes.len()) { count } else { 0 }, start)
    }
}

/// Values in an order.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    bytes: &'a [u8],
    start: usize,
    count: usize,
}

impl<'a> List<'a> {
    /// Returns how many values there are.
    pub fn len(self) -> usize {
        self.count
    }

    /// Says whether there is none.
    pub fn is_empty(self) -> bool {
        self.count == 0
    }

    /// Returns the values.
    pub fn iter(self) -> impl ExactSizeIterator<Item = Frozen<'a>> {
        let List { bytes, start, count } = self;
        (0..count).map(move |index| Frozen { bytes, at: offset_at(bytes, start + index * OFFSET) })
    }

    /// Returns the texts among the values.
    pub fn texts(self) -> impl Iterator<Item = &'a str> {
        self.iter().filter_map(Frozen::text)
    }
}

/// Values by names, in the order of the names.
#[derive(Debug, Clone, Copy)]
pub struct Object<'a> {
    bytes: &'a [u8],
    start: usize,
    count: usize,
}

impl<'a> Object<'a> {
    /// Returns how many members there are.
    pub fn len(self) -> usize {
        self.count
    }

    /// Says whether there is no member.
    pub fn is_empty(self) -> bool {
        self.count == 0
    }

    /// Returns the members.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (&'a str, Frozen<'a>)> {
        (0..self.count).map(move |index| (self.name(index).text().unwrap_or_default(), self.value(index)))
    }

    /// Returns the member of a name.
    pub fn get(self, name: &str) -> Option<Frozen<'a>> {
        self.entry(name).map(|(_, value)| value)
    }

    /// Returns the member of a name, and the name as it lives in the bytes.
    pub fn entry(self, name: &str) -> Option<(&'a str, Frozen<'a>)> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low.midpoint(high);
            match self.name(middle).raw_text().cmp(name.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some((self.name(middle).text()?, self.value(middle))),
            }
        }
        None
    }

    fn name(self, index: usize) -> Frozen<'a> {
        Frozen { bytes: self.bytes, at: offset_at(self.bytes, self.start + index * 2 * OFFSET) }
    }

    fn value(self, index: usize) -> Frozen<'a> {
        Frozen { bytes: self.bytes, at: offset_at(self.bytes, self.start + index * 2 * OFFSET + OFFSET) }
    }
}

fn offset_at(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..at + OFFSET) {
        Some(&[low, middle, high]) => usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16,
        // Beyond the end, where a null is read.
        _ => usize::MAX - 16,
    }
}

/// Returns a number and where it ends.
fn leb128(bytes: &[u8], at: usize) -> (usize, usize) {
    let mut number = 0;
    for index in 0..4 {
        let byte = bytes.get(at + index).copied().unwrap_or_default();
        number |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return (number, at + index + 1);
        }
    }
    (0, at + 4)
}
