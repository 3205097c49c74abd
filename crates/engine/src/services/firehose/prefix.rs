//! Prefixes of delivered objects: text with `!{namespace:value}` expressions in it.
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html> has the rules. The namespaces of
//! dynamic partitioning are refused by name.

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::date_pattern::DatePattern;
use super::refusal::invalid_argument;
use crate::clock::Timestamp;
use crate::error::AwsError;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Timestamp(DatePattern),
    RandomString,
    ErrorOutputType,
}

/// A prefix that has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefix(Vec<Part>);

/// The prefixes of delivered and of failed records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefixes {
    data: Prefix,
    errors: Option<Prefix>,
    time_zone: TimeZone,
}

impl Prefix {
    fn parse(text: &str) -> Result<Self, AwsError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("!{") {
            if at > 0 {
                parts.push(Part::Text(rest[..at].to_owned()));
            }
            let expression = &rest[at + 2..];
            let end = expression.find('}').ok_or_else(|| {
                // Not confirmed on AWS: the wording.
                invalid_argument(format!("Prefix {text} contains an expression that is not closed."))
            })?;
            parts.push(part(&expression[..end])?);
            rest = &expression[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    fn has_expressions(&self) -> bool {
        self.0.iter().any(|part| !matches!(part, Part::Text(_)))
    }

    fn has(&self, wanted: fn(&Part) -> bool) -> bool {
        self.0.iter().any(wanted)
    }

    fn evaluate(&self, moment: &Zoned, error_output_type: &str) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Timestamp(pattern) => pattern.format(moment),
            Part::RandomString => random_string(),
            Part::ErrorOutputType => error_output_type.to_owned(),
        };
        self.0.iter().map(part).collect()
    }
}

fn part(expression: &str) -> Result<Part, AwsError> {
    let (namespace, value) = expression.split_once(':').unwrap_or((expression, ""));
    match (namespace, value) {
        ("timestamp", pattern) => {
            DatePattern::parse(pattern).map(Part::Timestamp).map_err(AwsError::not_supported)
        }
        ("firehose", "random-string") => Ok(Part::RandomString),
        ("firehose", "error-output-type") => Ok(Part::ErrorOutputType),
        ("partitionKeyFromQuery" | "partitionKeyFromLambda", _) => {
            Err(AwsError::not_supported(format_args!("`!{{{namespace}:…}}` in a prefix")))
        }
        // Not confirmed on AWS: the wording.
        _ => Err(invalid_argument(format!("Prefix contains the invalid expression !{{{expression}}}."))),
    }
}

/// Returns eleven letters and digits, as `!{firehose:random-string}` gives.
fn random_string() -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    (0..11).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect()
}

impl Prefixes {
    /// Reads both prefixes and checks them against each other.
    pub fn parse(data: &str, errors: Option<&str>, time_zone: TimeZone) -> Result<Self, AwsError> {
        let data = Prefix::parse(data)?;
        let errors = errors.filter(|errors| !errors.is_empty()).map(Prefix::parse).transpose()?;
        if data.has_expressions() && errors.is_none() {
            return Err(invalid_argument(
                "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions.",
            ));
        }
        // Not confirmed on AWS: the wording of these two.
        if data.has(|part| *part == Part::ErrorOutputType) {
            return Err(invalid_argument("Prefix cannot contain !{firehose:error-output-type}."));
        }
        let lacks_type =
            |errors: &Prefix| errors.has_expressions() && !errors.has(|part| *part == Part::ErrorOutputType);
        if errors.as_ref().is_some_and(lacks_type) {
            return Err(invalid_argument(
                "ErrorOutputPrefix with expressions must contain !{firehose:error-output-type}.",
            ));
        }
        Ok(Self { data, errors, time_zone })
    }

    /// Returns a moment in the time zone of the prefixes.
    pub fn zoned(&self, moment: Timestamp) -> Zoned {
        let moment = jiff::Timestamp::from_millisecond(moment.0).unwrap_or(jiff::Timestamp::MAX);
        moment.to_zoned(self.time_zone.clone())
    }

    /// Returns the prefix of an object whose oldest record arrived at `moment`.
    pub fn of_data(&self, moment: &Zoned) -> String {
        let prefix = self.data.evaluate(moment, "");
        let has_date = self.data.has(|part| matches!(part, Part::Timestamp(_)));
        if has_date { prefix } else { prefix + &moment.strftime("%Y/%m/%d/%H/").to_string() }
    }

    /// Returns the prefix of an object of failed records.
    pub fn of_errors(&self, moment: &Zoned, error_output_type: &str) -> String {
        let date = moment.strftime("%Y/%m/%d/%H/");
        match &self.errors {
            Some(errors) if errors.has_expressions() => errors.evaluate(moment, error_output_type),
            // Not confirmed on AWS: what comes after a prefix without expressions.
            Some(errors) => {
                format!("{}{error_output_type}/{date}", errors.evaluate(moment, error_output_type))
            }
            None => format!("{}{error_output_type}/{date}", self.data.evaluate(moment, "")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2018-08-27T10:30:00Z, the moment of AWS's examples.
    const MOMENT: Timestamp = Timestamp(1_535_365_800_000);

    fn evaluate(data: &str, errors: Option<&str>) -> (String, String) {
        let prefixes = Prefixes::parse(data, errors, TimeZone::UTC).unwrap();
        let moment = prefixes.zoned(MOMENT);
        (prefixes.of_data(&moment), prefixes.of_errors(&moment, "processing-failed"))
    }

    #[test]
    fn evaluates_the_examples_of_the_documentation() {
        assert_eq!(
            evaluate("", Some("myFirehoseFailures/!{firehose:error-output-type}/")),
            ("2018/08/27/10/".into(), "myFirehoseFailures/processing-failed/".into())
        );
        let year =
            "myPrefix/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/";
        let (data, _) = evaluate(year, Some("e/!{firehose:error-output-type}"));
        assert_eq!(data, "myPrefix/year=2018/month=08/day=27/hour=10/");
        let random = "d/!{timestamp:yyyy}/rand=!{firehose:random-string}";
        let (data, _) = evaluate(random, Some("e/!{firehose:error-output-type}"));
        let random = data.strip_prefix("d/2018/rand=").unwrap();
        assert_eq!(random.len(), 11);
    }

    #[test]
    fn adds_the_date_where_no_expression_asks_for_it() {
        assert_eq!(
            evaluate("gps/", None),
            ("gps/2018/08/27/10/".into(), "gps/processing-failed/2018/08/27/10/".into())
        );
        assert_eq!(evaluate("gps/", Some("failed/")).1, "failed/processing-failed/2018/08/27/10/");
    }

    #[test]
    fn follows_the_time_zone() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let prefixes = Prefixes::parse("", None, zone).unwrap();
        assert_eq!(prefixes.of_data(&prefixes.zoned(MOMENT)), "2018/08/27/19/");
    }

    #[test]
    fn refuses_prefixes_that_do_not_fit_together() {
        let refused = |data, errors| Prefixes::parse(data, errors, TimeZone::UTC).unwrap_err().message;
        let needed = "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions.";
        assert_eq!(refused("!{timestamp:yyyy}/", None), needed);
        assert_eq!(refused("!{timestamp:yyyy}/", Some("")), needed);
        refused("!{firehose:error-output-type}/", Some("e/!{firehose:error-output-type}/"));
        refused("", Some("e/!{timestamp:yyyy}/"));
        refused("!{timestamp:yyyy", None);
        refused("!{other:x}", None);
        assert!(refused("!{partitionKeyFromQuery:id}/", None).contains("is not supported"));
    }
}
