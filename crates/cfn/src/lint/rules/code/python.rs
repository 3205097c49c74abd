//! Python, as far as it takes to see that it cannot be read: strings, brackets, colons and indentation.

use super::words::{Fault, Kind, Token, unbalanced, word_length};

/// Words that begin a block, whose line must have a colon.
const BLOCKS: [&str; 12] =
    ["class", "def", "elif", "else", "except", "finally", "for", "if", "try", "while", "with", "async"];

/// Modules that come with Python or with Lambda's runtimes, and are used under their own names.
pub(super) const MODULES: &[&str] = &[
    "base64",
    "boto3",
    "botocore",
    "cfnresponse",
    "collections",
    "csv",
    "datetime",
    "decimal",
    "functools",
    "gzip",
    "hashlib",
    "hmac",
    "io",
    "itertools",
    "json",
    "logging",
    "math",
    "os",
    "random",
    "re",
    "shutil",
    "socket",
    "ssl",
    "string",
    "struct",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "traceback",
    "urllib",
    "urllib3",
    "uuid",
    "zipfile",
    "zlib",
];

/// Cuts code into tokens, or says why it cannot.
pub(super) fn tokens(code: &str) -> Result<Vec<Token<'_>>, Fault> {
    let mut tokens = Vec::new();
    let (mut at, mut line, mut start) = (0, 0, 0);
    while let Some(character) = code[at..].chars().next() {
        let rest = &code[at..];
        let token = |kind| Token { kind, line, column: at - start };
        match character {
            '\n' => {
                tokens.push(token(Kind::NewLine));
                (at, line, start) = (at + 1, line + 1, at + 1);
            }
            '#' => at += rest.find('\n').unwrap_or(rest.len()),
            '\\' if rest.starts_with("\\\n") => (at, line, start) = (at + 2, line + 1, at + 2),
            _ if character.is_alphanumeric() || "_'\"".contains(character) => {
                let length = word_length(rest);
                let word = &rest[..length];
                let is_prefix = length <= 2 && word.chars().all(|one| "rRbBfFuUtT".contains(one));
                if !(is_prefix && rest[length..].starts_with(['\'', '"'])) {
                    tokens.push(token(Kind::Word(word)));
                    at += length;
                    continue;
                }
                let unclosed = || Fault::new(line, "a string is not closed");
                let (of_string, inside) = string(&rest[length..]).ok_or_else(unclosed)?;
                // A string within its braces may have any quotes: nobody can tell without a whole parser.
                let is_format = word.contains(['f', 'F', 't', 'T']);
                if is_format && inside.matches('{').count() != inside.matches('}').count() {
                    return Ok(Vec::new());
                }
                tokens.push(token(Kind::Text(inside)));
                let whole = &rest[..length + of_string];
                if let Some(newline) = whole.rfind('\n') {
                    line += whole.matches('\n').count();
                    start = at + newline + 1;
                }
                at += whole.len();
            }
            _ if character.is_whitespace() => at += character.len_utf8(),
            _ => {
                tokens.push(token(Kind::Sign(character)));
                at += character.len_utf8();
            }
        }
    }
    Ok(tokens)
}

/// Returns the length of a string with its quotes, and what is inside; nothing when it is not closed.
fn string(text: &str) -> Option<(usize, &str)> {
    let quote = text.chars().next()?;
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    let (open, is_long) = if text.starts_with(&triple) { (3, true) } else { (1, false) };
    let mut characters = text[open..].char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            // Also in a raw string, a quote after a backslash does not end it.
            '\\' => drop(characters.next()),
            '\n' if !is_long => return None,
            _ if is_long && text[open + index..].starts_with(&triple) => {
                return Some((open + index + 3, &text[open..open + index]));
            }
            _ if !is_long && character == quote => {
                return Some((open + index + 1, &text[open..open + index]));
            }
            _ => {}
        }
    }
    None
}

