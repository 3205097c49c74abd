//! Why records did not come out: what the exit's own log, error objects and mapping say.

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Statistic};
use serde_json::Value;

use super::Proof;
use super::exit::{objects, read_log};
use super::passages::Exit;
use crate::deploy::names::name_in_aws;
use crate::records;
use crate::stack::{Delivery, logical_id};

/// A reader that is so far behind, in milliseconds, has not come to the proof's records.
const FAR_BEHIND: f64 = 10_000.0;

/// How long before the proof metrics are looked at, in seconds.
const LOOK_BACK: i64 = 300;

/// How long after it, in seconds.
const LOOK_AHEAD: i64 = 86_400;

/// Returns the best reason that can be found, or nothing.
pub async fn of(proof: &Proof<'_>, exit: &Exit<'_>) -> Option<String> {
    match exit {
        Exit::Log { name, function } => {
            let stream = function.reads.as_ref().map(|reads| logical_id(&reads.stream))?;
            let mapping = format!("{}From{stream}", logical_id(name));
            if let Some(trouble) = of_mapping(proof, &mapping).await {
                return Some(trouble);
            }
            match iterator_age(proof, name).await {
                Some(age) if age > FAR_BEHIND => Some(format!("{name} is {age:.0} ms behind its stream")),
                _ => last_line(proof, name).await,
            }
        }
        Exit::Objects { name, delivery } => match of_error_objects(proof, name, delivery).await {
            Some(trouble) => Some(trouble),
            None => last_line(proof, name).await,
        },
        Exit::Topic { function, .. } => last_line(proof, function).await,
    }
}

/// Returns how the mapping's last batch went, unless it went well.
async fn of_mapping(proof: &Proof<'_>, id: &str) -> Option<String> {
    let uuid = proof.names.get(id)?;
    let mapping = proof.clients.lambda.get_event_source_mapping().uuid(uuid).send().await.ok()?;
    let result = mapping.last_processing_result?;
    (!matches!(result.as_str(), "OK" | "No records processed"))
        .then(|| format!("the last batch ended with: {result}"))
}

/// Returns how old the last record was that a function was given, at most and in milliseconds.
async fn iterator_age(proof: &Proof<'_>, function: &str) -> Option<f64> {
    let name = name_in_aws(&proof.names, function).ok()?;
    // A function that lags does so since before this proof. The clock of a local engine may be hours ahead.
    let began = proof.since / 1000;
    let answer = proof
        .clients
        .cloudwatch
        .get_metric_statistics()
        .namespace("AWS/Lambda")
        .metric_name("IteratorAge")
        .dimensions(Dimension::builder().name("FunctionName").value(name).build())
        .start_time(DateTime::from_secs(began - LOOK_BACK))
        .end_time(DateTime::from_secs(began + LOOK_AHEAD))
        .period(300)
        .statistics(Statistic::Maximum)
        .send()
        .await
        .ok()?;
    let latest = answer
        .datapoints
        .unwrap_or_default()
        .into_iter()
        .max_by_key(|one| one.timestamp().map(DateTime::secs));
    latest?.maximum
}

/// Returns what Firehose wrote of records that it could not deliver.
async fn of_error_objects(proof: &Proof<'_>, name: &str, delivery: &Delivery) -> Option<String> {
    let (place, line) = objects::last_error(proof, name, delivery).await.ok()??;
    let error = records::decode_error(serde_json::from_str(&line).ok()?);
    let word = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    Some(format!("{}: {} ({place})", word("errorCode"), word("errorMessage")))
}

/// Returns the last thing in a block's log that sounds like trouble, or else the last thing.
async fn last_line(proof: &Proof<'_>, block: &str) -> Option<String> {
    let group = name_in_aws(&proof.names, &format!("{}-logs", logical_id(block))).ok()?;
    let lines = read_log(proof.clients, group, proof.since).await.ok()?;
    let lines: Vec<&str> =
        lines.iter().map(|(_, line)| line.trim()).filter(|line| !line.is_empty()).collect();
    let sounds_bad = |line: &&&str| {
        let line = line.to_ascii_lowercase();
        ["error", "denied", "timed out", "failed"].iter().any(|word| line.contains(word))
    };
    let line = lines.iter().rev().find(sounds_bad).or(lines.last())?;
    Some(format!("{group}: {line}"))
}
