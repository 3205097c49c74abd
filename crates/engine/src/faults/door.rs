//! Faults of requests: what the front door does instead of, before, or after handing a request on.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hydrant_cfn::iam::matches;

use super::plan::{GivenError, RequestFault};
use super::{Faults, Strike, operation, throttle};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::wire::Body;

/// How a request goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Passage {
    Open,
    /// It is refused with this error.
    Refused(AwsError),
    /// The connection closes, and nothing is done.
    Closed,
    /// The operation is done, and then the connection closes.
    AnswerLost,
    /// The operation is done, and its answer waits.
    Late(Late),
}

/// Marks a response that must not reach the client: the connection closes instead.
#[derive(Debug, Clone, Copy)]
pub struct Lost;

/// Marks a response that waits before it goes to the client.
#[derive(Debug, Clone, PartialEq)]
pub struct Late {
    wait: Duration,
    strike: Strike,
}

/// Left on a request whose operation only its body names; the protocol asks [`pass_pending`] with it.
#[derive(Clone)]
pub struct Pending {
    aws: Arc<Aws>,
    service: String,
}

impl Faults {
    /// Returns how a request goes on, after it has waited as long as it must.
    pub(crate) async fn at_door<B>(aws: &Arc<Aws>, service: &str, request: &mut Request<B>) -> Passage {
        let faults = aws.faults();
        if !faults.plan.requests.iter().any(|rule| matches(&rule.service, service)) {
            return Passage::Open;
        }
        match operation::of(service, request) {
            Some(operation) => faults.pass(service, &operation).await,
            None => {
                request
                    .extensions_mut()
                    .insert(Pending { aws: Arc::clone(aws), service: service.to_owned() });
                Passage::Open
            }
        }
    }

    async fn pass(&self, service: &str, operation: &str) -> Passage {
        let (wait, passage) = self.decide(service, operation);
        let strikes_now = !matches!(passage, Passage::Open | Passage::Late(_)) || wait > Duration::ZERO;
        if strikes_now {
            self.note(Strike::new(service, operation));
        }
        // A client waits in real time, whatever the engine's clock shows.
        tokio::time::sleep(wait).await;
        if passage != Passage::Open {
            tracing::warn!(service, operation, ?passage, "a request fails, as the faults file says");
        }
        passage
    }

    /// Counts the request for every rule that matches it. Waits add up; of the rest the first that strikes decides.
    fn decide(&self, service: &str, operation: &str) -> (Duration, Passage) {
        let mut wait = Duration::ZERO;
        let mut passage = Passage::Open;
        for (place, rule) in self.plan.requests.iter().enumerate() {
            if !matches(&rule.service, service) || !matches(&rule.operation, operation) {
                continue;
            }
            let Some(draw) = self.strikes(&self.requests, 1, place, &rule.when()) else { continue };
            let struck = match &rule.fault {
                RequestFault::Slow(latency) => {
                    wait += latency.of(draw.next());
                    continue;
                }
                RequestFault::Throttle => Passage::Refused(throttle::refusal(service, operation)),
                RequestFault::Error(given) => Passage::Refused(given.refusal(service)),
                RequestFault::Drop => Passage::Closed,
                RequestFault::LoseAnswer => Passage::AnswerLost,
                RequestFault::Late(latency) => Passage::Late(Late {
                    wait: latency.of(draw.next()),
                    strike: Strike::new(service, operation),
                }),
            };
            if passage == Passage::Open {
                passage = struck;
            }
        }
        (wait, passage)
    }
}

/// Returns how a request goes on whose body has named its operation.
pub async fn pass_pending(pending: Option<Pending>, operation: &str) -> Passage {
    match pending {
        Some(Pending { aws, service }) => aws.faults().pass(&service, operation).await,
        None => Passage::Open,
    }
}

impl Lost {
    /// Marks a response as one that must not reach the client.
    pub fn mark(mut response: Response<Body>) -> Response<Body> {
        response.extensions_mut().insert(Lost);
        response
    }
}

impl Late {
    /// Marks a response as one that waits.
    pub fn mark(self, mut response: Response<Body>) -> Response<Body> {
        response.extensions_mut().insert(self);
        response
    }

    /// Holds a response back that is marked so.
    pub async fn hold(aws: &Aws, response: &mut Response<Body>) {
        if let Some(Self { wait, strike }) = response.extensions_mut().remove() {
            aws.faults().note(strike);
            tokio::time::sleep(wait).await;
        }
    }
}

impl GivenError {
    fn refusal(&self, service: &str) -> AwsError {
        let status = self.status.value;
        let code = self.code.as_deref().unwrap_or(match (service, status) {
            ("s3", 503) => "ServiceUnavailable",
            ("s3", _) => "InternalError",
            (_, 503) => "ServiceUnavailable",
            _ => "InternalFailure",
        });
        let message = self.message.as_deref().unwrap_or("The faults file of the local engine says so.");
        AwsError::new(code, message).status(status)
    }
}

#[cfg(test)]
mod tests {
    use super::super::FaultPlan;
    use super::*;

    fn story(text: &str, calls: &[(&str, &str)]) -> Vec<Passage> {
        let faults = Faults::new(FaultPlan::parse(text).unwrap());
        calls.iter().map(|(service, operation)| faults.decide(service, operation).1).collect()
    }

    #[test]
    fn decides_the_same_for_the_same_seed() {
        let plan = |seed: u64| {
            format!(
                "seed: {seed}\nrequests: [{{ service: kinesis, operation: Put*, rate: 0.5, fault: throttle }}]"
            )
        };
        let calls = [("kinesis", "PutRecord"); 64];
        let once = story(&plan(7), &calls);
        assert_eq!(once, story(&plan(7), &calls));
        assert_ne!(once, story(&plan(8), &calls));
        // What a rule does not match has no part in its count.
        let mixed: Vec<_> = calls.iter().flat_map(|call| [("s3", "PutObject"), *call]).collect();
        let with_others: Vec<_> = story(&plan(7), &mixed).into_iter().skip(1).step_by(2).collect();
        assert_eq!(once, with_others);
    }

    #[test]
    fn lets_the_first_rule_that_strikes_decide_and_adds_up_waits() {
        let plan = "requests:\n\
                    - { service: s3, fault: { slow: { from: 10ms } } }\n\
                    - { service: '*', every: 2, fault: drop }\n\
                    - { service: s3, fault: { slow: { from: 5ms } } }\n\
                    - { service: s3, fault: { error: {} } }\n";
        let faults = Faults::new(FaultPlan::parse(plan).unwrap());
        let (wait, passage) = faults.decide("s3", "GetObject");
        assert_eq!(wait, Duration::from_millis(15));
        assert!(matches!(passage, Passage::Refused(error) if error.code == "InternalError"));
        assert_eq!(faults.decide("s3", "GetObject").1, Passage::Closed);
    }
}
