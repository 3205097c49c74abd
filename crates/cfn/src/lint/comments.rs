//! From comments to the rules that they switch off: `# hydrant: allow RULE[, RULE] reason`.
//!
//! At the end of a line it is for that line, on a line of its own for the next line with text, and before the first value of
//! the document for the whole file. Which findings there are is not known here.

use super::rule;
use crate::yaml::{Document, Span, near_miss};

/// Where a comment's word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    File,
    /// A line, counted from 1.
    Line(usize),
}

/// One rule that a comment allows to be broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    pub rule: &'static str,
    pub reach: Reach,
    /// Where the rule's id stands in the comment.
    pub span: Span,
}

/// What the comments of one file allow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowances {
    pub list: Vec<Allowance>,
    /// Comments that were meant and cannot be read: what is wrong, what to do, where.
    pub unreadable: Vec<(String, Option<String>, Span)>,
}

impl Allowances {
    /// Reads the comments of a document.
    pub fn of(document: &Document) -> Self {
        Self::naming(document, |id| rule(id).map(|rule| rule.id))
    }

    /// Reads the comments of a document that may allow more than a template's rules: `find` knows a rule's id, or the near
    /// miss.
    pub fn naming(
        document: &Document,
        find: impl Fn(&str) -> Result<&'static str, Option<&'static str>>,
    ) -> Self {
        let mut allowances = Self::default();
        for (index, comment) in document.comments.iter().enumerate() {
            let text = document.source().get(comment.start..comment.end).unwrap_or_default();
            let Some(rest) = text.trim_start_matches('#').trim_start().strip_prefix("hydrant:") else {
                continue;
            };
            let reach = reach(document, index);
            allowances.read(rest, comment.start + (text.len() - rest.len()), *comment, reach, &find);
        }
        allowances
    }

    /// Says whether a comment allows the rule to be broken on the line.
    pub fn allow(&self, rule: &str, line: usize) -> bool {
        self.list.iter().any(|allowance| allowance.allows(rule, line))
    }

    fn read(
        &mut self,
        rest: &str,
        start: usize,
        comment: Span,
        reach: Reach,
        find: &impl Fn(&str) -> Result<&'static str, Option<&'static str>>,
    ) {
        let words = rest.trim_start();
        let verb = words.split_whitespace().next().unwrap_or_default();
        if verb != "allow" {
            let near = near_miss(verb, ["allow", "allows", "ignore", "disable", "suppress", "skip"]);
            let other = ["ignore", "disable", "suppress", "skip"].contains(&verb);
            if near.is_some() || other {
                let help = Some("write `# hydrant: allow RULE reason`".to_owned());
                self.unreadable.push((format!("`{verb}` is nothing that hydrant does"), help, comment));
            }
            return;
        }
        let mut position = start + (rest.len() - words.len()) + verb.len();
        let mut rest = &words[verb.len()..];
        let mut found = Vec::new();
        loop {
            let trimmed = rest.trim_start();
            position += rest.len() - trimmed.len();
            let length =
                trimmed.find(|letter: char| letter.is_whitespace() || letter == ',').unwrap_or(trimmed.len());
            found.push((&trimmed[..length], Span::new(position, position + length)));
            (position, rest) = (position + length, &trimmed[length..]);
            let after = rest.trim_start();
            match after.strip_prefix(',') {
                Some(after) => (position, rest) = (position + (rest.len() - after.len()), after),
                None => break,
            }
        }
        if !rest.chars().any(char::is_alphanumeric) {
            let help = Some("say why after the rule: `# hydrant: allow RULE reason`".to_owned());
            self.unreadable.push(("the comment gives no reason".to_owned(), help, comment));
            return;
        }
        for (id, span) in found {
            match find(id) {
                Ok(rule) => self.list.push(Allowance { rule, reach, span }),
                Err(near) => {
                    let help = near.map(|near| format!("did you mean `{near}`?"));
                    self.unreadable.push((format!("no rule is named `{id}`"), help, span));
                }
            }
        }
    }
}

impl Allowance {
    /// Says whether the rule may be broken on the line.
    pub fn allows(&self, rule: &str, line: usize) -> bool {
        self.rule == rule && (self.reach == Reach::File || self.reach == Reach::Line(line))
    }
}

/// Returns where the comment at `index` counts.
fn reach(document: &Document, index: usize) -> Reach {
    let comment = document.comments[index];
    let line = document.position(comment.start).line;
    let before = document.line(line).unwrap_or_default();
    if !before.trim_start().starts_with('#') {
        return Reach::Line(line);
    }
    if comment.start < document.root.span.start {
        return Reach::File;
    }
    // Other comments and empty lines may stand between.
    let mut next = line + 1;
    while document.line(next).is_some_and(|text| text.trim().is_empty() || text.trim_start().starts_with('#'))
    {
        next += 1;
    }
    Reach::Line(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(&'static str, Reach)>, Vec<String>) {
        let (document, _) = Document::parse(text);
        let allowances = Allowances::of(&document);
        let list = allowances.list.iter().map(|allowance| (allowance.rule, allowance.reach)).collect();
        (list, allowances.unreadable.into_iter().map(|(message, ..)| message).collect())
    }

    #[test]
    fn reaches_the_file_the_next_line_or_its_own() {
        let text = "# hydrant: allow W2001 for all\na: 1 # hydrant: allow W3005, E3012 why not\n# hydrant: allow W1020 next\n\n# more\nb: 2\n";
        let expected = [
            ("W2001", Reach::File),
            ("W3005", Reach::Line(2)),
            ("E3012", Reach::Line(2)),
            ("W1020", Reach::Line(6)),
        ];
        assert_eq!(read(text), (expected.to_vec(), Vec::new()));
    }

    #[test]
    fn tells_of_what_is_almost_a_suppression() {
        let text = "a: 1 # hydrant: allow W2001\nb: 2 # hydrant: allow W20001 x\nc: 3 # hydrant: ignore W2001 x\nd: 4 # hydrant: made it\n";
        let messages = [
            "the comment gives no reason",
            "no rule is named `W20001`",
            "`ignore` is nothing that hydrant does",
        ];
        assert_eq!(read(text), (Vec::new(), messages.map(str::to_owned).to_vec()));
    }

    #[test]
    fn finds_the_place_of_each_id() {
        let text = "a: 1 # hydrant: allow W2001 , W3005 x";
        let (document, _) = Document::parse(text);
        let shown = |allowance: &Allowance| &text[allowance.span.start..allowance.span.end];
        assert_eq!(Allowances::of(&document).list.iter().map(shown).collect::<Vec<_>>(), ["W2001", "W3005"]);
    }
}
