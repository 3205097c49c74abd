//! Conditions as truth tables: from the sections `Conditions` and `Rules` to answers about what can hold together.
//!
//! A condition is a formula over what its comparisons compare: a parameter, or any other function, has one of the texts that it
//! is compared with, or another one. A question makes a table of the parameters that it involves, one bit for each way in
//! which their values can go together, and works on whole tables. Conditions that others name are computed once, and what has
//! no parameter in common is looked at apart, so nesting costs nothing. `AllowedValues` and the assertions of rules leave out
//! what no caller can pass. What involves more than [`MOST`] ways is not answered. It does not know what a stack's caller will
//! pass.

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
        let mut groups: Vec<Group<'_>> = Vec::new();
        for (name, holds) in assumed {
            let formula = self.formulas.get(name)?;
            let subjects = self.tied(self.involved.get(name).cloned().unwrap_or_default());
            Group { subjects, wanted: vec![(Wanted::Formula(formula), *holds)] }.join(&mut groups);
        }
        let fixed = given.and_then(|(parameter, value)| self.subjects.value_of(parameter, value));
        if let Some((subject, value)) = fixed {
            let subjects = self.tied(BTreeSet::from([subject]));
            Group { subjects, wanted: vec![(Wanted::Value(subject, value), true)] }.join(&mut groups);
        }
        let answers: Vec<Option<bool>> = groups.iter().map(|group| self.group_can_hold(group)).collect();
        match answers.contains(&Some(false)) {
            true => Some(false),
            false => answers.iter().all(Option::is_some).then_some(true),
        }
    }

    /// Says whether what is wanted of one group of subjects can hold; what involves others has no part in it.
    fn group_can_hold(&self, group: &Group<'_>) -> Option<bool> {
        let table = self.table(&group.subjects)?;
        let mut ways = table.possible();
        for (wanted, holds) in &group.wanted {
            match wanted {
                Wanted::Formula(formula) => {
                    table.keep(&mut ways, &table.bits(formula, &self.formulas), *holds)
                }
                Wanted::Value(subject, value) => table.keep(&mut ways, &table.atom(*subject, *value), *holds),
            }
        }
        Some(ways.iter().any(|word| *word != 0))
    }

    /// Says whether one set of assumptions can hold while a condition does not.
    pub fn can_fail(&self, assumed: &Assumed<'_>, condition: &str) -> Option<bool> {
        let mut all = assumed.to_vec();
        all.push((condition, false));
        self.can_hold(&all)
    }

    /// Adds the subjects that the template's rules tie to some.
    fn tied(&self, mut subjects: BTreeSet<usize>) -> BTreeSet<usize> {
        loop {
            let before = subjects.len();
            for (_, involved) in &self.demands {
                if involved.iter().any(|subject| subjects.contains(subject)) {
                    subjects.extend(involved);
                }
            }
            if subjects.len() == before {
                return subjects;
            }
        }
    }

    /// Returns the table of some subjects, among which are all that the template's rules tie to them.
    fn table(&self, subjects: &BTreeSet<usize>) -> Option<Rc<Table>> {
        let key: Vec<usize> = subjects.iter().copied().collect();
        if let Some(table) = self.tables.borrow().get(&key) {
            return Some(table.clone());
        }
        let mut table = Table::new(key.iter().map(|subject| (*subject, self.subjects.ways(*subject))), MOST)?;
        for (demand, involved) in &self.demands {
            if involved.iter().any(|subject| subjects.contains(subject)) {
                table.demand(demand, &self.formulas);
            }
        }
        let table = Rc::new(table);
        self.tables.borrow_mut().insert(key, table.clone());
        Some(table)
    }
}

/// Something that is to hold, or not.
enum Wanted<'f> {
    Formula(&'f Formula),
    Value(usize, usize),
}

/// What is wanted of subjects that have to do with each other. Groups that share no subject cannot exclude each other.
struct Group<'f> {
    subjects: BTreeSet<usize>,
    wanted: Vec<(Wanted<'f>, bool)>,
}

impl<'f> Group<'f> {
    /// Adds the group to others, those that share a subject with it as one.
    fn join(mut self, groups: &mut Vec<Group<'f>>) {
        let mut apart = Vec::with_capacity(groups.len() + 1);
        for group in groups.drain(..) {
            if group.subjects.is_disjoint(&self.subjects) {
                apart.push(group);
            } else {
                self.subjects.extend(group.subjects);
                self.wanted.extend(group.wanted);
            }
        }
        apart.push(self);
        *groups = apart;
    }
}

#[cfg(test)]
mod tests;
