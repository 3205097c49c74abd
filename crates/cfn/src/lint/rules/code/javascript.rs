//! JavaScript, as far as it takes to see that brackets do not match and that nothing is exported under a name.

use super::words::{Fault, Kind, Token, word_length};

/// Cuts code into tokens; nothing where a template or a regular expression makes that uncertain.
pub(super) fn tokens(code: &str) -> Option<Result<Vec<Token<'_>>, Fault>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let (mut at, mut line) = (0, 0);
    while let Some(character) = code[at..].chars().next() {
        let rest = &code[at..];
        let token = |kind| Token { kind, line, column: 0 };
        match character {
            '\n' => {
                tokens.push(token(Kind::NewLine));
                (at, line) = (at + 1, line + 1);
            }
            '/' if rest.starts_with("//") => at += rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => {
                let length = rest.find("*/")? + 2;
                line += rest[..length].matches('\n').count();
                at += length;
            }
            '/' => {
                // A division follows a value; anything else may be a regular expression.
                let before =
                    tokens.iter().rev().find(|token| token.kind != Kind::NewLine).map(|token| token.kind);
                if !matches!(before, Some(Kind::Word(_) | Kind::Sign(')' | ']')))
                    || before == Some(Kind::Word("return"))
                {
                    return None;
                }
                at += 1;
            }
            '`' => {
                let length = rest[1..].find('`')? + 2;
                let inside = &rest[1..length - 1];
                if inside.contains('\\') || inside.matches("${").count() != inside.matches('}').count() {
                    return None;
                }
                tokens.push(token(Kind::Text(inside)));
                line += inside.matches('\n').count();
                at += length;
            }
            '\'' | '"' => {
                let Some(length) = string(rest, character) else {
                    return Some(Err(Fault::new(line, "a string is not closed")));
                };
                tokens.push(token(Kind::Text(&rest[1..length - 1])));
                line += rest[..length].matches('\n').count();
                at += length;
            }
            _ if character.is_alphanumeric() || character == '_' || character == '$' => {
                let length = word_length(rest);
                tokens.push(token(Kind::Word(&rest[..length])));
                at += length;
            }
            _ if character.is_whitespace() => at += character.len_utf8(),
            _ => {
                tokens.push(token(Kind::Sign(character)));
                at += character.len_utf8();
            }
        }
    }
    Some(Ok(tokens))
}

fn string(text: &str, quote: char) -> Option<usize> {
    let mut characters = text.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '\n' => return None,
            _ if character == quote => return Some(index + 1),
            _ => {}
        }
    }
    None
}

/// Says whether code surely exports nothing under a name.
pub(super) fn lacks_export(tokens: &[Token<'_>], name: &str) -> bool {
    let kinds: Vec<Kind<'_>> =
        tokens.iter().map(|token| token.kind).filter(|kind| *kind != Kind::NewLine).collect();
    let exports = kinds.iter().any(|kind| matches!(kind, Kind::Word("exports" | "export")));
    if !exports {
        return !kinds.is_empty();
    }
    let names_it = |kind: &Kind<'_>| matches!(kind, Kind::Word(word) | Kind::Text(word) if *word == name);
    // What is exported as a whole may have any name, and so may what is spread.
    let whole = kinds.windows(4).any(|four| {
        four[0] == Kind::Word("module") && four[2] == Kind::Word("exports") && four[3] == Kind::Sign('=')
    });
    let all = kinds.windows(2).any(|two| {
        two[0] == Kind::Word("export") && two[1] == Kind::Sign('*')
            || two[0] == Kind::Word("exports") && two[1] == Kind::Sign('[')
    });
    !whole && !all && !kinds.iter().any(names_it)
}

#[cfg(test)]
mod tests {
    use super::super::words::unbalanced;
    use super::*;

    fn found(code: &str) -> Option<usize> {
        match tokens(code)? {
            Ok(tokens) => unbalanced(&tokens).map(|fault| fault.line),
            Err(fault) => Some(fault.line),
        }
    }

    #[test]
    fn finds_what_cannot_be_read() {
        assert_eq!(found("exports.handler = async (event) => {\n  return 1;\n"), Some(0));
        assert_eq!(found("exports.handler = async (event => {\n  return 1;\n};\n"), Some(0));
        assert_eq!(found("const a = 'b;\n"), Some(0));
    }

    #[test]
    fn is_fine_with_javascript() {
        for code in [
            "// it's (\nexports.handler = async (event) => ({ a: `x${event.y} (` });\n",
            "/* ( */ export const handler = (e) => e.a / 2 / (1);\n",
            "const r = /[(]/;\n",
            "const s = 'it\\'s' + \"(\";\n",
        ] {
            assert_eq!(found(code), None, "{code}");
        }
    }

    #[test]
    fn looks_for_exports() {
        let lacks = |code: &str| lacks_export(&tokens(code).unwrap().unwrap(), "handler");
        assert!(lacks("exports.main = async () => {};"));
        assert!(lacks("const handler = async () => {};"));
        for code in [
            "exports.handler = 1;",
            "export const handler = 1;",
            "module.exports = require('x');",
            "module.exports.handler = 1;",
            "exports['handler'] = 1;",
            "const handler = 1; export { handler };",
        ] {
            assert!(!lacks(code), "{code}");
        }
    }
}
