//! CloudWatch: metrics that services emit and callers put, and alarms over them.
//!
//! It speaks the three protocols of CloudWatch, CBOR, JSON and Query, to one set of operations. Metrics are
//! kept as sums by the minute; percentiles, metric math, dashboards and composite alarms are not here.

mod alarm;
mod alarm_operations;
mod data;
mod evaluation;
mod history;
mod input;
mod metric;
mod resource;
mod service_metrics;
mod tags;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;
use serde_json::{Value, json};

use self::alarm::Alarm;
use self::metric::{Metric, Metrics, Sums};
pub use self::service_metrics::{Emitter, Invoked, reported_duration};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::delivery::Deliveries;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::{Body, cbor, json as json_protocol, query};

const NAMESPACE: &str = "http://monitoring.amazonaws.com/doc/2010-08-01/";

/// The service's handle.
pub struct CloudWatch {
    metrics: Metrics,
    alarm_table: Table<Alarm>,
    alarms: Mutex<BTreeMap<String, Alarm>>,
    history: Table<history::Event>,
    deliveries: Deliveries,
}

impl CloudWatch {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let alarm_table: Table<Alarm> = store.table("cloudwatch-alarm");
        Ok(Self {
            metrics: Metrics::open(store),
            alarms: Mutex::new(alarm_table.scan("")?.into_iter().collect()),
            alarm_table,
            history: store.table("cloudwatch-alarm-history"),
            deliveries: Deliveries::open(store, "cloudwatch-delivery"),
        })
    }

    /// Counts one value of a metric, at the engine's present time.
    ///
    /// It is in memory until the minute is over: the last minute before a crash may be lost.
    pub fn emit(
        &self,
        aws: &Aws,
        caller: &Caller,
        namespace: &str,
        metric: &str,
        dimensions: &[(&str, &str)],
        value: f64,
    ) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let metric = Metric::new(caller, namespace, metric, dimensions.iter().map(owned).collect());
        self.add(metric, aws.clock.now(), Sums::of(value, 1.0));
    }

    fn add(&self, metric: Metric, at: Timestamp, sums: Sums) {
        if self.metrics.add(metric, at, sums)
            && let Err(error) = self.metrics.flush()
        {
            tracing::error!(%error, "metrics could not be kept");
        }
    }

    fn alarms(&self) -> MutexGuard<'_, BTreeMap<String, Alarm>> {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, aws: &Aws, caller: &Caller, operation: &str, input: Value) -> Result<Value, AwsError> {
        match operation {
            "PutMetricData" => self.put_data(aws, caller, input),
            "GetMetricData" => self.get_data(aws, caller, input),
            "GetMetricStatistics" => self.get_statistics(aws, caller, input),
            "ListMetrics" => self.list_metrics(aws, caller, input),
            "PutMetricAlarm" => self.put_metric_alarm(aws, caller, input),
            "DescribeAlarms" => self.describe_alarms(aws, caller, input),
            "DeleteAlarms" => self.delete_alarms(aws, caller, input),
            "SetAlarmState" => self.set_alarm_state(aws, caller, input),
            "DescribeAlarmHistory" => self.describe_alarm_history(aws, caller, input),
            "ListTagsForResource" => self.list_tags(aws, caller, input),
            "TagResource" => self.tag(aws, caller, input),
            "UntagResource" => self.untag(aws, caller, input),
            _ => Err(AwsError::not_supported(format_args!("the operation `{operation}`"))),
        }
    }
}

/// Returns a moment as operations put it into their output; each protocol writes it in its own form.
fn moment(at: Timestamp) -> Value {
    json!({cbor::MOMENT: at.0})
}

/// Replaces the moments of an output by what `write` makes of them.
fn with_moments(output: Value, write: &dyn Fn(Timestamp) -> Value) -> Value {
    match output {
        Value::Array(items) => items.into_iter().map(|item| with_moments(item, write)).collect(),
        Value::Object(members) => match members.get(cbor::MOMENT).and_then(Value::as_i64) {
            Some(milliseconds) => write(Timestamp(milliseconds)),
            None => {
                let members = members.into_iter().map(|(name, value)| (name, with_moments(value, write)));
                members.filter(|(_, value)| !value.is_null()).collect()
            }
        },
        other => other,
    }
}

/// The operations that [`CloudWatch::answer`] answers; the table in `docs/engine.md` is written from this.
const OPERATIONS: &[&str] = &[
    "DeleteAlarms",
    "DescribeAlarmHistory",
    "DescribeAlarms",
    "GetMetricData",
    "GetMetricStatistics",
    "ListMetrics",
    "ListTagsForResource",
    "PutMetricAlarm",
    "PutMetricData",
    "SetAlarmState",
    "TagResource",
    "UntagResource",
];

#[async_trait]
impl Service for CloudWatch {
    fn signing_name(&self) -> &'static str {
        "monitoring"
    }

    fn operations(&self) -> &'static [&'static str] {
        OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        if cbor::speaks(&request) {
            return cbor::serve(request, async |operation, input| {
                let output = self.answer(aws, caller, &operation, input)?;
                // CBOR has no document that is nothing.
                Ok(if output.is_null() { json!({}) } else { output })
            })
            .await;
        }
        if request.headers().contains_key("x-amz-target") {
            return json_protocol::serve(request, async |call| {
                let output = self.answer(aws, caller, &call.operation, call.input()?)?;
                json_protocol::Reply::of(&with_moments(output, &|at| at.seconds().into()))
            })
            .await;
        }
        query::serve(request, NAMESPACE, async |call| {
            let output = self.answer(aws, caller, &call.operation, call.input()?)?;
            query::Reply::of(&with_moments(output, &|at| at.iso8601().into()))
        })
        .await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        vec![Box::new(resource::AlarmResource)]
    }

    fn start(&self, aws: &Arc<Aws>) {
        self.deliveries.start(aws);
        self.watch(aws);
    }
}
