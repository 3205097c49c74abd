//! Cuts an object's bytes into lines as they arrive, compressed or not, and keeps no more than one of them.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

/// A longer line is no row, and is not kept: what is no text at all must not fill the memory.
pub const LONGEST: usize = 16 * 1024;

/// What every gzip file begins with. The name says nothing: Firehose appends `.gz` only when it likes to.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Gives each line of what is written to it to `sink`, without its end; a line too long comes as `None`.
struct Splitter<S> {
    line: Vec<u8>,
    too_long: bool,
    sink: S,
}

impl<S: FnMut(Option<&[u8]>)> Splitter<S> {
    fn new(sink: S) -> Self {
        Self { line: Vec::new(), too_long: false, sink }
    }

    fn append(&mut self, part: &[u8]) {
        self.too_long |= self.line.len() + part.len() > LONGEST;
        if !self.too_long {
            self.line.extend_from_slice(part);
        }
    }

    fn end(&mut self) {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        match self.too_long {
            true => (self.sink)(None),
            false if line.is_empty() => {}
            false => (self.sink)(Some(line)),
        }
        self.line.clear();
        self.too_long = false;
    }
}

impl<S: FnMut(Option<&[u8]>)> Write for Splitter<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut parts = bytes.split(|byte| *byte == b'\n');
        // There is a last part always: what comes after the last newline, or everything.
        self.append(parts.next().unwrap_or_default());
        for part in parts {
            self.end();
            self.append(part);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads an object whose compression its first bytes tell.
pub struct Lines<S: FnMut(Option<&[u8]>)> {
    state: State<S>,
}

enum State<S: FnMut(Option<&[u8]>)> {
    /// Fewer than two bytes have come.
    Unknown(Vec<u8>, Splitter<S>),
    Plain(Splitter<S>),
    Gzip(Box<MultiGzDecoder<Splitter<S>>>),
    /// It was gzip and is broken; the rest of it is not read.
    Broken,
}

impl<S: FnMut(Option<&[u8]>)> Lines<S> {
    /// Returns a reader that gives each line to `sink`; a line that is too long comes as `None`.
    pub fn new(sink: S) -> Self {
        Self { state: State::Unknown(Vec::new(), Splitter::new(sink)) }
    }

    /// Reads on. An error says that the compression is broken, and is final.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match std::mem::replace(&mut self.state, State::Broken) {
            State::Unknown(mut first, mut splitter) => {
                first.extend_from_slice(bytes);
                if first.len() < GZIP.len() {
                    self.state = State::Unknown(first, splitter);
                } else if first.starts_with(&GZIP) {
                    let mut decoder = MultiGzDecoder::new(splitter);
                    decoder.write_all(&first)?;
                    self.state = State::Gzip(Box::new(decoder));
                } else {
                    splitter.write_all(&first)?;
                    self.state = State::Plain(splitter);
                }
            }
            State::Plain(mut splitter) => {
                splitter.write_all(bytes)?;
                self.state = State::Plain(splitter);
            }
            State::Gzip(mut decoder) => {
                decoder.write_all(bytes)?;
                self.state = State::Gzip(decoder);
            }
            State::Broken => {}
        }
        Ok(())
    }

    /// Gives the last line, which may lack its newline. An error says that the object was cut off.
    pub fn finish(self) -> io::Result<()> {
        let mut splitter = match self.state {
            State::Unknown(first, mut splitter) => {
                splitter.write_all(&first)?;
                splitter
            }
            State::Plain(splitter) => splitter,
            State::Gzip(decoder) => decoder.finish()?,
            State::Broken => return Ok(()),
        };
        splitter.end();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8], piece: usize) -> (Vec<Option<Vec<u8>>>, io::Result<()>) {
        let mut found = Vec::new();
        let mut lines = Lines::new(|line: Option<&[u8]>| found.push(line.map(<[u8]>::to_vec)));
        let written = bytes.chunks(piece).try_for_each(|piece| lines.write(piece));
        let outcome = written.and_then(|()| lines.finish());
        (found, outcome)
    }

    #[test]
    fn reads_gzip_by_its_content_also_in_several_members() {
        let bytes = [gzip(b"a b\nc"), gzip(b"d\r\n\nlast")].concat();
        for piece in [1, 3, 1000] {
            let (lines, outcome) = read(&bytes, piece);
            assert_eq!(lines, [Some(b"a b".to_vec()), Some(b"cd".to_vec()), Some(b"last".to_vec())]);
            outcome.unwrap();
        }
    }

    #[test]
    fn says_that_gzip_is_cut_off() {
        let bytes = gzip(b"a b\nc d\n");
        assert!(read(&bytes[..bytes.len() - 4], 5).1.is_err());
        assert!(read(b"\x1f\x8bnothing of the kind", 100).1.is_err());
    }

    #[test]
    fn keeps_no_line_that_is_too_long() {
        let bytes = [b"a\n".to_vec(), vec![b'x'; 5 * LONGEST], b"\nb".to_vec()].concat();
        assert_eq!(read(&bytes, 1000).0, [Some(b"a".to_vec()), None, Some(b"b".to_vec())]);
    }

    proptest! {
        #[test]
        fn reads_the_same_in_pieces_of_any_size(bytes in prop::collection::vec(any::<u8>(), 0..300), piece in 1..50_usize) {
            prop_assert_eq!(read(&bytes, piece).0.len(), read(&bytes, 1000).0.len());
            let packed = gzip(&bytes);
            let plain: Vec<_> = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
                .filter(|line| !line.is_empty()).map(|line| Some(line.to_vec())).collect();
            prop_assert_eq!(read(&packed, piece).0, plain);
        }
    }
}
