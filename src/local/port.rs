//! The port that an engine keeps: stacks have URLs with it in their outputs, so the next engine on the same folder
//! listens there again when it may.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("port")
}

/// Returns the port on which the last engine of this folder listened, if it is free, and otherwise 0.
pub fn last(data_dir: &Path) -> u16 {
    let noted = std::fs::read_to_string(path(data_dir)).ok();
    let port = noted.and_then(|port| port.trim().parse().ok()).unwrap_or(0);
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => port,
        Err(_) => 0,
    }
}

/// Notes the port of a running engine's URL.
pub fn keep(data_dir: &Path, url: &str) -> std::io::Result<()> {
    let port = url.rsplit_once(':').map_or("", |(_, port)| port);
    std::fs::write(path(data_dir), format!("{port}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_last_port_again_unless_somebody_else_has_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(last(folder.path()), 0);
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = other.local_addr().unwrap().port();
        keep(folder.path(), &format!("http://127.0.0.1:{port}")).unwrap();
        assert_eq!(last(folder.path()), 0);
        drop(other);
        assert_eq!(last(folder.path()), port);
    }
}
