//! `hydrant read`

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::deploy::names::physical_names;
use crate::error::{Error, Result};
use crate::moment::moment;
use crate::records::{
    BadRow, Exit, Fold, Layout, Listing, Measure, Output, RowFormat, RowText, Selection, decode_error,
    error_data, read_objects, unpack,
};
use crate::stack::RecordFormat;
use crate::ui::{Rows, Table, counted};

/// Read rows back out of a delivery's objects in S3
///
/// Decompresses objects by their content, in the order of their keys, several at a time, and passes over Firehose's
/// error objects. Rows are taken apart as `records:` in the stack file says. A record may have been delivered twice.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    hydrant read gps --local --by vin --max speed\n  \
    hydrant read taxi --since 1h --output csv > trips.csv\n  \
    hydrant read gps --follow | jq .speed\n  \
    hydrant read ticker --errors --output raw | hydrant send ticker --file - --as lines")]
pub struct Args {
    /// Stack to read from: a name in `stacks/`, or a path
    stack: String,
    /// Delivery of the stack file, where it has more than one
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
    /// Only objects written since: `1h`, `2026-01-15` or `2026-01-15T10:30:00Z`
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only objects whose keys begin like this, instead of the delivery's prefix
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// Go on with objects that are written later, until Ctrl-C
    #[arg(long)]
    follow: bool,
    /// Columns of rows of text, instead of the stack file's
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// What stands between them
    #[arg(long, value_name = "TEXT", default_value = " ", requires = "columns")]
    delimiter: String,
    /// Form of the rows; NDJSON when left out, a table with --by and the like
    #[arg(long, value_enum, value_name = "FORM")]
    output: Option<Output>,
    /// Read the error objects, and what failed out of its base64
    #[arg(long)]
    errors: bool,
    /// Compute for each value of this column
    #[arg(long, value_name = "COLUMN", help_heading = "Computing", conflicts_with = "follow")]
    by: Option<String>,
    /// Largest number of a column
    #[arg(long, value_name = "COLUMN", help_heading = "Computing", conflicts_with = "follow")]
    max: Vec<String>,
    /// Smallest number of a column
    #[arg(long, value_name = "COLUMN", help_heading = "Computing", conflicts_with = "follow")]
    min: Vec<String>,
    /// Sum of a column
    #[arg(long, value_name = "COLUMN", help_heading = "Computing", conflicts_with = "follow")]
    sum: Vec<String>,
    /// Mean of a column
    #[arg(long, value_name = "COLUMN", help_heading = "Computing", conflicts_with = "follow")]
    mean: Vec<String>,
    /// Number of rows
    #[arg(long, help_heading = "Computing", conflicts_with = "follow")]
    count: bool,
    /// Objects to fetch at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    in_flight: u16,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let exit = Exit::choose(&stack, args.from.as_deref())?;
    let mut reader = Reader::new(context, args, exit.records.map(Layout::of))?;

    let clients = context.clients(&project, &stack).await?;
    let names = physical_names(&clients, &stack.stack_name()).await?;
    let selection = Selection::of(&exit, &stack, &names, args.errors, args.prefix.as_deref(), args.since)?;
    let mut listing = Listing::new(selection, args.follow);
    let mut objects = 0;
    loop {
        let read = |key: &str, bytes: Bytes| reader.object(key, bytes);
        objects += read_objects(&clients, &mut listing, usize::from(args.in_flight), read).await?;
        reader.rows.flush()?;
        if !args.follow {
            break;
        }
        tokio::time::sleep(Duration::from_millis(if clients.is_nearby() { 200 } else { 3000 })).await;
        listing.repeat();
    }
    reader.finish(context, args)?;
    reader.tell(context, &listing.selection().bucket, objects);
    Ok(())
}

/// Takes objects apart and writes or computes what is in them.
struct Reader {
    format: RowFormat,
    output: Output,
    is_errors: bool,
    fold: Option<Fold>,
    text: RowText,
    rows: Rows,
    buffer: Vec<u8>,
    count: u64,
    bad: u64,
    first_bad: Option<(String, u64, BadRow)>,
}

impl Reader {
    fn new(context: &Context, args: &Args, layout: Option<Layout>) -> Result<Self> {
        let layout = match args.columns.is_empty() {
            true => layout,
            false => Some(Layout::of_text(&args.columns, &args.delimiter)),
        };
        let columns: Option<Vec<String>> = layout
            .as_ref()
            .filter(|_| !args.errors)
            .map(|layout| layout.columns.iter().map(|column| column.name.clone()).collect());
        let fold = fold(args);
        if fold.is_some() && (args.errors || args.output == Some(Output::Raw)) {
            let what = if args.errors { "--errors" } else { "--output raw" };
            return Err(Error::usage(format!("nothing can be computed with {what}")));
        }
        if let Some(layout) = layout.as_ref().filter(|layout| layout.format == RecordFormat::Text) {
            check_columns(args, layout)?;
        }
        let output = args.output.unwrap_or(Output::Ndjson);
        Ok(Self {
            format: match layout {
                Some(layout) if !args.errors => RowFormat::of(layout),
                _ => RowFormat::Json,
            },
            text: RowText::new(output, columns),
            output,
            is_errors: args.errors,
            fold,
            rows: context.ui.rows(),
            buffer: Vec::new(),
            count: 0,
            bad: 0,
            first_bad: None,
        })
    }

