//! Conditions of a statement: an operator, a key, and the values that satisfy it.
//!
//! See [condition operators](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).

use std::cmp::Ordering;

use super::context::Context;
use super::document::PolicyError;
use super::wildcard::{arn_matches, matches, substitute};

/// One condition, such as `StringEquals` of `aws:SourceAccount` with `111122223333`.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The operator as the document writes it, such as `ForAnyValue:StringLike`.
    pub operator: String,
    pub key: String,
    pub values: Vec<String>,
    test: Test,
    set: Option<Set>,
    if_exists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Any,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    /// Whether the key is absent.
    Null,
    Value {
        comparison: Comparison,
        negated: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Text,
    TextIgnoringCase,
    Pattern,
    Arn,
    Boolean,
    Number(Relation),
    Date(Relation),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Equals,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    pub(super) fn new(operator: &str, key: &str, values: Vec<String>) -> Result<Self, PolicyError> {
        let (set, rest) = match operator.split_once(':') {
            Some(("ForAnyValue", rest)) => (Some(Set::Any), rest),
            Some(("ForAllValues", rest)) => (Some(Set::All), rest),
            _ => (None, operator),
        };
        let (rest, if_exists) = match rest.strip_suffix("IfExists") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let test = Test::named(rest).ok_or_else(|| match rest {
            "IpAddress" | "NotIpAddress" | "BinaryEquals" => {
                PolicyError::Unsupported(format!("the condition operator `{rest}`"))
            }
            _ => PolicyError::Malformed(format!("Invalid Condition type : {operator}.")),
        })?;
        let (operator, key) = (operator.to_owned(), key.to_owned());
        Ok(Self { operator, key, values, test, set, if_exists })
    }

    /// Tells whether a request satisfies the condition. `variables` says whether `${…}` has a meaning.
    pub(super) fn holds(&self, context: &Context, variables: bool) -> bool {
        let given = context.get(&self.key);
        let (comparison, negated) = match self.test {
            Test::Null => {
                let absent = given.is_empty();
                return self.values.iter().any(|value| value.eq_ignore_ascii_case("true") == absent);
            }
            Test::Value { comparison, negated } => (comparison, negated),
        };
        if given.is_empty() {
            return match self.set {
                Some(Set::All) => true,
                Some(Set::Any) => self.if_exists,
                // A key that is not there does not equal anything, so a negated operator is satisfied.
                None => self.if_exists || negated,
            };
        }
        let accepted = |given: &String| {
            let equals = self.values.iter().any(|value| comparison.compare(value, given, context, variables));
            equals != negated
        };
        match self.set {
            Some(Set::All) => given.iter().all(accepted),
            Some(Set::Any) => given.iter().any(accepted),
            // "Not equal" without a set must hold for every value of the key, "equal" for one.
            None if negated => given.iter().all(accepted),
            None => given.iter().any(accepted),
        }
    }
}

impl Test {
    fn named(name: &str) -> Option<Self> {
        use Comparison::{Arn, Boolean, Date, Number, Pattern, Text, TextIgnoringCase};
        let (comparison, negated) = match name {
            "Null" => return Some(Test::Null),
            "StringEquals" => (Text, false),
            "StringNotEquals" => (Text, true),
            "StringEqualsIgnoreCase" => (TextIgnoringCase, false),
            "StringNotEqualsIgnoreCase" => (TextIgnoringCase, true),
            "StringLike" => (Pattern, false),
            "StringNotLike" => (Pattern, true),
            // AWS documents that the two pairs behave identically.
            "ArnEquals" | "ArnLike" => (Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Arn, true),
            "Bool" => (Boolean, false),
            _ => {
                let (kind, relation): (fn(Relation) -> Comparison, _) = match name.strip_prefix("Numeric") {
                    Some(relation) => (Number, relation),
                    None => (Date, name.strip_prefix("Date")?),
                };
                let (relation, negated) = match relation {
                    "Equals" => (Relation::Equals, false),
                    "NotEquals" => (Relation::Equals, true),
                    "LessThan" => (Relation::Less, false),
                    "LessThanEquals" => (Relation::LessOrEqual, false),
                    "GreaterThan" => (Relation::Greater, false),
                    "GreaterThanEquals" => (Relation::GreaterOrEqual, false),
                    _ => return None,
                };
                (kind(relation), negated)
            }
        };
        Some(Test::Value { comparison, negated })
    }
}

impl Comparison {
    fn compare(self, value: &str, given: &str, context: &Context, variables: bool) -> bool {
        let substituted = match variables && value.contains("${") {
            true => substitute(value, context),
            false => Some(value.to_owned()),
        };
        let Some(value) = substituted else { return false };
        match self {
            Comparison::Text => value == given,
            Comparison::TextIgnoringCase | Comparison::Boolean => value.eq_ignore_ascii_case(given),
            Comparison::Pattern => matches(&value, given),
            Comparison::Arn => arn_matches(&value, given),
            Comparison::Number(relation) => {
                relation.holds(given.parse::<f64>().ok(), value.parse::<f64>().ok())
            }
            Comparison::Date(relation) => relation.holds(seconds(given), seconds(&value)),
        }
    }
}

