//! How often the operations of the control plane may be called: five times a second each, per account and
//! region, by the engine's clock.
//!
//! Putting records is no part of the control plane, and neither is what CloudFormation does for a stack.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::refusal;
use crate::clock::Timestamp;
use crate::error::AwsError;

const PER_SECOND: u32 = 5;

/// After this many callers and operations, those that have been quiet are forgotten.
const REMEMBERED: usize = 256;

/// The calls of late, by scope and operation.
#[derive(Debug, Default)]
pub struct Throttle {
    /// When each would have been quiet for long enough, had its calls come evenly spaced.
    quiet_at: Mutex<HashMap<(String, String), Timestamp>>,
}

impl Throttle {
    /// Counts a call, or refuses it because there were too many in the last second.
    pub fn admit(&self, scope: &str, operation: &str, now: Timestamp) -> Result<(), AwsError> {
        let space = Duration::from_secs(1) / PER_SECOND;
        let mut quiet_at = self.quiet_at.lock().unwrap_or_else(PoisonError::into_inner);
        if quiet_at.len() > REMEMBERED {
            quiet_at.retain(|_, at| *at > now);
        }
        let at = quiet_at.entry((scope.to_owned(), operation.to_owned())).or_insert(now);
        if at.since(now) > space * (PER_SECOND - 1) {
            return Err(refusal::too_many_calls(PER_SECOND, operation));
        }
        *at = (*at).max(now) + space;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admits_five_calls_at_once_and_then_one_every_fifth_of_a_second() {
        let throttle = Throttle::default();
        let admitted = |operation: &str, at: i64| {
            (0..10).filter(|_| throttle.admit("a/r/", operation, Timestamp(at)).is_ok()).count()
        };
        assert_eq!(admitted("ListDeliveryStreams", 1000), 5);
        assert_eq!(admitted("DescribeDeliveryStream", 1000), 5);
        assert_eq!(admitted("ListDeliveryStreams", 1199), 0);
        assert_eq!(admitted("ListDeliveryStreams", 1200), 1);
        assert_eq!(admitted("ListDeliveryStreams", 9000), 5);
    }

    #[test]
    fn names_the_limit_and_forgets_who_was_quiet() {
        let throttle = Throttle::default();
        for caller in 0..=REMEMBERED {
            throttle.admit(&caller.to_string(), "ListDeliveryStreams", Timestamp(0)).unwrap();
        }
        let refused = (0..6).find_map(|_| throttle.admit("a", "ListDeliveryStreams", Timestamp(5000)).err());
        assert_eq!(refused.unwrap().code, "ThrottlingException");
        assert_eq!(throttle.quiet_at.lock().unwrap().len(), 1);
    }
}