    fn object(&mut self, key: &str, bytes: Bytes) -> Result<()> {
        let failed = |error| Error::failed_to(format!("read the object {key}")).because(error);
        let mut content = unpack(bytes).map_err(failed)?;
        if self.output == Output::Raw && !self.is_errors {
            self.buffer.clear();
            content.read_to_end(&mut self.buffer).map_err(failed)?;
            return self.rows.write(&self.buffer);
        }
        let format = self.format.clone();
        let mut result = Ok(());
        let each = |row: Result<Map<String, Value>, (u64, BadRow)>| {
            if result.is_ok() {
                result = self.row(key, row);
            }
        };
        format.read(content, each).map_err(failed)?;
        result
    }

    fn row(&mut self, key: &str, row: Result<Map<String, Value>, (u64, BadRow)>) -> Result<()> {
        let row = match (row, &mut self.fold) {
            (Ok(row), Some(fold)) => match fold.add(&row) {
                Ok(()) => {
                    self.count += 1;
                    return Ok(());
                }
                Err(bad) => Err((0, bad)),
            },
            (row, _) => row,
        };
        match row {
            Ok(row) => {
                self.count += 1;
                self.buffer.clear();
                if self.is_errors && self.output == Output::Raw {
                    self.buffer.extend(error_data(&row).unwrap_or_default());
                    if self.buffer.last().is_some_and(|last| *last != b'\n') {
                        self.buffer.push(b'\n');
                    }
                } else {
                    let row = if self.is_errors { decode_error(row) } else { row };
                    self.text.write(&row, &mut self.buffer);
                }
                self.rows.write(&self.buffer)
            }
            Err((line, bad)) => {
                self.bad += 1;
                self.first_bad.get_or_insert_with(|| (key.to_owned(), line, bad));
                Ok(())
            }
        }
    }

    /// Shows what was computed.
    fn finish(&mut self, context: &Context, args: &Args) -> Result<()> {
        let Some(fold) = &self.fold else { return Ok(()) };
        if args.output.is_none() {
            context.ui.show(&Table::new(fold.columns(), fold.rows()));
            return Ok(());
        }
        let mut text = RowText::new(self.output, Some(fold.columns()));
        self.buffer.clear();
        for row in fold.rows() {
            text.write(&row, &mut self.buffer);
        }
        self.rows.write(&self.buffer)?;
        self.rows.flush()
    }

    /// Tells how much was read, and what could not be.
    fn tell(&self, context: &Context, bucket: &str, objects: u64) {
        let objects = counted(objects, "object");
        match self.output == Output::Raw {
            true => context.ui.status(&format!("Read {objects}.")),
            false => context.ui.status(&format!("Read {} of {objects}.", counted(self.count, "row"))),
        }
        if let Some((key, line, bad)) = &self.first_bad {
            let place = if *line > 0 { format!(", line {line}") } else { String::new() };
            let rows = counted(self.bad, "row");
            context
                .ui
                .status(&format!("{rows} could not be read; the first {bad} (s3://{bucket}/{key}{place})"));
        }
    }
}

/// Refuses columns that rows of text do not have; JSON may have more than the stack file says.
fn check_columns(args: &Args, layout: &Layout) -> Result<()> {
    let mut wanted = args.by.iter().chain(&args.max).chain(&args.min).chain(&args.sum).chain(&args.mean);
    let names: Vec<&str> = layout.columns.iter().map(|column| column.name.as_str()).collect();
    match wanted.find(|column| !names.contains(&column.as_str())) {
        None => Ok(()),
        Some(column) => Err(Error::usage(format!("the rows have no column `{column}`"))
            .hint(format!("they have {}", names.join(", ")))),
    }
}

fn fold(args: &Args) -> Option<Fold> {
    let kinds = [
        (Measure::Max, &args.max),
        (Measure::Min, &args.min),
        (Measure::Sum, &args.sum),
        (Measure::Mean, &args.mean),
    ];
    let measures: Vec<(Measure, String)> = kinds
        .into_iter()
        .flat_map(|(measure, columns)| columns.iter().map(move |column| (measure, column.clone())))
        .collect();
    if args.by.is_none() && measures.is_empty() && !args.count {
        return None;
    }
    let has_count = args.count || measures.is_empty();
    Some(Fold::new(args.by.clone(), measures, has_count))
}
