//! Functions with their code in the template: H1801 to H1804, each with its page.

use super::python::Handler;
use super::words::{Fault, Kind, Token, unbalanced};
use super::{javascript, python};
use crate::lint::rules::streaming::transforms;
use crate::lint::{Context, Findings};
use crate::template::Resource;
use crate::yaml::Span;
use serde_json::Value;

/// A function whose code is known to its last letter.
struct Inline<'c> {
    logical_id: &'c str,
    /// The way to the code.
    path: Vec<String>,
    code: &'c str,
    handler: Option<&'c str>,
    is_python: bool,
}

pub(in crate::lint) fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let Some(inline) = read(logical_id, resource) else { continue };
        let tokens = match inline.is_python {
            true => Some(python::tokens(inline.code)),
            false => javascript::tokens(inline.code),
        };
        match (findings.rule, tokens) {
            ("H1801", Some(Err(fault))) => add(context, findings, &inline, &fault, None),
            ("H1801", Some(Ok(tokens))) => {
                let fault =
                    if inline.is_python { python::fault(inline.code, &tokens) } else { unbalanced(&tokens) };
                if let Some(fault) = fault {
                    add(context, findings, &inline, &fault, None);
                }
            }
            ("H1802", Some(Ok(tokens))) => handler(context, findings, &inline, &tokens),
            ("H1803", Some(Ok(tokens))) if inline.is_python => {
                for (module, line) in python::unknown_modules(&tokens) {
                    let fault = Fault::new(line, format!("nothing names `{module}`"));
                    add(context, findings, &inline, &fault, Some(format!("write `import {module}`")));
                }
            }
            ("H1804", Some(Ok(tokens))) if transforms(context, logical_id) => {
                answer(context, findings, &inline, &tokens)
            }
            _ => {}
        }
    }
}

fn read<'c>(logical_id: &'c str, resource: &'c Resource) -> Option<Inline<'c>> {
    let steps: &[&str] = match resource.resource_type.as_str() {
        "AWS::Lambda::Function" => &["Code", "ZipFile"],
        "AWS::Serverless::Function" => &["InlineCode"],
        _ => return None,
    };
    let code = steps.iter().try_fold(&resource.properties, |value, step| value.get(step))?.as_str()?;
    let runtime = resource.properties.get("Runtime")?.as_str()?;
    let is_python = runtime.starts_with("python3");
    // A macro may take a path for the code in it.
    let is_code = code.trim().contains(char::is_whitespace);
    if !is_code
        || code.contains("{{resolve:")
        || code.len() > 20_000
        || !is_python && !runtime.starts_with("nodejs")
    {
        return None;
    }
    let start = ["Resources", logical_id, "Properties"];
    let path = start.iter().chain(steps).map(|step| (*step).to_owned()).collect();
    let handler = resource.properties.get("Handler").and_then(Value::as_str);
    Some(Inline { logical_id, path, code, handler, is_python })
}

fn add(
    context: &Context<'_>,
    findings: &mut Findings,
    inline: &Inline<'_>,
    fault: &Fault,
    help: Option<String>,
) {
    let span = line(context, inline, fault.line).unwrap_or_else(|| context.template.place(&inline.path));
    findings.add(fault.message.clone(), help, span, &inline.path);
}

/// Returns where a line of a literal block stands in the template.
fn line(context: &Context<'_>, inline: &Inline<'_>, line: usize) -> Option<Span> {
    let document = context.template.document();
    let key = context.template.key_span(&inline.path)?;
    let head = document.position(key.start).line;
    let is_block = document.line(head)?.split_once(':')?.1.trim_start().starts_with('|');
    let wanted = inline.code.lines().nth(line)?;
    // Blank lines before the first of the code are part of it.
    let number = head + 1 + line;
    let text = document.line(number).filter(|text| is_block && text.trim() == wanted.trim())?;
    let offset = text.as_ptr() as usize - document.source().as_ptr() as usize;
    let indent = text.len() - text.trim_start().len();
    Some(Span::new(offset + indent, offset + text.trim_end().len()))
}

