//! Faults of deliveries: at-least-once shown in earnest, and records out of order.

use std::borrow::Cow;

use super::Faults;
use super::draw::Draw;
use super::plan::{Deliverer, DeliveryFault};

impl Faults {
    /// Tells whether a function gets a batch that it has handled once more.
    pub(crate) fn repeats_batch(&self, function_name: &str) -> bool {
        self.of_delivery(Deliverer::Mapping, function_name, DeliveryFault::Duplicate).is_some()
    }

    /// Returns the records of a batch in the order in which a function gets them.
    pub(crate) fn ordered<'a, T: Clone>(&self, function_name: &str, records: &'a [T]) -> Cow<'a, [T]> {
        match self.of_delivery(Deliverer::Mapping, function_name, DeliveryFault::Reorder) {
            Some(draw) => {
                let order = shuffled(draw, records.len());
                Cow::Owned(order.into_iter().map(|place| records[place].clone()).collect())
            }
            None => Cow::Borrowed(records),
        }
    }

    /// Returns the place of the record that a delivery stream delivers twice, of `length` that it has read.
    pub(crate) fn repeated_record(&self, stream_name: &str, length: usize) -> Option<usize> {
        let draw = self.of_delivery(Deliverer::Firehose, stream_name, DeliveryFault::Duplicate)?;
        (length > 0).then(|| draw.next().below(length))
    }

    /// Returns the order in which a delivery stream delivers `length` records, when it is not theirs.
    pub(crate) fn order(&self, stream_name: &str, length: usize) -> Option<Vec<usize>> {
        let draw = self.of_delivery(Deliverer::Firehose, stream_name, DeliveryFault::Reorder)?;
        Some(shuffled(draw, length))
    }
}

/// Returns the places below `length` in an order that follows from a draw (Fisher and Yates).
fn shuffled(mut draw: Draw, length: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    for last in (1..length).rev() {
        draw = draw.next();
        order.swap(last, draw.below(last + 1));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::super::FaultPlan;
    use super::*;

    #[test]
    fn shuffles_all_records_the_same_way_for_the_same_seed() {
        let order = |seed: u64| {
            let plan = format!("seed: {seed}\ndeliveries: [{{ by: mapping, fault: reorder }}]");
            let faults = Faults::new(FaultPlan::parse(&plan).unwrap());
            faults.ordered("f", &(0..20).collect::<Vec<_>>()).into_owned()
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        let mut sorted = order(1);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn repeats_only_what_the_plan_names() {
        let plan = "deliveries: [{ by: firehose, name: clicks, every: 2, fault: duplicate }]";
        let faults = Faults::new(FaultPlan::parse(plan).unwrap());
        assert_eq!(faults.repeated_record("clicks", 3), None);
        assert_eq!(faults.repeated_record("orders", 3), None);
        assert!(faults.repeated_record("clicks", 3).is_some_and(|place| place < 3));
        assert!(!faults.repeats_batch("clicks"));
    }
}
