//! Says in plain words who may do more by a plan.

use hydrant_cfn::access::widening::{Kind, Widening};

use super::prose::wrapped;
use super::{Style, counted};
use crate::deploy::plan::{Action, Change};

/// How many sentences are shown; the JSON has all.
const MOST: usize = 24;

/// How many actions of one sentence are named.
const NAMED: usize = 6;

/// Running text is in lines of at most this many characters.
const WIDEST: usize = 100;

/// Returns the section on access, each line of it with an end; nothing when nobody may do more.
pub(super) fn text(changes: &[Change], style: Style) -> Option<String> {
    let widens: Vec<&Widening> = changes.iter().flat_map(|change| &change.widens).collect();
    if widens.is_empty() {
        return None;
    }
    let is_new = changes.iter().all(|change| matches!(change.action, Action::Add | Action::Import));
    let (title, told) =
        if is_new { of_new_stack(&widens, changes) } else { ("Wider access:".to_owned(), widens) };
    let mut sentences: Vec<(String, bool)> = Vec::new();
    for group in groups(&told) {
        sentences.push((sentence(&group, is_new), group[0].wildcard || group[0].who == "anyone"));
    }
    let width = style.width().min(WIDEST).saturating_sub(4);
    let mut lines = vec![style.bold(&title)];
    for (sentence, is_grave) in sentences.iter().take(MOST) {
        for (index, line) in wrapped(sentence, width).lines().enumerate() {
            let line = if *is_grave { style.red(line) } else { style.yellow(line) };
            lines.push(format!("{}{line}", if index == 0 { "  " } else { "    " }));
        }
    }
    if let Some(rest) = sentences.len().checked_sub(MOST).filter(|rest| *rest > 0) {
        lines.push(format!("  … and {rest} more, which --format json shows"));
    }
    Some(lines.join("\n") + "\n")
}

/// What new resources may do is new: it is counted, and told only where it reaches far, or is for what is there already.
fn of_new_stack<'w>(widens: &[&'w Widening], changes: &[Change]) -> (String, Vec<&'w Widening>) {
    let is_added = |shown: &str| {
        let name = shown.split(['/', ':']).next().unwrap_or(shown);
        changes.iter().any(|change| change.logical_id == name)
    };
    let reaches_far = |one: &&&Widening| {
        one.wildcard
            || one.who == "anyone"
            || one.who.starts_with("account ")
            || !(is_added(&one.who) || one.on.iter().all(|on| is_added(on)))
            || !matches!(one.kind, Kind::Permission | Kind::Trust)
    };
    let far: Vec<&Widening> = widens.iter().filter(reaches_far).copied().collect();
    let grants = counted(widens.len() as u64, "grant");
    let title = match far.len() {
        0 => format!("Access: {grants}, none to outsiders and none with a wildcard"),
        1 => format!("Access: {grants}, one of which reaches far:"),
        count => format!("Access: {grants}, {count} of which reach far:"),
    };
    (title, far)
}

/// Puts together what several gain alike.
fn groups<'w>(widens: &[&'w Widening]) -> Vec<Vec<&'w Widening>> {
    let mut groups: Vec<Vec<&Widening>> = Vec::new();
    for one in widens {
        let is_alike = |group: &&mut Vec<&Widening>| {
            let first = group[0];
            first.kind == one.kind
                && (&first.gains, &first.on) == (&one.gains, &one.on)
                && (&first.conditions, &first.because) == (&one.conditions, &one.because)
        };
        match groups.iter_mut().find(is_alike) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

/// Returns the sentence on those who gain the same.
fn sentence(group: &[&Widening], is_new: bool) -> String {
    let Widening { kind, gains, on, conditions, because, wildcard, .. } = group[0];
    let mut who: Vec<&str> = group.iter().map(|one| one.who.as_str()).collect();
    who.dedup();
    let (who, on, actions) = (listed(&who), listed(on), actions(gains));
    let now = if is_new { "" } else { " now" };
    let mut text = match kind {
        Kind::Permission => format!("{who} may{now} {actions} on {on}"),
        Kind::Trust => format!("role {on} can{now} be assumed by {who}"),
        Kind::Denial => {
            let verb = if group.len() == 1 { "is" } else { "are" };
            format!("{who} {verb} no longer denied {actions} on {on}")
        }
        Kind::ManagedPolicy => {
            let verb = if group.len() == 1 { "has" } else { "have" };
            format!("{who}{now} {verb} the managed policy {actions}, whose content is not known here")
        }
        Kind::Boundary => format!("{who} may{now} do {actions}"),
        Kind::Door => format!("{who} may{now} {actions} ({on})"),
        Kind::Unreadable => format!("{who} may{now} do {actions}"),
    };
    if !conditions.is_empty() {
        text += &format!(", as far as {} lets", listed(conditions));
    }
    if let Some(because) = because {
        text += &format!(": {because}");
    }
    if *wildcard { text + " (wildcard)" } else { text }
}

fn actions(gains: &[String]) -> String {
    match gains.len() > NAMED + 1 {
        true => format!("{} and {} more", gains[..NAMED].join(", "), gains.len() - NAMED),
        false => gains.join(", "),
    }
}

fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}
