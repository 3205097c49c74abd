//! From an expression as Java and Python read it to one that `fancy-regex` reads the same way.
//!
//! AWS checks with Java's engine, whose `\w`, `\d` and `\s` are those of ASCII. In a character class `[`, `&&` and `--` mean
//! themselves to Python, in which cfn-lint's corrections are written, and a hyphen after `\w` means itself to both. A pair of
//! surrogates stands for the characters beyond `\uFFFF`.

const WORD: &str = "0-9A-Za-z_";
const DIGIT: &str = "0-9";
const SPACE: &str = r" \t\n\r\x0B\f";
const BEYOND: &str = r"\x{10000}-\x{10FFFF}";

/// Returns the expression in the words of `fancy-regex`.
pub(super) fn translate(pattern: &str) -> String {
    let characters: Vec<char> = pattern.chars().collect();
    let mut translation = Translation { characters: &characters, at: 0, out: String::new() };
    while translation.at < characters.len() {
        translation.outside();
    }
    translation.out
}

struct Translation<'a> {
    characters: &'a [char],
    at: usize,
    out: String,
}

impl Translation<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    /// Copies characters as they are.
    fn copy(&mut self, count: usize) {
        let end = (self.at + count).min(self.characters.len());
        self.out.extend(&self.characters[self.at..end]);
        self.at = end;
    }

    fn outside(&mut self) {
        match (self.peek(0), self.peek(1)) {
            (Some('['), _) => self.class(),
            (Some('\\'), Some(letter)) => {
                let class = match letter {
                    'w' => format!("[{WORD}]"),
                    'W' => format!("[^{WORD}]"),
                    'd' => format!("[{DIGIT}]"),
                    'D' => format!("[^{DIGIT}]"),
                    's' => format!("[{SPACE}]"),
                    'S' => format!("[^{SPACE}]"),
                    'Z' => r"\z".to_owned(),
                    _ => return self.copy(2),
                };
                self.out.push_str(&class);
                self.at += 2;
            }
            _ => self.copy(1),
        }
    }

    /// Translates a character class, from its bracket to the other.
    fn class(&mut self) {
        self.copy(1);
        if self.peek(0) == Some('^') {
            self.copy(1);
        }
        // A bracket that comes first means itself.
        if self.peek(0) == Some(']') {
            self.out.push_str(r"\]");
            self.at += 1;
        }
        while let Some(character) = self.peek(0) {
            match character {
                ']' => return self.copy(1),
                '\\' => self.class_escape(),
                '[' | '&' | '~' => {
                    self.out.push('\\');
                    self.copy(1);
                }
                '-' if self.peek(1) == Some('-') => {
                    self.out.push_str(r"-\-");
                    self.at += 2;
                }
                _ => self.copy(1),
            }
        }
    }

    fn class_escape(&mut self) {
        let set = match self.peek(1) {
            Some('w') => WORD.to_owned(),
            Some('d') => DIGIT.to_owned(),
            Some('s') => SPACE.to_owned(),
            Some('W') => format!("[^{WORD}]"),
            Some('D') => format!("[^{DIGIT}]"),
            Some('S') => format!("[^{SPACE}]"),
            Some('p' | 'P') => return self.property(),
            Some('u') if self.surrogate(0) => return self.surrogates(),
            _ => return self.copy(2),
        };
        self.out.push_str(&set);
        self.at += 2;
        self.hyphen_after_set();
    }

    /// Copies `\p{L}`, or `\pL`.
    fn property(&mut self) {
        let rest = &self.characters[self.at..];
        let braced = rest.get(2) == Some(&'{');
        let length = if braced {
            rest.iter().position(|character| *character == '}').map_or(2, |end| end + 1)
        } else {
            3
        };
        self.copy(length);
        self.hyphen_after_set();
    }

    /// No range can begin with a set, so a hyphen after one means itself.
    fn hyphen_after_set(&mut self) {
        if self.peek(0) == Some('-') {
            self.out.push_str(r"\-");
            self.at += 1;
        }
    }

    /// Says whether `\uD800` to `\uDFFF` stands `ahead` of here.
    fn surrogate(&self, ahead: usize) -> bool {
        let digits = [2, 3, 4, 5].map(|index| self.peek(ahead + index));
        self.peek(ahead) == Some('\\')
            && self.peek(ahead + 1) == Some('u')
            && matches!(digits, [Some('D' | 'd'), Some('8'..='9' | 'A'..='F' | 'a'..='f'), Some(_), Some(_)])
    }

    fn surrogates(&mut self) {
        self.at += 6;
        if self.peek(0) == Some('-') && self.surrogate(1) {
            self.at += 7;
        }
        self.out.push_str(BEYOND);
    }
}

#[cfg(test)]
mod tests {
    use super::super::matches;
    use super::*;

    #[test]
    fn leaves_what_both_read_alike() {
        for pattern in
            [r"^[a-z0-9-]{1,63}$", r"^arn:(aws|aws-cn):x\.y$", r"^(?!aws:)[^\]\-]+$", r"^[\p{L}_.:/=+\-@]*$"]
        {
            assert_eq!(translate(pattern), pattern);
        }
    }

    #[test]
    fn takes_hyphens_and_brackets_in_classes_as_they_are_meant() {
        assert_eq!(matches(r"^[\w-/.]+$", "a-b/c"), Some(true));
        assert_eq!(matches(r"^[\w-/.]+$", "a+b"), Some(false));
        assert_eq!(matches(r"^[a[&&b]+$", "[&ab"), Some(true));
        assert_eq!(matches(r"^[]a]+$", "]a"), Some(true));
        assert_eq!(matches(r"^[+--]+$", ",-"), Some(true));
    }

    #[test]
    fn knows_only_the_letters_of_ascii() {
        assert_eq!(matches(r"^\w+$", "é"), Some(false));
        assert_eq!(matches(r"^[\S\s]+$", "é \u{a0}"), Some(true));
    }

    #[test]
    fn takes_surrogates_for_what_they_stand_for() {
        let pattern = r"^[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*$";
        assert_eq!(matches(pattern, "a 𝄞"), Some(true));
        assert_eq!(matches(pattern, "\u{1}"), Some(false));
    }
}
