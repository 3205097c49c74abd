//! Sees batches through: invokes the function, tries again, gives up, and ends tumbling windows.

use serde_json::{Value, json};

use super::event::{self, EventWriter, Verdict};
use super::poller::{Poller, Stopped};
use super::retry::{self, Batch, GivenUp};
use super::tumbling::{self, Occasion, OpenWindow};
use crate::error::AwsError;
use crate::services::kinesis::{Position, Record};
use crate::services::lambda::execution::Outcome;
use crate::wire::request_id;

impl Poller {
    /// Sees records through to their end, in as many events as they need.
    pub async fn handle(&mut self, records: Vec<Record>) -> Result<(), Stopped> {
        let mut rest = records;
        while !rest.is_empty() {
            let taken = self.window.as_ref().map_or(0, |window| window.size() + 1024);
            let fitting = match self.aws.services.lambda.function(&self.mapping.function) {
                Ok(function) => self.writer(&function.role).fitting(&rest, taken),
                Err(_) => rest.len(),
            };
            let after = rest.split_off(fitting);
            let batch = Batch::new(&self.mapping, rest);
            self.see_through(batch).await?;
            rest = after;
        }
        self.note_dropped();
        Ok(())
    }

    async fn see_through(&mut self, mut batch: Batch) -> Result<(), Stopped> {
        let mut refusals = 0;
        loop {
            if let Some(old) = batch.drop_old(self.aws.clock.now()) {
                self.give_up(&old, "RecordAgeExceeded", None).await;
                self.note_last(&old.records);
            }
            if batch.records().is_empty() {
                return Ok(());
            }
            if self.stop.is_cancelled() {
                return Err(Stopped);
            }
            let outcome = match self.invoke(batch.records(), Occasion::Records).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    // A function that cannot be invoked says nothing about the records.
                    refusals += 1;
                    self.result(&format!("PROBLEM: {}", error.message));
                    self.pause(retry::wait(refusals)).await?;
                    self.forget_expired(&mut batch);
                    continue;
                }
            };
            let verdict = self.judge(&outcome, batch.records());
            let is_done = verdict == Verdict::Done;
            let step = batch.conclude(verdict);
            if let Some(given_up) = &step.given_up {
                self.give_up(given_up, "RetryAttemptsExhausted", Some(&outcome)).await;
            }
            if let Some(last) = step.handled {
                self.note_handled(Position::AfterSequenceNumber(last));
            }
            self.result(if is_done { "OK" } else { "PROBLEM: Function call failed" });
            if self.window.as_ref().is_some_and(OpenWindow::is_too_large) {
                self.close_window(Occasion::EarlyEnd).await?;
            }
            if let Some(wait) = step.wait {
                self.pause(wait).await?;
                self.forget_expired(&mut batch);
            }
        }
    }

    /// Returns what an outcome says of its records, and takes over the state of the window.
    fn judge(&mut self, outcome: &Outcome, records: &[Record]) -> Verdict {
        if outcome.function_error.is_some() {
            return Verdict::Failed;
        }
        if let Some(window) = &mut self.window {
            match tumbling::state(&outcome.payload) {
                Some(state) => window.state = state,
                None => return Verdict::Failed,
            }
        }
        if self.mapping.reports_item_failures {
            event::verdict(&outcome.payload, records)
        } else {
            Verdict::Done
        }
    }

    /// Invokes the function for the end of the open window until it succeeds; until then the shard stands still.
    pub async fn close_window(&mut self, occasion: Occasion) -> Result<(), Stopped> {
        let mut failures = 0;
        loop {
            if self.stop.is_cancelled() {
                return Err(Stopped);
            }
            // Whether an answer at the end needs a state is not confirmed on AWS.
            let problem = match self.invoke(&[], occasion).await {
                Ok(outcome) if outcome.function_error.is_none() => break,
                Ok(_) => "Function call failed".to_owned(),
                Err(error) => error.message,
            };
            failures += 1;
            self.result(&format!("PROBLEM: {problem}"));
            self.pause(retry::wait(failures)).await?;
        }
        match (&mut self.window, occasion) {
            // The same window goes on with a fresh state; what is noted is noted with the next records.
            (Some(window), Occasion::EarlyEnd) => window.start_over(),
            _ => {
                self.window = None;
                self.note_handled(self.position.clone());
            }
        }
        self.result("OK");
        Ok(())
    }

    /// Drops records that the stream's retention has passed over meanwhile.
    fn forget_expired(&mut self, batch: &mut Batch) {
        let Some(first) = batch.records().first() else { return };
        let at = Position::AtSequenceNumber(first.sequence_number.clone());
        let oldest = self.read(&at, 1).ok().and_then(|read| read.records.into_iter().next());
        if let Some(last) = oldest.and_then(|oldest| batch.drop_before(&oldest.sequence_number)) {
            self.note_handled(Position::AfterSequenceNumber(last));
        }
    }

    async fn invoke(&self, records: &[Record], occasion: Occasion) -> Result<Outcome, AwsError> {
        let lambda = &self.aws.services.lambda;
        let key = &self.mapping.function;
        if let Some(last) = records.last() {
            let now = self.aws.clock.now();
            let age = now.since(last.arrived_at);
            self.aws.services.cloudwatch.lambda_iterator_age(now, key.emitter(), age);
        }
        let ordered = self.aws.faults().ordered(&key.name, records);
        let window = self.window.as_ref().map(|window| (window, occasion));
        let event = self.writer(&lambda.function(key)?.role).write(&ordered, window);
        if self.aws.faults().repeats_batch(&key.name) {
            lambda.run(&self.aws, key, request_id(), event.clone()).await?;
        }
        lambda.run(&self.aws, key, request_id(), event).await
    }

    fn writer<'a>(&'a self, role: &'a str) -> EventWriter<'a> {
        EventWriter { mapping: &self.mapping, role, shard_id: &self.shard_id }
    }

    /// Sends what is known of records that are given up to the mapping's destination.
    async fn give_up(&self, given_up: &GivenUp, condition: &str, outcome: Option<&Outcome>) {
        let function = &self.mapping.function;
        tracing::warn!(function = function.name, shard = self.shard_id, condition, "a batch was given up");
        let Some(arn) = &self.mapping.on_failure else { return };
        let record = self.record(given_up, condition, outcome);
        self.aws.services.lambda.send_record(&self.aws, function, arn, &record).await;
    }

    /// Returns the record of a batch that was given up,
    /// <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>. The condition of records
    /// that are too old is not confirmed on AWS.
    fn record(&self, given_up: &GivenUp, condition: &str, outcome: Option<&Outcome>) -> Value {
        let GivenUp { records, failures } = given_up;
        let number = |record: Option<&Record>| record.map(|record| record.sequence_number.clone());
        let arrival = |record: Option<&Record>| record.map(|record| record.arrived_at.iso8601());
        let mut record = json!({
            "requestContext": {
                "requestId": request_id(),
                "functionArn": self.mapping.function.arn(),
                "condition": condition,
                "approximateInvokeCount": failures,
            },
            "version": "1.0",
            "timestamp": self.aws.clock.now().iso8601(),
            "KinesisBatchInfo": {
                "shardId": self.shard_id,
                "startSequenceNumber": number(records.first()),
                "endSequenceNumber": number(records.last()),
                "approximateArrivalOfFirstRecord": arrival(records.first()),
                "approximateArrivalOfLastRecord": arrival(records.last()),
                "batchSize": records.len(),
                "streamArn": self.mapping.source_arn,
            },
        });
        if let Some(outcome) = outcome {
            let version = self.mapping.function.qualifier.as_deref().unwrap_or("$LATEST");
            record["responseContext"] = json!({"statusCode": 200, "executedVersion": version});
            if let Some(error) = outcome.function_error {
                record["responseContext"]["functionError"] = json!(error);
            }
        }
        record
    }
}