impl Relation {
    fn holds(self, given: Option<f64>, value: Option<f64>) -> bool {
        let (Some(given), Some(value)) = (given, value) else { return false };
        let Some(order) = given.partial_cmp(&value) else { return false };
        match self {
            Relation::Equals => order == Ordering::Equal,
            Relation::Less => order == Ordering::Less,
            Relation::LessOrEqual => order != Ordering::Greater,
            Relation::Greater => order == Ordering::Greater,
            Relation::GreaterOrEqual => order != Ordering::Less,
        }
    }
}

/// Reads `2026-11-20`, `2026-11-20T16:40:50Z` or seconds since the Unix epoch, as seconds since the epoch.
fn seconds(text: &str) -> Option<f64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Some(seconds);
    }
    let (date, time) = text.trim_end_matches('Z').split_once('T').unwrap_or((text, "0:0:0"));
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(0..=9999).contains(&year) {
        return None;
    }
    let mut time = time.splitn(3, ':').map(|part| part.parse::<f64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next().unwrap_or(Some(0.0))?);
    // Years begin in March here, so that the day which may be missing is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469;
    Some(days as f64 * 86_400.0 + hour * 3_600.0 + minute * 60.0 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(operator: &str, values: &[&str], given: &[&str]) -> bool {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let condition = Condition::new(operator, "aws:Key", values).unwrap();
        condition.holds(&Context::new(given.iter().map(|value| ("AWS:key", *value))), true)
    }

    #[test]
    fn compares_one_value() {
        let cases = [
            ("StringEquals", "a", "a", true),
            ("StringEquals", "a", "A", false),
            ("StringEquals", "a*", "ab", false),
            ("StringNotEquals", "a", "b", true),
            ("StringEqualsIgnoreCase", "a", "A", true),
            ("StringLike", "a*", "ab", true),
            ("StringNotLike", "a*", "ab", false),
            ("ArnLike", "arn:aws:s3:::*", "arn:aws:s3:::b", true),
            ("ArnEquals", "arn:aws:iam::*:role/x", "arn:aws:iam::1:role/y", false),
            ("Bool", "true", "True", true),
            ("NumericLessThanEquals", "10", "10.0", true),
            ("NumericGreaterThan", "10", "9", false),
            ("NumericEquals", "ten", "10", false),
            ("DateLessThan", "2026-11-20T16:40:50Z", "2026-11-20T16:40:49Z", true),
            ("DateGreaterThan", "2026-02-28", "1772323200", true),
            ("Null", "true", "x", false),
            ("Null", "false", "x", true),
        ];
        for (operator, value, given, expected) in cases {
            assert_eq!(holds(operator, &[value], &[given]), expected, "{operator} {value} {given}");
        }
    }

    #[test]
    fn says_what_a_missing_key_means() {
        let cases = [
            ("StringEquals", false),
            ("StringNotEquals", true),
            ("StringEqualsIfExists", true),
            ("Bool", false),
            ("ForAllValues:StringEquals", true),
            ("ForAnyValue:StringEquals", false),
        ];
        for (operator, expected) in cases {
            assert_eq!(holds(operator, &["a"], &[]), expected, "{operator}");
        }
        assert!(holds("Null", &["true"], &[]));
    }

    #[test]
    fn compares_sets() {
        assert!(holds("ForAllValues:StringEquals", &["a", "b"], &["a", "b"]));
        assert!(!holds("ForAllValues:StringEquals", &["a", "b"], &["a", "c"]));
        assert!(holds("ForAnyValue:StringEquals", &["a", "b"], &["c", "b"]));
        assert!(!holds("StringNotEquals", &["a", "b"], &["b"]));
        assert!(!holds("ForAllValues:StringNotEquals", &["a"], &["a", "c"]));
        assert!(holds("ForAnyValue:StringNotEquals", &["a"], &["a", "c"]));
    }

    #[test]
    fn refuses_what_it_cannot_compare_by_name() {
        let refused = Condition::new("IpAddress", "aws:SourceIp", Vec::new());
        assert_eq!(refused, Err(PolicyError::Unsupported("the condition operator `IpAddress`".to_owned())));
        let unknown = Condition::new("StringIs", "aws:SourceIp", Vec::new());
        assert_eq!(unknown, Err(PolicyError::Malformed("Invalid Condition type : StringIs.".to_owned())));
    }

    #[test]
    fn counts_the_days_of_leap_years() {
        assert_eq!(seconds("1970-01-01"), Some(0.0));
        assert_eq!(seconds("2000-02-29T00:00:01Z"), Some(951_782_401.0));
        assert_eq!(seconds("2026-01-15T10:30:00Z"), Some(1_768_473_000.0));
        assert_eq!(seconds("soon"), None);
    }
}
