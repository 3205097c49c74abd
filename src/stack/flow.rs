//! What goes through a stream or a delivery, as far as the stack file says so by `rate` and `record_size`.

use super::model::{Delivery, StackFile, Stream};

/// Records and bytes a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flow {
    pub records: f64,
    /// Known when the size of a record is.
    pub bytes: Option<f64>,
}

impl Stream {
    /// Returns what the stream takes, when the stack file says it.
    pub fn flow(&self) -> Option<Flow> {
        let rate = self.rate.as_ref()?.value.0;
        Some(Flow { records: rate, bytes: self.record_size.as_ref().map(|size| size.value.0 as f64 * rate) })
    }
}

impl Delivery {
    /// Returns what the delivery takes: what its stream does, or what is put into it directly.
    pub fn flow(&self, file: &StackFile) -> Option<Flow> {
        if let Some(from) = &self.from {
            return file.streams.get(from.value.as_str())?.flow();
        }
        let rate = self.rate.as_ref()?.value.0;
        Some(Flow { records: rate, bytes: self.record_size.as_ref().map(|size| size.value.0 as f64 * rate) })
    }
}
