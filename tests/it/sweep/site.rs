//! An engine in this process, whose faults change from run to run, and the program that meets it.

use std::process::{Child, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use hydrant_engine::{Clock, Config, Engine, FaultPlan};
use regex::Regex;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::environment::{Output, TestEnvironment, s3, sdk};
use crate::leftovers::leftovers;

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Create,
    Update,
    Destroy,
    Purge,
}

impl Verb {
    pub const OF_A_STACK: [Self; 3] = [Self::Create, Self::Update, Self::Destroy];
}

/// A stream that Firehose delivers, and code to upload that needs no building.
const STACK: &str = "\
streams:
  Stream: { shards: 1 }
deliveries:
  to-s3:
    from: Stream
    to: { bucket: rows, prefix: PREFIX/ }
    buffer: { size: 1MiB, interval: 60s }
layers:
  settings: { folder: settings }
";

const BUCKET: &str = "rows-000000000000-us-east-1-an";

/// What delivery streams without a stack need.
const REST: &str = "\
Resources:
  Bucket: { Type: AWS::S3::Bucket, Properties: { BucketName: rest } }
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: rest
      AssumeRolePolicyDocument:
        Statement:
          - { Effect: Allow, Principal: { Service: firehose.amazonaws.com }, Action: sts:AssumeRole }
";

/// How many times faster than the wall clock the engine's time goes by.
///
/// Were it much more, an iterator of a shard would expire while an answer is late.
const SCALE: f64 = 100.0;

/// Longer than any run takes that is not stuck.
const LIMIT: Duration = Duration::from_secs(60);

/// What differs from run to run: suffixes of names, names of change sets, versions of layers.
static RANDOM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("-[0-9A-Z]{12}\\b|[0-9a-f]{32}|:[0-9]+$").expect("the pattern is ours"));

/// A room with an engine of its own.
pub struct Site {
    pub room: TestEnvironment,
    runtime: Runtime,
    engine: Engine,
    s3: aws_sdk_s3::Client,
    kinesis: aws_sdk_kinesis::Client,
    firehose: aws_sdk_firehose::Client,
}

impl Site {
    pub fn new() -> Self {
        let room = TestEnvironment::new();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let data_dir = room.path("local");
        std::fs::create_dir_all(&data_dir).expect("the folder is ours");
        let config = Config { clock: Clock::scaled(SCALE), ..Config::new(&data_dir) };
        let engine = runtime.block_on(Engine::start(config)).expect("the engine starts");
        // The note by which `--local` finds a running engine.
        let record = json!({"url": engine.url(), "pid": std::process::id(), "data_dir": data_dir, "time_scale": SCALE});
        room.write("local/engine.json", &record.to_string());
        let config = runtime.block_on(sdk(&engine.url()));
        let s3 = runtime.block_on(s3(&engine.url()));
        let kinesis = aws_sdk_kinesis::Client::new(&config);
        let firehose = aws_sdk_firehose::Client::new(&config);
        Self { room, runtime, engine, s3, kinesis, firehose }
    }

    /// Lets requests fail from now on as a rule says; an empty one ends that.
    pub fn faults(&self, rule: &str) {
        let rules = if rule.is_empty() { String::new() } else { format!("requests: [{{ {rule} }}]") };
        self.engine.set_faults(FaultPlan::parse(&rules).expect("the rule can be read"));
    }

    /// Returns the operations that were struck since the faults were set.
    pub fn struck(&self) -> Vec<String> {
        self.engine.struck().into_iter().map(|strike| strike.operation).collect()
    }

    /// Brings about what a verb begins with.
    pub fn prepare(&self, verb: Verb) {
        match verb {
            Verb::Create => self.write("in"),
            Verb::Update => self.write("out"),
            Verb::Destroy => self.runtime.block_on(self.put_data()),
            Verb::Purge => self.runtime.block_on(self.put_delivery_streams()),
        }
    }

    fn write(&self, prefix: &str) {
        self.room.write("stacks/pipe.yaml", &STACK.replace("PREFIX", prefix));
        self.room.write("settings/prefix", prefix);
    }

