//! `Fn::Sub` without a variable, left out.

use super::{Fix, text_at};
use crate::lint::Finding;
use crate::template::place::locate;
use crate::yaml::Document;

pub(super) fn fix(document: &Document, finding: &Finding) -> Option<Fix> {
    let (_, before) = finding.path.split_last().filter(|(last, _)| *last == "Fn::Sub")?;
    let scalar = locate(&document.root, &finding.path)?.node;
    // `${!Name}` stands for another text without the function than with it.
    let text = scalar.as_str().filter(|text| !text.contains("${"))?;
    let around = match &scalar.tag {
        Some(tag) => tag.span.to(scalar.span),
        None => {
            let mapping = locate(&document.root, before)?.node;
            let alone = mapping.entries().len() == 1 && mapping.tag.is_none();
            let in_one_line = !text_at(document, mapping.span)?.contains('\n');
            if !alone || !in_one_line {
                return None;
            }
            mapping.span
        }
    };
    let written = text_at(document, scalar.span)?;
    reads_the_same(written, text).then(|| Fix::new("leave `Fn::Sub` out", around, written))
}

/// Says whether what is written is the same text without the tag: a plain `yes` would become a boolean.
fn reads_the_same(written: &str, text: &str) -> bool {
    let (alone, errors) = Document::parse(written);
    // A block's indent depends on what stands around it, and it is text wherever it stands.
    written.starts_with(['|', '>']) || errors.is_empty() && alone.root.as_str() == Some(text)
}
