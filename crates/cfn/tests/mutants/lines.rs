//! Where a fault is: two texts become the lines at which a linter may show what makes the second one wrong.

use std::collections::BTreeSet;

/// Returns the lines at which a fault may be shown: those that changed; where lines were taken away, their neighbours and
/// what they belonged to.
pub fn fault_lines(base: &str, mutant: &str) -> BTreeSet<usize> {
    let (before, after): (Vec<&str>, Vec<&str>) = (base.lines().collect(), mutant.lines().collect());
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let start = before.iter().zip(&after).take_while(same).count();
    let most = before.len().min(after.len()) - start;
    let end = before.iter().rev().zip(after.iter().rev()).take(most).take_while(same).count();
    let mut lines: BTreeSet<usize> = (start + 1..=after.len() - end).collect();
    let taken: BTreeSet<&str> = before[start..before.len() - end].iter().map(|line| line.trim()).collect();
    if lines.is_empty() || taken.len() > after.len() - end - start {
        lines.extend([start, start + 1]);
    }
    // The keys that the place belongs to, up to the resource.
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let mut depth = before.get(start).map_or(0, |line| indent(line));
    for (index, line) in after[..start.min(after.len())].iter().enumerate().rev() {
        if !line.trim().is_empty() && indent(line) < depth && depth > 2 {
            depth = indent(line);
            lines.insert(index + 1);
        }
    }
    lines
}
