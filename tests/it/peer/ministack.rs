//! ministack, an AWS emulator in Python that shares no code with the local engine: started per test.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::python;

const VERSION: &str = "1.5.33";

/// How long a start may take, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs the server until it ends or nobody holds the pipe any more, and then ends its whole process group: the server
/// must not outlive its test, however that ends.
const SCRIPT: &str = r#"("$0"; kill -s KILL 0) & read -r _; kill -s KILL 0"#;

/// A running server, with state of its own; it ends with the value.
pub struct Ministack {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Ministack {
    /// Starts a server; nothing where it cannot be installed, except on CI.
    pub fn start() -> Option<Self> {
        let program = python::program("ministack", VERSION)?;
        // Between the choice of a free port and its use, another process may take it.
        (0..3)
            .find_map(|_| Self::start_on(free_port(), &program))
            .or_else(|| panic!("ministack does not start"))
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn start_on(port: u16, program: &Path) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let log = File::create(folder.path().join("log")).expect("the folder is ours");
        let process = Command::new("sh")
            .args(["-c", SCRIPT])
            .arg(program)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder.path())
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("AUTH", "true")
            .env("STATE_DIR", folder.path().join("state"))
            .env("S3_DATA_DIR", folder.path().join("s3"))
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a file can be shared"))
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("there is a shell");
        let mut server = Self { process, port, _folder: folder };
        let started = Instant::now();
        while started.elapsed() < LIMIT {
            if !matches!(server.process.try_wait(), Ok(None)) {
                return None;
            }
            if server.is_healthy() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    }

    fn is_healthy(&self) -> bool {
        let ask = || -> std::io::Result<bool> {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
            let mut connection = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
            connection.set_read_timeout(Some(Duration::from_secs(5)))?;
            connection.write_all(
                b"GET /_ministack/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            )?;
            let mut answer = [0; 12];
            connection.read_exact(&mut answer)?;
            Ok(&answer == b"HTTP/1.1 200")
        };
        ask().unwrap_or(false)
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("a bound socket has an address").port()
}