/// A line as Python counts it: brackets and strings may span several.
pub(super) struct Statement<'t, 'c> {
    pub tokens: &'t [Token<'c>],
    pub depth: usize,
}

/// Cuts tokens into lines as Python counts them.
pub(super) fn statements<'t, 'c>(tokens: &'t [Token<'c>]) -> Vec<Statement<'t, 'c>> {
    let (mut found, mut begin, mut nesting) = (Vec::new(), 0, 0_i32);
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign('(' | '[' | '{') => nesting += 1,
            Kind::Sign(')' | ']' | '}') => nesting -= 1,
            Kind::NewLine if nesting <= 0 => {
                push(&mut found, &tokens[begin..index]);
                begin = index + 1;
            }
            _ => {}
        }
    }
    push(&mut found, &tokens[begin..]);
    found
}

fn push<'t, 'c>(found: &mut Vec<Statement<'t, 'c>>, tokens: &'t [Token<'c>]) {
    if let Some(first) = tokens.first() {
        found.push(Statement { tokens, depth: first.column });
    }
}

/// Says what cannot be read.
pub(super) fn fault(code: &str, tokens: &[Token<'_>]) -> Option<Fault> {
    if let Some(fault) = unbalanced(tokens) {
        // A block without its colon comes first where a bracket is missing after it.
        return Some(fault);
    }
    let indents_with_tabs =
        code.lines().any(|line| line.starts_with('\t') || line.trim_start_matches(' ').starts_with('\t'));
    let mut levels = vec![0];
    let mut opened: Option<usize> = None;
    for statement in statements(tokens) {
        let Some(first) = statement.tokens.first() else { continue };
        if let Some(fault) = without_colon(&statement) {
            return Some(fault);
        }
        if !indents_with_tabs {
            let level = levels.last().copied().unwrap_or_default();
            match opened {
                Some(_) if statement.depth <= level => {
                    return Some(Fault::new(first.line, "an indented block is expected"));
                }
                Some(_) => levels.push(statement.depth),
                None if statement.depth > level => {
                    return Some(Fault::new(first.line, "the line is indented without a block"));
                }
                None => {
                    levels.retain(|level| *level <= statement.depth);
                    if levels.last() != Some(&statement.depth) {
                        return Some(Fault::new(first.line, "the line is indented like none before it"));
                    }
                }
            }
        }
        opened = ends_in_colon(&statement).then_some(first.line);
    }
    opened.map(|line| Fault::new(line, "the block has no lines"))
}

/// Returns the first word, and those after it that are not in brackets.
fn without_colon(statement: &Statement<'_, '_>) -> Option<Fault> {
    let [first, rest @ ..] = statement.tokens else { return None };
    let Kind::Word(word) = first.kind else { return None };
    let is_print = word == "print" && matches!(rest.first().map(|token| token.kind), Some(Kind::Text(_)));
    if is_print {
        return Some(Fault::new(first.line, "`print` is a function in Python 3"));
    }
    if !BLOCKS.contains(&word) || has_colon(statement.tokens) {
        return None;
    }
    let last = statement.tokens.last().map_or(first.line, |token| token.line);
    Some(Fault::new(last, format!("`{word}` needs a colon at the end of its line")))
}

/// Says whether a colon stands outside of brackets.
fn has_colon(tokens: &[Token<'_>]) -> bool {
    let mut nesting = 0;
    tokens.iter().any(|token| {
        match token.kind {
            Kind::Sign('(' | '[' | '{') => nesting += 1,
            Kind::Sign(')' | ']' | '}') => nesting -= 1,
            _ => {}
        }
        nesting == 0 && token.kind == Kind::Sign(':')
    })
}

fn ends_in_colon(statement: &Statement<'_, '_>) -> bool {
    let begins = matches!(statement.tokens.first().map(|token| token.kind), Some(Kind::Word(word)) if BLOCKS.contains(&word) || word == "match" || word == "case");
    begins && statement.tokens.last().is_some_and(|token| token.kind == Kind::Sign(':'))
}

/// What code says of a name at its outermost level.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Handler {
    Missing,
    /// A function that takes this many arguments, on this line.
    Takes(usize, usize),
    /// It is there, or may be.
    There,
}

/// Looks for the handler.
pub(super) fn handler(tokens: &[Token<'_>], name: &str) -> Handler {
    let mut is_named = false;
    for statement in statements(tokens) {
        let words: Vec<Kind<'_>> = statement.tokens.iter().map(|token| token.kind).collect();
        let of_function = match words.as_slice() {
            [Kind::Word("def"), Kind::Word(found), rest @ ..]
            | [Kind::Word("async"), Kind::Word("def"), Kind::Word(found), rest @ ..]
                if *found == name =>
            {
                Some(rest)
            }
            _ => None,
        };
        if let Some(rest) = of_function.filter(|_| statement.depth == 0) {
            let line = statement.tokens.first().map_or(0, |token| token.line);
            return arguments(rest).map_or(Handler::There, |count| Handler::Takes(count, line));
        }
        let first = words.first().copied();
        // Anything else that can give a name at the outermost level.
        let imports =
            matches!(first, Some(Kind::Word("from" | "import"))) && words.contains(&Kind::Sign('*'));
        let plays = words
            .iter()
            .any(|word| matches!(word, Kind::Word("exec" | "globals" | "setattr" | "vars" | "__import__")));
        let is_definition = matches!(first, Some(Kind::Word("def" | "async")));
        is_named |= imports || plays || !is_definition && words.contains(&Kind::Word(name));
    }
    if is_named { Handler::There } else { Handler::Missing }
}

/// Returns how many arguments a function takes by place, when that is a number.
fn arguments(tokens: &[Kind<'_>]) -> Option<usize> {
    let (mut nesting, mut count, mut is_empty) = (0, 0, true);
    for kind in tokens {
        match kind {
            Kind::Sign('(' | '[' | '{') => nesting += 1,
            Kind::Sign(')' | ']' | '}') => {
                nesting -= 1;
                if nesting == 0 {
                    return Some(if is_empty { count } else { count + 1 });
                }
            }
            Kind::Sign('*' | '/' | '=') if nesting == 1 => return None,
            Kind::Sign(',') if nesting == 1 => (count, is_empty) = (count + 1, true),
            Kind::NewLine => {}
            _ => is_empty = false,
        }
    }
    None
}

/// Returns modules that are used and that nothing names before: each with its line.
pub(super) fn unknown_modules<'c>(tokens: &[Token<'c>]) -> Vec<(&'c str, usize)> {
    let uses = |index: usize| matches!(tokens.get(index + 1).map(|token| token.kind), Some(Kind::Sign('.')));
    let is_member = |index: usize| index > 0 && tokens[index - 1].kind == Kind::Sign('.');
    let mut found: Vec<(&str, usize)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let Kind::Word(word) = token.kind else { continue };
        let known = found.iter().any(|(name, _)| *name == word);
        if known || !MODULES.contains(&word) || !uses(index) || is_member(index) {
            continue;
        }
        // A name that stands anywhere without a point after it may be bound there.
        let is_bound = tokens.iter().enumerate().any(|(at, other)| {
            other.kind == Kind::Word(word) && !is_member(at) && (!uses(at) || is_import(tokens, at))
        });
        let imports_all = tokens
            .windows(2)
            .any(|pair| pair[0].kind == Kind::Word("import") && pair[1].kind == Kind::Sign('*'));
        if !is_bound && !imports_all {
            found.push((word, token.line));
        }
    }
    found
}

