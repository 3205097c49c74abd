//! An object's bytes as a stream of plain ones, decompressed as the first bytes say, whatever its name says.

use std::io::{Cursor, Error, ErrorKind, Read, Result};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

/// How framed Snappy and zstd begin; Hadoop's Snappy has no beginning to be known by.
const SNAPPY: &[u8] = b"\xff\x06\x00\x00sNaPpY";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// Returns the object's content.
pub fn unpack(bytes: Bytes) -> Result<Box<dyn Read + Send>> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(MultiGzDecoder::new(Cursor::new(bytes))));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return unzip(&bytes);
    }
    for (beginning, name) in [(SNAPPY, "Snappy"), (ZSTD, "zstd")] {
        if bytes.starts_with(beginning) {
            return Err(Error::new(ErrorKind::Unsupported, format!("{name} is not supported")));
        }
    }
    Ok(Box::new(Cursor::new(bytes)))
}

/// Firehose writes one file into an archive; others are appended as they come.
fn unzip(bytes: &Bytes) -> Result<Box<dyn Read + Send>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut content = Vec::new();
    for index in 0..archive.len() {
        archive.by_index(index)?.read_to_end(&mut content)?;
    }
    Ok(Box::new(Cursor::new(content)))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn text(bytes: impl Into<Bytes>) -> Result<String> {
        let mut text = String::new();
        unpack(bytes.into())?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn unpacks_by_content() {
        let gzip = |text: &str| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(text([gzip("one\n"), gzip("two\n")].concat()).unwrap(), "one\ntwo\n");
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("rows", zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(b"row").unwrap();
        assert_eq!(text(archive.finish().unwrap().into_inner()).unwrap(), "row");
        assert_eq!(text("row").unwrap(), "row");
        assert_eq!(text("").unwrap(), "");
    }

    #[test]
    fn names_what_it_cannot_read() {
        assert_eq!(text(SNAPPY.to_vec()).unwrap_err().to_string(), "Snappy is not supported");
        assert!(text(b"PK\x03\x04 and no more".to_vec()).is_err());
        assert!(text(b"\x1f\x8b\x08 cut".to_vec()).is_err());
    }
}
