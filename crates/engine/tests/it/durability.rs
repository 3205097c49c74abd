//! `kill -9` at any moment: what was acknowledged is there, and what was under way goes on.

mod load;
mod messages;
mod proof;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use hydrant_engine::{Clock, Config, Engine, Limits};
use tokio::process::{Child, Command};

use crate::support::{TestEngine, eventually, sdk};
use load::Ledger;

/// Tells the engine in its own process where its folder is.
const KILLED_ENGINE: &str = "HYDRANT_TEST_KILLED_ENGINE_FOLDER";

/// How often the engine is killed under load.
const ROUNDS: u64 = 50;

/// What takes the load.
const BASE: &str = "
Resources:
  Orders:
    Type: AWS::Kinesis::Stream
    Properties: {Name: orders, ShardCount: 4}
  Landing:
    Type: AWS::S3::Bucket
    Properties: {BucketName: landing}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: firehose.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: deliver
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{Effect: Allow, Action: s3:PutObject, Resource: !Sub '${Landing.Arn}/*'}]
  Delivery:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      DeliveryStreamName: to-landing
      ExtendedS3DestinationConfiguration:
        BucketARN: !GetAtt Landing.Arn
        RoleARN: !GetAtt Role.Arn
        Prefix: delivered/
        ErrorOutputPrefix: failed/
        BufferingHints: {SizeInMBs: 1, IntervalInSeconds: 1}
";

/// An engine in a process of its own.
struct EngineProcess {
    child: Child,
    url_file: PathBuf,
}

impl EngineProcess {
    fn spawn(folder: &Path) -> Self {
        let url_file = folder.join("url");
        let _ = std::fs::remove_file(&url_file);
        let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "durability::serves_until_it_is_killed", "--ignored", "--nocapture"])
            .env(KILLED_ENGINE, folder)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { child, url_file }
    }

    async fn clients(&self) -> SdkConfig {
        let url = eventually("the engine answers", || async { std::fs::read_to_string(&self.url_file).ok() });
        let config = sdk(&url.await).await;
        config.into_builder().retry_config(RetryConfig::disabled()).build()
    }

    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs in a process of its own, which another test kills"]
async fn serves_until_it_is_killed() {
    let Some(folder) = std::env::var_os(KILLED_ENGINE).map(PathBuf::from) else { return };
    // A second of buffering passes within a round.
    let (clock, limits) = (Clock::scaled(20.0), Limits { kinesis: false, ..Limits::default() });
    let config = Config { clock, limits, ..Config::new(folder.join("data")) };
    let engine = Engine::start(config).await.unwrap();
    std::fs::write(folder.join("url.new"), engine.url()).unwrap();
    std::fs::rename(folder.join("url.new"), folder.join("url")).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loses_nothing_that_was_acknowledged_when_it_is_killed_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::default();
    let engine = EngineProcess::spawn(folder.path());
    load::prepare(&engine.clients().await, BASE).await;
    engine.kill().await;

    for round in 0..ROUNDS {
        let engine = EngineProcess::spawn(folder.path());
        let load = load::begin(&engine.clients().await, round, &ledger);
        // Of different lengths, so that each kind of work is cut off at each of its steps.
        tokio::time::sleep(Duration::from_millis(50 + round * 37 % 50)).await;
        engine.kill().await;
        load.end(&mut ledger).await;
        if round % 10 == 9 {
            // While it opens its folder, or a little later.
            let engine = EngineProcess::spawn(folder.path());
            tokio::time::sleep(Duration::from_millis(10 + round)).await;
            engine.kill().await;
        }
    }

    let engine = EngineProcess::spawn(folder.path());
    let config = engine.clients().await;
    ledger.has_tested_something();
    proof::records_are_readable(&config, &ledger).await;
    proof::records_are_delivered(&config, &ledger).await;
    proof::objects_are_whole(&config, &ledger).await;
    proof::stacks_go_on(&config, &ledger).await;
}

#[tokio::test]
async fn refuses_a_folder_that_another_engine_uses() {
    let first = TestEngine::manual().await;
    let refusal = Engine::start(Config::new(first.folder.path())).await.err().unwrap();
    let folder = first.folder.path().display();
    assert_eq!(refusal.to_string(), format!("open the engine's state in {folder}"));
    let cause = std::error::Error::source(&refusal).unwrap();
    assert_eq!(cause.to_string(), "another engine runs on this folder");

    let TestEngine { engine, folder } = first;
    engine.stop().await;
    eventually("the folder is free again", || async {
        Engine::start(Config::new(folder.path())).await.ok().map(drop)
    })
    .await;
}
