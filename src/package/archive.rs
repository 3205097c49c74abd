//! Reproducible archives: the same binary always gives the same bytes.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Returns a zip archive that holds `content` as the executable file `bootstrap`.
pub fn zip(content: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", options)?;
    writer.write_all(content)?;
    Ok(writer.finish()?.into_inner())
}

/// Returns the SHA-256 of `bytes` in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn gives_the_same_bytes_for_the_same_binary() {
        assert_eq!(zip(b"binary").unwrap(), zip(b"binary").unwrap());
        assert_ne!(sha256(&zip(b"binary").unwrap()), sha256(&zip(b"other").unwrap()));
    }

    #[test]
    fn holds_an_executable_bootstrap() {
        let mut archive = zip::ZipArchive::new(Cursor::new(zip(b"binary").unwrap())).unwrap();
        let mut file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().unwrap() & 0o777, 0o755);
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        assert_eq!(content, b"binary");
    }
}
