//! Keeps the maximum speed per vehicle over all objects of a bucket, and tells a topic of vehicles that are too fast.
//!
//! It is invoked with the notifications of a bucket, and every notification may come twice, late, or beside
//! others. So what it keeps is the same in whatever order and however often the objects are read, and changes
//! only under a condition; see [`fleet_maxima`]. A vehicle's alert is published once per hour, and a second time
//! only if an invocation dies between publishing it and noting so.

mod alert;
mod findings;
pub mod hour;
mod lines;
mod objects;
mod record;
mod row;
mod settings;

pub use alert::{Publisher, SnsPublisher, Speeding};
pub use objects::{Objects, S3Objects};
pub use record::{RecordError, Recorder, Summary};
pub use row::{COLUMNS, Row};
pub use settings::Settings;
