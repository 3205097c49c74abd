//! The file of rows that could not be sent, written so that it can be sent again.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Rows that were given up; there is no file before the first.
#[derive(Debug)]
pub struct FailedRows {
    path: PathBuf,
    /// Whether the user named the file, so that it may be replaced.
    is_named: bool,
    file: Option<File>,
}

impl FailedRows {
    /// Returns a file that the user named.
    pub fn named(path: &Path) -> Self {
        Self { path: path.to_owned(), is_named: true, file: None }
    }

    /// Returns a file with a name of its own: `gps.failed.rows`, or with a number when that is there.
    pub fn of_stack(stack: &str) -> Self {
        Self { path: PathBuf::from(format!("{stack}.failed.rows")), is_named: false, file: None }
    }

    /// Returns the file, if there is one.
    pub fn path(&self) -> Option<&Path> {
        self.file.is_some().then_some(self.path.as_path())
    }

    /// Adds rows, each of which has its line's end.
    pub fn write(&mut self, rows: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = self.create()?;
                self.file.insert(file)
            }
        };
        file.write_all(rows)
    }

    fn create(&mut self) -> io::Result<File> {
        if self.is_named {
            return File::create(&self.path);
        }
        let stem = self.path.with_extension("");
        for number in 2.. {
            match OpenOptions::new().write(true).create_new(true).open(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    self.path = PathBuf::from(format!("{}-{number}.rows", stem.display()));
                }
                result => return result,
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_name_that_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let stack = folder.path().join("gps").display().to_string();
        for name in ["gps.failed.rows", "gps.failed-2.rows", "gps.failed-3.rows"] {
            let mut failed = FailedRows::of_stack(&stack);
            assert_eq!(failed.path(), None);
            failed.write(b"a b\n").unwrap();
            failed.write(b"c d\n").unwrap();
            assert_eq!(failed.path(), Some(folder.path().join(name).as_path()));
            assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), b"a b\nc d\n");
        }
    }
}
