//! The local engine as a process: started, asked, stopped, forgotten.

use crate::assert_screen;
use crate::environment::TestEnvironment;

#[test]
fn starts_answers_and_stops() {
    let room = TestEnvironment::new();
    assert_screen!("status_when_not_running", room.run(&["local", "status"]));
    let url = room.start_engine("2");
    let status = room.run(&["local", "status", "--format", "json"]).json();
    assert_eq!(status["running"], true);
    assert_eq!(status["url"], url);
    assert_eq!(status["time_scale"], 2.0);
    assert_screen!("status_when_running", room.run(&["local", "status"]));
    assert_screen!("stop", room.run(&["local", "stop"]));
    assert_screen!("stop_again", room.run(&["local", "stop"]));
    assert_eq!(room.run(&["local", "status", "--format", "json"]).json()["running"], false);
}

#[test]
fn does_not_start_twice_on_one_folder() {
    let room = TestEnvironment::new();
    let url = room.start_engine("1");
    let again = room.run(&["local", "start", "--format", "json"]);
    assert_eq!(again.json()["url"], url, "{again}");
    assert_screen!("run_twice", room.run(&["local", "run"]));
}

#[test]
fn wants_consent_to_forget() {
    let room = TestEnvironment::new();
    room.start_engine("1");
    assert_screen!("reset_without_consent", room.run(&["local", "reset"]));
    assert_screen!("reset", room.run(&["local", "reset", "--yes"]));
    assert!(!room.path("local").exists());
}
