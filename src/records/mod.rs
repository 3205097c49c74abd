//! Records on their way into a pipeline and out of it.
//!
//! ```text
//! input → feed → columns → gather → backlog → sender → destination      (send)
//! objects → reading → unpack → rows → fold or output                      (read)
//! ```
//! Mapping, gathering, pacing and waiting are plain functions of values and given times; only `sender`, `destination`
//! and what lists shards or objects speak to AWS.

mod backlog;
mod checkpoint;
mod columns;
mod convert;
mod destination;
mod entrance;
mod entry;
mod error_row;
mod failed;
mod feed;
mod fold;
mod gather;
mod generate;
mod input;
mod objects;
mod output;
mod pacing;
mod reading;
mod rows;
mod sender;
mod settled;
mod shards;
mod tally;
mod unpack;

pub use checkpoint::CheckpointFile;
pub use columns::{BadRow, Layout};
pub use destination::{Destination, Outcome, Reply};
pub use entrance::Entrance;
pub use entry::Entry;
pub use error_row::{data as error_data, decode as decode_error};
pub use failed::FailedRows;
pub use feed::{Feed, Origin};
pub use fold::{Fold, Measure};
pub use gather::Gatherer;
pub use generate::{Kind, Rate};
pub use input::InputFormat;
pub use objects::{Exit, Listing, Selection};
pub use output::{Output, RowText};
pub use pacing::{Pace, jitter};
pub use reading::read_objects;
pub use rows::RowFormat;
pub use sender::{Plan, Sender, Stop};
pub use tally::{Report, Tally};
pub use unpack::unpack;
