//! One execution environment: a process, the events it works on one after the other, and its limits.

use std::io::{self, PipeReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::net::unix::pipe;
use tokio::process::Child;
use tokio::time::MissedTickBehavior;

use super::api::{Delivery, RuntimeApi, Said};
use super::log::Log;
use super::memory;
use super::report::{Failure, Report};
use crate::aws::Aws;
use crate::clock::{Clock, Timestamp};
use crate::services::lambda::function::Function;

/// How often the memory of the process is looked at.
const MEMORY_WATCH: Duration = Duration::from_millis(50);

/// What an invocation gave.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub payload: Bytes,
    /// `Unhandled` when the function failed.
    pub function_error: Option<&'static str>,
    pub log_tail: String,
    /// The version that ran.
    pub version: String,
}

/// A running `bootstrap` and the two ways in which it speaks.
pub struct Process {
    child: Child,
    pid: Option<Pid>,
    api: RuntimeApi,
    /// What it writes; `None` once it closed its end.
    output: Option<Output>,
}

/// The pipe that a process writes to, in two handles.
struct Output {
    /// Tells when there may be something to read.
    signal: pipe::Receiver,
    /// Reads what is there now. The other handle would answer that nothing is there until the event loop
    /// has come round to it.
    reader: PipeReader,
}

/// Something that changes the state of an environment.
pub enum Happening {
    Said(Said),
    Failed(Failure),
}

/// A process that takes events.
pub struct Environment {
    process: Process,
    log: Log,
    memory_limit: u64,
    memory_used: u64,
    /// How long the start took, until it was reported.
    init: Option<Duration>,
    /// When the last event was answered.
    pub idle_since: Instant,
}

impl Process {
    pub fn new(child: Child, api: RuntimeApi, output: PipeReader) -> io::Result<Self> {
        let pid = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        let signal = pipe::Receiver::from_owned_fd(output.try_clone()?.into())?;
        Ok(Self { child, pid, api, output: Some(Output { signal, reader: output }) })
    }

