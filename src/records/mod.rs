//! Records on their way into a pipeline and out of it.
//!
//! ```text
//! input → feed → columns → gather → backlog → sender → destination      (send)
//! ```
//! Mapping, gathering, pacing and waiting are plain functions of values and given times; only `sender`, `destination`
//! and what lists shards or objects speak to AWS.

mod backlog;
mod checkpoint;
mod columns;
mod destination;
mod entrance;
mod entry;
mod failed;
mod feed;
mod gather;
mod generate;
mod input;
mod interrupt;
mod pacing;
mod sender;
mod settled;
mod shards;
mod tally;

pub use checkpoint::CheckpointFile;
pub use columns::Layout;
pub use destination::Destination;
pub use entrance::Entrance;
pub use failed::FailedRows;
pub use feed::{Feed, Origin};
pub use gather::Gatherer;
pub use generate::{Kind, Rate};
pub use input::InputFormat;
pub use interrupt::Interruptions;
pub use pacing::Pace;
pub use sender::{Plan, Sender, Stop};
pub use tally::{Report, Tally};
