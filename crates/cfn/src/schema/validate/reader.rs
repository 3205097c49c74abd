//! How much is known of a value: in a template, some values are functions.

use serde_json::Value;

/// Tells how much is known of a value.
pub type Reader<'r> = dyn for<'v> Fn(&'v Value) -> Reading<'v> + 'r;

/// How much is known of a value.
#[derive(Debug, Clone)]
pub enum Reading<'v> {
    /// It is what it is; its members and items are read in turn.
    Known,
    /// It can be anything.
    Unknown,
    /// It is one of these; which is not known.
    OneOf(Vec<Alternative<'v>>),
    /// It is as if it were not there, as `AWS::NoValue` is.
    Absent,
}

/// A value that another may turn out to be.
#[derive(Debug, Clone)]
pub struct Alternative<'v> {
    /// What leads from the other value to this one, such as `Fn::If` and `1`.
    pub path: Vec<String>,
    pub value: &'v Value,
}

/// Reads values in which nothing is left to resolve.
pub fn resolved(_: &Value) -> Reading<'_> {
    Reading::Known
}

/// Whether a value will be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Sure,
    Possible,
    None,
}

/// Says whether a value will be there.
pub(super) fn presence(reader: &Reader<'_>, value: &Value) -> Presence {
    match reader(value) {
        Reading::Known | Reading::Unknown => Presence::Sure,
        Reading::Absent => Presence::None,
        Reading::OneOf(alternatives) => {
            let mut each = alternatives.iter().map(|alternative| presence(reader, alternative.value));
            let Some(first) = each.next() else { return Presence::Possible };
            if each.all(|other| other == first) { first } else { Presence::Possible }
        }
    }
}
