//! Which processes a function has: idle ones are used again, more are started when all are busy.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::environment::{Environment, Outcome, conclude};
use super::log::Log;
use super::report::{Failure, Report};
use super::spawner::Spawner;
use super::start::{NotStarted, Starter};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::services::lambda::function::Function;
use crate::services::lambda::name::FunctionKey;

/// Processes of one function at a time; what comes on top waits, since this machine is small beside AWS.
const MOST_PROCESSES: usize = 32;
/// Real time after which an idle process is ended.
const IDLE_LIMIT: Duration = Duration::from_secs(5 * 60);

/// The processes of all functions.
pub struct Pools {
    functions: PathBuf,
    spawner: Spawner,
    pools: Mutex<HashMap<FunctionKey, Arc<Pool>>>,
    /// Invocations of functions without a reservation, by account and region.
    unreserved: Mutex<HashMap<(String, String), Arc<AtomicU32>>>,
}

/// How much may run at a time.
pub struct Room<'a> {
    /// What is left at least for functions without a reservation.
    pub least_unreserved: u32,
    /// What is left for them now.
    pub unreserved: &'a (dyn Fn() -> Result<u32, AwsError> + Sync),
}

struct Pool {
    processes: Semaphore,
    under_way: Arc<AtomicU32>,
    /// Counts changes of the function; a process of an earlier generation is not used again.
    generation: AtomicU64,
    idle: Mutex<Vec<Environment>>,
}

impl Pools {
    pub fn new(functions: PathBuf) -> io::Result<Self> {
        Ok(Self {
            functions,
            spawner: Spawner::new()?,
            pools: Mutex::default(),
            unreserved: Mutex::default(),
        })
    }

    fn pool(&self, key: &FunctionKey) -> Arc<Pool> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = pools.entry(key.clone()).or_insert_with(|| {
            Arc::new(Pool {
                processes: Semaphore::new(MOST_PROCESSES),
                under_way: Arc::default(),
                generation: AtomicU64::new(0),
                idle: Mutex::default(),
            })
        });
        Arc::clone(pool)
    }

    /// Runs one event in a process of the function.
    ///
    /// `load` reads the function after the generation was noted, so that a process never outlives a change
    /// of the configuration that it was started with.
    pub async fn invoke(
        &self,
        aws: &Aws,
        key: &FunctionKey,
        load: impl Fn() -> Result<Function, AwsError>,
        room: Room<'_>,
        request_id: &str,
        payload: Bytes,
    ) -> Result<Outcome, AwsError> {
        let pool = self.pool(key);
        // All versions of a function share its concurrency.
        let _turn = self.enter(key, load()?.reserved_concurrency, &room, aws.limits.lambda)?;
        let _process = pool.processes.acquire().await.map_err(AwsError::internal)?;
        let generation = pool.generation.load(Ordering::Acquire);
        let function = load()?;
        let mut environment = match pool.take() {
            Some(environment) => environment,
            None => {
                let starter =
                    Starter { aws, spawner: &self.spawner, functions: &self.functions, function: &function };
                let begun = Instant::now();
                match starter.start().await {
                    Ok(environment) => environment,
                    Err(not_started) => {
                        return without_process(aws, &function, request_id, begun.elapsed(), not_started);
                    }
                }
            }
        };
        let (outcome, goes_on) = environment.invoke(aws, &function, request_id, payload).await;
        if goes_on {
            pool.put_back(environment, generation);
        }
        Ok(outcome)
    }

    /// Counts an invocation, or refuses it when the function or the account is at its limit and limits hold. A
    /// function whose reserved concurrency is zero is switched off by its owner, not throttled.
    fn enter(
        &self,
        key: &FunctionKey,
        reserved: Option<u32>,
        room: &Room<'_>,
        limits_hold: bool,
    ) -> Result<Turn, AwsError> {
        let function = Arc::clone(&self.pool(&key.unqualified()).under_way);
        let mut turn = Turn(Vec::new());
        if !limits_hold && reserved != Some(0) {
            turn.take(&function, |_| Ok(true))?;
            return Ok(turn);
        }
        if let Some(reserved) = reserved {
            turn.take(&function, |under_way| Ok(under_way < reserved))?;
            return Ok(turn);
        }
        let scope = (key.account.clone(), key.region.clone());
        let mut accounts = self.unreserved.lock().unwrap_or_else(PoisonError::into_inner);
        let account = Arc::clone(accounts.entry(scope).or_default());
        // What is reserved is looked up only where it matters; the lock keeps the count still meanwhile.
        turn.take(&account, |under_way| {
            Ok(under_way < room.least_unreserved || under_way < (room.unreserved)()?)
        })?;
        drop(accounts);
        turn.take(&function, |_| Ok(true))?;
        Ok(turn)
    }

    /// Returns how many invocations of a function are under way.
    pub fn under_way(&self, key: &FunctionKey) -> u32 {
        self.pool(&key.unqualified()).under_way.load(Ordering::Acquire)
    }

    /// Ends the idle processes of a function that changed or is gone; busy ones end with their event.
    pub fn retire(&self, key: &FunctionKey) {
        let pool = self.pool(key);
        let mut idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        pool.generation.fetch_add(1, Ordering::AcqRel);
        idle.clear();
    }

    /// Ends the processes that nobody has used for a while.
    pub fn end_idle(&self) {
        let pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        for pool in pools.values() {
            let mut idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain_mut(|environment| {
                environment.idle_since.elapsed() < IDLE_LIMIT && environment.is_alive()
            });
        }
    }

    /// Ends every idle process, since the engine stops.
    pub fn end_all(&self) {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Pool {
    /// Returns an idle process that still runs, the one that was used last.
    fn take(&self) -> Option<Environment> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop())
            .find_map(|mut environment| environment.is_alive().then_some(environment))
    }

    fn put_back(&self, environment: Environment, generation: u64) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // The generation changes under this lock, so that no outdated process slips in.
        if self.generation.load(Ordering::Acquire) == generation {
            idle.push(environment);
        }
    }
}

