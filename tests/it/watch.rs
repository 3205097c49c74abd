//! `watch`: what happens on a save, told line by line.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::environment::interrupt;
use crate::greeter::{Greeter, greeting, seconds};

/// How long a line may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A watch that runs, and the lines that it writes.
struct Watch {
    child: Child,
    story: Receiver<String>,
    logs: Receiver<String>,
}

impl Watch {
    fn start(greeter: &Greeter, arguments: &[&str]) -> Self {
        let mut command = greeter.command(&[&["watch", "greet"], arguments].concat());
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be run");
        let story = lines(child.stderr.take().expect("it is piped"));
        let logs = lines(child.stdout.take().expect("it is piped"));
        Self { child, story, logs }
    }

    /// Waits for a line with `text` in it and returns all lines up to it.
    fn until(&self, text: &str) -> String {
        let mut story = String::new();
        loop {
            let line = self.story.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no line with `{text}` came after:\n{story}"));
            story += &format!("{line}\n");
            if line.contains(text) {
                return story;
            }
        }
    }

    /// Sends Ctrl-C and returns the exit code.
    fn end(mut self) -> Option<i32> {
        interrupt(&self.child);
        self.child.wait().expect("the child is ours").code()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    lines
}

#[test]
fn deploys_what_is_saved_shows_what_does_not_build_and_goes_on() {
    let (greeter, url) = Greeter::deployed();
    let watch = Watch::start(&greeter, &[]);
    let begun = watch.until("Nothing to change hot");
    assert!(begun.contains("Watching stacks/greet.yaml and 1 crate for greet-dev"), "{begun}");

    greeter.version("2");
    let saved = watch.until("Marked until the next full deployment");
    assert!(saved.contains("Saved: greeter/src/version.rs.") && saved.contains("Code: new"), "{saved}");
    assert_eq!(greeting(&url), "\"hello from version 2\"");
    let line = watch.logs.recv_timeout(PATIENCE).expect("the function's line is shown");
    let all = std::iter::once(line).chain(std::iter::from_fn(|| watch.logs.recv_timeout(PATIENCE).ok()));
    let spoken = all.take(20).find(|line| line.contains("hello is what version 2 says"));
    assert!(spoken.is_some_and(|line| line.contains("greeter")));

    greeter.version("two");
    let broken = watch.until("cannot find value `two`");
    assert!(broken.contains("error: failed to build greeter"), "{broken}");
    greeter.version("3");
    watch.until("Marked until the next full deployment");
    assert_eq!(greeting(&url), "\"hello from version 3\"");

    // The stack file too: its mistakes, what can be changed hot, and what cannot.
    greeter.stack(|text| text.replace("interval: 60s", "intervall: 60s"));
    watch.until("did you mean `interval`?");
    greeter.stack(|text| text.replace("60s", "90s"));
    watch.until("Marked until the next full deployment");
    assert_eq!(seconds(&url), (10, 90));
    greeter.stack(|text| text.replace("60s", "90s").replace("shards: 1", "shards: 2"));
    let named = watch.until("Deploy in full with `hydrant deploy greet --local`");
    assert!(named.contains("This cannot be changed hot: Names (ShardCount)."), "{named}");
    assert_eq!(watch.end(), Some(0));
}

#[test]
fn waits_for_the_full_deployment_that_it_names() {
    let greeter = Greeter::new();
    greeter.room.start_engine("1");
    let watch = Watch::start(&greeter, &["--no-logs"]);
    let begun = watch.until("Deploy in full with");
    assert!(begun.contains("This cannot be changed hot: greet-dev (not deployed yet)."), "{begun}");
    greeter.deploy();
    greeter.stack(|text| text.replace("10s", "20s"));
    let changed = watch.until("Changed 1 resource of greet-dev hot");
    assert!(changed.contains("Timeout: 10 → 20"), "{changed}");
    assert_eq!(watch.end(), Some(0));
}

#[test]
fn is_refused_where_nothing_is_changed_hot() {
    let greeter = Greeter::new();
    let refused = greeter.run(&["watch", "greet", "--env", "safe"]);
    assert!(refused.code == 2 && refused.stderr.contains("is protected"), "{refused}");
}
