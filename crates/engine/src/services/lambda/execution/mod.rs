//! Where functions run: processes, the Runtime API that they speak, their logs, and their reuse.

mod api;
mod environment;
mod log;
mod memory;
mod orphan;
mod pool;
mod report;
mod spawner;
mod start;

pub use environment::Outcome;
pub use pool::{Pools, Room};