/// An invocation under way, and where it is counted.
struct Turn(Vec<Arc<AtomicU32>>);

impl Turn {
    /// Counts the invocation where there is room.
    fn take(
        &mut self,
        count: &Arc<AtomicU32>,
        has_room: impl Fn(u32) -> Result<bool, AwsError>,
    ) -> Result<(), AwsError> {
        let mut under_way = count.load(Ordering::Acquire);
        while has_room(under_way)? {
            match count.compare_exchange(under_way, under_way + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    self.0.push(Arc::clone(count));
                    return Ok(());
                }
                Err(now) => under_way = now,
            }
        }
        Err(AwsError::new("TooManyRequestsException", "Rate Exceeded.").status(429))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        for count in &self.0 {
            count.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// Returns what an invocation gives for which no process could be started.
fn without_process(
    aws: &Aws,
    function: &Function,
    request_id: &str,
    duration: Duration,
    not_started: NotStarted,
) -> Result<Outcome, AwsError> {
    let (failure, payload, mut log): (Option<Failure>, Option<Bytes>, Box<Log>) = match not_started {
        NotStarted::Refused(error) => return Err(error),
        NotStarted::Failed(failure, log) => (Some(failure), None, log),
        NotStarted::InitError(payload, log) => (None, Some(payload), log),
    };
    let now = aws.clock.now();
    log.line(now, &format!("START RequestId: {request_id} Version: {}", function.version()));
    let report = Report {
        request_id,
        duration,
        init: None,
        memory_size: function.memory_size,
        memory_used: 0,
        failure: failure.as_ref(),
    };
    conclude(&mut log, now, &report);
    log.flush(aws);
    let failed = || failure.as_ref().map(|failure| failure.payload(now, request_id));
    let payload = payload.or_else(failed).unwrap_or_default();
    Ok(Outcome {
        payload,
        function_error: Some("Unhandled"),
        log_tail: log.tail().to_owned(),
        version: function.version().to_owned(),
    })
}
