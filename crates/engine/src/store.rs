//! What the engine must remember, in one embedded database.
//!
//! A write is in the operating system's hands when the call returns, so it survives `kill -9` of the engine
//! (not a power cut). Services see typed tables; only the data planes touch raw keyspaces.

use std::marker::PhantomData;
use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The store could not read or write.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("another engine runs on this folder")]
    InUse,
    #[error("the engine's database failed")]
    Database(#[from] fjall::Error),
    #[error("an entry of the engine's database cannot be read")]
    Entry(#[from] serde_json::Error),
}

/// The database of one engine.
#[derive(Clone)]
pub struct Store {
    database: Database,
    state: Keyspace,
}

impl Store {
    /// Opens the database in `folder`, making it when absent. A second engine on the same folder is refused.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let database = Database::builder(folder).cache_size(8 << 20).worker_threads(1).open();
        let database = database.map_err(|error| match error {
            fjall::Error::Locked => StoreError::InUse,
            error => StoreError::Database(error),
        })?;
        let state = database.keyspace("state", KeyspaceCreateOptions::default)?;
        Ok(Self { database, state })
    }

    /// Returns the table called `name`, whose values are stored as JSON.
    pub fn table<T>(&self, name: &'static str) -> Table<T> {
        Table { store: self.clone(), name, values: PhantomData }
    }

    /// Returns a keyspace of raw bytes for a data plane, made when absent.
    pub fn keyspace(&self, name: &str) -> Result<Keyspace, StoreError> {
        Ok(self.database.keyspace(name, KeyspaceCreateOptions::default)?)
    }

    /// Returns a batch of raw writes that becomes visible and durable at once.
    pub fn batch(&self) -> fjall::OwnedWriteBatch {
        self.database.batch()
    }
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
        let value = self.store.state.get(self.key(key))?;
        value.map(|bytes| Ok(serde_json::from_slice(&bytes)?)).transpose()
    }

    /// Stores `value` under `key`, replacing what was there.
    pub fn put(&self, key: &str, value: &T) -> Result<(), StoreError> {
        Ok(self.store.state.insert(self.key(key), serde_json::to_vec(value)?)?)
    }

    /// Removes the entry under `key`, if there is one.
    pub fn remove(&self, key: &str) -> Result<(), StoreError> {
        Ok(self.store.state.remove(self.key(key))?)
    }

    /// Returns the entries whose keys begin with `prefix`, in order; keys come back whole.
    pub fn scan(&self, prefix: &str) -> Result<Vec<(String, T)>, StoreError> {
        let strip = self.name.len() + 1;
        let entry = |guard: fjall::Guard| {
            let (key, value) = guard.into_inner()?;
            let key = String::from_utf8_lossy(&key[strip..]).into_owned();
            Ok((key, serde_json::from_slice(&value)?))
        };
        self.store.state.prefix(self.key(prefix)).map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
