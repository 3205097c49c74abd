//! Reproducible archives: the same binary always gives the same bytes.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::path::Path;

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Returns a zip archive that holds `content` as the executable file `bootstrap`.
pub fn zip(content: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", options(0o755))?;
    writer.write_all(content)?;
    Ok(writer.finish()?.into_inner())
}

/// Returns a zip archive that holds the files under `folder`, in the order of their names.
pub fn zip_folder(folder: &Path) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    add_folder(&mut writer, folder, "")?;
    Ok(writer.finish()?.into_inner())
}

fn add_folder(
    writer: &mut ZipWriter<Cursor<Vec<u8>>>,
    folder: &Path,
    within: &str,
) -> zip::result::ZipResult<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{within}{}", entry.file_name().to_string_lossy());
        // Follows links: what they lead to is what the function has to find.
        let metadata = std::fs::metadata(entry.path())?;
        if metadata.is_dir() {
            add_folder(writer, &entry.path(), &format!("{name}/"))?;
        } else {
            writer.start_file(name, options(if is_executable(&metadata) { 0o755 } else { 0o644 }))?;
            std::io::copy(&mut std::fs::File::open(entry.path())?, writer)?;
        }
    }
    Ok(())
}

/// Everything that would differ from one machine or day to the next is fixed.
fn options(permissions: u32) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(permissions)
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    true
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
    fn holds_the_files_of_a_folder_under_their_names() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        std::fs::write(folder.path().join("bin/tool"), "tool").unwrap();
        std::fs::write(folder.path().join("a.json"), "{}").unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(zip_folder(folder.path()).unwrap())).unwrap();
        assert_eq!(archive.by_index(0).unwrap().name().unwrap(), "a.json");
        assert_eq!(archive.by_index(1).unwrap().name().unwrap(), "bin/tool");
        assert!(zip_folder(&folder.path().join("missing")).is_err());
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
