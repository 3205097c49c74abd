//! The thread on which all function processes are made.
//!
//! The kernel ties a child's life to the thread that made it, and the runtime's own threads come and go, so
//! one thread does nothing else for as long as the service lives.

use std::io;
use std::sync::mpsc;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// Makes child processes on a thread of its own.
pub struct Spawner {
    jobs: mpsc::Sender<Job>,
}

impl Spawner {
    pub fn new() -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        std::thread::Builder::new().name("lambda-spawner".to_owned()).spawn(move || {
            for job in queue {
                job();
            }
        })?;
        Ok(Self { jobs })
    }

    /// Starts `command`.
    pub async fn spawn(&self, mut command: Command) -> io::Result<Child> {
        let runtime = Handle::current();
        let (answer, child) = oneshot::channel();
        let job = Box::new(move || {
            let _inside = runtime.enter();
            // A receiver that is gone drops the child, which kills it.
            let _ = answer.send(start(&mut command));
        });
        self.jobs.send(job).map_err(|_| io::ErrorKind::BrokenPipe)?;
        child.await.map_err(|_| io::ErrorKind::BrokenPipe)?
    }
}

/// Starts a process, patiently: for a moment after an executable was unpacked, another child that was forked
/// meanwhile may still hold it open for writing, and the kernel then refuses to run it.
fn start(command: &mut Command) -> io::Result<Child> {
    for _ in 0..50 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(5));
            }
            outcome => return outcome,
        }
    }
    command.spawn()
}
