//! Quotas that a deployment may hit, where an API that the program speaks anyway tells them.

use super::Check;
use crate::aws::{Clients, failure};
use crate::error::Error;

/// Says how much of the account's quotas is used.
pub async fn quotas(clients: &Clients) -> Vec<Check> {
    vec![
        shards(clients).await,
        concurrency(clients).await,
        stacks(clients).await,
        Check::skip("Firehose", "its quotas are told by Service Quotas alone, which is not asked"),
    ]
}

async fn shards(clients: &Clients) -> Check {
    let name = "shards";
    match clients.kinesis.describe_limits().send().await {
        Ok(limits) => used(name, "shards", i64::from(limits.open_shard_count), i64::from(limits.shard_limit)),
        Err(error) => untold(name, &failure("ask for the limits of Kinesis", error)),
    }
}

async fn concurrency(clients: &Clients) -> Check {
    let name = "functions";
    match clients.lambda.get_account_settings().send().await {
        Err(error) => untold(name, &failure("ask for the settings of Lambda", error)),
        Ok(settings) => match settings.account_limit() {
            // New accounts begin with 10, which a stream's shards use up.
            Some(limit) if limit.concurrent_executions() < 100 => Check::warn(
                name,
                format!("{} invocations at a time", limit.concurrent_executions()),
                "ask for a higher quota of Lambda's concurrent executions before a large deployment",
            ),
            Some(limit) => {
                Check::ok(name, format!("{} invocations at a time", limit.concurrent_executions()))
            }
            None => Check::skip(name, "Lambda does not say how many invocations may run at a time"),
        },
    }
}

async fn stacks(clients: &Clients) -> Check {
    let name = "stacks";
    match clients.cloudformation.describe_account_limits().send().await {
        Err(error) => untold(name, &failure("ask for the limits of CloudFormation", error)),
        Ok(limits) => {
            let of_stacks = limits.account_limits().iter().find(|limit| limit.name() == Some("StackLimit"));
            match of_stacks.and_then(|limit| limit.value()) {
                Some(limit) => Check::ok(name, format!("at most {limit} in this region")),
                None => Check::skip(name, "CloudFormation does not say how many there may be"),
            }
        }
    }
}

fn used(name: &'static str, what: &str, used: i64, limit: i64) -> Check {
    let says = format!("{used} of {limit} {what} are open");
    match used.saturating_mul(10) >= limit.saturating_mul(9) {
        true => Check::warn(name, says, "ask AWS for a higher quota, or delete streams that nobody needs"),
        false => Check::ok(name, says),
    }
}

/// A right that is not there, or an operation that a server does not have, is no fault.
fn untold(name: &'static str, error: &Error) -> Check {
    let why = error.causes().into_iter().next_back().unwrap_or_default();
    Check::skip(name, format!("{error}: {}", why.lines().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn warns_before_a_quota_is_used_up() {
        assert_eq!(used("shards", "shards", 17, 20).state, State::Ok);
        assert_eq!(used("shards", "shards", 18, 20).state, State::Warn);
    }
}
