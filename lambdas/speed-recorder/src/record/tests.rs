//! Invocations against objects, a store and a topic in memory.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::Write;
use std::rc::Rc;

use aws_sdk_s3::primitives::ByteStream;
use fleet_maxima::{Loaded, Shard};
use futures::future::join_all;
use lambda_events::Event;
use proptest::prelude::*;

use super::*;

#[derive(Default, Clone)]
struct World {
    objects: Rc<RefCell<HashMap<String, Vec<u8>>>>,
    /// Shards as they are written, and how often.
    shards: Rc<RefCell<HashMap<u8, (String, u64)>>>,
    published: Rc<RefCell<Vec<(String, String)>>>,
    /// The texts of those messages.
    texts: Rc<RefCell<Vec<String>>>,
    /// So many messages are refused first.
    refused: Rc<Cell<u32>>,
    overtaken: Rc<Cell<u32>>,
}

impl Objects for World {
    async fn open(&self, object: &ObjectCreated) -> Result<Option<ByteStream>, Box<dyn Error + Send + Sync>> {
        Ok(self.objects.borrow().get(&object.key).cloned().map(ByteStream::from))
    }
}

impl Store for World {
    async fn load(&self, number: u8) -> Result<Loaded, StoreError> {
        let found = self.shards.borrow().get(&number).cloned();
        // Others come between reading and writing.
        tokio::task::yield_now().await;
        Ok(found.map_or_else(Loaded::default, |(text, times)| Loaded {
            shard: serde_json::from_str(&text).unwrap(),
            tag: Some(times.to_string()),
        }))
    }

    async fn save(&self, number: u8, loaded: &Loaded) -> Result<Written, StoreError> {
        tokio::task::yield_now().await;
        let mut shards = self.shards.borrow_mut();
        let times = shards.get(&number).map(|(_, times)| *times);
        if times.map(|times| times.to_string()) != loaded.tag {
            self.overtaken.set(self.overtaken.get() + 1);
            return Ok(Written::Overtaken);
        }
        let text = serde_json::to_string(&loaded.shard).unwrap();
        shards.insert(number, (text, times.unwrap_or_default() + 1));
        Ok(Written::Done)
    }
}

impl Publisher for World {
    async fn publish(&self, message: &Speeding<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
        tokio::task::yield_now().await;
        if let Some(left) = self.refused.get().checked_sub(1) {
            self.refused.set(left);
            return Err("throttled".into());
        }
        self.texts.borrow_mut().push(serde_json::to_string(message)?);
        self.published.borrow_mut().push((message.vin.to_owned(), message.hour.clone()));
        Ok(())
    }
}

impl World {
    fn put(&self, key: &str, rows: &str) {
        self.objects.borrow_mut().insert(key.to_owned(), rows.as_bytes().to_vec());
    }

    async fn invoke(&self, keys: &[&str], claimant: &Claimant) -> Result<Summary, RecordError> {
        let settings = Settings {
            state_bucket: "state".into(),
            state_prefix: "maxima/".into(),
            error_prefix: "failed/".into(),
            alerts: Some(("topic".into(), 120.0)),
        };
        let (objects, store, publisher) = (self.clone(), self.clone(), self.clone());
        let recorder = Recorder { objects, store, publisher, settings };
        let records: Vec<_> = keys
            .iter()
            .map(|key| {
                let s3 = serde_json::json!({"bucket": {"name": "data"}, "object": {"key": key}});
                serde_json::json!({"eventName": "ObjectCreated:Put", "s3": s3})
            })
            .collect();
        let event = serde_json::json!({ "Records": records }).to_string();
        recorder.record(&S3Event::read(&event), claimant).await
    }

    fn maxima(&self) -> BTreeMap<String, f64> {
        let shards = self.shards.borrow();
        let read = |(text, _): &(String, u64)| serde_json::from_str::<Shard>(text).unwrap();
        let vehicles = shards.values().map(read).flat_map(|shard| shard.vehicles);
        vehicles.map(|(vin, vehicle)| (vin, vehicle.maximum.speed)).collect()
    }
}

fn claimant(invocation: &str) -> Claimant {
    Claimant { invocation: invocation.into(), now: 1_000_000, until: 1_060_000 }
}

