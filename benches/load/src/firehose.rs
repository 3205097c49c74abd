//! Batches of 500 records, put to a delivery stream or to the Kinesis stream that it reads, over a few
//! connections, until every byte lies in an object.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::client::Client;
use crate::engine::{peak, resident, round};
use crate::{Flags, Outcome};

const NAME: &str = "load";
const RECORDS: u64 = 500;
const RECORD_BYTES: u64 = 1000;

/// What an answer says when nothing was refused, of Firehose and of Kinesis.
const ALL_PUT: &str = "\"FailedPutCount\":0";
const ALL_TAKEN: &str = "\"FailedRecordCount\":0";

const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
                     %22Action%22%3A%22sts%3AAssumeRole%22%2C%22Principal%22%3A%7B%22Service%22%3A\
                     %22firehose.amazonaws.com%22%7D%7D%5D%7D";
const RIGHTS: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
                      %22Action%22%3A%5B%22s3%3A%2A%22%2C%22kinesis%3A%2A%22%5D%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";

pub fn run(flags: &Flags) -> Outcome {
    let url = flags.needed("--url")?;
    let most = flags.number("--records", u64::MAX)?;
    let lasting = Duration::from_secs(flags.number("--seconds", if most == u64::MAX { 5 } else { 3600 })?);
    let connections = flags.number("--connections", 2)?;
    let pid = u32::try_from(flags.number("--pid", 0)?)?;
    let record_bytes = flags.number("--bytes", RECORD_BYTES)?;
    let load = Load { url, record_bytes, records: most, through_stream: flags.is_given("--through-stream") };
    prepare(&load)?;

    let (taken, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let memory = scope.spawn(|| watch(pid, &is_over));
        let outcome = load.deliver(begun, lasting, connections, &taken);
        is_over.store(true, Ordering::Relaxed);
        let memory = memory.join().unwrap_or_default();
        let put_seconds = outcome?;
        let seconds = begun.elapsed().as_secs_f64();
        let bytes = taken.load(Ordering::Relaxed) * record_bytes;
        let megabytes = bytes as f64 / 1e6;
        let mut answer = json!({"records": bytes / record_bytes.max(1), "megabytes": round(megabytes)});
        answer["seconds"] = json!(round(seconds));
        answer["put_mb_per_second"] = json!(round(megabytes / put_seconds));
        answer["delivered_mb_per_second"] = json!(round(megabytes / seconds));
        if pid > 0 {
            answer["resident_mb"] = json!(memory);
            answer["peak_mb"] = json!(peak(pid).unwrap_or(0) / 1024);
        }
        println!("{answer}");
        Ok(())
    })
}

/// What is put, and where.
struct Load<'a> {
    url: &'a str,
    record_bytes: u64,
    /// How many records at most.
    records: u64,
    /// Whether a Kinesis stream is the source, instead of puts to the delivery stream.
    through_stream: bool,
}

