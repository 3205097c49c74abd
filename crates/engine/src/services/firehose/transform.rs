//! Transformation by a function: one invocation for a batch, and a verdict for each record of it.
//!
//! Every record id must come back exactly once, with `Ok`, `Dropped` or `ProcessingFailed`; whatever else
//! happens to a record makes it a failed one, whose content goes to the error prefix.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error_log::Failure;
use super::processing::LambdaProcessor;
use super::session;
use super::source::Item;
use super::stream::Description;
use crate::aws::Aws;
use crate::clock::Timestamp;

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Ok(Bytes),
    Dropped,
    Failed { code: &'static str, message: String },
}

/// What became of a batch.
pub struct Outcome {
    /// One for each record, in their order.
    pub verdicts: Vec<Verdict>,
    pub attempts: u32,
    pub ended_at: Timestamp,
    /// Why the function could not be used at all, for the error log.
    pub failure: Option<Failure>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    records: Vec<Value>,
}

/// A failed record as it stands in an error object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FailedRecord<'a> {
    raw_data: String,
    error_code: &'a str,
    error_message: &'a str,
    attempts_made: u32,
    arrival_timestamp: i64,
    attempt_ending_timestamp: i64,
    #[serde(rename = "lambdaArn")]
    lambda_arn: &'a str,
}

const MISSING: &str = "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids.";
const DUPLICATED: &str = "Multiple records were returned with the same record Id. Ensure that the Lambda function \
                          returns a unique record Id for each record.";
const NO_DATA: &str = "The data field cannot be null when the SourceType is DirectPut or KinesisStreamAsSource and \
                       processing result is Ok. The value field cannot be null when the SourceType is MSKAsSource and \
                       processing result is Ok.";

/// Sends a batch through the function, again when that fails, and judges what comes back.
pub async fn transform(
    aws: &Arc<Aws>,
    description: &Description,
    processor: &LambdaProcessor,
    items: &[Item],
) -> Outcome {
    let ids: Vec<String> =
        (0..items.len()).map(|place| format!("{}{place:014}", uuid::Uuid::new_v4().simple())).collect();
    let payload = Bytes::from(event(description, items, &ids).to_string());
    let mut attempts = 0;
    let failure = loop {
        attempts += 1;
        match invoke(aws, description, processor, payload.clone()).await {
            Ok(answer) => {
                let verdicts = judge(&ids, &answer);
                return Outcome { verdicts, attempts, ended_at: aws.clock.now(), failure: None };
            }
            Err(failure) if attempts > processor.retries => break failure,
            Err(_) => {}
        }
    };
    let failed = Verdict::Failed { code: failure.code, message: failure.message.clone() };
    let verdicts = vec![failed; items.len()];
    Outcome { verdicts, attempts, ended_at: aws.clock.now(), failure: Some(failure) }
}

async fn invoke(
    aws: &Arc<Aws>,
    description: &Description,
    processor: &LambdaProcessor,
    payload: Bytes,
) -> Result<Bytes, Failure> {
    let function = &processor.function_arn;
    let refused = |error| Failure::of_invocation(&error, function);
    let caller = session::assume(aws, description, &processor.role_arn).map_err(refused)?;
    let invocation = aws.services.lambda.invoke(aws, &caller, function, payload).await.map_err(refused)?;
    match invocation.function_error {
        None => Ok(invocation.payload),
        Some(_) => Err(Failure::of_function(function)),
    }
}

/// Returns the event that the function gets.
fn event(description: &Description, items: &[Item], ids: &[String]) -> Value {
    let record = |(item, id): (&Item, &String)| {
        let mut record = json!({
            "recordId": id,
            "approximateArrivalTimestamp": item.arrived_at.0,
            "data": STANDARD.encode(&item.data),
        });
        if let Some(metadata) = &item.metadata {
            record["kinesisRecordMetadata"] = metadata.clone();
        }
        record
    };
    let records: Vec<Value> = items.iter().zip(ids).map(record).collect();
    let mut event = json!({
        "invocationId": uuid::Uuid::new_v4().to_string(),
        "deliveryStreamArn": description.arn(),
        "region": description.region,
    });
    if let Some(source) = &description.source {
        event["sourceKinesisStreamArn"] = json!(source.stream_arn);
    }
    event["records"] = json!(records);
    event
}

