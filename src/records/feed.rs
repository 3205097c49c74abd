//! Reads the input on a thread of its own and hands rows on in chunks, no faster than they are taken.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::columns::{BadRow, Layout, Prepared};
use super::entry::Entry;
use super::generate::{Kind, MadeUp, Rate};
use super::input::{self, InputError, InputFormat, Row, Rows};
use super::settled::Settled;

/// Rows that are handed on at once, at most.
const CHUNK: usize = 500;

/// Chunks that may wait to be taken.
const WAITING: usize = 8;

/// The shortest sleep that is worth it.
const NAP: Duration = Duration::from_millis(5);

/// Most characters of a partition key.
const LONGEST_KEY: usize = 256;

/// Where rows come from.
#[derive(Debug, Clone)]
pub enum Origin {
    File { path: PathBuf, format: InputFormat },
    Stdin { format: InputFormat },
    MadeUp { kind: Kind, count: u64, seed: Option<u64> },
}

/// What is read, and how.
#[derive(Debug, Clone)]
pub struct Feed {
    pub origin: Origin,
    pub layout: Option<Layout>,
    /// The column of the partition key, where there is no layout.
    pub key: Option<String>,
    /// Rows that are done with already.
    pub settled: Settled,
    pub skip_bad: bool,
    pub rate: Option<Rate>,
    /// The largest record, with its key if the service counts that.
    pub largest: usize,
}

/// What the reading thread says.
#[derive(Debug)]
pub enum Fed {
    Row(Entry),
    Bad {
        number: u64,
        line: u64,
        why: BadRow,
    },
    /// The input cannot be read on.
    Broken(InputError),
}

/// The other end of the thread.
pub struct Feeding {
    pub chunks: mpsc::Receiver<Vec<Fed>>,
    /// Bytes of the input that were read.
    pub bytes: Arc<AtomicU64>,
}

impl Feed {
    /// Begins to read.
    pub fn start(self) -> io::Result<Feeding> {
        let file = match &self.origin {
            Origin::File { path, .. } => Some(File::open(path)?),
            _ => None,
        };
        let (sender, chunks) = mpsc::channel(WAITING);
        let bytes = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&bytes);
        std::thread::Builder::new().name("input".into()).spawn(move || self.run(file, sender, counter))?;
        Ok(Feeding { chunks, bytes })
    }

    fn run(self, file: Option<File>, sender: mpsc::Sender<Vec<Fed>>, bytes: Arc<AtomicU64>) {
        let outbox = Rc::new(RefCell::new(Outbox { chunk: Vec::new(), sender, is_closed: false }));
        let ended = self.rows(file, &outbox, bytes).and_then(|mut rows| self.pump(rows.as_mut(), &outbox));
        let mut outbox = outbox.borrow_mut();
        if let Err(error) = ended {
            outbox.chunk.push(Fed::Broken(error));
        }
        outbox.flush();
    }

    fn rows(
        &self,
        file: Option<File>,
        outbox: &Rc<RefCell<Outbox>>,
        bytes: Arc<AtomicU64>,
    ) -> Result<Box<dyn Rows>, InputError> {
        let (layout, key) = (self.layout.clone(), self.key.clone());
        let (inner, format): (Box<dyn Read>, InputFormat) = match (&self.origin, file) {
            (Origin::MadeUp { kind, count, seed }, _) => {
                return Ok(Box::new(MadeUp::new(*kind, *count, *seed, layout, key)));
            }
            (Origin::File { format, .. }, Some(file)) => (Box::new(file), *format),
            (Origin::File { format, .. } | Origin::Stdin { format }, _) => (Box::new(io::stdin()), *format),
        };
        let input = Noticing { inner, outbox: Rc::clone(outbox), bytes };
        input::open(format, input, layout, key)
    }

    fn pump(&self, rows: &mut dyn Rows, outbox: &Rc<RefCell<Outbox>>) -> Result<(), InputError> {
        let started = Instant::now();
        let mut handed_on = 0;
        let mut number = 0;
        while let Some(row) = rows.next()? {
            let this = number;
            number += 1;
            if self.settled.contains(this) {
                continue;
            }
            if let Some(rate) = self.rate {
                await_turn(rate, handed_on, started, outbox);
            }
            handed_on += 1;
            let fed = self.fed(this, row);
            let ends = matches!(fed, Fed::Bad { .. }) && !self.skip_bad;
            let mut outbox = outbox.borrow_mut();
            outbox.push(fed);
            if ends || outbox.is_closed {
                break;
            }
        }
        Ok(())
    }

    fn fed(&self, number: u64, row: Row) -> Fed {
        let line = row.line;
        match row.record.and_then(|record| self.checked(number, record)) {
            Ok(entry) => Fed::Row(entry),
            Err(why) => Fed::Bad { number, line, why },
        }
    }

    fn checked(&self, number: u64, record: Prepared) -> Result<Entry, BadRow> {
        let entry = Entry::new(number, record.data, record.key);
        if entry.key.chars().count() > LONGEST_KEY {
            return Err(BadRow::new(format!("its partition key is longer than {LONGEST_KEY} characters")));
        }
        match entry.size() > self.largest {
            true => Err(BadRow::new(format!("has {} bytes, at most {} fit", entry.size(), self.largest))),
            false => Ok(entry),
        }
    }
}

/// Sleeps until row `number` is due; what is there goes first.
fn await_turn(rate: Rate, number: u64, started: Instant, outbox: &Rc<RefCell<Outbox>>) {
    let due = rate.moment(number);
    loop {
        let wait = due.saturating_sub(started.elapsed());
        let mut outbox = outbox.borrow_mut();
        if wait.is_zero() || outbox.sender.is_closed() {
            return;
        }
        outbox.flush();
        std::thread::sleep(wait.clamp(NAP, 10 * NAP));
    }
}

/// Rows that are not handed on yet.
struct Outbox {
    chunk: Vec<Fed>,
    sender: mpsc::Sender<Vec<Fed>>,
    /// Nobody takes rows any more.
    is_closed: bool,
}

impl Outbox {
    fn push(&mut self, fed: Fed) {
        self.chunk.push(fed);
        if self.chunk.len() >= CHUNK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if !self.chunk.is_empty() && self.sender.blocking_send(std::mem::take(&mut self.chunk)).is_err() {
            self.is_closed = true;
        }
    }
}

/// Hands on what is there before it waits for more input, so that a slow pipe does not hold rows back.
struct Noticing {
    inner: Box<dyn Read>,
    outbox: Rc<RefCell<Outbox>>,
    bytes: Arc<AtomicU64>,
}

impl Read for Noticing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.outbox.borrow_mut().flush();
        let count = self.inner.read(buffer)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
