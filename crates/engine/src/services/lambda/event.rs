//! Events that other services send to functions, as asynchronous invocations.

use std::sync::Arc;

use super::Lambda;
use super::function::Function;
use super::name::FunctionKey;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::request_id;

impl Lambda {
    /// Invokes a function asynchronously; needs `lambda:InvokeFunction`, which the function's policy may tie
    /// to `context` (`aws:SourceArn`, `aws:SourceAccount`). The event is durable when this returns.
    pub fn send_event(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        function: &str,
        payload: &[u8],
        context: &[(&str, &str)],
    ) -> Result<(), AwsError> {
        let key = self.may_invoke(aws, caller, function, context)?;
        self.enqueue(aws, &key, request_id(), payload)
    }

    /// Refuses unless `caller` may invoke a function that exists.
    pub fn check_invocable(
        &self,
        aws: &Aws,
        caller: &Caller,
        function: &str,
        context: &[(&str, &str)],
    ) -> Result<(), AwsError> {
        self.may_invoke(aws, caller, function, context).map(drop)
    }

    fn may_invoke(
        &self,
        aws: &Aws,
        caller: &Caller,
        function: &str,
        context: &[(&str, &str)],
    ) -> Result<FunctionKey, AwsError> {
        let key = FunctionKey::read(caller, function)?;
        let found = self.functions.get(&key.path())?;
        let policy = found.as_ref().and_then(Function::policy);
        let iam = &aws.services.iam;
        iam.authorize(caller, "lambda:InvokeFunction", &key.arn(), policy.as_ref(), context)?;
        match found {
            Some(_) => Ok(key),
            None => Err(key.not_found()),
        }
    }
}
