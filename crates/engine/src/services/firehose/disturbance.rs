//! What a faults file does to records that a delivery stream has read: some come twice, or out of order.

use std::collections::BTreeMap;

use super::source::{Item, Progress};
use crate::aws::Aws;

/// Returns the records as they are delivered.
pub fn apply(aws: &Aws, stream_name: &str, mut items: Vec<Item>) -> Vec<Item> {
    if let Some(place) = aws.faults().repeated_record(stream_name, items.len()) {
        let again = Item { progress: None, ..items[place].clone() };
        if !again.is_mark {
            items.insert(place, again);
        }
    }
    match aws.faults().order(stream_name, items.len()) {
        Some(order) => reorder(items, &order),
        None => items,
    }
}

/// Puts items in another order. What has been delivered is then known only behind the last of them, so the progress
/// of all goes there.
fn reorder(mut items: Vec<Item>, order: &[usize]) -> Vec<Item> {
    let mut latest = BTreeMap::new();
    for progress in items.iter_mut().filter_map(|item| item.progress.take()) {
        let source = match &progress {
            Progress::Backlog(_) => None,
            Progress::Shard(shard, _) => Some(std::sync::Arc::clone(shard)),
        };
        latest.insert(source, progress);
    }
    let mut reordered: Vec<Item> = order.iter().map(|place| items[*place].clone()).collect();
    reordered.retain(|item| !item.is_mark);
    let arrived_at = items.last().map(|item| item.arrived_at);
    let marks =
        latest.into_values().zip(std::iter::repeat(arrived_at)).filter_map(|(progress, arrived_at)| {
            Some(Item {
                data: bytes::Bytes::new(),
                arrived_at: arrived_at?,
                metadata: None,
                progress: Some(progress),
                is_mark: true,
            })
        });
    reordered.extend(marks);
    reordered
}

#[cfg(test)]
mod tests {
    use super::super::source::Checkpoint;
    use super::*;
    use crate::clock::Timestamp;
    use crate::services::kinesis::Position;

    #[test]
    fn keeps_all_records_and_puts_the_progress_behind_them() {
        let item = |shard: &str, number: u8| {
            let position = Position::AfterSequenceNumber(number.to_string());
            Item {
                data: bytes::Bytes::from(vec![number]),
                arrived_at: Timestamp(0),
                metadata: None,
                progress: Some(Progress::Shard(shard.into(), Checkpoint::At(position))),
                is_mark: false,
            }
        };
        let items = vec![item("a", 1), item("a", 2), item("b", 3)];
        let last_of_each = [items[1].progress.clone(), items[2].progress.clone()];
        let reordered = reorder(items, &[2, 0, 1]);
        let data: Vec<u8> = reordered.iter().flat_map(|item| item.data.to_vec()).collect();
        assert_eq!(data, [3, 1, 2]);
        assert!(reordered[..3].iter().all(|item| item.progress.is_none() && !item.is_mark));
        let marks: Vec<_> = reordered[3..].iter().map(|item| item.progress.clone()).collect();
        assert_eq!(marks, last_of_each);
    }
}