/// Says whether a word is part of an import: `import os.path`.
fn is_import(tokens: &[Token<'_>], at: usize) -> bool {
    tokens[..at]
        .iter()
        .rev()
        .take_while(|token| token.kind != Kind::NewLine && token.kind != Kind::Sign(';'))
        .any(|token| matches!(token.kind, Kind::Word("import" | "from")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: &str) -> Option<usize> {
        match tokens(code) {
            Ok(tokens) => fault(code, &tokens).map(|fault| fault.line),
            Err(fault) => Some(fault.line),
        }
    }

    #[test]
    fn finds_what_cannot_be_read() {
        for (code, line) in [
            ("def f(a, b)\n    return 1\n", 0),
            ("def f(a):\n    for x in a\n        pass\n", 1),
            ("def f(a):\n    return (1\n", 1),
            ("def f(a):\n    return 1)\n", 1),
            ("def f(a):\n    return {'a': 1]\n", 1),
            ("def f(a):\nreturn 1\n", 1),
            ("x = 1\n  y = 2\n", 1),
            ("def f(a):\n        x = 1\n    return x\n", 2),
            ("x = 'abc\n", 0),
            ("x = '''abc\n", 0),
            ("def f(a):\n    print \"x\"\n", 1),
            ("def f(a):\n", 0),
            ("if x == 1\n    pass\n", 0),
            ("if a:\n    pass\nelse\n    pass\n", 2),
        ] {
            assert_eq!(found(code), Some(line), "{code}");
        }
    }

    #[test]
    fn is_fine_with_python() {
        for code in [
            "import os\n\n# a comment (\ndef f(a, b):\n    x = {'a': [1,\n  2]}\n    return x['a'][0:1]\n",
            "def f(a: int = 1) -> dict[str, int]: return {}\n",
            "x = '''a\n b: ( \n'''\nif x: pass\nelse: pass\n",
            "class A:\n    \"\"\"Says ( it's.\"\"\"\n    @property\n    def b(self):\n        return lambda x: x\n",
            "try:\n  a()\nexcept (A, B) as e:\n  print(f'{e} {a[\"b\"]}')\nfinally:\n  pass\n",
            "x = 1 if a else 2\nwith open('a') as f, open('b') as g:\n\n    # c\n    pass\n",
            "for i in range(3):\n    while True:\n        break\n    else:\n        continue\nprint('a' \\\n  'b')\n",
            "x = r'\\d+\\'' + b\"a\\\"b\"\nasync def h(e, c):\n    async with a as b:\n        await b\n",
            "if a == 1: b = 2; c = {}\nmatch = 3\nmatch x:\n    case 1:\n        pass\n",
            "def f(e, c):\n\tif e:\n\t\treturn 1\n",
        ] {
            assert_eq!(found(code), None, "{code}");
        }
    }

    fn handler_of(code: &str) -> Handler {
        handler(&tokens(code).unwrap(), "handler")
    }

    #[test]
    fn looks_for_the_handler() {
        assert_eq!(handler_of("def main(event, context):\n    pass\n"), Handler::Missing);
        assert_eq!(
            handler_of("def a():\n    def handler(event, context):\n        pass\n"),
            Handler::Missing
        );
        assert_eq!(handler_of("@wrap\ndef handler(event, context: int):\n    pass\n"), Handler::Takes(2, 1));
        assert_eq!(handler_of("def handler(event):\n    pass\n"), Handler::Takes(1, 0));
        assert_eq!(handler_of("def handler(*args):\n    pass\n"), Handler::There);
        assert_eq!(handler_of("from x import handler\n"), Handler::There);
        assert_eq!(handler_of("handler = make()\n"), Handler::There);
    }

    #[test]
    fn looks_for_modules() {
        let of = |code: &str| {
            let tokens = tokens(code).unwrap();
            unknown_modules(&tokens).into_iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of("def f(e, c):\n    return json.loads(e)\n"), ["json"]);
        assert_eq!(of("import os, json\ndef f(e, c):\n    return json.loads(e.json.x)\n"), [""; 0]);
        assert_eq!(of("def f(json, c):\n    return json.loads(c)\n"), [""; 0]);
        assert_eq!(of("import urllib.request\nx = urllib.request.y\n"), [""; 0]);
    }
}
