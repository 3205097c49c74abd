//! How a database comes to be: opened at once where there is one, made in the background where there is none.
//!
//! Making one waits for the disk some thirty times, which is most of the time that an engine in a new folder would
//! take until its first answer.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use fjall::{Database, Keyspace, KeyspaceCreateOptions};

use super::StoreError;

/// Bytes of what was read lately that the database keeps.
const CACHE: u64 = 8 << 20;

/// A database that is there.
pub struct Made {
    pub database: Database,
    /// The entries of all tables.
    pub state: Keyspace,
}

type Outcome = Result<Made, Arc<fjall::Error>>;

/// A database that is there, or will be soon.
pub struct Making {
    outcome: Arc<OnceLock<Outcome>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    _mark: Arc<Mark>,
}

impl Making {
    /// Opens the database in `folder`, or begins to make it.
    pub fn begin(folder: &Path) -> Result<Self, StoreError> {
        let (mark, is_made) = Mark::take(folder)?;
        let mark = Arc::new(mark);
        let outcome: Arc<OnceLock<Outcome>> = Arc::default();
        let thread = if is_made {
            let made = open(folder, &mark).map_err(|error| match error {
                fjall::Error::Locked => StoreError::InUse,
                fjall::Error::InvalidVersion(_) => StoreError::OtherVersion,
                error => StoreError::Database(error),
            })?;
            let _ = outcome.set(Ok(made));
            None
        } else {
            // What an engine leaves that was killed before its database was whole. Every write has waited for that.
            remove(folder).map_err(fjall::Error::from)?;
            let (folder, outcome, mark) = (folder.to_owned(), Arc::clone(&outcome), Arc::clone(&mark));
            let make = move || {
                let _ = outcome.set(open(&folder, &mark).map_err(Arc::new));
            };
            let thread = std::thread::Builder::new().name("store".to_owned()).spawn(make);
            Some(thread.map_err(fjall::Error::from)?)
        };
        Ok(Self { outcome, thread: Mutex::new(thread), _mark: mark })
    }

    /// Waits until the database is there.
    pub fn wait(&self) -> Result<&Made, StoreError> {
        self.outcome.wait().as_ref().map_err(|error| StoreError::NotMade(Arc::clone(error)))
    }

    /// Returns the database if it is there.
    pub fn present(&self) -> Option<&Made> {
        self.outcome.get()?.as_ref().ok()
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        // The next engine on this folder must not find this one still at work.
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            tracing::error!("the thread that makes the database has panicked");
        }
    }
}

/// A file beside the database: locked as long as an engine uses it, and empty until the database is whole.
struct Mark(File);

/// How long a lock may take to go after the engine that held it.
const PATIENCE: Duration = Duration::from_millis(300);

/// What the file holds: the version of how this engine lays out its state.
const LAYOUT: &[u8] = b"1\n";

impl Mark {
    /// Locks the file, and says whether there is a database.
    fn take(folder: &Path) -> Result<(Self, bool), StoreError> {
        if let Some(parent) = folder.parent() {
            std::fs::create_dir_all(parent).map_err(fjall::Error::from)?;
        }
        let path = folder.with_extension("lock");
        // An engine that did not know of this file has left a whole database, or none.
        let is_older = !path.exists() && folder.join("version").exists();
        let file = File::options().create(true).truncate(false).read(true).write(true).open(path);
        let mut file = file.map_err(fjall::Error::from)?;
        lock(&file)?;
        let mut layout = Vec::new();
        file.read_to_end(&mut layout).map_err(fjall::Error::from)?;
        match layout.as_slice() {
            b"" => Ok((Self(file), is_older)),
            LAYOUT => Ok((Self(file), true)),
            _ => Err(StoreError::OtherVersion),
        }
    }

    /// Notes that the database is whole.
    fn set(&self) -> std::io::Result<()> {
        let mut file = &self.0;
        file.rewind()?;
        file.write_all(LAYOUT)
    }
}

/// Locks a file, with some patience: a process that is just being started holds a copy of every open file until it
/// runs its own program, and so the lock of an engine that has ended.
fn lock(file: &File) -> Result<(), StoreError> {
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(fjall::Error::from(error).into()),
            Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => return Err(StoreError::InUse),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

fn open(folder: &Path, mark: &Mark) -> Result<Made, fjall::Error> {
    let database = Database::builder(folder).cache_size(CACHE).worker_threads(1).open()?;
    let state = database.keyspace("state", KeyspaceCreateOptions::default)?;
    mark.set()?;
    Ok(Made { database, state })
}

fn remove(folder: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_anew_where_another_was_killed_before_its_database_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        std::fs::create_dir_all(&state).unwrap();
        std::fs::write(state.with_extension("lock"), "").unwrap();
        std::fs::write(state.join("0.jnl"), "half of it").unwrap();
        std::fs::write(state.join("version"), b"FJL\x03").unwrap();
        Making::begin(&state).unwrap().wait().unwrap();
    }

    #[test]
    fn lets_in_one_engine_at_a_time_even_while_the_database_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let first = Making::begin(&state).unwrap();
        assert!(matches!(Making::begin(&state), Err(StoreError::InUse)));
        drop(first);
        drop(Making::begin(&state).unwrap());
    }

    #[test]
    fn refuses_a_folder_of_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        Making::begin(&state).unwrap().wait().unwrap();
        std::fs::write(state.with_extension("lock"), "2\n").unwrap();
        assert!(matches!(Making::begin(&state), Err(StoreError::OtherVersion)));
        std::fs::write(state.with_extension("lock"), LAYOUT).unwrap();
        std::fs::write(state.join("version"), b"FJL\x02").unwrap();
        assert!(matches!(Making::begin(&state), Err(StoreError::OtherVersion)));
    }

    #[test]
    fn opens_what_an_engine_left_that_made_no_mark() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        Making::begin(&state).unwrap().wait().unwrap().state.insert("a", "1").unwrap();
        std::fs::remove_file(state.with_extension("lock")).unwrap();
        for _ in 0..2 {
            let making = Making::begin(&state).unwrap();
            assert_eq!(making.present().unwrap().state.get("a").unwrap().as_deref(), Some(&b"1"[..]));
        }
    }
}
