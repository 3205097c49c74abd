//! The values that a path leads to: `*` is any item or member, and conditions on the way open into their branches.

use crate::schema::Reading;
use crate::template::seen;
use serde_json::Value;

/// Calls with each value at a path, such as `Rules/*/Prefix`, and the way to it. A value that is a function is given as one.
pub(in crate::lint) fn visit<'v>(
    value: &'v Value,
    path: &str,
    visitor: &mut dyn FnMut(&[String], &'v Value),
) {
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    walk(value, &names, &[], visitor);
}

/// Calls with each value that a value may be.
pub(in crate::lint) fn outcomes<'v>(
    value: &'v Value,
    way: &[String],
    visitor: &mut dyn FnMut(&[String], &'v Value),
) {
    match seen::read(value) {
        Reading::OneOf(alternatives) => {
            for alternative in alternatives {
                outcomes(alternative.value, &[way, &alternative.path].concat(), visitor);
            }
        }
        Reading::Known => visitor(way, value),
        Reading::Unknown | Reading::Absent => {}
    }
}

fn walk<'v>(value: &'v Value, names: &[&str], way: &[String], visitor: &mut dyn FnMut(&[String], &'v Value)) {
    let Some((name, rest)) = names.split_first() else { return visitor(way, value) };
    outcomes(value, way, &mut |at, value| {
        let mut step = |name: &str, below: &'v Value| {
            walk(below, rest, &[at, &[name.to_owned()]].concat(), visitor);
        };
        match value {
            Value::Array(items) if *name == "*" => {
                items.iter().enumerate().for_each(|(index, item)| step(&index.to_string(), item));
            }
            Value::Object(members) if *name == "*" => {
                members.iter().for_each(|(name, member)| step(name, member));
            }
            Value::Object(members) => {
                if let Some(below) = members.get(*name) {
                    step(name, below);
                }
            }
            _ => {}
        }
    });
}