impl Load<'_> {
    /// Puts until it is enough, and waits until every byte is delivered; returns the seconds of putting.
    fn deliver(
        &self,
        begun: Instant,
        lasting: Duration,
        connections: u64,
        taken: &AtomicU64,
    ) -> Result<f64, Box<dyn std::error::Error>> {
        let outcome: std::io::Result<()> = std::thread::scope(|scope| {
            let put = |place| self.put(place, begun + lasting, taken);
            let threads: Vec<_> = (0..connections).map(|place| scope.spawn(move || put(place))).collect();
            threads.into_iter().try_for_each(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(std::io::Error::other("a connection's thread has panicked")))
            })
        });
        outcome?;
        let put_seconds = begun.elapsed().as_secs_f64();
        let mut client = Client::connect(self.url)?;
        let patience = Instant::now() + Duration::from_secs(300);
        while delivered(&mut client)? < taken.load(Ordering::Relaxed) * self.record_bytes {
            if Instant::now() > patience {
                return Err("not everything was delivered within five minutes".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(put_seconds)
    }

    fn put(&self, place: u64, end: Instant, taken: &AtomicU64) -> std::io::Result<()> {
        let mut client = Client::connect(self.url)?;
        let request = self.request(&client, place);
        while Instant::now() < end && taken.fetch_add(RECORDS, Ordering::Relaxed) < self.records {
            let status = client.send(&request)?;
            let refused = !client.body.windows(ALL_TAKEN.len()).any(|part| part == ALL_TAKEN.as_bytes())
                && !client.body.windows(ALL_PUT.len()).any(|part| part == ALL_PUT.as_bytes());
            if status != 200 || refused {
                let body = String::from_utf8_lossy(&client.body).chars().take(300).collect::<String>();
                return Err(std::io::Error::other(format!("{status} {body}")));
            }
        }
        // The last one was counted, but not put.
        if Instant::now() < end || self.records < u64::MAX {
            taken.fetch_sub(RECORDS, Ordering::Relaxed);
        }
        Ok(())
    }

    fn request(&self, client: &Client, place: u64) -> Vec<u8> {
        let data = STANDARD.encode(vec![b'x'; usize::try_from(self.record_bytes).unwrap_or(0)]);
        if self.through_stream {
            let record = |key| json!({"Data": data, "PartitionKey": format!("key-{place}-{key}")});
            let records: Vec<_> = (0..RECORDS).map(record).collect();
            let input = json!({"StreamName": NAME, "Records": records}).to_string();
            return client.json("kinesis", "Kinesis_20131202.PutRecords", &input);
        }
        let records: Vec<_> = (0..RECORDS).map(|_| json!({"Data": data})).collect();
        let input = json!({"DeliveryStreamName": NAME, "Records": records}).to_string();
        client.json("firehose", "Firehose_20150804.PutRecordBatch", &input)
    }
}

/// Notes the resident memory of a process in MB, so often that it makes twenty numbers at the most.
fn watch(pid: u32, is_over: &AtomicBool) -> Vec<u64> {
    let (mut noted, mut pause) = (Vec::new(), 1);
    while pid > 0 && !is_over.load(Ordering::Relaxed) {
        for _ in 0..pause * 20 {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        noted.push(resident(pid).unwrap_or(0) / 1024);
        if noted.len() == 20 {
            noted = noted.into_iter().skip(1).step_by(2).collect();
            pause *= 2;
        }
    }
    noted
}

/// Makes a bucket, a role that may write to it, and the delivery stream.
fn prepare(load: &Load<'_>) -> Outcome {
    let mut client = Client::connect(load.url)?;
    client.call(&client.request("PUT", "/load", "s3", "", ""))?;
    let create =
        format!("Action=CreateRole&Version=2010-05-08&RoleName=load&AssumeRolePolicyDocument={TRUST}");
    client.call(&client.form("iam", &create))?;
    let allow = "Action=PutRolePolicy&Version=2010-05-08&RoleName=load&PolicyName=load";
    client.call(&client.form("iam", &format!("{allow}&PolicyDocument={RIGHTS}")))?;
    let mut input = json!({
        "DeliveryStreamName": NAME,
        "ExtendedS3DestinationConfiguration": {
            "BucketARN": "arn:aws:s3:::load",
            "RoleARN": "arn:aws:iam::111122223333:role/load",
            "BufferingHints": {"SizeInMBs": 16, "IntervalInSeconds": 1},
        },
    });
    if load.through_stream {
        let stream = json!({"StreamName": NAME, "ShardCount": 4}).to_string();
        client.call(&client.json("kinesis", "Kinesis_20131202.CreateStream", &stream))?;
        input["DeliveryStreamType"] = json!("KinesisStreamAsSource");
        input["KinesisStreamSourceConfiguration"] = json!({
            "KinesisStreamARN": "arn:aws:kinesis:us-east-1:111122223333:stream/load",
            "RoleARN": "arn:aws:iam::111122223333:role/load",
        });
    }
    client.call(&client.json("firehose", "Firehose_20150804.CreateDeliveryStream", &input.to_string()))?;
    Ok(())
}

/// Returns how many bytes lie in the bucket.
fn delivered(client: &mut Client) -> std::io::Result<u64> {
    let (mut bytes, mut token) = (0, String::new());
    loop {
        let path = format!("/load?list-type=2{token}");
        let listing = client.call(&client.request("GET", &path, "s3", "", ""))?;
        let sizes =
            listing.split("<Size>").skip(1).filter_map(|part| part.split('<').next()?.parse::<u64>().ok());
        bytes += sizes.sum::<u64>();
        let Some((_, next)) = listing.split_once("<NextContinuationToken>") else { return Ok(bytes) };
        let next = next.split('<').next().unwrap_or_default();
        let escape = |byte: u8| format!("%{byte:02X}");
        token = format!("&continuation-token={}", next.bytes().map(escape).collect::<String>());
    }
}
