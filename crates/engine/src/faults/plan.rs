//! The faults file: what goes wrong, where, and how often; read strictly, with the place of every mistake.

use std::time::Duration;

use hydrant_cfn::iam::matches;
use hydrant_cfn::yaml::{DeErrorKind, Document, NodeValue, Span, Spanned, from_node, near_miss};
use serde::Deserialize;

use super::ResourceAction;
use super::draw::Draw;

/// The names that requests for the engine's services are signed with.
pub const SERVICES: [&str; 16] = [
    "apigateway",
    "cloudformation",
    "ecr",
    "events",
    "firehose",
    "iam",
    "kinesis",
    "lambda",
    "logs",
    "monitoring",
    "s3",
    "scheduler",
    "sns",
    "sqs",
    "ssm",
    "sts",
];

/// What a faults file orders. The default orders nothing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// The same seed gives the same faults.
    #[serde(default)]
    pub(super) seed: u64,
    #[serde(default)]
    pub(super) requests: Vec<RequestRule>,
    #[serde(default)]
    pub(super) resources: Vec<ResourceRule>,
    #[serde(default)]
    pub(super) deliveries: Vec<DeliveryRule>,
}

/// Something wrong with a faults file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct PlanError {
    /// A lower-case fragment: "unknown key `rat`".
    pub message: String,
    pub help: Option<String>,
    /// The guilty bytes of the file.
    pub span: std::ops::Range<usize>,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

/// How a request over HTTP fails.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestRule {
    pub service: Spanned<String>,
    #[serde(default = "any")]
    pub operation: String,
    pub fault: RequestFault,
    rate: Option<Spanned<f64>>,
    every: Option<Spanned<u64>>,
    first: Option<u64>,
    #[serde(default)]
    after: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RequestFault {
    /// Refused as the service refuses when it is called too often.
    Throttle,
    Error(GivenError),
    /// The connection closes without an answer, and nothing was done.
    Drop,
    /// The connection closes without an answer, and the operation was done.
    LoseAnswer,
    Slow(Latency),
    /// The operation is done at once, and its answer waits.
    Late(Latency),
}

/// A code and status of the plan's own choice.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenError {
    #[serde(default = "server_error")]
    pub status: Spanned<u16>,
    pub code: Option<String>,
    pub message: Option<String>,
}

/// Between how many milliseconds an answer waits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Latency {
    from: Spanned<String>,
    /// The same as `from` when it is left out.
    to: Option<Spanned<String>>,
}

/// How a call of a resource type by CloudFormation fails.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceRule {
    #[serde(rename = "type", default = "any")]
    pub resource_type: String,
    #[serde(default = "any")]
    pub logical_id: String,
    #[serde(default = "any")]
    pub stack: String,
    /// Every action when absent.
    pub on: Option<ResourceAction>,
    /// How long the call waits instead of failing.
    pub slow: Option<Latency>,
    #[serde(default = "internal_failure")]
    pub code: String,
    #[serde(default = "ordered")]
    pub message: String,
    #[serde(default = "five_hundred")]
    pub status: u16,
    rate: Option<Spanned<f64>>,
    every: Option<Spanned<u64>>,
    first: Option<u64>,
    #[serde(default)]
    after: u64,
}

/// What happens to records on their way.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeliveryRule {
    pub by: Deliverer,
    /// Name of the function or delivery stream.
    #[serde(default = "any")]
    pub name: String,
    pub fault: DeliveryFault,
    rate: Option<Spanned<f64>>,
    every: Option<Spanned<u64>>,
    first: Option<u64>,
    #[serde(default)]
    after: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Deliverer {
    /// An event source mapping, to a function.
    Mapping,
    Firehose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DeliveryFault {
    Duplicate,
    Reorder,
}

/// How often a rule strikes among the calls that it matches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct When {
    rate: Option<f64>,
    every: Option<u64>,
    first: Option<u64>,
    /// Calls that it lets pass before all else is counted.
    after: u64,
}

impl When {
    /// Tells whether a rule strikes at the `count`th call that it matches, counted from 1.
    pub(super) fn strikes(self, count: u64, draw: Draw) -> bool {
        let count = count.saturating_sub(self.after);
        if count == 0 {
            return false;
        }
        self.first.is_none_or(|first| count <= first)
            && self.every.is_none_or(|every| count.is_multiple_of(every.max(1)))
            && self.rate.is_none_or(|rate| draw.fraction() < rate)
    }
}

