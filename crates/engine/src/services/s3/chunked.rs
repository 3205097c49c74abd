//! Decodes `aws-chunked` bodies: sized chunks, with or without signatures, then trailing headers.
//!
//! Signatures are passed over, as everywhere in the engine.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::staging::incomplete_body;
use crate::error::AwsError;

/// Longest line between chunks; a size, a signature or a trailing header.
const LONGEST_LINE: usize = 8 << 10;

/// Where the decoder stands in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expecting {
    Size,
    Data(u64),
    EndOfData,
    Trailers,
    Nothing,
}

/// A body that arrives in pieces of any size.
#[derive(Debug)]
pub struct Decoder {
    expecting: Expecting,
    pending: BytesMut,
    /// What must come out in all, when the sender said so.
    announced: Option<u64>,
    decoded: u64,
    trailers: HeaderMap,
}

impl Decoder {
    /// Returns a decoder for a body of `announced` bytes.
    pub fn new(announced: Option<u64>) -> Self {
        Self {
            expecting: Expecting::Size,
            pending: BytesMut::new(),
            announced,
            decoded: 0,
            trailers: HeaderMap::new(),
        }
    }

    /// Takes a piece of the encoded body.
    pub fn push(&mut self, piece: &[u8]) {
        self.pending.extend_from_slice(piece);
    }

    /// Returns decoded bytes; `None` when more of the encoded body is needed.
    pub fn next(&mut self) -> Result<Option<Bytes>, AwsError> {
        loop {
            match self.expecting {
                Expecting::Size => {
                    let Some(line) = self.line()? else { return Ok(None) };
                    let size = line.split(|&byte| byte == b';').next().unwrap_or_default();
                    let size = std::str::from_utf8(size).ok();
                    let size = size.and_then(|size| u64::from_str_radix(size.trim(), 16).ok());
                    self.expecting = match size.ok_or_else(malformed)? {
                        0 => Expecting::Trailers,
                        size => Expecting::Data(size),
                    };
                }
                Expecting::Data(left) => {
                    if self.pending.is_empty() {
                        return Ok(None);
                    }
                    let length = usize::try_from(left).unwrap_or(usize::MAX).min(self.pending.len());
                    let left = left - length as u64;
                    self.expecting = if left == 0 { Expecting::EndOfData } else { Expecting::Data(left) };
                    self.decoded += length as u64;
                    return Ok(Some(self.pending.split_to(length).freeze()));
                }
                Expecting::EndOfData => {
                    if self.pending.len() < 2 {
                        return Ok(None);
                    }
                    if &self.pending[..2] != b"\r\n" {
                        return Err(malformed());
                    }
                    self.pending.advance(2);
                    self.expecting = Expecting::Size;
                }
                Expecting::Trailers => {
                    let Some(line) = self.line()? else { return Ok(None) };
                    if line.is_empty() {
                        self.expecting = Expecting::Nothing;
                    } else {
                        self.trailer(&line)?;
                    }
                }
                Expecting::Nothing => return Ok(None),
            }
        }
    }

    /// Returns the trailing headers of a body that has ended.
    pub fn finish(&mut self) -> Result<HeaderMap, AwsError> {
        // Some clients leave out the empty line after the last trailer.
        if self.expecting == Expecting::Trailers {
            let rest = self.pending.split();
            if !rest.is_empty() {
                self.trailer(&rest)?;
            }
            self.expecting = Expecting::Nothing;
        }
        let is_whole = self.announced.is_none_or(|announced| announced == self.decoded);
        if self.expecting != Expecting::Nothing || !is_whole {
            return Err(incomplete_body());
        }
        Ok(std::mem::take(&mut self.trailers))
    }

    fn trailer(&mut self, line: &[u8]) -> Result<(), AwsError> {
        let colon = line.iter().position(|&byte| byte == b':').ok_or_else(malformed)?;
        let name = HeaderName::from_bytes(line[..colon].trim_ascii()).map_err(|_| malformed())?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).map_err(|_| malformed())?;
        self.trailers.insert(name, value);
        Ok(())
    }

    /// Returns the next line without its end.
    fn line(&mut self) -> Result<Option<Bytes>, AwsError> {
        let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') else {
            return if self.pending.len() > LONGEST_LINE { Err(malformed()) } else { Ok(None) };
        };
        let mut line = self.pending.split_to(end + 1);
        line.truncate(end);
        if line.last() == Some(&b'\r') {
            line.truncate(end - 1);
        }
        Ok(Some(line.freeze()))
    }
}

fn malformed() -> AwsError {
    AwsError::new("InvalidRequest", "The body is not a valid aws-chunked stream.")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `body` in pieces of `size` bytes.
    fn decode(body: &[u8], size: usize, announced: Option<u64>) -> Result<(Vec<u8>, HeaderMap), AwsError> {
        let mut decoder = Decoder::new(announced);
        let mut decoded = Vec::new();
        for piece in body.chunks(size) {
            decoder.push(piece);
            while let Some(bytes) = decoder.next()? {
                decoded.extend_from_slice(&bytes);
            }
        }
        Ok((decoded, decoder.finish()?))
    }

    #[test]
    fn decodes_chunks_however_they_are_cut() {
        let signed =
            b"5;chunk-signature=ab\r\nhello\r\n1;chunk-signature=cd\r\n!\r\n0;chunk-signature=ef\r\n\r\n";
        let trailing = b"6\r\nhello!\r\n0\r\nx-amz-checksum-crc32:nTCGsA==\r\n\r\n";
        for size in 1..=signed.len() {
            assert_eq!(decode(signed, size, Some(6)).unwrap().0, b"hello!");
            let (body, trailers) = decode(trailing, size, None).unwrap();
            assert_eq!(body, b"hello!");
            assert_eq!(trailers["x-amz-checksum-crc32"], "nTCGsA==");
        }
    }

    #[test]
    fn takes_trailers_without_an_empty_line_at_the_end() {
        let (_, trailers) = decode(b"0\r\nx-amz-checksum-crc32:AAAAAA==", 7, Some(0)).unwrap();
        assert_eq!(trailers["x-amz-checksum-crc32"], "AAAAAA==");
    }

    #[test]
    fn refuses_what_is_cut_short_or_malformed() {
        let code = |body: &[u8], announced| decode(body, 4, announced).unwrap_err().code;
        assert_eq!(code(b"5\r\nhel", None), "IncompleteBody");
        assert_eq!(code(b"5\r\nhello\r\n0\r\n\r\n", Some(6)), "IncompleteBody");
        assert_eq!(code(b"5\r\nhelloXX0\r\n\r\n", None), "InvalidRequest");
        assert_eq!(code(b"zz\r\n", None), "InvalidRequest");
        assert_eq!(code(b"fffffffffffffffff\r\n", None), "InvalidRequest");
        assert_eq!(code(&[b'a'; LONGEST_LINE + 8], None), "InvalidRequest");
    }
}
