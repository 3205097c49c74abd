//! What the engine must remember, in one embedded database.
//!
//! A write is in the operating system's hands when the call returns, so it survives `kill -9` of the engine
//! (not a power cut). Services see typed tables; only the data planes touch raw rows.

use std::iter::Flatten;
use std::marker::PhantomData;
use std::ops::RangeBounds;
use std::option;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use fjall::{AbstractTree, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, UserKey, UserValue};
use serde::Serialize;
use serde::de::DeserializeOwned;

mod making;

use making::{Made, Making};

/// Bytes of a data plane's records that gather in memory before they are put in order on disk.
const RECORDS_IN_MEMORY: u64 = 8 << 20;

/// How many times as many bytes may wait for the disk before writers have to wait for it as well.
const WAITING_PARTS: usize = 2;

/// The longest that a writer waits for the disk.
const PATIENCE: Duration = Duration::from_secs(10);

/// The share of a file of values that must be dead before the rest of it is copied. Records go in the order in which
/// they came, so that a file soon holds nothing more, and goes without any copying.
const DEAD_SHARE: f32 = 0.8;

/// The store could not read or write.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("another engine runs on this folder")]
    InUse,
    #[error("the folder was written by another version of the engine; `hydrant local reset` empties it")]
    OtherVersion,
    #[error("the engine's database could not be made")]
    NotMade(#[source] Arc<fjall::Error>),
    #[error("the engine's database failed")]
    Database(#[from] fjall::Error),
    #[error("an entry of the engine's database cannot be read")]
    Entry(#[from] serde_json::Error),
}

/// The database of one engine.
#[derive(Clone)]
pub struct Store {
    making: Arc<Making>,
}

impl Store {
    /// Opens the database in `folder`. A second engine on the same folder is refused.
    ///
    /// A new database is made meanwhile: reading finds nothing until it is there, and writing waits for it.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self { making: Arc::new(Making::begin(folder)?) })
    }

    /// Returns the table called `name`, whose values are stored as JSON.
    pub fn table<T>(&self, name: &'static str) -> Table<T> {
        Table { store: self.clone(), name, values: PhantomData }
    }

    /// Returns rows of raw bytes.
    pub fn rows(&self, name: &'static str) -> Result<Rows, StoreError> {
        self.open_rows(name, KeyspaceCreateOptions::default)
    }

    /// Returns rows for the records of a data plane: large values that are written once, and soon gone.
    pub fn records(&self, name: &'static str) -> Result<Rows, StoreError> {
        self.open_rows(name, || {
            // Values stay in files of their own, so that they are not copied whenever keys are put in order.
            let separation = Some(KvSeparationOptions::default().staleness_threshold(DEAD_SHARE));
            let options = KeyspaceCreateOptions::default().with_kv_separation(separation);
            options.max_memtable_size(RECORDS_IN_MEMORY)
        })
    }

    fn open_rows(
        &self,
        name: &'static str,
        options: fn() -> KeyspaceCreateOptions,
    ) -> Result<Rows, StoreError> {
        let rows = Rows { store: self.clone(), name, options, keyspace: Arc::default() };
        if self.present().is_some_and(|made| made.database.keyspace_exists(name)) {
            rows.made()?;
        }
        Ok(rows)
    }

    /// Returns a batch of raw writes that becomes visible and durable at once.
    pub fn batch(&self) -> Result<fjall::OwnedWriteBatch, StoreError> {
        Ok(self.made()?.database.batch())
    }

    /// Returns the database once it is there.
    fn made(&self) -> Result<&Made, StoreError> {
        self.making.wait()
    }

    /// Returns the database if it is there already; nothing was ever written to one that is not.
    fn present(&self) -> Option<&Made> {
        self.making.present()
    }
}

/// The rows that a search finds; none where nothing was ever written.
pub type Found = Flatten<option::IntoIter<fjall::Iter>>;

/// Raw rows under one name, ordered by key.
///
/// They take space only once something is written: making all of them would take longer than all else that an
/// engine does before its first answer.
#[derive(Clone)]
pub struct Rows {
    store: Store,
    name: &'static str,
    options: fn() -> KeyspaceCreateOptions,
    keyspace: Arc<OnceLock<Keyspace>>,
}

impl Rows {
    /// Returns the keyspace that a batch writes to, made when absent.
    pub fn made(&self) -> Result<&Keyspace, StoreError> {
        if let Some(keyspace) = self.keyspace.get() {
            hold_back(keyspace)?;
            return Ok(keyspace);
        }
        // Two that come here at once get the same one.
        let keyspace = self.store.made()?.database.keyspace(self.name, self.options)?;
        Ok(self.keyspace.get_or_init(|| keyspace))
    }

    /// Returns the value under a key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<UserValue>, StoreError> {
        let Some(keyspace) = self.keyspace.get() else { return Ok(None) };
        Ok(keyspace.get(key)?)
    }

    /// Writes one row.
    pub fn insert(&self, key: impl Into<UserKey>, value: impl Into<UserValue>) -> Result<(), StoreError> {
        Ok(self.made()?.insert(key, value)?)
    }

    /// Removes one row, if it is there.
    pub fn remove(&self, key: impl Into<UserKey>) -> Result<(), StoreError> {
        let Some(keyspace) = self.keyspace.get() else { return Ok(()) };
        Ok(keyspace.remove(key)?)
    }

    /// Returns all rows.
    pub fn iter(&self) -> Found {
        self.keyspace.get().map(Keyspace::iter).into_iter().flatten()
    }

    /// Returns the rows of a range of keys, which must not end before it begins.
    pub fn range<K: AsRef<[u8]>>(&self, range: impl RangeBounds<K>) -> Found {
        self.keyspace.get().map(|keyspace| keyspace.range(range)).into_iter().flatten()
    }

    /// Returns the rows whose keys begin with `prefix`.
    pub fn prefix(&self, prefix: impl AsRef<[u8]>) -> Found {
        self.keyspace.get().map(|keyspace| keyspace.prefix(prefix)).into_iter().flatten()
    }
}

