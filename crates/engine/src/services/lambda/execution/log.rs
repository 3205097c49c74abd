//! What a function writes and what the platform writes about it, on its way to CloudWatch Logs.
//!
//! Lines keep their order. A role that may not write logs loses them, as on AWS; the invocation goes on.

use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;

/// Bytes of an invocation's log that its caller can ask for.
const TAIL: usize = 4096;
/// Longest event that CloudWatch takes; a longer line is cut into several.
const LONGEST_LINE: usize = 262_144 - 26;

/// The log of one execution environment.
pub struct Log {
    session: Caller,
    group: String,
    stream: String,
    /// Whether the log stream is known to exist.
    ready: bool,
    /// Bytes of a line that has not ended yet.
    unfinished: Vec<u8>,
    events: Vec<(Timestamp, String)>,
    tail: String,
}

impl Log {
    pub fn new(session: Caller, group: String, stream: String) -> Self {
        Self {
            session,
            group,
            stream,
            ready: false,
            unfinished: Vec::new(),
            events: Vec::new(),
            tail: String::new(),
        }
    }

    /// Begins the log of an invocation: its caller sees what follows.
    pub fn begin(&mut self) {
        self.tail.clear();
    }

    /// Adds a line of the platform.
    pub fn line(&mut self, now: Timestamp, line: &str) {
        self.push(now, format!("{line}\n"));
    }

    /// Adds what the function wrote.
    pub fn write(&mut self, now: Timestamp, bytes: &[u8]) {
        for byte in bytes {
            self.unfinished.push(*byte);
            if *byte == b'\n' || self.unfinished.len() >= LONGEST_LINE {
                self.finish_line(now);
            }
        }
    }

    /// Ends a line that the function left open.
    pub fn finish_line(&mut self, now: Timestamp) {
        if self.unfinished.is_empty() {
            return;
        }
        let line = String::from_utf8_lossy(&self.unfinished).into_owned();
        self.unfinished.clear();
        self.push(now, line);
    }

    fn push(&mut self, now: Timestamp, event: String) {
        self.tail.push_str(&event);
        let surplus = self.tail.len().saturating_sub(TAIL);
        let cut = (surplus..=self.tail.len()).find(|cut| self.tail.is_char_boundary(*cut)).unwrap_or(0);
        self.tail.drain(..cut);
        // CloudWatch takes no empty events.
        if !event.trim_end_matches('\n').is_empty() {
            self.events.push((now, event));
        }
    }

    /// Returns the end of the invocation's log.
    pub fn tail(&self) -> &str {
        &self.tail
    }

    /// Makes the log stream, and its group where the role may do that.
    fn ensure(&self, aws: &Aws) -> Result<(), AwsError> {
        let logs = &aws.services.logs;
        match logs.ensure_stream(aws, &self.session, &self.group, &self.stream) {
            Err(error) if error.code == "ResourceNotFoundException" => {
                logs.ensure_group(aws, &self.session, &self.group)?;
                logs.ensure_stream(aws, &self.session, &self.group, &self.stream)
            }
            outcome => outcome,
        }
    }

    /// Sends what is held to CloudWatch Logs.
    pub fn flush(&mut self, aws: &Aws) {
        if self.events.is_empty() {
            return;
        }
        let events = std::mem::take(&mut self.events);
        let logs = &aws.services.logs;
        if !self.ready {
            match self.ensure(aws) {
                Ok(()) => self.ready = true,
                Err(error) => {
                    tracing::debug!(group = self.group, %error, "a function's log is lost");
                    return;
                }
            }
        }
        if let Err(error) = logs.put(aws, &self.session, &self.group, &self.stream, &events) {
            tracing::debug!(group = self.group, %error, "a function's log is lost");
            // The stream may be gone; the next lines find out.
            self.ready = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Log {
        Log::new(Caller::administrator("1", "r"), "g".into(), "s".into())
    }

    fn messages(log: &Log) -> Vec<&str> {
        log.events.iter().map(|(_, message)| message.as_str()).collect()
    }

    #[test]
    fn splits_what_a_function_wrote_into_lines() {
        let mut log = log();
        log.write(Timestamp(1), b"one\ntw");
        log.write(Timestamp(2), "o \u{e9}\n\nthree".as_bytes());
        log.finish_line(Timestamp(3));
        assert_eq!(messages(&log), ["one\n", "two \u{e9}\n", "three"]);
        assert_eq!(log.events[1].0, Timestamp(2));
    }

    #[test]
    fn keeps_the_last_four_kilobytes_at_a_character_boundary() {
        let mut log = log();
        log.line(Timestamp(0), &"\u{e9}".repeat(3000));
        log.line(Timestamp(0), "end");
        assert!(log.tail().len() <= TAIL && log.tail().len() > TAIL - 4);
        assert!(log.tail().ends_with("\u{e9}\nend\n"));
        log.begin();
        assert_eq!(log.tail(), "");
    }

    #[test]
    fn cuts_a_line_that_cloudwatch_would_not_take() {
        let mut log = log();
        log.write(Timestamp(0), &vec![b'x'; LONGEST_LINE + 1]);
        log.finish_line(Timestamp(0));
        assert_eq!(log.events.len(), 2);
    }
}
