//! # H3204: a function answers a request before the API gives up
//!
//! ```yaml
//! functions:
//!   report: { crate: reporter, timeout: 60s, http: { route: GET /report, auth: iam } }
//! ```
//!
//! An HTTP API waits 30 seconds for its integration, and then answers 503 by itself, while the function goes
//! on and is paid for. Give it 30 seconds at most; what takes longer can be started by the request and
//! fetched later.
//!
//! ```yaml
//! functions:
//!   report: { crate: reporter, timeout: 30s, http: { route: GET /report, auth: iam } }
//! ```
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3204",
        Level::Warning,
        "a function answers a request before the API gives up",
        include_str!("answer.rs"),
    ),
    check,
};

/// How long an HTTP API waits, in seconds.
const PATIENCE: u64 = 30;

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, function) in &stack.file.functions {
        let Some(timeout) = function.timeout.as_ref().filter(|_| function.http.is_some()) else { continue };
        if timeout.value.0 > PATIENCE {
            let message = format!("the API waits 30s for an answer, and `{name}` may take {}", timeout.value);
            let help = "write `timeout: 30s` or less".to_owned();
            findings.add(&["functions", name, "timeout"], message, help);
        }
    }
}