macro_rules! when {
    ($($rule:ty),*) => {
        $(impl $rule {
            pub(super) fn when(&self) -> When {
                let (rate, every) = (self.rate.map(|rate| rate.value), self.every.map(|every| every.value));
                When { rate, every, first: self.first, after: self.after }
            }

            fn check_when(&self, found: &mut Vec<Found>) {
                if let Some(rate) = self.rate.filter(|rate| !(0.0..=1.0).contains(&rate.value)) {
                    found.push((rate.span, "a rate lies between 0 and 1".to_owned(), None));
                }
                if let Some(every) = self.every.filter(|every| every.value == 0) {
                    found.push((every.span, "the smallest number here is 1".to_owned(), None));
                }
                if let (Some(_), Some(every)) = (self.rate, self.every) {
                    let message = "`rate` and `every` cannot stand in one rule".to_owned();
                    found.push((every.span, message, None));
                }
            }
        })*
    };
}

when!(RequestRule, ResourceRule, DeliveryRule);

/// A mistake with its place and advice.
type Found = (Span, String, Option<String>);

impl Latency {
    /// Returns how long an answer waits; both limits were checked when the plan was read.
    pub(super) fn of(&self, draw: Draw) -> Duration {
        let from = duration(&self.from).unwrap_or_default();
        let to = self.to.as_ref().and_then(|to| duration(to)).unwrap_or(from);
        from + to.saturating_sub(from).mul_f64(draw.fraction())
    }

    fn check(&self, found: &mut Vec<Found>) {
        for limit in std::iter::once(&self.from).chain(&self.to) {
            if duration(limit).is_none() {
                let message = format!("`{}` is not a duration", limit.value);
                found.push((limit.span, message, Some("write it as `200ms` or `2s`".to_owned())));
            }
        }
        if let Some(to) = self.to.as_ref().filter(|to| duration(to) < duration(&self.from)) {
            found.push((to.span, "`to` is less than `from`".to_owned(), None));
        }
    }
}

/// Reads `200ms`, `2s` or `1m`.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    match &text[digits..] {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

impl FaultPlan {
    /// Reads a faults file, or tells everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<PlanError>> {
        let (document, errors) = Document::parse(text);
        let place = |(span, message, help): Found| {
            let position = document.position(span.start);
            PlanError {
                message,
                help,
                span: span.start..span.end,
                line: position.line,
                column: position.column,
            }
        };
        if !errors.is_empty() {
            return Err(errors.into_iter().map(|error| place((error.span, error.message, None))).collect());
        }
        if document.root.value == NodeValue::Null {
            return Ok(Self::default());
        }
        let plan: Self = from_node(&document.root).map_err(|error| {
            let help = match &error.kind {
                DeErrorKind::UnknownKey { found, expected }
                | DeErrorKind::UnknownVariant { found, expected } => {
                    let near = near_miss(found, expected.iter().copied());
                    near.map(|name| format!("did you mean `{name}`?"))
                        .or_else(|| Some(format!("write one of {}", expected.join(", "))))
                }
                DeErrorKind::NotAMapping { expected } => {
                    Some(format!("its keys are {}", expected.join(", ")))
                }
                DeErrorKind::MissingKey { .. } | DeErrorKind::Invalid => None,
            };
            vec![place((error.span, error.message, help))]
        })?;
        let found = plan.check();
        if found.is_empty() { Ok(plan) } else { Err(found.into_iter().map(place).collect()) }
    }

    fn check(&self) -> Vec<Found> {
        let mut found = Vec::new();
        for rule in &self.requests {
            if !SERVICES.iter().any(|service| matches(&rule.service, service)) {
                let near = near_miss(&rule.service, SERVICES);
                let help = near.map_or_else(
                    || format!("write one of {}", SERVICES.join(", ")),
                    |name| format!("did you mean `{name}`?"),
                );
                found.push((rule.service.span, format!("no service `{}`", rule.service.value), Some(help)));
            }
            match &rule.fault {
                RequestFault::Error(error) if !(400..600).contains(&error.status.value) => {
                    let message = "the status of an error lies between 400 and 599".to_owned();
                    found.push((error.status.span, message, None));
                }
                RequestFault::Slow(latency) | RequestFault::Late(latency) => latency.check(&mut found),
                _ => {}
            }
            rule.check_when(&mut found);
        }
        for rule in &self.resources {
            if let Some(latency) = &rule.slow {
                latency.check(&mut found);
            }
            rule.check_when(&mut found);
        }
        self.deliveries.iter().for_each(|rule| rule.check_when(&mut found));
        found
    }
}

fn any() -> String {
    "*".to_owned()
}

fn server_error() -> Spanned<u16> {
    Spanned::new(500, Span::default())
}

fn internal_failure() -> String {
    "InternalFailure".to_owned()
}

fn ordered() -> String {
    "The faults file of the local engine lets this resource fail.".to_owned()
}

fn five_hundred() -> u16 {
    500
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
