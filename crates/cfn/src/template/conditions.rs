//! Conditions as truth tables: from the sections `Conditions` and `Rules` to answers about what can hold together.
//!
//! A condition is a formula over what its comparisons compare: a parameter, or any other function, has one of the texts that it
//! is compared with, or another one. A question makes a table of the parameters that it involves, one bit for each way in
//! which their values can go together, and works on whole tables; conditions that others name are computed once, so nesting
//! costs nothing. `AllowedValues` and the assertions of rules leave out what no caller can pass. What involves more than
//! [`MOST`] ways is not answered. It does not know what a stack's caller will pass.

mod formula;
mod table;

use self::formula::{Formula, Subjects};
use self::table::Table;
use super::Template;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How many ways of values going together are looked at: as many as sixteen comparisons of sixteen parameters have.
const MOST: usize = 1 << 16;

/// What is taken for granted: conditions that hold, and those that do not.
pub type Assumed<'a> = [(&'a str, bool)];

/// What the conditions of a template say of each other.
pub struct Conditions<'t> {
    template: &'t Template,
    subjects: Subjects,
    formulas: BTreeMap<&'t str, Formula>,
    /// What each assertion of the template's rules demands, with the subjects that it involves.
    demands: Vec<(Formula, BTreeSet<usize>)>,
    /// The subjects that each condition involves, by way of others too.
    involved: BTreeMap<&'t str, BTreeSet<usize>>,
    /// The tables that questions made, by the subjects that they are of.
    tables: RefCell<BTreeMap<Vec<usize>, Rc<Table>>>,
}

impl<'t> Conditions<'t> {
    /// Reads the conditions and rules of a template.
    pub fn new(template: &'t Template) -> Self {
        Self::read(template, false)
    }

    /// Reads them as if a comparison of two texts could turn out either way: what rests on one is its fault alone.
    pub fn with_open_constants(template: &'t Template) -> Self {
        Self::read(template, true)
    }

    fn read(template: &'t Template, open_constants: bool) -> Self {
        let read = formula::read(template, open_constants);
        Self {
            template,
            subjects: read.subjects,
            formulas: read.formulas,
            demands: read.demands,
            involved: read.involved,
            tables: RefCell::default(),
        }
    }

    /// Returns the template that they are of.
    pub fn template(&self) -> &'t Template {
        self.template
    }

    /// Says whether all that is assumed can hold at once, or nothing when that is not known.
    pub fn can_hold(&self, assumed: &Assumed<'_>) -> Option<bool> {
        self.can_hold_with(assumed, None)
    }

    /// Says whether all that is assumed can hold while a parameter has a value.
    pub fn can_hold_with(&self, assumed: &Assumed<'_>, given: Option<(&str, &str)>) -> Option<bool> {
        let mut wanted = Vec::new();
        for (name, holds) in assumed {
            wanted.push((self.formulas.get(name)?, *holds));
        }
        let fixed = given.and_then(|(parameter, value)| self.subjects.value_of(parameter, value));
        let mut subjects: BTreeSet<usize> = fixed.iter().map(|(subject, _)| *subject).collect();
        subjects.extend(assumed.iter().filter_map(|(name, _)| self.involved.get(name)).flatten());
        let table = self.table(subjects)?;
        let mut ways = table.possible();
        if let Some((subject, value)) = fixed {
            table.keep(&mut ways, &table.atom(subject, value), true);
        }
        for (formula, holds) in wanted {
            table.keep(&mut ways, &table.bits(formula, &self.formulas), holds);
        }
        Some(ways.iter().any(|word| *word != 0))
    }

    /// Says whether one set of assumptions can hold while a condition does not.
    pub fn can_fail(&self, assumed: &Assumed<'_>, condition: &str) -> Option<bool> {
        let mut all = assumed.to_vec();
        all.push((condition, false));
        self.can_hold(&all)
    }

    /// Returns the table of some subjects and of those that the template's rules tie to them.
    fn table(&self, mut subjects: BTreeSet<usize>) -> Option<Rc<Table>> {
        let mut demands = vec![false; self.demands.len()];
        loop {
            let before = subjects.len();
            for (index, (_, involved)) in self.demands.iter().enumerate() {
                if !demands[index] && involved.iter().any(|subject| subjects.contains(subject)) {
                    demands[index] = true;
                    subjects.extend(involved);
                }
            }
            if subjects.len() == before {
                break;
            }
        }
        let key: Vec<usize> = subjects.into_iter().collect();
        if let Some(table) = self.tables.borrow().get(&key) {
            return Some(table.clone());
        }
        let mut table = Table::new(key.iter().map(|subject| (*subject, self.subjects.ways(*subject))), MOST)?;
        for ((demand, _), _) in self.demands.iter().zip(demands).filter(|(_, involved)| *involved) {
            table.demand(demand, &self.formulas);
        }
        let table = Rc::new(table);
        self.tables.borrow_mut().insert(key, table.clone());
        Some(table)
    }
}

#[cfg(test)]
mod tests;
