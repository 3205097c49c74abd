//! What is left of functions when their engine is killed.

use serde_json::json;

use super::stage::Stage;
use crate::support::eventually;

/// Where the test below tells the engine in its own process what to do.
const KILLED_ENGINE: &str = "HYDRANT_TEST_KILLED_ENGINE";

#[tokio::test]
#[ignore = "runs in a process of its own, which another test kills"]
async fn waits_to_be_killed() {
    let Some(file) = std::env::var_os(KILLED_ENGINE) else { return };
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    let answer = stage.answer("f", json!({"do": "count"})).await;
    std::fs::write(&file, answer["pid"].to_string()).unwrap();
    std::future::pending::<()>().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn leaves_no_process_behind_when_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let mut engine = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lambda::killed::waits_to_be_killed", "--ignored"])
        .env(KILLED_ENGINE, &file)
        // Its folder stays behind when it is killed.
        .env("TMPDIR", folder.path())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let function = eventually("the function runs", || async {
        let pid = std::fs::read_to_string(&file).ok().filter(|pid| !pid.is_empty())?;
        Some(std::path::PathBuf::from(format!("/proc/{pid}")))
    })
    .await;
    assert!(function.exists());
    engine.kill().await.unwrap();
    eventually("the function's process is gone", || async { (!function.exists()).then_some(()) }).await;
}
