//! Plain scalars as values: YAML 1.1 as CloudFormation reads it, and no further.
//!
//! Booleans have YAML 1.1's many names. Numbers are decimal only: `0644`, `0x1F`, `1_000` and `12:30:45` are numbers in
//! YAML 1.1, and in a template always a file mode, an account, a name or a time, whose digits matter; they stay strings.
//! Dates stay strings, since `Version: 2012-10-17` means the text.

use super::document::NodeValue;
use serde_json::Number;

/// Returns the value of a plain (unquoted, untagged) scalar.
pub(super) fn resolve_plain(text: &str, json: bool) -> NodeValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => NodeValue::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => NodeValue::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => NodeValue::Bool(false),
        _ => match number(text, json) {
            Some(number) => NodeValue::Number(number),
            None => NodeValue::String(text.to_owned()),
        },
    }
}

/// Returns the value of a scalar under one of YAML's own tags (`!!str`, `!!int`, …); `None` when the text does not fit.
pub(super) fn resolve_tagged(core: &str, text: &str) -> Option<NodeValue> {
    let plain = resolve_plain(text, true);
    match (core, plain) {
        ("str", _) => Some(NodeValue::String(text.to_owned())),
        ("null", value @ NodeValue::Null)
        | ("bool", value @ NodeValue::Bool(_))
        | ("int" | "float", value @ NodeValue::Number(_)) => Some(value),
        _ => None,
    }
}

/// Reads a decimal number. An exponent without a point (`1e3`) is a number in JSON only: in YAML it is some hash's start.
fn number(text: &str, json: bool) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(index) => (&unsigned[..index], Some(&unsigned[index + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !fraction.is_none_or(digits) {
        return None;
    }
    let some_digits = !whole.is_empty() || fraction.is_some_and(|part| !part.is_empty());
    let padded = whole.len() > 1 && whole.starts_with('0');
    if !some_digits || padded {
        return None;
    }
    match exponent {
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            if exponent.is_empty() || !digits(exponent) || (fraction.is_none() && !json) {
                return None;
            }
        }
        None if fraction.is_none() => return integer(text),
        None => {}
    }
    let value: f64 = text.strip_prefix('+').unwrap_or(text).parse().ok()?;
    Number::from_f64(value)
}

/// Reads an integer; one that does not fit into 64 bits stays text rather than lose digits.
fn integer(text: &str) -> Option<Number> {
    let text = text.strip_prefix('+').unwrap_or(text);
    text.parse::<u64>().map(Number::from).or_else(|_| text.parse::<i64>().map(Number::from)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_yaml_1_1_booleans() {
        for text in ["yes", "On", "TRUE"] {
            assert_eq!(resolve_plain(text, false), NodeValue::Bool(true), "{text}");
        }
        for text in ["no", "OFF", "False"] {
            assert_eq!(resolve_plain(text, false), NodeValue::Bool(false), "{text}");
        }
        for text in ["y", "n", "oN", "tRUE"] {
            assert_eq!(resolve_plain(text, false), NodeValue::String(text.to_owned()));
        }
    }

    #[test]
    fn keeps_digits_that_matter() {
        for text in [
            "2012-10-17",
            "012345678901",
            "0644",
            "0x1F",
            "1_000",
            "12:30:45",
            "1e3",
            "1.2.3",
            "-",
            ".",
            ".inf",
            "123456789012345678901234567890",
        ] {
            assert_eq!(resolve_plain(text, false), NodeValue::String(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn reads_decimal_numbers() {
        for (text, json) in [("0", "0"), ("-7", "-7"), ("+7", "7"), ("0.5", "0.5")] {
            let NodeValue::Number(number) = resolve_plain(text, false) else {
                panic!("{text} is a number");
            };
            assert_eq!(number.to_string(), json);
        }
        assert!(matches!(resolve_plain("1e3", true), NodeValue::Number(_)));
        assert!(matches!(resolve_plain("18446744073709551615", false), NodeValue::Number(_)));
    }
}