    /// Kills the process and whatever it started.
    fn kill(&mut self) {
        if let Some(pid) = self.pid.take() {
            // A group that is gone already needs no killing.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Environment {
    pub fn new(process: Process, log: Log, memory_limit: u64) -> Self {
        Self { process, log, memory_limit, memory_used: 0, init: None, idle_since: Instant::now() }
    }

    /// Notes that the process is ready, and how long that took.
    pub fn started(&mut self, took: Duration) {
        self.init = Some(took);
    }

    /// Hands the process an event and returns what came of it; `false` when the process cannot go on.
    pub async fn invoke(
        &mut self,
        aws: &Aws,
        function: &Function,
        request_id: &str,
        payload: Bytes,
    ) -> (Outcome, bool) {
        let clock = &aws.clock;
        let limit = Duration::from_secs(u64::from(function.timeout));
        // What the process wrote since the last event belongs to no invocation.
        drain(&mut self.process.output, &mut self.log, clock.now());
        self.log.begin();
        self.log.line(clock.now(), &format!("START RequestId: {request_id} Version: {}", function.version()));
        let begun = Instant::now();
        self.process.api.deliver(Delivery {
            request_id: request_id.to_owned(),
            function_arn: function.arn(),
            deadline_ms: jiff::Timestamp::now().as_millisecond() + i64::from(function.timeout) * 1000,
            payload,
        });
        let (answer, failure) = self.work(clock, begun + limit, limit).await;
        let (payload, function_error) = match (answer, &failure) {
            (Some(Ok(payload)), _) => (payload, None),
            (Some(Err(payload)), _) => (payload, Some("Unhandled")),
            (None, Some(failure)) => (failure.payload(clock.now(), request_id), Some("Unhandled")),
            // `work` returns without an answer only after a failure.
            (None, None) => (Bytes::new(), Some("Unhandled")),
        };
        self.measure();
        self.log.finish_line(clock.now());
        let init = self.init.take();
        let report = Report {
            request_id,
            duration: begun.elapsed(),
            init,
            memory_size: function.memory_size,
            memory_used: self.memory_used,
            failure: failure.as_ref(),
        };
        conclude(&mut self.log, clock.now(), &report);
        self.log.flush(aws);
        self.idle_since = Instant::now();
        let goes_on = matches!(failure, None | Some(Failure::ResponseTooLarge));
        let outcome = Outcome {
            payload,
            function_error,
            log_tail: self.log.tail().to_owned(),
            version: function.version().to_owned(),
        };
        (outcome, goes_on)
    }

    /// Waits for the answer, and then until the process asks for the next event.
    async fn work(
        &mut self,
        clock: &Clock,
        deadline: Instant,
        limit: Duration,
    ) -> (Option<Result<Bytes, Bytes>>, Option<Failure>) {
        let mut answer = None;
        let mut too_large = None;
        loop {
            match self.next(clock, deadline).await {
                Happening::Said(Said::Response(body)) => answer = Some(Ok(body)),
                Happening::Said(Said::Error(body)) => answer = Some(Err(body)),
                Happening::Said(Said::TooLarge) => too_large = Some(Failure::ResponseTooLarge),
                Happening::Said(Said::Next) if answer.is_some() || too_large.is_some() => {
                    return (answer, too_large);
                }
                // A runtime that asks again before it answered, or fails to start late, says nothing new.
                Happening::Said(Said::Next | Said::InitError(_)) => {}
                Happening::Failed(failure) => {
                    self.process.kill();
                    let failure = match failure {
                        Failure::TimedOut { .. } => Failure::TimedOut { limit },
                        other => other,
                    };
                    return (answer, Some(too_large.unwrap_or(failure)));
                }
            }
        }
    }

    /// Waits until the process says something, ends, or breaks a limit.
    pub async fn next(&mut self, clock: &Clock, deadline: Instant) -> Happening {
        let begun = Instant::now();
        let mut watch = tokio::time::interval(MEMORY_WATCH);
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let happening = loop {
            tokio::select! {
                biased;
                Some(said) = self.process.api.said.recv() => break Happening::Said(said),
                ended = self.process.child.wait() => break self.ended(ended).await,
                () = tokio::time::sleep_until(deadline.into()) => {
                    let limit = deadline.saturating_duration_since(begun);
                    break Happening::Failed(Failure::TimedOut { limit });
                }
                _ = watch.tick() => {
                    if self.resident() > self.memory_limit {
                        break Happening::Failed(Failure::OutOfMemory);
                    }
                }
                () = readable(&self.process.output) => {
                    drain(&mut self.process.output, &mut self.log, clock.now());
                }
            }
        };
        // What was written before the process spoke is in the pipe by now.
        drain(&mut self.process.output, &mut self.log, clock.now());
        happening
    }

    async fn ended(&mut self, status: io::Result<ExitStatus>) -> Happening {
        // Its last words may still be on their way.
        let said = tokio::time::timeout(Duration::from_millis(20), self.process.api.said.recv()).await;
        self.process.kill();
        match said {
            Ok(Some(said @ (Said::Response(_) | Said::Error(_) | Said::InitError(_)))) => {
                Happening::Said(said)
            }
            _ => Happening::Failed(Failure::Exited { how: how_it_ended(status) }),
        }
    }

    fn resident(&mut self) -> u64 {
        let resident = self.process.child.id().map_or(0, memory::resident);
        self.memory_used = self.memory_used.max(resident);
        resident
    }

    fn measure(&mut self) {
        self.resident();
        self.memory_used = self.memory_used.max(self.process.child.id().map_or(0, memory::peak));
    }

    /// Tells whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.process.child.try_wait(), Ok(None))
    }

    /// Ends the process and returns its log.
    pub async fn close(mut self) -> Log {
        self.process.kill();
        // The process was killed, so this does not take long; how it ended is known.
        let _ = self.process.child.wait().await;
        self.log
    }
}

/// Writes the last lines about an invocation.
pub fn conclude(log: &mut Log, now: Timestamp, report: &Report<'_>) {
    if let Some(line) = report.failure.and_then(|failure| failure.line(now, report.request_id)) {
        log.line(now, &line);
    }
    log.line(now, &format!("END RequestId: {}", report.request_id));
    log.line(now, &report.line());
}

async fn readable(output: &Option<Output>) {
    match output {
        Some(output) => {
            // An error shows in the read that follows.
            let _ = output.signal.readable().await;
        }
        None => std::future::pending().await,
    }
}

/// Moves everything that is in the pipe now into the log.
///
/// What was written before the process answered must come before the `END` line, so this reads until the
/// pipe itself says that it is empty.
fn drain(output: &mut Option<Output>, log: &mut Log, now: Timestamp) {
    let Some(pipe) = output else { return };
    let mut buffer = [0; 16 << 10];
    loop {
        let read = pipe.reader.read(&mut buffer).or_else(|error| match error.kind() {
            // Through the other handle, whose signal is thereby taken back.
            io::ErrorKind::WouldBlock => pipe.signal.try_read(&mut buffer),
            _ => Err(error),
        });
        match read {
            Ok(0) => break *output = None,
            Ok(count) => log.write(now, &buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
}

/// Returns how a process ended, as Go writes it and AWS shows it.
fn how_it_ended(status: io::Result<ExitStatus>) -> String {
    let Ok(status) = status else { return "unknown".to_owned() };
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => {
            let core = if status.core_dumped() { " (core dumped)" } else { "" };
            format!("signal: {}{core}", signal_name(signal))
        }
        (None, None) => "unknown".to_owned(),
    }
}

fn signal_name(signal: i32) -> String {
    let name = match signal {
        2 => "interrupt",
        4 => "illegal instruction",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        11 => "segmentation fault",
        13 => "broken pipe",
        15 => "terminated",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}
