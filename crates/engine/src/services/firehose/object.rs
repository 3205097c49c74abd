//! Delivered objects: their keys and their bytes, compressed as the destination wants.

use std::io::{Cursor, Write};

use bytes::Bytes;
use flate2::write::GzEncoder;
use uuid::Uuid;

use super::destination::Compression;
use super::prefix::Prefixes;
use crate::clock::Timestamp;
use crate::error::AwsError;

/// What the name of an object says of its delivery stream.
#[derive(Debug, Clone)]
pub struct Naming<'a> {
    pub stream_name: &'a str,
    pub version: u64,
    pub extension: &'a str,
}

impl Naming<'_> {
    /// Returns the key of an object of delivered records, of which the oldest arrived at `oldest`.
    pub fn data_key(&self, prefixes: &Prefixes, oldest: Timestamp) -> String {
        let moment = prefixes.zoned(oldest);
        prefixes.of_data(&moment) + &self.name(&moment) + self.extension
    }

    /// Returns the key of an object of failed records.
    pub fn error_key(&self, prefixes: &Prefixes, oldest: Timestamp, error_output_type: &str) -> String {
        let moment = prefixes.zoned(oldest);
        prefixes.of_errors(&moment, error_output_type) + &self.name(&moment)
    }

    fn name(&self, moment: &jiff::Zoned) -> String {
        let time = moment.strftime("%Y-%m-%d-%H-%M-%S");
        format!("{}-{}-{time}-{}", self.stream_name, self.version, Uuid::new_v4())
    }
}

/// Compresses the pieces of the object that gets the key `key`.
pub fn compress(compression: Compression, key: &str, data: Vec<Bytes>) -> Result<Vec<Bytes>, AwsError> {
    let one = |bytes: Vec<u8>| vec![Bytes::from(bytes)];
    match compression {
        Compression::Uncompressed => Ok(data),
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
            let finished =
                data.iter().try_for_each(|piece| encoder.write_all(piece)).and_then(|()| encoder.finish());
            finished.map(one).map_err(AwsError::internal)
        }
        Compression::Zip => {
            let file = key.rsplit('/').next().unwrap_or(key);
            let name = file.strip_suffix(compression.extension()).unwrap_or(file);
            archive(name, &data).map(one).map_err(AwsError::internal)
        }
    }
}

/// Returns a ZIP archive with one file in it.
fn archive(name: &str, data: &[Bytes]) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, zip::write::SimpleFileOptions::default())?;
    data.iter().try_for_each(|piece| archive.write_all(piece))?;
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use jiff::tz::TimeZone;

    use super::*;

    const MOMENT: Timestamp = Timestamp(1_768_473_012_345);

    #[test]
    fn names_objects_by_stream_version_and_time() {
        let prefixes = Prefixes::parse("gps/", None, TimeZone::UTC).unwrap();
        let naming = Naming { stream_name: "to-s3", version: 3, extension: ".gz" };
        let key = naming.data_key(&prefixes, MOMENT);
        let uuid = key.strip_prefix("gps/2026/01/15/10/to-s3-3-2026-01-15-10-30-12-").unwrap();
        Uuid::parse_str(uuid.strip_suffix(".gz").unwrap()).unwrap();
        let key = naming.error_key(&prefixes, MOMENT, "processing-failed");
        assert!(key.starts_with("gps/processing-failed/2026/01/15/10/to-s3-3-2026-01-15-10-30-12-"), "{key}");
    }

    #[test]
    fn compresses_so_that_the_usual_tools_can_read_it() {
        let pieces = || vec![Bytes::from("hel"), Bytes::from("lo")];
        let gzip = compress(Compression::Gzip, "a.gz", pieces()).unwrap().concat();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*gzip).read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
        let archive = compress(Compression::Zip, "p/a.zip", pieces()).unwrap().concat();
        let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
        let mut text = String::new();
        archive.by_name("a").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
    }
}
