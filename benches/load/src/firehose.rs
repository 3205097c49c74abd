//! PutRecordBatch of 500 records of 1 KB, over a few connections, until every byte lies in an object.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::client::Client;
use crate::engine::{resident, round};
use crate::{Flags, Outcome};

const NAME: &str = "load";
const RECORDS: u64 = 500;
const RECORD_BYTES: usize = 1000;
const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
                     %22Action%22%3A%22sts%3AAssumeRole%22%2C%22Principal%22%3A%7B%22Service%22%3A\
                     %22firehose.amazonaws.com%22%7D%7D%5D%7D";
const RIGHTS: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
                      %22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";

pub fn run(flags: &Flags) -> Outcome {
    let url = flags.needed("--url")?;
    let lasting = Duration::from_secs(flags.number("--seconds", 5)?);
    let connections = flags.number("--connections", 2)?;
    let pid = u32::try_from(flags.number("--pid", 0)?)?;
    prepare(url)?;

    let taken = AtomicU64::new(0);
    let begun = Instant::now();
    let outcome: std::io::Result<()> = std::thread::scope(|scope| {
        let put = || put(url, begun + lasting, &taken);
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(put)).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(std::io::Error::other("a connection's thread has panicked")))
        })
    });
    outcome?;
    let bytes = taken.into_inner();
    let put_seconds = begun.elapsed().as_secs_f64();
    let mut client = Client::connect(url)?;
    while delivered(&mut client)? < bytes {
        if begun.elapsed() > lasting + Duration::from_secs(120) {
            return Err("not everything was delivered within two minutes".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let seconds = begun.elapsed().as_secs_f64();
    let megabytes = bytes as f64 / 1e6;
    let mut answer = json!({"megabytes": round(megabytes), "seconds": round(seconds)});
    answer["put_mb_per_second"] = json!(round(megabytes / put_seconds));
    answer["delivered_mb_per_second"] = json!(round(megabytes / seconds));
    if pid > 0 {
        answer["resident_mb"] = json!(resident(pid).unwrap_or(0) / 1024);
    }
    println!("{answer}");
    Ok(())
}

/// Makes a bucket, a role that may write to it, and the delivery stream.
fn prepare(url: &str) -> Outcome {
    let mut client = Client::connect(url)?;
    client.call(&client.request("PUT", "/load", "s3", "", ""))?;
    let create =
        format!("Action=CreateRole&Version=2010-05-08&RoleName=load&AssumeRolePolicyDocument={TRUST}");
    client.call(&client.form("iam", &create))?;
    let allow = "Action=PutRolePolicy&Version=2010-05-08&RoleName=load&PolicyName=load";
    client.call(&client.form("iam", &format!("{allow}&PolicyDocument={RIGHTS}")))?;
    let input = json!({
        "DeliveryStreamName": NAME,
        "ExtendedS3DestinationConfiguration": {
            "BucketARN": "arn:aws:s3:::load",
            "RoleARN": "arn:aws:iam::111122223333:role/load",
            "BufferingHints": {"SizeInMBs": 16, "IntervalInSeconds": 1},
        },
    });
    client.call(&client.json("firehose", "Firehose_20150804.CreateDeliveryStream", &input.to_string()))?;
    Ok(())
}

fn put(url: &str, end: Instant, taken: &AtomicU64) -> std::io::Result<()> {
    let mut client = Client::connect(url)?;
    let data = STANDARD.encode([b'x'; RECORD_BYTES]);
    let records: Vec<_> = (0..RECORDS).map(|_| json!({"Data": data})).collect();
    let input = json!({"DeliveryStreamName": NAME, "Records": records}).to_string();
    let request = client.json("firehose", "Firehose_20150804.PutRecordBatch", &input);
    while Instant::now() < end {
        let status = client.send(&request)?;
        if status != 200 {
            let body = String::from_utf8_lossy(&client.body).into_owned();
            return Err(std::io::Error::other(format!("{status} {body}")));
        }
        taken.fetch_add(RECORDS * RECORD_BYTES as u64, Ordering::Relaxed);
    }
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
