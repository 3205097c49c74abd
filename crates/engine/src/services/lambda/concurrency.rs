//! PutFunctionConcurrency, GetFunctionConcurrency and DeleteFunctionConcurrency.

use serde_json::{Value, json};

use super::Lambda;
use super::name::FunctionKey;
use super::settings::check_range;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

/// Concurrent executions that no function may reserve; all of them in an account that has fewer.
const UNRESERVED: u32 = 100;

/// Returns how many concurrent executions an account keeps for functions without a reservation.
pub fn least_unreserved(aws: &Aws) -> u32 {
    UNRESERVED.min(aws.limits.concurrent_executions)
}

impl Lambda {
    pub(super) fn put_function_concurrency(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        reserved: i64,
    ) -> Result<(), AwsError> {
        self.authorized(aws, caller, "lambda:PutFunctionConcurrency", key)?;
        check_range("reservedConcurrentExecutions", Some(reserved), 0, i64::from(u32::MAX))?;
        let reserved = u32::try_from(reserved).map_err(AwsError::internal)?;
        self.change(key, |function| {
            let functions = self.functions.scan(&format!("{}/{}/", key.account, key.region))?;
            let others = functions.iter().filter(|(_, other)| other.key != *key);
            let taken: u32 = others.filter_map(|(_, other)| other.reserved_concurrency).sum();
            let least = least_unreserved(aws);
            if taken.saturating_add(reserved) > aws.limits.concurrent_executions - least {
                let message = format!(
                    "Specified ReservedConcurrentExecutions for function decreases account's \
                     UnreservedConcurrentExecution below its minimum value of [{least}]."
                );
                return Err(AwsError::new("InvalidParameterValueException", message));
            }
            function.reserved_concurrency = Some(reserved);
            Ok(())
        })?;
        Ok(())
    }

    /// Returns how many executions are left for functions without a reservation.
    pub(super) fn unreserved_concurrency(&self, aws: &Aws, key: &FunctionKey) -> Result<u32, AwsError> {
        let functions = self.functions.scan(&format!("{}/{}/", key.account, key.region))?;
        let taken: u32 = functions.iter().filter_map(|(_, function)| function.reserved_concurrency).sum();
        Ok(aws.limits.concurrent_executions.saturating_sub(taken))
    }

    pub(super) fn get_function_concurrency(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
    ) -> Result<Value, AwsError> {
        let function = self.authorized(aws, caller, "lambda:GetFunctionConcurrency", key)?;
        Ok(match function.reserved_concurrency {
            Some(reserved) => json!({"ReservedConcurrentExecutions": reserved}),
            None => json!({}),
        })
    }

    pub(super) fn delete_function_concurrency(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
    ) -> Result<(), AwsError> {
        self.authorized(aws, caller, "lambda:DeleteFunctionConcurrency", key)?;
        self.change(key, |function| {
            function.reserved_concurrency = None;
            Ok(())
        })?;
        Ok(())
    }
}
