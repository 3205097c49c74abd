//! Chance that can be repeated: numbers that follow from a seed, a rule and a count.

/// The chance of one call that one rule matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw(u64);

impl Draw {
    /// Returns the draw of the `count`th call that the rule at `place` of a section matched.
    pub fn new(seed: u64, section: u64, place: usize, count: u64) -> Self {
        let rule = mix(mix(seed) ^ mix(section << 32 | place as u64));
        Self(mix(rule ^ mix(count)))
    }

    /// Returns a number from 0 up to, and without, 1.
    pub fn fraction(self) -> f64 {
        // The upper 53 bits are what an f64 holds exactly.
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns another draw that follows from this one.
    pub fn next(self) -> Self {
        Self(mix(self.0))
    }

    /// Returns a place below `length`, which must not be 0.
    pub fn below(self, length: usize) -> usize {
        ((self.fraction() * length as f64) as usize).min(length.saturating_sub(1))
    }
}

/// Spreads a number over all 64 bits, as SplitMix64 does: https://prng.di.unimi.it/splitmix64.c
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_evenly_and_differs_by_seed_and_rule() {
        let hits = |seed, place| -> Vec<u64> {
            (1..=10_000).filter(|count| Draw::new(seed, 1, place, *count).fraction() < 0.3).collect()
        };
        let one = hits(7, 0);
        assert!((2_800..3_200).contains(&one.len()), "{}", one.len());
        assert_eq!(one, hits(7, 0));
        assert_ne!(one, hits(8, 0));
        assert_ne!(one, hits(7, 1));
    }

    #[test]
    fn stays_below_a_length() {
        let draw = Draw::new(1, 1, 0, 1);
        assert_eq!(draw.below(1), 0);
        let places: std::collections::BTreeSet<usize> =
            (0..100).map(|count| Draw::new(1, 1, 0, count).below(4)).collect();
        assert_eq!(places.len(), 4);
    }
}
