//! Applies fixes to a text and looks at what came of them.
//!
//! Fixes that do not overlap are applied together and checked together. When that is not better, each is tried for itself.

use super::{Edit, Fix, fix};
use crate::lint::{Finding, Options, Report, check};
use std::collections::HashSet;

/// How often a text is mended and checked again. A fix can uncover the next one, as the right type of a resource does.
const ROUNDS: usize = 5;

/// A text after its fixes.
#[derive(Debug, Clone)]
pub struct Fixed {
    pub text: String,
    /// What was done, in order.
    pub applied: Vec<Applied>,
    /// What every rule finds in it.
    report: Report,
}

/// A fix that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    pub rule: &'static str,
    pub title: String,
    /// The line that it was for, in the text as it was then.
    pub line: usize,
}

/// What tells findings apart while lines move.
type FindingKey = (&'static str, String, Vec<String>);

/// A proposal and what it is for.
struct Proposal<'r> {
    finding: &'r Finding,
    fix: Fix,
}

impl Fixed {
    /// Checks a text and mends what can be mended of what the caller wants to hear of.
    pub fn of(text: &str, options: &Options) -> Self {
        // Whether a change does harm is for every rule to say.
        let every = Options { regions: options.regions.clone(), ..Options::default() };
        let mut fixed = Self { text: text.to_owned(), applied: Vec::new(), report: check(text, &every) };
        let mut refused = HashSet::new();
        for _ in 0..ROUNDS {
            if !fixed.report.is_readable() {
                break;
            }
            let before = fixed.report.clone();
            let proposals = proposals(&before, &refused, options);
            if proposals.is_empty() {
                break;
            }
            if fixed.try_all(&before, &proposals, &every) {
                continue;
            }
            let mut any = false;
            // From the end, so that what was found before keeps its place.
            for proposal in proposals.iter().rev() {
                if fixed.try_all(&before, std::slice::from_ref(proposal), &every) {
                    any = true;
                } else {
                    refused.insert(key(proposal.finding));
                }
            }
            if !any {
                break;
            }
        }
        fixed
    }

    /// Applies the proposals if the text is better for all of them.
    fn try_all(&mut self, before: &Report, proposals: &[Proposal<'_>], options: &Options) -> bool {
        let edits: Vec<&Edit> = proposals.iter().flat_map(|proposal| &proposal.fix.edits).collect();
        let text = written(&self.text, &edits);
        let report = check(&text, options);
        if !is_better(&self.report, &report, proposals) {
            return false;
        }
        let applied = proposals.iter().map(|Proposal { finding, fix }| Applied {
            rule: finding.rule,
            title: fix.title.clone(),
            line: before.place(finding).0.line,
        });
        self.applied.extend(applied);
        (self.text, self.report) = (text, report);
        true
    }
}

/// Returns the proposals that do not overlap, in the order of the text.
fn proposals<'r>(report: &'r Report, refused: &HashSet<FindingKey>, options: &Options) -> Vec<Proposal<'r>> {
    let mut findings = report.findings.iter().collect::<Vec<_>>();
    findings.retain(|finding| options.wants(finding.rule) && !refused.contains(&key(finding)));
    let mut all: Vec<Proposal<'r>> = findings
        .into_iter()
        .filter_map(|finding| Some(Proposal { finding, fix: fix(&report.document, finding)? }))
        .collect();
    let start = |proposal: &Proposal<'_>| proposal.fix.edits.iter().map(|edit| edit.span.start).min();
    all.sort_by_key(start);
    let mut end = 0;
    all.retain(|proposal| {
        let fits = start(proposal).is_some_and(|start| start >= end);
        if fits {
            end = proposal.fix.edits.iter().map(|edit| edit.span.end).max().unwrap_or(end);
        }
        fits
    });
    all
}

fn key(finding: &Finding) -> FindingKey {
    (finding.rule, finding.message.clone(), finding.path.clone())
}

/// Writes the edits into the text, from its end to its start.
fn written(text: &str, edits: &[&Edit]) -> String {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut text = text.to_owned();
    for edit in edits {
        if text.is_char_boundary(edit.span.start) && text.is_char_boundary(edit.span.end) {
            text.replace_range(edit.span.start..edit.span.end, &edit.text);
        }
    }
    text
}

