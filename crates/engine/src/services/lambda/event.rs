//! Whether another service may invoke a function, before there is an event for it.

use super::Lambda;
use super::function::Function;
use super::name::FunctionKey;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

impl Lambda {
    /// Refuses unless `caller` may invoke a function that exists; `context` holds condition keys such as
    /// `aws:SourceArn`.
    pub fn check_invocable(
        &self,
        aws: &Aws,
        caller: &Caller,
        function: &str,
        context: &[(&str, &str)],
    ) -> Result<(), AwsError> {
        let key = FunctionKey::read(caller, function)?;
        let found = self.find(&key)?;
        let policy = found.as_ref().and_then(Function::policy);
        let iam = &aws.services.iam;
        iam.authorize(caller, "lambda:InvokeFunction", &key.arn(), policy.as_ref(), context)?;
        found.map(drop).ok_or_else(|| key.not_found())
    }
}
