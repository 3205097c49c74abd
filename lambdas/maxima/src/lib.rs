//! The maximum speed per vehicle, as objects in S3 that several writers may change at the same time.
//!
//! The vehicles are spread over [`SHARDS`] objects by a hash of their vin. Whoever changes one reads it, merges,
//! and writes it back on the condition that nobody else did in between; [`Shard`] says what merging means, and
//! [`Store`] where the objects lie. A shard is read and written whole, which suits tens of thousands of vehicles.

mod alerts;
mod maximum;
mod shard;
mod store;

pub use alerts::{Alert, Alerts, Claimant};
pub use maximum::Maximum;
pub use shard::{Found, SHARDS, Settled, Shard, Vehicle, shard_of};
pub use store::{Loaded, S3Store, Store, StoreError, Written};
