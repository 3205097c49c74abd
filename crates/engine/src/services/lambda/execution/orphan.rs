//! Makes a child process end when the engine ends, even by `kill -9`.
//!
//! The kernel sends the signal when the *thread* that made the child ends, which is why children are made
//! on a thread that lives as long as the service (see [`super::spawner`]). It reaches the child itself, not
//! processes that the child made.

#[cfg(target_os = "linux")]
use rustix::process::{Signal, getppid, set_parent_process_death_signal};

/// Arranges that the process of `command` is killed when the thread that spawns it ends.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the death signal can only be asked for by the child, between fork and exec")]
pub fn dies_with_its_parent(command: &mut tokio::process::Command) {
    let engine = rustix::process::getpid();
    let ask = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // An engine that died between the fork and the line above will send no signal any more.
        if getppid() == Some(engine) { Ok(()) } else { Err(std::io::ErrorKind::NotFound.into()) }
    };
    // SAFETY: the closure makes two system calls and neither allocates nor takes a lock, so it may run
    // in the forked child of a process with threads.
    unsafe { command.pre_exec(ask) };
}

/// Other systems have no such signal: there, children end with the engine only when it ends in order.
#[cfg(not(target_os = "linux"))]
pub fn dies_with_its_parent(_command: &mut tokio::process::Command) {}
