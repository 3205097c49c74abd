//! Keeps the maximum speed per vehicle over all objects of a bucket, and tells a topic of vehicles that are too fast.
//!
//! It is invoked with the notifications of a bucket, and every notification may come twice, late, or beside
//! others. So what it keeps is the same in whatever order and however often the objects are read, and changes
//! only under a condition; see [`fleet_maxima`]. A vehicle's alert is published once per hour, and a second time
//! only if an invocation dies between publishing it and noting so.
//!
//! Rows whose `record_id` begins with `hydrant-verify-` prove that the pipeline works. Each one above the limit is
//! published like an alert, with its `record_id`, and again if the invocation is repeated; but they raise no maximum
//! and use up no vehicle's hour, so that a proof leaves the data as it was.
//!
//! | variable | meaning | without it |
//! |---|---|---|
//! | `STATE_BUCKET` | bucket that holds the maxima | the function does not start |
//! | `STATE_PREFIX` | where in it they lie; rows there are not read | `maxima/` |
//! | `ERROR_PREFIX` | where Firehose writes what it could not deliver; left alone | `failed/` |
//! | `TOPIC_ARN` | topic that is told of a vehicle that is too fast | it only records |
//! | `SPEED_LIMIT` | speed above which it is told, in the rows' unit; set both or neither | |

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
