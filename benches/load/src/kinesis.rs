//! PutRecords of 500 records of 200 bytes, over a few connections, for a while or up to a number of records.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::client::Client;
use crate::engine::{resident, round};
use crate::{Flags, Outcome};

const STREAM: &str = "load";
const RECORDS: u64 = 500;
const RECORD_BYTES: usize = 200;

pub fn run(flags: &Flags) -> Outcome {
    let url = flags.needed("--url")?;
    let most = flags.number("--records", u64::MAX)?;
    let forever = if most == u64::MAX { 5 } else { 3600 };
    let lasting = Duration::from_secs(flags.number("--seconds", forever)?);
    let connections = flags.number("--connections", 2)?;
    let pid = flags.number("--pid", 0)?;
    prepare(url)?;

    let (taken, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let begun = Instant::now();
    let (mut memory, mut noted) = (Vec::new(), 0);
    let outcome: std::io::Result<()> = std::thread::scope(|scope| {
        let put = |connection| put(url, connection, &taken, &is_over);
        let threads: Vec<_> =
            (0..connections).map(|connection| scope.spawn(move || put(connection))).collect();
        while begun.elapsed() < lasting && taken.load(Ordering::Relaxed) < most {
            std::thread::sleep(Duration::from_millis(5));
            let tenth = taken.load(Ordering::Relaxed).saturating_mul(10) / most;
            if pid > 0 && tenth > noted {
                noted = tenth;
                memory.push(resident(u32::try_from(pid).unwrap_or(0)).unwrap_or(0) / 1024);
            }
            if threads.iter().any(|thread| thread.is_finished()) {
                break;
            }
        }
        is_over.store(true, Ordering::Relaxed);
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(std::io::Error::other("a connection's thread has panicked")))
        })
    });
    outcome?;
    let (records, seconds) = (taken.into_inner(), begun.elapsed().as_secs_f64());
    let mut answer = json!({"records": records, "seconds": round(seconds)});
    answer["records_per_second"] = json!((records as f64 / seconds).round());
    if pid > 0 {
        answer["resident_mb"] = json!(memory);
    }
    println!("{answer}");
    Ok(())
}

/// Makes the stream and waits until it takes records.
fn prepare(url: &str) -> Outcome {
    let mut client = Client::connect(url)?;
    let input = json!({"StreamName": STREAM, "ShardCount": 2}).to_string();
    client.call(&client.json("kinesis", "Kinesis_20131202.CreateStream", &input))?;
    let input = json!({"StreamName": STREAM}).to_string();
    let describe = client.json("kinesis", "Kinesis_20131202.DescribeStream", &input);
    for _ in 0..500 {
        if client.call(&describe)?.contains("ACTIVE") {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err("the stream did not become active".into())
}

/// Puts over one connection until it is over, counting the records that were taken.
fn put(url: &str, connection: u64, taken: &AtomicU64, is_over: &AtomicBool) -> std::io::Result<()> {
    let mut client = Client::connect(url)?;
    let data = STANDARD.encode([b'a' + (connection % 26) as u8; RECORD_BYTES]);
    let record = |place| json!({"Data": data, "PartitionKey": format!("key-{connection}-{place}")});
    let records: Vec<_> = (0..RECORDS).map(record).collect();
    let input = json!({"StreamName": STREAM, "Records": records}).to_string();
    let request = client.json("kinesis", "Kinesis_20131202.PutRecords", &input);
    while !is_over.load(Ordering::Relaxed) {
        let status = client.send(&request)?;
        let refused = failed(&client.body).filter(|_| status == 200).ok_or_else(|| {
            std::io::Error::other(format!("{status} {}", String::from_utf8_lossy(&client.body)))
        })?;
        taken.fetch_add(RECORDS - refused, Ordering::Relaxed);
    }
    Ok(())
}

/// Returns the `FailedRecordCount` of an answer; most engines write it first or last.
fn failed(body: &[u8]) -> Option<u64> {
    let name = b"\"FailedRecordCount\":";
    let at = body.windows(name.len()).position(|window| window == name)? + name.len();
    let rest = body.get(at..)?.trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()
}