const KEY: &str = "2026/11/20/04/a";

#[tokio::test]
async fn counts_what_it_cannot_use_and_keeps_the_rest() {
    let world = World::default();
    world.put(
        KEY,
        "1 4:25:06.00 4ftex4944akl844294 106.9 -6.3 25\nbroken row\n2 4:26:06.00 v 1 2 30\n3 x v 1 2 29.5",
    );
    world.put("failed/x", "1 t error 1 2 500\n");
    world.put("bad.gz", "\u{1f}");
    let mut cut = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    cut.write_all(b"1 t zipped 1 2 7\n").unwrap();
    let whole = cut.finish().unwrap();
    world.objects.borrow_mut().insert("cut".into(), whole[..whole.len() - 1].to_vec());
    let summary = world.invoke(&[KEY, "failed/x", "gone", "cut", "bad.gz"], &claimant("i")).await.unwrap();
    let expected = Summary {
        objects: 3,
        skipped_objects: 1,
        gone_objects: 1,
        broken_objects: 1,
        rows: 4,
        broken_rows: 2,
        proof_rows: 0,
        alerts: 0,
    };
    assert_eq!(summary, expected);
    let maxima = [("4ftex4944akl844294", 25.0), ("v", 30.0), ("zipped", 7.0)];
    assert_eq!(world.maxima(), maxima.map(|(vin, speed)| (vin.to_owned(), speed)).into());
}

#[tokio::test]
async fn publishes_once_per_vehicle_and_hour_however_often_and_late_objects_come() {
    let world = World::default();
    world.put(KEY, "1 4:25:06.00 v 1 2 130\n2 4:26:00.00 v 1 2 140\n3 4:27:00.00 w 1 2 150\n");
    world.put("2026/11/20/04/b", "4 4:59:00.00 v 1 2 180\n5 3:59:00.00 v 1 2 121\n6 4:00:00.00 x 1 2 120\n");
    for (number, key) in ["2026/11/20/04/b", KEY, KEY, "2026/11/20/04/b"].into_iter().enumerate() {
        world.invoke(&[key], &claimant(&number.to_string())).await.unwrap();
    }
    let mut published = world.published.borrow().clone();
    published.sort();
    let expected = [("v", "2026-11-20T03"), ("v", "2026-11-20T04"), ("w", "2026-11-20T04")];
    assert_eq!(published, expected.map(|(vin, hour)| (vin.to_owned(), hour.to_owned())));
    assert_eq!(world.maxima()["v"], 180.0);
}

#[tokio::test]
async fn stays_right_when_invocations_come_at_the_same_time() {
    let world = World::default();
    let keys: Vec<String> = (0..20).map(|number| format!("2026/11/20/04/{number}")).collect();
    for (number, key) in keys.iter().enumerate() {
        world.put(key, &format!("r 4:00:00 v 1 2 {}\nr 4:00:00 w 1 2 {}\n", 130 + number, 100 - number));
    }
    let claimants: Vec<_> = (0..40).map(|number| claimant(&number.to_string())).collect();
    let invocations = claimants.iter().enumerate().map(|(number, claimant)| {
        let key = &keys[number % keys.len()];
        let world = &world;
        async move { world.invoke(&[key], claimant).await }
    });
    for outcome in join_all(invocations).await {
        outcome.unwrap();
    }
    assert!(world.overtaken.get() > 0, "some were overtaken");
    assert_eq!(world.maxima(), [("v".to_owned(), 149.0), ("w".to_owned(), 100.0)].into());
    assert_eq!(world.published.borrow().len(), 1);
}

#[tokio::test]
async fn publishes_what_a_dead_invocation_had_claimed() {
    let world = World::default();
    world.put(KEY, "1 4:25:06.00 v 1 2 130\n");
    let mut shard = Shard::default();
    let row = Row::parse(b"1 4:25:06.00 v 1 2 130").unwrap();
    let mut findings = Findings::default();
    findings.note(&row, hour::of_object(KEY, "", 0), Some(120.0));
    let (number, found) = findings.take().remove(0);
    shard.take_in(&found, &claimant("dead"));
    world.shards.borrow_mut().insert(number, (serde_json::to_string(&shard).unwrap(), 1));

    world.invoke(&[KEY], &claimant("early")).await.unwrap();
    assert!(world.published.borrow().is_empty(), "the other may still be alive");
    let late = Claimant { now: 1_060_001, ..claimant("late") };
    assert_eq!(world.invoke(&[KEY], &late).await.unwrap().alerts, 1);
    world.invoke(&[KEY], &claimant("dead")).await.unwrap();
    assert_eq!(world.published.borrow().len(), 1);
}

