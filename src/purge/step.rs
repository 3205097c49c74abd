//! What to do with a delivery stream in which state, and what an error of Firehose means.

use std::time::Duration;

/// How often a delivery stream is deleted that is there again afterwards, before somebody has to look.
const DELETIONS: u32 = 5;

/// How often a call is tried that fails, and one that is throttled because others call too.
const TRIES: u32 = 10;
const THROTTLED_TRIES: u32 = 40;

/// Waits between two looks at what is being deleted.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What was done to a delivery stream so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Deletions that Firehose accepted.
    pub deletions: u32,
    /// Whether one of them gave up the grant of its key.
    pub is_forced: bool,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing can be done until its state changes.
    Wait,
    Delete,
    /// Delete it although Firehose cannot give back the grant of its key.
    Force,
    /// It stays, and this is why.
    GiveUp(String),
}

/// Decides what to do with a delivery stream in `status`; `why` is what Firehose says of a failure.
pub fn step(status: &str, why: Option<&str>, history: &History) -> Step {
    match status {
        // Deleting one that is being made is refused: it has to be waited for.
        "CREATING" | "DELETING" => Step::Wait,
        "DELETING_FAILED" if history.is_forced => {
            let reason = why.map(|why| format!(": {why}")).unwrap_or_default();
            Step::GiveUp(format!("deleting it failed, by force too{reason}"))
        }
        "DELETING_FAILED" => Step::Force,
        _ if history.deletions >= DELETIONS => {
            Step::GiveUp(format!("it is {status} again after {} deletions", history.deletions))
        }
        _ => Step::Delete,
    }
}

/// What an error means for the one who called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// There is no such delivery stream.
    Gone,
    /// Its state does not allow it now.
    InUse,
    /// Too many calls: the same again, later.
    Throttled,
    /// Something broke on the way: the same again.
    Trouble,
    /// It will not work however often it is tried.
    Refused,
}

/// Returns what an error means, by its code and HTTP status; neither is there when nobody answered.
pub fn meaning(code: Option<&str>, status: Option<u16>) -> Meaning {
    match (code, status) {
        (Some("ResourceNotFoundException"), _) => Meaning::Gone,
        (Some("ResourceInUseException" | "ConcurrentModificationException"), _) => Meaning::InUse,
        // LimitExceededException is what Firehose calls its own throttling of some operations.
        (
            Some(
                "ThrottlingException"
                | "Throttling"
                | "ThrottledException"
                | "TooManyRequestsException"
                | "RequestLimitExceeded"
                | "LimitExceededException",
            ),
            _,
        )
        | (_, Some(429)) => Meaning::Throttled,
        (_, Some(500..)) | (None, _) => Meaning::Trouble,
        (Some("InternalFailure" | "ServiceUnavailable" | "RequestTimeout"), _) => Meaning::Trouble,
        _ => Meaning::Refused,
    }
}

/// Tells whether a call that failed `tries` times in a row with `meaning` is tried once more.
pub fn is_worth_another(meaning: Meaning, tries: u32) -> bool {
    match meaning {
        Meaning::Throttled => tries < THROTTLED_TRIES,
        Meaning::Trouble => tries < TRIES,
        Meaning::Gone | Meaning::InUse | Meaning::Refused => false,
    }
}

/// Returns how long to wait before look `round + 1` at what is being deleted.
pub fn pause(round: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << round.min(8)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(deletions: u32, is_forced: bool) -> History {
        History { deletions, is_forced }
    }

    #[test]
    fn waits_for_what_is_being_made_or_deleted() {
        assert_eq!(step("CREATING", None, &after(0, false)), Step::Wait);
        assert_eq!(step("DELETING", None, &after(9, true)), Step::Wait);
    }

    #[test]
    fn deletes_what_is_there_and_again_what_is_still_there_a_few_times() {
        for status in ["ACTIVE", "CREATING_FAILED", "SUSPENDED"] {
            assert_eq!(step(status, None, &after(0, false)), Step::Delete);
            assert_eq!(step(status, None, &after(DELETIONS - 1, false)), Step::Delete);
        }
        let given_up = step("ACTIVE", None, &after(DELETIONS, false));
        assert_eq!(given_up, Step::GiveUp("it is ACTIVE again after 5 deletions".to_owned()));
    }

    #[test]
    fn forces_once_and_then_says_why_it_stays() {
        assert_eq!(step("DELETING_FAILED", Some("a grant"), &after(1, false)), Step::Force);
        let given_up = step("DELETING_FAILED", Some("a grant"), &after(2, true));
        assert_eq!(given_up, Step::GiveUp("deleting it failed, by force too: a grant".to_owned()));
    }

    #[test]
    fn knows_what_passes_and_what_does_not() {
        assert_eq!(meaning(Some("ResourceNotFoundException"), Some(400)), Meaning::Gone);
        assert_eq!(meaning(Some("ResourceInUseException"), Some(400)), Meaning::InUse);
        assert_eq!(meaning(Some("ThrottlingException"), Some(400)), Meaning::Throttled);
        assert_eq!(meaning(Some("InternalFailure"), Some(500)), Meaning::Trouble);
        assert_eq!(meaning(Some("AnythingElse"), Some(503)), Meaning::Trouble);
        assert_eq!(meaning(None, None), Meaning::Trouble);
        assert_eq!(meaning(Some("AccessDeniedException"), Some(400)), Meaning::Refused);
        assert!(is_worth_another(Meaning::Trouble, 1) && !is_worth_another(Meaning::Trouble, TRIES));
        assert!(is_worth_another(Meaning::Throttled, TRIES) && !is_worth_another(Meaning::InUse, 1));
    }

    #[test]
    fn looks_less_and_less_often() {
        let seconds: Vec<u64> = (0..6).map(|round| pause(round).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 10, 10]);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