/// Closes what gathers in memory when that is much, and waits while too much of it waits for the disk.
///
/// The database does both by itself, but the one only when its worker has nothing else to do, so that meanwhile
/// memory grows without bounds, and the other later and more coarsely.
fn hold_back(keyspace: &Keyspace) -> Result<(), StoreError> {
    let tree = &keyspace.tree;
    if tree.active_memtable().size() <= RECORDS_IN_MEMORY || !keyspace.is_kv_separated() {
        return Ok(());
    }
    let begun = Instant::now();
    while tree.sealed_memtable_count() >= WAITING_PARTS && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(1));
    }
    keyspace.rotate_memtable()?;
    Ok(())
}

/// Named entries of one type, ordered by key.
///
/// Keys are paths such as `account/region/name`, so that a scope can be listed by its prefix.
pub struct Table<T> {
    store: Store,
    name: &'static str,
    values: PhantomData<fn() -> T>,
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), name: self.name, values: PhantomData }
    }
}

impl<T: Serialize + DeserializeOwned> Table<T> {
    fn key(&self, key: &str) -> String {
        format!("{}/{key}", self.name)
    }

    /// Returns the entry under `key`.
    pub fn get(&self, key: &str) -> Result<Option<T>, StoreError> {
        let Some(made) = self.store.present() else { return Ok(None) };
        let value = made.state.get(self.key(key))?;
        value.map(|bytes| Ok(serde_json::from_slice(&bytes)?)).transpose()
    }

    /// Stores `value` under `key`, replacing what was there.
    pub fn put(&self, key: &str, value: &T) -> Result<(), StoreError> {
        Ok(self.store.made()?.state.insert(self.key(key), serde_json::to_vec(value)?)?)
    }

    /// Removes the entry under `key`, if there is one.
    pub fn remove(&self, key: &str) -> Result<(), StoreError> {
        let Some(made) = self.store.present() else { return Ok(()) };
        Ok(made.state.remove(self.key(key))?)
    }

    /// Returns the entries whose keys begin with `prefix`, in order; keys come back whole.
    pub fn scan(&self, prefix: &str) -> Result<Vec<(String, T)>, StoreError> {
        let strip = self.name.len() + 1;
        let entry = |guard: fjall::Guard| {
            let (key, value) = guard.into_inner()?;
            let key = String::from_utf8_lossy(&key[strip..]).into_owned();
            Ok((key, serde_json::from_slice(&value)?))
        };
        let Some(made) = self.store.present() else { return Ok(Vec::new()) };
        made.state.prefix(self.key(prefix)).map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_rows_when_the_first_one_is_written() {
        let folder = tempfile::tempdir().unwrap();
        {
            let store = Store::open(folder.path()).unwrap();
            let (rows, same) = (store.rows("rows").unwrap(), store.records("rows").unwrap());
            rows.remove("a").unwrap();
            assert_eq!((rows.iter().count(), rows.get("a").unwrap()), (0, None));
            assert!(!store.made().unwrap().database.keyspace_exists("rows"));
            rows.insert("a", "1").unwrap();
            same.insert("b", "2").unwrap();
            assert_eq!((rows.iter().count(), same.prefix("a").count()), (2, 1));
        }
        let rows = Store::open(folder.path()).unwrap().rows("rows").unwrap();
        assert_eq!(rows.range("b"..).count(), 1);
        assert_eq!(rows.get("a").unwrap().as_deref(), Some(&b"1"[..]));
    }

    #[test]
    fn lists_one_scope_in_order_and_survives_reopening() {
        let folder = tempfile::tempdir().unwrap();
        {
            let table = Store::open(folder.path()).unwrap().table::<u32>("numbers");
            table.put("a/2", &2).unwrap();
            table.put("a/1", &1).unwrap();
            table.put("b/3", &3).unwrap();
            table.remove("b/3").unwrap();
        }
        let store = Store::open(folder.path()).unwrap();
        let table = store.table::<u32>("numbers");
        assert_eq!(table.scan("a/").unwrap(), [("a/1".into(), 1), ("a/2".into(), 2)]);
        assert_eq!(table.get("b/3").unwrap(), None);
        assert_eq!(store.table::<u32>("number").scan("").unwrap(), []);
    }
}
