//! A truth table: a bit for each way in which the values of some subjects can go together.

use super::formula::Formula;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Bits, one for each way; those beyond the last way are never set in [`Table::possible`].
pub(super) type Bits = Vec<u64>;

pub(super) struct Table {
    /// Each subject with how far apart its values lie, and how many it has.
    places: BTreeMap<usize, (usize, usize)>,
    words: usize,
    possible: Bits,
    /// The bits of conditions that have a name, once they were asked for.
    named: RefCell<BTreeMap<String, Rc<Bits>>>,
}

impl Table {
    /// Makes the table of subjects with how many values each has, or nothing when it would be too large.
    pub(super) fn new(subjects: impl Iterator<Item = (usize, usize)>, most: usize) -> Option<Self> {
        let mut places = BTreeMap::new();
        let mut ways: usize = 1;
        for (subject, values) in subjects {
            places.insert(subject, (ways, values));
            ways = ways.checked_mul(values).filter(|ways| *ways <= most)?;
        }
        let words = ways.div_ceil(64);
        let mut possible = vec![!0; words];
        if let Some(last) = possible.last_mut().filter(|_| !ways.is_multiple_of(64)) {
            *last = (1 << (ways % 64)) - 1;
        }
        if ways == 0 {
            possible.clear();
        }
        Some(Self { places, words, possible, named: RefCell::default() })
    }

    /// Returns the ways that no demand excludes.
    pub(super) fn possible(&self) -> Bits {
        self.possible.clone()
    }

    /// Excludes the ways in which a formula does not hold.
    pub(super) fn demand(&mut self, demand: &Formula, formulas: &BTreeMap<&str, Formula>) {
        let mut possible = std::mem::take(&mut self.possible);
        self.keep(&mut possible, &self.bits(demand, formulas), true);
        self.possible = possible;
    }

    /// Keeps the ways whose bit is as wanted.
    pub(super) fn keep(&self, ways: &mut Bits, bits: &Bits, wanted: bool) {
        for (way, bit) in ways.iter_mut().zip(bits) {
            *way &= if wanted { *bit } else { !*bit };
        }
    }

    /// Returns in which ways a subject has a value.
    pub(super) fn atom(&self, subject: usize, value: usize) -> Bits {
        let Some((stride, values)) = self.places.get(&subject) else { return vec![0; self.words] };
        let mut bits = vec![0_u64; self.words];
        let ways = self.words * 64;
        let mut start = value * stride;
        while start < ways {
            let end = (start + stride).min(ways);
            // Whole words at once: of a late subject they are many.
            if start.is_multiple_of(64) && end.is_multiple_of(64) {
                bits[start / 64..end / 64].fill(!0);
            } else {
                (start..end).for_each(|way| bits[way / 64] |= 1 << (way % 64));
            }
            start += stride * values;
        }
        bits
    }

    /// Returns in which ways a formula holds.
    pub(super) fn bits(&self, formula: &Formula, formulas: &BTreeMap<&str, Formula>) -> Rc<Bits> {
        match formula {
            Formula::Always(holds) => Rc::new(vec![if *holds { !0 } else { 0 }; self.words]),
            Formula::Is(subject, value) => Rc::new(self.atom(*subject, *value)),
            Formula::Not(inner) => Rc::new(self.bits(inner, formulas).iter().map(|word| !word).collect()),
            Formula::All(parts) => self.joined(parts, formulas, !0, |all, part| all & part),
            Formula::Any(parts) => self.joined(parts, formulas, 0, |any, part| any | part),
            Formula::Named(name) => {
                if let Some(bits) = self.named.borrow().get(name) {
                    return bits.clone();
                }
                let Some(formula) = formulas.get(name.as_str()) else { return Rc::new(vec![0; self.words]) };
                let bits = self.bits(formula, formulas);
                self.named.borrow_mut().insert(name.clone(), bits.clone());
                bits
            }
        }
    }

    fn joined(
        &self,
        parts: &[Formula],
        formulas: &BTreeMap<&str, Formula>,
        start: u64,
        join: fn(u64, u64) -> u64,
    ) -> Rc<Bits> {
        let mut joined = vec![start; self.words];
        for part in parts {
            for (word, bits) in joined.iter_mut().zip(self.bits(part, formulas).iter()) {
                *word = join(*word, *bits);
            }
        }
        Rc::new(joined)
    }
}
