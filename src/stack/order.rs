//! The order of stacks, from what each says that it depends on.

use super::model::Stack;
use super::value;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};

/// Returns for each stack the places in the list of those that it depends on; stacks that are not in the list are left
/// aside. Stacks that wait for each other are an error.
pub fn prerequisites(stacks: &[Stack]) -> Result<Vec<Vec<usize>>> {
    let of = |stack: &Stack| {
        let mut places: Vec<usize> =
            stack.prerequisites().flat_map(|name| meant(stacks, stack, &name.value)).collect();
        places.sort_unstable();
        places.dedup();
        places
    };
    let prerequisites: Vec<Vec<usize>> = stacks.iter().map(of).collect();
    match circle(&prerequisites) {
        Some(circle) => Err(waits_for_itself(stacks, &circle)),
        None => Ok(prerequisites),
    }
}

/// Returns for each stack the places of those whose outputs or exports it uses.
pub fn sources(stacks: &[Stack]) -> Vec<Vec<usize>> {
    let of = |stack: &Stack| {
        let names = value::stacks(&stack.file);
        names.flat_map(|name| meant(stacks, stack, &name.value)).collect()
    };
    stacks.iter().map(of).collect()
}

/// Returns the places of what `stack` calls `name`: the stack of that name in the same region, or else all of that name.
fn meant(stacks: &[Stack], stack: &Stack, name: &str) -> Vec<usize> {
    let named = (0..stacks.len()).filter(|place| stacks[*place].name == name);
    let (near, far): (Vec<usize>, Vec<usize>) =
        named.partition(|place| stacks[*place].region() == stack.region());
    if near.is_empty() { far } else { near }
}

/// Returns what is to be done after each, when things are taken down in the reverse order.
pub fn reversed(prerequisites: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let dependents =
        |place| (0..prerequisites.len()).filter(move |&other| prerequisites[other].contains(&place));
    (0..prerequisites.len()).map(|place| dependents(place).collect()).collect()
}

/// Returns places each of which waits for the next, and the last for the first.
fn circle(prerequisites: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut open: Vec<usize> = (0..prerequisites.len()).collect();
    // What waits for nothing that is open can be done; what is left when nothing can, waits in a circle.
    loop {
        let waits = |place: &usize| prerequisites[*place].iter().any(|other| open.contains(other));
        let left: Vec<usize> = open.iter().copied().filter(|place| waits(place)).collect();
        if left.len() == open.len() {
            break;
        }
        open = left;
    }
    let mut way = vec![*open.first()?];
    loop {
        let last = *way.last()?;
        let next = *prerequisites[last].iter().find(|place| open.contains(place))?;
        if let Some(start) = way.iter().position(|&place| place == next) {
            return Some(way.split_off(start));
        }
        way.push(next);
    }
}

fn waits_for_itself(stacks: &[Stack], circle: &[usize]) -> Error {
    let names: Vec<&str> =
        circle.iter().chain(circle.first()).map(|&place| stacks[place].name.as_str()).collect();
    let message = format!("stacks wait for each other: {}", names.join(" → "));
    let first = &stacks[circle[0]];
    let next = names.get(1).copied().unwrap_or_default();
    match first.prerequisites().find(|name| name.value == next) {
        Some(name) => {
            let span = name.span.start..name.span.end;
            Error::usage("").at(vec![Diagnostic::error(&first.path, &first.source, span, message)])
        }
        None => Error::usage(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(name: &str, depends_on: &str) -> Stack {
        let text = format!("depends_on: [{depends_on}]\nstreams: {{ s: {{ shards: 1 }} }}\n");
        let path = std::path::PathBuf::from(format!("stacks/{name}.yaml"));
        crate::stack::parse(&path, &text, "dev").unwrap()
    }

    #[test]
    fn puts_stacks_after_what_they_depend_on() {
        let stacks = [stack("a", "b, elsewhere"), stack("b", ""), stack("c", "a, b")];
        let order = prerequisites(&stacks).unwrap();
        assert_eq!(order, [vec![1], vec![], vec![0, 1]]);
        assert_eq!(reversed(&order), [vec![2], vec![0, 2], vec![]]);
    }

    #[test]
    fn refuses_stacks_that_wait_for_each_other() {
        let stacks = [stack("a", "b"), stack("b", "c"), stack("c", "b")];
        let error = prerequisites(&stacks).unwrap_err();
        assert_eq!(error.diagnostics[0].message, "stacks wait for each other: b → c → b");
        assert_eq!(error.diagnostics[0].start(), (1, 14));
    }
}
