//! The engine as a process: running one, and measuring how soon it answers and how little it needs.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hydrant_engine::{Config, Engine};
use serde_json::json;

use crate::client::Client;
use crate::{Flags, Outcome};

/// Runs an engine until it is killed or asked to stop; prints its URL once it answers.
pub fn run(flags: &Flags) -> Outcome {
    let mut config = Config::new(flags.needed("--data")?);
    config.port = u16::try_from(flags.number("--port", 0)?)?;
    for service in flags.text("--no-limits").into_iter().flat_map(|services| services.split(',')) {
        let limits = config.limits.without(service);
        config.limits = limits.ok_or_else(|| format!("{service} has no limits to switch off"))?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut engine = Engine::start(config).await?;
        println!("{}", engine.url());
        engine.asked_to_stop().await;
        engine.stop().await;
        Ok(())
    })
}

/// Starts engines in new folders; prints the median time to the first answer, and the memory when idle.
pub fn startup(flags: &Flags) -> Outcome {
    let mut times = Vec::new();
    let mut memory = 0;
    for _ in 0..flags.number("--times", 11)?.max(1) {
        let folder = tempfile::tempdir()?;
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let begun = Instant::now();
        let mut engine = Command::new(std::env::current_exe()?)
            .args(["engine", "--port", &port.to_string(), "--data"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()?;
        let url = format!("http://127.0.0.1:{port}");
        while first_answer(&url).is_err() && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_micros(500));
        }
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        std::thread::sleep(Duration::from_millis(500));
        memory = memory.max(resident(engine.id()).unwrap_or(0));
        engine.kill()?;
        engine.wait()?;
    }
    times.sort_by(f64::total_cmp);
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    println!("{}", json!({"first_answer_ms": round(middle), "idle_mb": memory / 1024}));
    Ok(())
}

fn first_answer(url: &str) -> std::io::Result<String> {
    let mut client = Client::connect(url)?;
    let request = client.json("kinesis", "Kinesis_20131202.ListStreams", "{}");
    client.call(&request)
}

/// Returns the resident memory of a process in KiB, where the system tells.
pub fn resident(pid: u32) -> Option<u64> {
    status(pid, "VmRSS:")
}

/// Returns the most memory that a process ever had resident, in KiB.
pub fn peak(pid: u32) -> Option<u64> {
    status(pid, "VmHWM:")
}

fn status(pid: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

pub fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