fn handler(context: &Context<'_>, findings: &mut Findings, inline: &Inline<'_>, tokens: &[Token<'_>]) {
    let Some((module, name)) = inline.handler.and_then(|handler| handler.rsplit_once('.')) else { return };
    let path = ["Resources", inline.logical_id, "Properties", "Handler"];
    let place = context.template.place(&path);
    if module != "index" {
        let message = format!("inline code is the module `index`, not `{module}`");
        findings.add(message, Some(format!("write `index.{name}`")), place, &path);
        return;
    }
    if tokens.is_empty() {
        return;
    }
    if !inline.is_python {
        if javascript::lacks_export(tokens, name) {
            findings.add(format!("the code exports nothing named `{name}`"), None, place, &path);
        }
        return;
    }
    match python::handler(tokens, name) {
        Handler::Missing => {
            let mut defined = tokens.windows(2).filter_map(|pair| match (pair[0].kind, pair[1].kind) {
                (Kind::Word("def"), Kind::Word(defined)) if pair[0].column == 0 => Some(defined),
                _ => None,
            });
            let help = defined.next_back().map(|defined| format!("it defines `{defined}`"));
            findings.add(format!("the code has no function `{name}`"), help, place, &path);
        }
        Handler::Takes(count, line) if count != 2 => {
            let message =
                format!("Lambda calls `{name}` with two arguments, event and context; it takes {count}");
            add(context, findings, inline, &Fault::new(line, message), None);
        }
        _ => {}
    }
}

/// Says what the answer of a function that transforms records surely lacks.
fn answer(context: &Context<'_>, findings: &mut Findings, inline: &Inline<'_>, tokens: &[Token<'_>]) {
    let names = |wanted: &str| {
        tokens.iter().any(|token| matches!(token.kind, Kind::Word(text) | Kind::Text(text) if text == wanted))
    };
    if tokens.is_empty() {
        return;
    }
    for name in ["records", "result"] {
        if !names(name) {
            let message = format!("Firehose wants `{name}` in the answer, and the code does not name it");
            add(context, findings, inline, &Fault::new(0, message), None);
            return;
        }
    }
    // `"result": "OK"`, with the one text that is surely the result.
    for three in tokens.windows(3) {
        let [Token { kind: Kind::Text("result"), .. }, Token { kind: Kind::Sign(':'), .. }, value] = three
        else {
            continue;
        };
        if let Kind::Text(text) = value.kind
            && !["Ok", "Dropped", "ProcessingFailed"].contains(&text)
        {
            let message = format!("`{text}` is no result that Firehose knows");
            let help = Some("it is `Ok`, `Dropped` or `ProcessingFailed`".to_owned());
            add(context, findings, inline, &Fault::new(value.line, message), help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(handler: &str, code: &str) -> String {
        let code: String = code.lines().map(|line| format!("          {line}\n")).collect();
        format!(
            "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Runtime: python3.13\n      Handler: {handler}\n      Code:\n        ZipFile: |\n{code}"
        )
    }

    #[test]
    fn shows_the_line_of_the_code() {
        let found = findings(
            "H1801",
            &template("index.handler", "import os\n\ndef handler(event, context)\n    return 1\n"),
        );
        assert_eq!(found, ["11:11 `def` needs a colon at the end of its line"]);
    }

    #[test]
    fn trips_on_another_module_and_on_too_few_arguments() {
        let code = "def handler(event, context):\n    return 1\n";
        assert_eq!(findings("H1802", &template("lambda.handler", code)).len(), 1);
        assert_eq!(findings("H1802", &template("index.handler", code)), [""; 0]);
        let found = findings("H1802", &template("index.handler", &code.replace(", context", "")));
        assert!(found.len() == 1 && found[0].starts_with("9:11 "), "{found:?}");
    }
}