    /// Puts something into the stack that has to be emptied.
    async fn put_data(&self) {
        let body = aws_sdk_s3::primitives::ByteStream::from_static(b"row");
        let put = self.s3.put_object().bucket(BUCKET).key("in/row").body(body);
        put.send().await.expect("the bucket is there");
        let upload = self.s3.create_multipart_upload().bucket(BUCKET).key("in/half").send().await;
        upload.expect("the bucket is there");
        let data = aws_sdk_kinesis::primitives::Blob::new("row");
        let put = self.kinesis.put_record().stream_name("Stream").partition_key("k").data(data);
        put.send().await.expect("the stream is there");
    }

    async fn put_delivery_streams(&self) {
        use aws_sdk_firehose::types::ExtendedS3DestinationConfiguration;
        for name in ["one", "two", "three"] {
            let destination = ExtendedS3DestinationConfiguration::builder()
                .bucket_arn("arn:aws:s3:::rest")
                .role_arn("arn:aws:iam::000000000000:role/rest")
                .build()
                .expect("the destination is whole");
            let create = self.firehose.create_delivery_stream().delivery_stream_name(name);
            let created = create.extended_s3_destination_configuration(destination).send().await;
            if let Err(error) = created {
                let error = error.into_service_error();
                assert!(error.is_resource_in_use_exception(), "{error:?}");
            }
        }
    }

    /// Starts a verb as a user would type it; with a `patience`, answers may take so many seconds at most.
    pub fn start(&self, verb: Verb, patience: Option<&str>) -> Child {
        let arguments: &[&str] = match verb {
            Verb::Create | Verb::Update => &["deploy", "pipe", "--local", "--yes"],
            Verb::Destroy => &["destroy", "pipe", "--local", "--yes", "--delete-data"],
            Verb::Purge => &["purge", "--local", "--yes"],
        };
        self.spawn(arguments, patience)
    }

    fn spawn(&self, arguments: &[&str], patience: Option<&str>) -> Child {
        let mut command = self.room.command(arguments);
        command.envs(patience.map(|seconds| ("HYDRANT_READ_TIMEOUT", seconds)));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the program can be run")
    }

    /// Waits for the end of a run.
    pub fn finish(&self, child: Child) -> Output {
        let output = child.wait_with_output().expect("the child is ours");
        Output {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// Runs the command that a failure names, word for word.
    pub fn resume(&self, failed: &Output) -> Output {
        let named = failed.stderr.lines().filter(|line| line.starts_with("hint: "));
        let named = named.filter_map(|line| Some(line.split_once("`hydrant ")?.1.split_once('`')?.0)).next();
        let named = named.unwrap_or_else(|| panic!("no command is named: {failed}"));
        assert!(!named.contains('\''), "words with quotes are not taken apart here: {named}");
        let words: Vec<&str> = named.split_whitespace().collect();
        self.finish(self.spawn(&words, None))
    }

    /// Kills a run at the first call that is struck; returns whether one was.
    pub fn kill_at_strike(&self, mut child: Child) -> bool {
        let started = Instant::now();
        loop {
            let is_struck = !self.engine.struck().is_empty();
            let has_ended = child.try_wait().expect("the child is ours").is_some();
            assert!(started.elapsed() < LIMIT, "the run is stuck");
            if is_struck || has_ended {
                // This is SIGKILL; one that has ended does not mind.
                let _ = child.kill();
                let output = self.finish(child);
                assert!(is_struck || output.code == 0, "{output}");
                return is_struck;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Returns everything that the account has, with names made equal that differ from run to run.
    pub fn holdings(&self) -> Vec<String> {
        let found = leftovers(&self.engine.url());
        found.iter().map(|name| RANDOM.replace_all(name, "…").into_owned()).collect()
    }

    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Makes what the delivery streams of a purge need.
    pub fn make_rest(&self) {
        let cloudformation = aws_sdk_cloudformation::Client::new(&self.block_on(sdk(&self.engine.url())));
        let create = cloudformation.create_stack().stack_name("rest").template_body(REST);
        let create = create.capabilities(aws_sdk_cloudformation::types::Capability::CapabilityNamedIam);
        self.block_on(create.send()).expect("the stack can be made");
        let has_role = |found: &[String]| found.iter().any(|one| one == "role rest");
        let has_bucket = |found: &[String]| found.iter().any(|one| one == "bucket rest");
        let started = Instant::now();
        loop {
            let found = self.holdings();
            if has_role(&found) && has_bucket(&found) {
                return;
            }
            assert!(started.elapsed() < LIMIT, "the stack is not made: {found:?}");
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // Nobody has to stop an engine that is ours.
        let _ = std::fs::remove_file(self.room.path("local/engine.json"));
    }
}
