//! Four clients that work until their engine dies, and write down what it acknowledged.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::error::SdkError;
use aws_sdk_cloudformation::types::{Capability, StackStatus};
use aws_sdk_firehose::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use tokio::task::JoinHandle;

use crate::support::eventually;

/// A stack of four resources, whose names the engine chooses.
const STACK: &str = "
Resources:
  Log: {Type: AWS::Logs::LogGroup}
  Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Bucket: {Type: AWS::S3::Bucket, DependsOn: Stream}
  Role:
    Type: AWS::IAM::Role
    DependsOn: Log
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
";

/// What the engine has acknowledged, over all rounds.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Shard, sequence number and data.
    pub records: Vec<(String, String, String)>,
    pub lines: Vec<String>,
    pub objects: Vec<String>,
    /// How often the one object that is written again and again was.
    pub rewritten: u64,
    pub stacks: BTreeMap<String, Deployment>,
}

/// How far a stack has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployment {
    CreateAsked,
    CreateAcknowledged,
    DeleteAsked,
    DeleteAcknowledged,
}

impl Ledger {
    /// The proof would be worth nothing if nothing had been acknowledged.
    pub fn has_tested_something(&self) {
        let counts = [self.records.len(), self.lines.len(), self.objects.len(), self.stacks.len()];
        assert!(counts.iter().all(|count| *count > 0), "too little was acknowledged: {counts:?}");
    }
}

/// Makes what takes the load.
pub async fn prepare(config: &SdkConfig, template: &str) {
    let client = aws_sdk_cloudformation::Client::new(config);
    let request = client.create_stack().stack_name("base").template_body(template);
    request.capabilities(Capability::CapabilityNamedIam).send().await.unwrap();
    eventually("the base is there", || async { is_created(&client, "base").await.unwrap().then_some(()) })
        .await;
}

/// The clients of one round.
pub struct Load {
    records: JoinHandle<Vec<(String, String, String)>>,
    lines: JoinHandle<Vec<String>>,
    objects: JoinHandle<(Vec<String>, u64)>,
    stacks: JoinHandle<BTreeMap<String, Deployment>>,
}

pub fn begin(config: &SdkConfig, round: u64, ledger: &Ledger) -> Load {
    let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
    Load {
        records: tokio::spawn(put_records(aws_sdk_kinesis::Client::new(config), round)),
        lines: tokio::spawn(put_lines(aws_sdk_firehose::Client::new(config), round)),
        objects: tokio::spawn(put_objects(aws_sdk_s3::Client::from_conf(s3), round, ledger.rewritten)),
        stacks: tokio::spawn(deploy(aws_sdk_cloudformation::Client::new(config), round)),
    }
}

impl Load {
    pub async fn end(self, ledger: &mut Ledger) {
        ledger.records.extend(self.records.await.unwrap());
        ledger.lines.extend(self.lines.await.unwrap());
        let (objects, rewritten) = self.objects.await.unwrap();
        ledger.objects.extend(objects);
        ledger.rewritten = rewritten;
        ledger.stacks.extend(self.stacks.await.unwrap());
    }
}

/// Returns what was acknowledged; a connection that broke is the end, a refusal is a defect.
fn acknowledged<T, E: Debug, R: Debug>(answer: Result<T, SdkError<E, R>>) -> Option<T> {
    match answer {
        Ok(output) => Some(output),
        Err(SdkError::ServiceError(refusal)) => panic!("the engine refused: {refusal:?}"),
        Err(_) => None,
    }
}

