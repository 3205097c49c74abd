//! Which rows of the input are done with, so that an interrupted run can go on where it stopped.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All rows below `below`, and single stretches beyond.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    pub below: u64,
    /// Stretches by their first row, each with the row after its last one.
    #[serde(default)]
    pub beyond: BTreeMap<u64, u64>,
}

impl Settled {
    /// Notes that a row is done with.
    pub fn add(&mut self, row: u64) {
        if self.contains(row) {
            return;
        }
        let mut stretch = (row, row + 1);
        if let Some(end) = self.beyond.remove(&(row + 1)) {
            stretch.1 = end;
        }
        if row == self.below {
            self.below = stretch.1;
            return;
        }
        match self.beyond.range_mut(..row).next_back() {
            Some((_, end)) if *end == row => *end = stretch.1,
            _ => {
                self.beyond.insert(stretch.0, stretch.1);
            }
        }
    }

    /// Returns whether a row is done with.
    pub fn contains(&self, row: u64) -> bool {
        row < self.below || self.beyond.range(..=row).next_back().is_some_and(|(_, end)| row < *end)
    }
}

#[cfg(test)]
mod tests {
    use rand::seq::SliceRandom;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn grows_together_in_any_order() {
        for seed in 0..50 {
            let mut rows: Vec<u64> = (0..200).collect();
            rows.shuffle(&mut StdRng::seed_from_u64(seed));
            let mut settled = Settled::default();
            for (count, row) in rows.iter().enumerate() {
                assert!(!settled.contains(*row));
                settled.add(*row);
                settled.add(*row);
                assert!(rows[..=count].iter().all(|row| settled.contains(*row)));
                let held: u64 =
                    settled.below + settled.beyond.iter().map(|(start, end)| end - start).sum::<u64>();
                assert_eq!(held, count as u64 + 1);
            }
            assert_eq!(settled, Settled { below: 200, beyond: BTreeMap::new() });
        }
    }
}
