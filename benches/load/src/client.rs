//! As much of an HTTP client as a load needs: requests as bytes, answers whole, one connection each.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;

const ACCOUNT: &str = "111122223333";

pub struct Client {
    address: String,
    stream: BufReader<TcpStream>,
    /// The body of the latest answer.
    pub body: Vec<u8>,
}

impl Client {
    /// Connects to `http://host:port`.
    pub fn connect(url: &str) -> Result<Self> {
        let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let stream = TcpStream::connect(&address)?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream: BufReader::with_capacity(128 << 10, stream), body: Vec::new() })
    }

    /// Returns a request of a service with a JSON protocol.
    pub fn json(&self, service: &str, target: &str, body: &str) -> Vec<u8> {
        let kind = format!("Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: {target}\r\n");
        self.request("POST", "/", service, &kind, body)
    }

    /// Returns a request of a service with the query protocol.
    pub fn form(&self, service: &str, body: &str) -> Vec<u8> {
        self.request("POST", "/", service, "Content-Type: application/x-www-form-urlencoded\r\n", body)
    }

    /// Returns a request that looks signed; no engine here checks the signature itself.
    pub fn request(&self, method: &str, path: &str, service: &str, headers: &str, body: &str) -> Vec<u8> {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\nX-Amz-Date: 20260115T103000Z\r\n{headers}\
             Authorization: AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260115/us-east-1/{service}/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={:064}\r\n\r\n{body}",
            self.address,
            body.len(),
            0
        )
        .into_bytes()
    }

    /// Sends a request and returns the status of the answer.
    pub fn send(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.get_mut().write_all(request)?;
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| invalid("an answer without a status"))?;
        let (mut length, mut is_chunked) = (0, false);
        loop {
            let line = self.line()?.to_ascii_lowercase();
            let Some((name, value)) = line.split_once(':') else { break };
            match name {
                "content-length" => length = value.trim().parse().map_err(|_| invalid("a length"))?,
                "transfer-encoding" => is_chunked = value.contains("chunked"),
                _ => {}
            }
        }
        self.body.clear();
        if !is_chunked {
            self.read(length)?;
            return Ok(status);
        }
        loop {
            let size = usize::from_str_radix(&self.line()?, 16).map_err(|_| invalid("a chunk's size"))?;
            self.read(size)?;
            self.line()?;
            if size == 0 {
                return Ok(status);
            }
        }
    }

    /// Sends a request that must succeed and returns the body of the answer.
    pub fn call(&mut self, request: &[u8]) -> Result<String> {
        let status = self.send(request)?;
        let body = String::from_utf8_lossy(&self.body).into_owned();
        if status != 200 { Err(invalid(&format!("{status} {body}"))) } else { Ok(body) }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }

    fn read(&mut self, length: usize) -> Result<()> {
        let start = self.body.len();
        self.body.resize(start + length, 0);
        self.stream.read_exact(&mut self.body[start..])
    }
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidData, message)
}