async fn put_records(client: aws_sdk_kinesis::Client, round: u64) -> Vec<(String, String, String)> {
    let mut written = Vec::new();
    for call in 0.. {
        let data: Vec<String> = (0..20).map(|place| format!("{round}-{call}-{place}")).collect();
        let entry = |data: &String| {
            let entry = PutRecordsRequestEntry::builder().partition_key(data);
            entry.data(aws_sdk_kinesis::primitives::Blob::new(data.as_bytes())).build().unwrap()
        };
        let request = client.put_records().stream_name("orders");
        let answer = request.set_records(Some(data.iter().map(entry).collect())).send().await;
        let Some(output) = acknowledged(answer) else { break };
        for (record, data) in output.records().iter().zip(data) {
            let (shard, number) = (record.shard_id(), record.sequence_number());
            written.push((shard.unwrap().to_owned(), number.unwrap().to_owned(), data));
        }
    }
    written
}

async fn put_lines(client: aws_sdk_firehose::Client, round: u64) -> Vec<String> {
    let mut written = Vec::new();
    for call in 0.. {
        let lines: Vec<String> = (0..20).map(|place| format!("{round}-{call}-{place}")).collect();
        let record = |line: &String| {
            let record = aws_sdk_firehose::types::Record::builder();
            record.data(Blob::new(format!("{line}\n"))).build().unwrap()
        };
        let request = client.put_record_batch().delivery_stream_name("to-landing");
        let answer = request.set_records(Some(lines.iter().map(record).collect())).send().await;
        let Some(output) = acknowledged(answer) else { break };
        assert_eq!(output.failed_put_count(), 0);
        written.extend(lines);
    }
    written
}

/// Returns what an object is filled with.
pub fn body(seed: &str) -> String {
    format!("{seed}\n").repeat(1500)
}

async fn put_objects(client: aws_sdk_s3::Client, round: u64, mut rewritten: u64) -> (Vec<String>, u64) {
    let mut written = Vec::new();
    for call in 0.. {
        let key = format!("own/{round}/{call}");
        let request = client.put_object().bucket("landing").key(&key);
        let Some(_) = acknowledged(request.body(body(&key).into_bytes().into()).send().await) else { break };
        written.push(key);
        let next = rewritten + 1;
        let request = client.put_object().bucket("landing").key("again");
        let body = body(&next.to_string()).into_bytes();
        let Some(_) = acknowledged(request.body(body.into()).send().await) else { break };
        rewritten = next;
    }
    (written, rewritten)
}

/// Creates stacks, and deletes every other one while it may still be in the making.
async fn deploy(client: aws_sdk_cloudformation::Client, round: u64) -> BTreeMap<String, Deployment> {
    let mut stacks = BTreeMap::new();
    for place in 0.. {
        let name = format!("s{round}-{place}");
        stacks.insert(name.clone(), Deployment::CreateAsked);
        let request = client.create_stack().stack_name(&name).template_body(STACK);
        let answer = request.capabilities(Capability::CapabilityIam).send().await;
        let Some(_) = acknowledged(answer) else { break };
        stacks.insert(name.clone(), Deployment::CreateAcknowledged);
        if !(round + place).is_multiple_of(3) {
            let Some(()) = created(&client, &name).await else { break };
        }
        if (round + place).is_multiple_of(2) {
            continue;
        }
        stacks.insert(name.clone(), Deployment::DeleteAsked);
        let Some(_) = acknowledged(client.delete_stack().stack_name(&name).send().await) else { break };
        stacks.insert(name.clone(), Deployment::DeleteAcknowledged);
    }
    stacks
}

/// Waits until a stack is created; `None` when the engine has died.
async fn created(client: &aws_sdk_cloudformation::Client, name: &str) -> Option<()> {
    while !is_created(client, name).await? {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Some(())
}

async fn is_created(client: &aws_sdk_cloudformation::Client, name: &str) -> Option<bool> {
    let output = acknowledged(client.describe_stacks().stack_name(name).send().await)?;
    match output.stacks()[0].stack_status().unwrap() {
        StackStatus::CreateInProgress => Some(false),
        StackStatus::CreateComplete => Some(true),
        other => panic!("{name} is {other:?}: {:?}", output.stacks()[0].stack_status_reason()),
    }
}
