//! How much memory a function's processes hold.

/// Returns the resident memory, in bytes, of a process and everything it started.
///
/// Reads `/proc`, so it knows nothing on systems other than Linux and answers 0 there: the memory limit is
/// then not enforced.
pub fn resident(pid: u32) -> u64 {
    let own = status(pid, "VmRSS:");
    own + children(pid).into_iter().map(resident).sum::<u64>()
}

/// Returns the most memory, in bytes, that the process itself ever held.
pub fn peak(pid: u32) -> u64 {
    status(pid, "VmHWM:")
}

fn status(pid: u32, field: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}

fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists =
        threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn measures_this_process() {
        let pid = std::process::id();
        assert!(resident(pid) > 1 << 20);
        assert!(peak(pid) > 1 << 20);
        assert_eq!(peak(u32::MAX), 0);
    }
}