/// Finds each record in the function's answer; ids that were not sent are ignored.
fn judge(ids: &[String], answer: &[u8]) -> Vec<Verdict> {
    let answer: Vec<Value> =
        serde_json::from_slice(answer).map_or_else(|_| Vec::new(), |answer: Answer| answer.records);
    let mut returned: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for record in &answer {
        if let Some(id) = record.get("recordId").and_then(Value::as_str) {
            returned.entry(id).or_default().push(record);
        }
    }
    let failed = |code, message: &str| Verdict::Failed { code, message: message.to_owned() };
    let verdict = |id: &String| match returned.get(id.as_str()).map(Vec::as_slice) {
        None | Some([]) => failed("Lambda.MissingRecordId", MISSING),
        Some([record]) => judge_record(record),
        Some(_) => failed("Lambda.DuplicatedRecordId", DUPLICATED),
    };
    ids.iter().map(verdict).collect()
}

fn judge_record(record: &Value) -> Verdict {
    let failed = |code, message: &str| Verdict::Failed { code, message: message.to_owned() };
    let data = record.get("data").and_then(Value::as_str);
    match record.get("result").and_then(Value::as_str) {
        Some("Dropped") => Verdict::Dropped,
        Some("ProcessingFailed") => {
            failed("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")
        }
        Some("Ok") => match data.map(|data| STANDARD.decode(data)) {
            None => failed("Lambda.InvalidReturnFormat", NO_DATA),
            Some(Ok(data)) => Verdict::Ok(data.into()),
            // Not confirmed on AWS: the wording of these two.
            Some(Err(_)) => failed("Lambda.InvalidReturnFormat", "The data field must be base64 encoded."),
        },
        _ => failed(
            "Lambda.InvalidReturnFormat",
            "The result field must be one of Ok, Dropped or ProcessingFailed.",
        ),
    }
}

/// Returns the line of an error object that keeps a failed record.
pub fn failed_line(item: &Item, outcome: &Outcome, code: &str, message: &str, lambda_arn: &str) -> String {
    let record = FailedRecord {
        raw_data: STANDARD.encode(&item.data),
        error_code: code,
        error_message: message,
        attempts_made: outcome.attempts,
        arrival_timestamp: item.arrived_at.0,
        attempt_ending_timestamp: outcome.ended_at.0,
        lambda_arn,
    };
    // A structure of numbers and texts always has a JSON form.
    serde_json::to_string(&record).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(answer: &str) -> Vec<String> {
        let ids = ["1".to_owned(), "2".to_owned()];
        let code = |verdict| match verdict {
            Verdict::Ok(data) => String::from_utf8(data.to_vec()).unwrap(),
            Verdict::Dropped => "dropped".to_owned(),
            Verdict::Failed { code, .. } => code.to_owned(),
        };
        judge(&ids, answer.as_bytes()).into_iter().map(code).collect()
    }

    #[test]
    fn judges_each_record_by_what_the_function_says_of_it() {
        let answer = r#"{"records":[{"recordId":"2","result":"Dropped"},{"recordId":"1","result":"Ok","data":"aGk="}]}"#;
        assert_eq!(codes(answer), ["hi", "dropped"]);
        let answer =
            r#"{"records":[{"recordId":"1","result":"ProcessingFailed"},{"recordId":"2","result":"Ok"}]}"#;
        assert_eq!(codes(answer), ["Lambda.ProcessingFailedStatus", "Lambda.InvalidReturnFormat"]);
        let answer =
            r#"{"records":[{"recordId":"1","result":"Fine"},{"recordId":"2","result":"Ok","data":"*"}]}"#;
        assert_eq!(codes(answer), ["Lambda.InvalidReturnFormat", "Lambda.InvalidReturnFormat"]);
    }

    #[test]
    fn wants_every_record_exactly_once() {
        let twice =
            r#"{"records":[{"recordId":"1","result":"Dropped"},{"recordId":"1","result":"Dropped"}]}"#;
        assert_eq!(codes(twice), ["Lambda.DuplicatedRecordId", "Lambda.MissingRecordId"]);
        for answer in
            ["", "null", "[]", r#"{"records":null}"#, r#"{"records":[{"recordId":"3","result":"Ok"}]}"#]
        {
            assert_eq!(codes(answer), ["Lambda.MissingRecordId", "Lambda.MissingRecordId"], "{answer}");
        }
    }
}
