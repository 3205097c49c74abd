//! Says whether a binary can run on Lambda's `provided.al2023`, before Lambda says so at the first event.

use object::read::elf::ElfFile64;
use object::{Architecture as Machine, Endianness, Object};

use crate::stack::Architecture;

/// The GLIBC of Amazon Linux 2023.
/// <https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html>
pub const NEWEST_GLIBC: (u32, u32) = (2, 34);

/// Why a binary cannot run there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("the binary is not an ELF executable for Linux")]
    NotLinux,
    #[error("the binary is for {found}, the stack wants {wanted}")]
    WrongMachine { found: String, wanted: &'static str },
    #[error("the binary needs GLIBC {}.{}, provided.al2023 has 2.34", .0.0, .0.1)]
    TooNew((u32, u32)),
}

impl Problem {
    /// Returns what to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NotLinux => "build on Linux, or for a Linux target",
            Self::WrongMachine { .. } => {
                "set the function's `architecture`, or build on a machine of that kind"
            }
            Self::TooNew(_) => "build on a system with GLIBC 2.34 or older, or for a musl target",
        }
    }
}

/// Refuses a binary that `provided.al2023` on `architecture` cannot run.
pub fn check(binary: &[u8], architecture: Architecture) -> Result<(), Problem> {
    let file = ElfFile64::<Endianness>::parse(binary).map_err(|_| Problem::NotLinux)?;
    let wanted = match architecture {
        Architecture::X86_64 => Machine::X86_64,
        Architecture::Arm64 => Machine::Aarch64,
    };
    if file.architecture() != wanted {
        let found = format!("{:?}", file.architecture());
        return Err(Problem::WrongMachine { found, wanted: architecture.name() });
    }
    match newest_glibc(&file) {
        Some(version) if version > NEWEST_GLIBC => Err(Problem::TooNew(version)),
        _ => Ok(()),
    }
}

/// Returns the newest GLIBC version that the binary's symbols ask for; none for a static binary.
fn newest_glibc(file: &ElfFile64<'_, Endianness>) -> Option<(u32, u32)> {
    let endian = file.endian();
    let sections = file.elf_section_table();
    let (mut needs, strings) = sections.gnu_verneed(endian, file.data()).ok()??;
    let strings = sections.strings(endian, file.data(), strings).ok()?;
    let mut newest = None;
    while let Ok(Some((_, mut versions))) = needs.next() {
        while let Ok(Some(version)) = versions.next() {
            let name = version.name(endian, strings).unwrap_or_default();
            newest = newest.max(parse(name));
        }
    }
    newest
}

/// Parses `GLIBC_2.34`; `GLIBC_PRIVATE` and other libraries' versions are none.
fn parse(name: &[u8]) -> Option<(u32, u32)> {
    let version = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
    let mut parts = version.split('.').map(str::parse::<u32>);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_as_numbers() {
        assert_eq!(parse(b"GLIBC_2.34"), Some((2, 34)));
        assert_eq!(parse(b"GLIBC_2.2.5"), Some((2, 2)));
        assert_eq!(parse(b"GLIBC_PRIVATE"), None);
        assert!(parse(b"GLIBC_2.9") < parse(b"GLIBC_2.34"));
    }

    #[test]
    fn refuses_what_is_not_for_linux() {
        assert_eq!(check(b"#!/bin/sh\n", Architecture::X86_64), Err(Problem::NotLinux));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn tells_one_machine_from_another() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let (same, other) = if cfg!(target_arch = "x86_64") {
            (Architecture::X86_64, Architecture::Arm64)
        } else {
            (Architecture::Arm64, Architecture::X86_64)
        };
        assert!(!matches!(check(&own, same), Err(Problem::NotLinux | Problem::WrongMachine { .. })));
        assert!(matches!(check(&own, other), Err(Problem::WrongMachine { .. })));
    }
}
