//! What other services do with a function: they hand it an event and do not wait for its answer.

use std::sync::Arc;

use super::Lambda;
use super::invoke::{ASYNC_EVENT_LIMIT, check_event};
use super::name::FunctionKey;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::request_id;

impl Lambda {
    /// Accepts an event for a function, by name or ARN, as an invocation of the type `Event`; needs
    /// `lambda:InvokeFunction`. `context` holds condition keys such as `aws:SourceArn`. The event is durable when
    /// this returns its request id.
    pub fn invoke_event(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        function: &str,
        payload: &[u8],
        context: &[(&str, &str)],
    ) -> Result<String, AwsError> {
        let key = FunctionKey::read(caller, function)?;
        let known = self.find(&key)?;
        let policy = known.as_ref().and_then(super::Function::policy);
        let action = "lambda:InvokeFunction";
        aws.services.iam.authorize(caller, action, &key.arn(), policy.as_ref(), context)?;
        if known.is_none() {
            return Err(key.not_found());
        }
        check_event(payload, ASYNC_EVENT_LIMIT)?;
        let id = request_id();
        self.enqueue(aws, &key, id.clone(), payload)?;
        Ok(id)
    }
}