/// Says whether the findings are gone, the text can be read, and the lines that were mended have nothing new. What shows
/// elsewhere was hidden before: a misspelt type has no properties to check.
fn is_better(before: &Report, after: &Report, proposals: &[Proposal<'_>]) -> bool {
    let left: HashSet<_> = after.findings.iter().map(key).collect();
    let known: HashSet<_> = before.findings.iter().map(key).collect();
    let lines: HashSet<usize> =
        proposals.iter().map(|proposal| before.place(proposal.finding).0.line).collect();
    let gone = proposals.iter().all(|proposal| !left.contains(&key(proposal.finding)));
    let readable =
        after.findings.iter().all(|finding| finding.rule != "E0000" || known.contains(&key(finding)));
    let new = |finding: &&Finding| {
        !known.contains(&key(finding))
            && lines.contains(&after.place(finding).0.line)
            && finding.level != crate::lint::Level::Info
    };
    gone && readable && after.findings.iter().find(new).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> (String, Vec<String>) {
        let fixed = Fixed::of(text, &Options::default());
        let applied =
            fixed.applied.iter().map(|one| format!("{} {} {}", one.line, one.rule, one.title)).collect();
        (fixed.text, applied)
    }

    #[test]
    fn mends_names_values_and_functions_and_nothing_else() {
        let text = "# orders\nResources:\n  Stream:   # the stream\n    Type: AWS::Kinesis::Streem\n    Properties:\n      Nmae: !Sub  orders   # here\n      \
                    StreamModeDetails: {StreamMode: on_demand}\nOutputs:\n  Arn: {Value: !GetAtt Streem.Arn}\n  Name: {Value: !Sub \"${Strean}-x\"}\n";
        let (mended, applied) = fixed(text);
        assert_eq!(
            mended,
            "# orders\nResources:\n  Stream:   # the stream\n    Type: AWS::Kinesis::Stream\n    Properties:\n      Name: orders   # here\n      \
             StreamModeDetails: {StreamMode: ON_DEMAND}\nOutputs:\n  Arn: {Value: !GetAtt Stream.Arn}\n  Name: {Value: !Sub \"${Stream}-x\"}\n",
            "{applied:?}"
        );
        assert_eq!(applied.len(), 6, "{applied:?}");
    }

    #[test]
    fn asks_every_rule_though_the_caller_wants_to_hear_of_one() {
        let only = |rule: &str| Options { only: vec![rule.to_owned()], ..Options::default() };
        let text = "Resources: {A: {Type: AWS::SNS::Topic, Properties: {TopicNam: !Sub x, TopicName: y}}}\n";
        assert_eq!(Fixed::of(text, &only("E3002")).text, text);
        assert_eq!(Fixed::of(text, &only("W1020")).text, text.replace("!Sub x", "x"));
    }

    #[test]
    fn leaves_names_that_could_mean_two_and_texts_that_would_read_otherwise() {
        for text in [
            "Resources:\n  TopicA: {Type: AWS::SNS::Topic}\n  TopicB: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref TopicC}}\n",
            "Resources:\n  Topic1: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Topic2}}\n",
            "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub yes}}\n",
            "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub '${!x}'}}\n",
        ] {
            assert_eq!(fixed(text), (text.to_owned(), Vec::new()));
        }
    }

    #[test]
    fn mends_json_in_its_own_form() {
        let text = "{\"Resources\": {\"T\": {\"Type\": \"AWS::SNS::Topic\", \"Properties\": {\"TopicNam\": {\"Fn::Sub\": \"x\"}}}}}";
        let (mended, _) = fixed(text);
        assert_eq!(
            mended,
            text.replace("TopicNam\"", "TopicName\"").replace("{\"Fn::Sub\": \"x\"}", "\"x\"")
        );
    }

    #[test]
    fn says_nothing_when_nothing_can_be_mended() {
        assert_eq!(fixed("a: [").1, [""; 0]);
        assert_eq!(fixed("Resources: {A: {Type: AWS::SNS::Topik}}\nOutputs: [\n").1, [""; 0]);
        assert_eq!(fixed("Resources: {A: {Type: Custom::A}}").1, [""; 0]);
    }
}