#[tokio::test]
async fn fails_when_the_topic_refuses_and_publishes_when_repeated() {
    let world = World::default();
    world.put(KEY, "1 4:25:06.00 v 1 2 130\n2 4:25:06.00 w 1 2 130\n");
    world.refused.set(1);
    let error = world.invoke(&[KEY], &claimant("i")).await.unwrap_err();
    assert_eq!(lambda_events::log::chain(&error), "failed to publish 1 alerts: throttled");
    assert_eq!(world.published.borrow().len(), 1);
    assert_eq!(world.invoke(&[KEY], &claimant("another")).await.unwrap().alerts, 1);
    assert_eq!(world.invoke(&[KEY], &claimant("third")).await.unwrap().alerts, 0);
}

#[tokio::test]
async fn warns_of_each_row_of_a_proof_and_keeps_nothing_of_it() {
    let world = World::default();
    world.put(
        KEY,
        "hydrant-verify-1 4:25:06.00 v 1 2 130\nhydrant-verify-2 4:25:06.00 v 1 2 130\nhydrant-verify-3 4:25:06.00 v 1 2 120\n",
    );
    let summary = world.invoke(&[KEY], &claimant("i")).await.unwrap();
    assert_eq!((summary.rows, summary.proof_rows, summary.alerts), (3, 3, 2));
    let texts = world.texts.take();
    for id in ["hydrant-verify-1", "hydrant-verify-2"] {
        assert_eq!(texts.iter().filter(|text| text.contains(&format!(r#""record_id":"{id}""#))).count(), 1);
    }
    assert!(world.shards.borrow().is_empty(), "nothing was written");

    world.put("2026/11/20/04/b", "hydrant-verify-4 4:25:06.00 v 1 2 500\n1 4:30:00.00 v 1 2 121\n");
    assert_eq!(
        world.invoke(&["2026/11/20/04/b"], &claimant("j")).await.unwrap().alerts,
        2,
        "the hour was free"
    );
    assert_eq!(world.maxima()["v"], 121.0);
}

#[tokio::test]
async fn repeats_a_proof_that_the_topic_refused() {
    let world = World::default();
    world.put(KEY, "hydrant-verify-1 4:25:06.00 v 1 2 130\nhydrant-verify-2 4:25:06.00 v 1 2 130\n");
    world.refused.set(1);
    let error = world.invoke(&[KEY], &claimant("i")).await.unwrap_err();
    assert_eq!(lambda_events::log::chain(&error), "failed to publish 1 alerts: throttled");
    assert_eq!(world.invoke(&[KEY], &claimant("i")).await.unwrap().alerts, 2);
    assert_eq!(world.published.borrow().len(), 3);
}

#[tokio::test]
async fn reads_more_vehicles_than_it_keeps_in_memory() {
    let world = World::default();
    let rows: Vec<String> = (0..40_000).map(|number| format!("r t vehicle-{number} 1 2 {number}")).collect();
    world.put("many", &rows.join("\n"));
    let summary = world.invoke(&["many"], &claimant("i")).await.unwrap();
    assert_eq!((summary.rows, world.maxima().len()), (40_000, 40_000));
    assert!(world.shards.borrow()[&0].1 > 1, "it wrote in between");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn takes_any_object(bytes in prop::collection::vec(any::<u8>(), 0..400), rows in "([a-z0-9:.]{1,3}[ \n]?){0,60}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let world = World::default();
        world.objects.borrow_mut().insert("bytes".into(), bytes);
        world.put("rows", &rows);
        runtime.block_on(world.invoke(&["bytes", "rows"], &claimant("i"))).unwrap();
    }
}
