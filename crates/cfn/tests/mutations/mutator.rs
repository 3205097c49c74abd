//! Texts made from others by small faults, the same ones from the same seed.

/// A generator of numbers ([splitmix64](https://prng.di.unimi.it/splitmix64.c)).
pub struct Numbers(pub u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`, or 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or_default()
    }

    fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

/// What means something to a reader of templates.
#[rustfmt::skip]
const TOKENS: &[&str] = &[
    "!Ref ", "!Sub ", "!GetAtt ", "!If ", "!Join ", "!Select ", "!FindInMap ", "!GetAZs", "!Condition ", "!!int ", "! ", "!<x> ",
    "{\"Fn::Sub\": ", "{Ref: ", "Fn::Transform: ", "Fn::ForEach::L: ", "Fn::If:", "${", "}", "${A.B}", "${!", "{{resolve:", "}}",
    "{{ resolve:ssm:", "{", "[", "]", ",", ": ", ":", "- ", "? ", "\"", "'", "|", ">", "|-\n", "|2+\n", "&a ", "*a", "<<: *a", "<<: ",
    "#", " #", "\n", "\r\n", "\r", "\t", "  ", "\u{0}", "\u{feff}", "\u{85}", "\u{2028}", "é", "😀", "\\", "\\u12", "---\n", "...\n",
    "%YAML 1.1\n", "null", "~", "yes", "0x1F", "1e999", "-9223372036854775809", "NaN", "AWS::NoValue", "AWS::Region", "Resources:",
    "Conditions:", "Type: ", "Properties: ", "Outputs:", "Mappings:", "Rules:", "Transform: AWS::LanguageExtensions\n",
    "Transform: AWS::Serverless-2016-10-31\n", "arn:aws:iam::123456789012:role/", "10.0.0.0/33", "*",
];

/// Returns the text with one to eight faults in it, parts of `other` among them.
pub fn mutated(numbers: &mut Numbers, text: &str, other: &str) -> String {
    let mut made = text.to_owned();
    for _ in 0..=numbers.below(8) {
        let (start, end) = range(numbers, &made);
        let part = made[start..end].to_owned();
        match numbers.below(8) {
            0 => made.replace_range(start..end, ""),
            1 => made.insert_str(start, &part),
            2 | 3 => made.insert_str(start, numbers.pick(TOKENS)),
            4 => made.replace_range(start..end, numbers.pick(TOKENS)),
            5 => {
                let (from, to) = range(numbers, other);
                made.insert_str(start, &other[from..to]);
            }
            6 => made = made[..start].to_owned(),
            _ => made = moved_lines(numbers, &made),
        }
    }
    made
}

/// Returns a part of the text, often a short one.
fn range(numbers: &mut Numbers, text: &str) -> (usize, usize) {
    let start = boundary(text, numbers.below(text.len() + 1));
    let most = if numbers.below(4) == 0 { text.len() - start } else { 12 };
    (start, boundary(text, (start + numbers.below(most + 1)).min(text.len())))
}

fn boundary(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Returns the text with one line indented otherwise.
fn moved_lines(numbers: &mut Numbers, text: &str) -> String {
    let chosen = numbers.below(text.lines().count());
    let indent = " ".repeat(numbers.below(9));
    let lines = text.split_inclusive('\n').enumerate();
    lines
        .map(|(index, line)| {
            if index == chosen {
                format!("{indent}{}", line.trim_start_matches(' '))
            } else {
                line.to_owned()
            }
        })
        .collect()
}
