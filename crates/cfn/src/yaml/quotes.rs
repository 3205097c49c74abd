//! Where a text is looser than YAML's grammar and every reader of templates still takes it: around quoted scalars.
//!
//! A line of a quoted scalar may begin further left than the grammar allows, and a comment may follow the closing quote
//! without a space. [`missing_spaces`] says where spaces would make the text strict without changing a value. It walks over
//! the text as a scanner would and knows as much of YAML as it needs to tell a quote that opens a scalar from one in a text,
//! a comment or a block scalar; of what is wrong otherwise it says nothing.

/// Spaces that are missing in front of an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    pub at: usize,
    pub count: usize,
}

/// Returns where spaces are missing, in the order of the text.
pub(super) fn missing_spaces(text: &str) -> Vec<Missing> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        line_start: 0,
        depth: 0,
        in_plain: false,
        parent: None,
        missing: Vec::new(),
    };
    while scanner.at < scanner.bytes.len() {
        scanner.token();
    }
    scanner.missing
}

struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
    line_start: usize,
    /// How many flow collections are open.
    depth: usize,
    /// Within a flow collection, whether an unquoted scalar may go on.
    in_plain: bool,
    /// The column of the key or dash that the next value belongs to.
    parent: Option<usize>,
    missing: Vec<Missing>,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(b'\n')
    }

    fn column(&self) -> usize {
        self.at - self.line_start
    }

    /// Passes over one token, or one character between tokens.
    fn token(&mut self) {
        let byte = self.peek(0);
        let blank_before = self.at == 0 || self.bytes[self.at - 1].is_ascii_whitespace();
        match byte {
            b'\n' => self.line_break(),
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'#' if blank_before => self.rest_of_line(),
            b'"' | b'\'' if !self.in_plain => self.quoted(byte),
            b'[' | b'{' => self.separator(self.depth + 1),
            b']' | b'}' => self.separator(self.depth.saturating_sub(1)),
            b',' if self.depth > 0 => self.separator(self.depth),
            b'-' | b'?' if self.depth == 0 && self.peek(1).is_ascii_whitespace() => {
                self.parent = Some(self.column());
                self.at += 1;
            }
            b':' if self.depth > 0 || self.peek(1).is_ascii_whitespace() => self.separator(self.depth),
            b'!' | b'&' | b'*' if !self.in_plain => self.property(),
            b'|' | b'>' if self.depth == 0 => self.block_scalar(),
            _ => self.plain(),
        }
    }

    fn line_break(&mut self) {
        self.at += 1;
        self.line_start = self.at;
    }

    fn separator(&mut self, depth: usize) {
        self.depth = depth;
        self.in_plain = false;
        self.at += 1;
    }

    fn rest_of_line(&mut self) {
        while self.at < self.bytes.len() && self.peek(0) != b'\n' {
            self.at += 1;
        }
    }

    /// Passes over a tag, an anchor or an alias.
    fn property(&mut self) {
        let start = self.column();
        while self.at < self.bytes.len() && !self.peek(0).is_ascii_whitespace() {
            if self.depth > 0 && matches!(self.peek(0), b',' | b'[' | b']' | b'{' | b'}') {
                break;
            }
            self.at += 1;
        }
        self.key_from(start);
    }

    /// Notes the column of what was just read if it turns out to be a key.
    fn key_from(&mut self, column: usize) {
        let mut ahead = 0;
        while matches!(self.peek(ahead), b' ' | b'\t') {
            ahead += 1;
        }
        if self.depth == 0 && self.peek(ahead) == b':' && self.peek(ahead + 1).is_ascii_whitespace() {
            self.parent = Some(column);
        }
    }

    fn quoted(&mut self, quote: u8) {
        let column = self.column();
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' if quote == b'"' && self.peek(1) != b'\n' => self.at += 1,
                b'\n' => {
                    self.line_break();
                    if matches!(self.bytes.get(self.at..self.at + 3), Some(b"---" | b"...")) {
                        // The document ends here, and the quote with it.
                        return;
                    }
                    self.continued(column);
                    continue;
                }
                byte if byte == quote && quote == b'\'' && self.peek(1) == b'\'' => self.at += 1,
                byte if byte == quote => break,
                _ => {}
            }
            self.at += 1;
        }
        self.at = (self.at + 1).min(self.bytes.len());
        if self.peek(0) == b'#' {
            self.missing.push(Missing { at: self.at, count: 1 });
        }
        self.key_from(column);
    }

    /// Notes the spaces that a line within quotes lacks; at its start they belong to no value.
    fn continued(&mut self, column: usize) {
        let rest = &self.bytes[self.at..];
        let indent = rest.iter().take_while(|byte| **byte == b' ').count();
        let is_empty = rest[indent..].iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
        let is_empty = is_empty.is_none_or(|byte| *byte == b'\n');
        if !is_empty && indent <= column {
            self.missing.push(Missing { at: self.at, count: column + 1 - indent });
        }
    }

    /// Passes over the lines of a block scalar, which are those that are indented further than its parent.
    fn block_scalar(&mut self) {
        let mut declared = None;
        while self.at < self.bytes.len() && self.peek(0) != b'\n' {
            if self.peek(0).is_ascii_digit() && declared.is_none() {
                declared = Some(usize::from(self.peek(0) - b'0'));
            }
            if self.peek(0) == b'#' {
                self.rest_of_line();
                break;
            }
            self.at += 1;
        }
        let least = self.parent.map_or(0, |parent| parent + 1);
        let mut indent = declared.map(|declared| self.parent.unwrap_or(0) + declared.max(1));
        while self.at < self.bytes.len() {
            let line = &self.bytes[self.at + 1..];
            let spaces = line.iter().take_while(|byte| **byte == b' ').count();
            if matches!(line.get(spaces), None | Some(b'\n' | b'\r')) {
                self.line_break();
                self.rest_of_line();
                continue;
            }
            if spaces < indent.unwrap_or(least) {
                break;
            }
            indent.get_or_insert(spaces);
            self.line_break();
            self.rest_of_line();
        }
    }

    fn plain(&mut self) {
        let column = self.column();
        self.plain_line();
        if self.depth > 0 {
            self.in_plain = true;
            return;
        }
        self.key_from(column);
        if self.peek(0) == b'\n' {
            // A value goes on in the lines that are indented further than its key.
            self.plain_continued();
        }
    }

    fn plain_line(&mut self) {
        while self.at < self.bytes.len() {
            let (byte, next) = (self.peek(0), self.peek(1));
            let ends = match byte {
                b'\n' => true,
                b':' => {
                    next.is_ascii_whitespace()
                        || self.depth > 0 && matches!(next, b',' | b'[' | b']' | b'{' | b'}')
                }
                b',' | b'[' | b']' | b'{' | b'}' => self.depth > 0,
                b' ' | b'\t' => next == b'#',
                _ => false,
            };
            if ends {
                return;
            }
            self.at += 1;
        }
    }

    fn plain_continued(&mut self) {
        let Some(parent) = self.parent else { return };
        while self.at < self.bytes.len() {
            let line = &self.bytes[self.at + 1..];
            let spaces = line.iter().take_while(|byte| **byte == b' ').count();
            if spaces <= parent || matches!(line.get(spaces), None | Some(b'\n' | b'\r' | b'#' | b'-')) {
                return;
            }
            self.line_break();
            self.rest_of_line();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(text: &str) -> String {
        let mut made = String::new();
        let mut from = 0;
        for missing in missing_spaces(text) {
            made.push_str(&text[from..missing.at]);
            made.push_str(&"~".repeat(missing.count));
            from = missing.at;
        }
        made + &text[from..]
    }

    #[test]
    fn indents_what_stands_in_quotes() {
        assert_eq!(repaired("a: \"x\n\ny\"\nb: 1\n"), "a: \"x\n\n~~~~y\"\nb: 1\n");
        assert_eq!(repaired("a:\n  - 'it''s\n  b: c'#d\n"), "a:\n  - 'it''s\n~~~  b: c'~#d\n");
        assert_eq!(repaired("a: {b: [\"x\\\"\ny\"]}\n"), "a: {b: [\"x\\\"\n~~~~~~~~~y\"]}\n");
    }

    #[test]
    fn leaves_quotes_alone_that_open_nothing() {
        for text in [
            "a: it's\nb: it's\n",
            "a: x\n  \"y\nb: 1\n",
            "a: # \"\nb: 1\n",
            "a: |\n  \"x\n y\nb: >-\n  'z\nc: 1\n",
            "- k: !Sub |\n\n    \"\n  l: x\n",
            "a: [it's, b \"c,\n d]\n",
            "a: \"x\n---\ny\"\n",
            "a:\n  x 'y\n",
        ] {
            assert_eq!(missing_spaces(text), [], "{text}");
        }
    }
}
