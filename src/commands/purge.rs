//! `hydrant purge`

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::aws::Clients;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::interrupt::Interruptions;
use crate::project::Project;
use crate::purge::{self, Choice, Entry, Firehose, Happening, Outcome, Report, Work};
use crate::stack::{DEFAULT_ENVIRONMENT, Seconds, Stack};
use crate::ui::{Progress, counted};

/// Delete every delivery stream of an account and region
///
/// A dry run unless there is consent: `--yes`, or the answer to a question on a terminal. Needs no stack file; the
/// region is that of --region, of the environment or of the profile. Delivery streams that a stack owns stay, and so do
/// the objects in all buckets. What a delivery stream has not delivered yet goes with it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
        hydrant purge --region us-east-1                    Show what would go\n  \
        hydrant purge --region us-east-1 --yes              Delete it\n  \
        hydrant purge --local --match 'gps-*' --except gps-live --yes\n\n\
        In patterns * stands for any text and ? for one character. Exits with 0 only if nothing is left that should go.")]
pub struct Args {
    /// Only delivery streams whose name fits; may be given several times
    #[arg(long = "match", value_name = "PATTERN")]
    names: Vec<String>,
    /// Leave delivery streams whose name fits; may be given several times
    #[arg(long, value_name = "PATTERN")]
    except: Vec<String>,
    /// Delete delivery streams that a stack owns, too
    #[arg(long)]
    include_owned: bool,
    /// Show what would go, and ask nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// How long to wait until all are gone
    #[arg(long, value_name = "DURATION", default_value = "30m")]
    timeout: Seconds,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = project(context)?;
    let stacks = stacks(project.as_ref())?;
    let options = &context.options;
    let environment = purge::environment(&stacks, &options.environment, options.region.is_some())?;
    let clients = context.clients_in(project.as_ref(), &environment).await?;
    if !options.local {
        purge::refuse_protected(&stacks, &clients.account, &clients.region)?;
    }

    let firehose = Firehose::new(&clients, context.time_scale(project.as_ref()).await);
    let choice =
        Choice { names: args.names.clone(), except: args.except.clone(), includes_owned: args.include_owned };
    let mut run = Run::new(context, args, &clients, &firehose, choice);
    run.begin().await?;
    let is_going = match options.yes || run.works.is_empty() {
        true => options.yes,
        false => run.survey_and_ask().await?,
    };
    if !is_going || run.works.is_empty() {
        return Ok(());
    }
    run.delete().await
}

/// Returns the project, which a purge can do without unless one is named.
fn project(context: &Context) -> Result<Option<Project>> {
    match context.project() {
        Ok(project) => Ok(Some(project)),
        Err(_) if context.options.project.is_none() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads all stack files; one that can't be read might be the one that protects.
fn stacks(project: Option<&Project>) -> Result<Vec<Stack>> {
    let Some(project) = project else { return Ok(Vec::new()) };
    project.stack_names().iter().map(|name| project.stack(name, DEFAULT_ENVIRONMENT)).collect()
}

/// One purge, from the first list to the last.
struct Run<'a> {
    context: &'a Context,
    args: &'a Args,
    clients: &'a Clients,
    firehose: &'a Firehose,
    choice: Choice,
    works: Vec<Work>,
    not_chosen: usize,
    started: Instant,
}

/// A line of the events file.
#[derive(Debug, Serialize)]
struct Event<'a> {
    delivery_stream: &'a str,
    what: &'static str,
    why: Option<&'a str>,
}

impl<'a> Run<'a> {
    fn new(
        context: &'a Context,
        args: &'a Args,
        clients: &'a Clients,
        firehose: &'a Firehose,
        choice: Choice,
    ) -> Self {
        let (works, started) = (Vec::new(), Instant::now());
        Self { context, args, clients, firehose, choice, works, not_chosen: 0, started }
    }

    /// Lists what is there, and says so when there is nothing to do.
    async fn begin(&mut self) -> Result<()> {
        let _progress = self.context.ui.progress("listing delivery streams");
        let listed = self.firehose.list().await?;
        let total = listed.len();
        self.works = listed.into_iter().filter(|name| self.choice.takes(name)).map(Work::new).collect();
        self.not_chosen = total - self.works.len();
        if self.works.is_empty() {
            self.context.ui.show(&self.report(!self.context.options.yes));
        }
        Ok(())
    }

    fn report(&self, dry_run: bool) -> Report {
        Report {
            version: 1,
            dry_run,
            account: self.clients.account.clone(),
            region: self.clients.region.clone(),
            seconds: (self.started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
            streams: self.works.iter().map(|work| work.entry.clone()).collect(),
            not_chosen: self.not_chosen,
            remaining: self.works.iter().filter(|work| work.entry.is_there()).count() + self.not_chosen,
        }
    }

    /// Shows what would go and returns whether it may; without anybody to ask it was a dry run.
    async fn survey_and_ask(&mut self) -> Result<bool> {
        let ui = &self.context.ui;
        let total = self.works.len();
        {
            let progress = ui.progress("looking at delivery streams");
            let mut looked = 0;
            purge::survey(self.firehose, &self.choice, &mut self.works, &mut |happening| {
                if let Happening::Looked = happening {
                    looked += 1;
                    progress.doing(&format!(
                        "looked at {looked} of {}",
                        counted(total as u64, "delivery stream")
                    ));
                }
            })
            .await?;
        }
        let report = self.report(true);
        let count = report.count(Outcome::WouldDelete);
        let is_asked = ui.can_ask() && !self.args.dry_run && count > 0;
        if !is_asked {
            ui.show(&report);
            if report.count(Outcome::Left) > 0 {
                return Err(unknown(&report));
            }
            ui.status("This was a dry run; nothing was deleted. Add --yes to delete.");
            return Ok(false);
        }
        ui.status(&crate::ui::Answer::text(&report, ui.style()));
        let streams = counted(count as u64, "delivery stream");
        let question = format!("Delete {streams} of {}?", report.place());
        let is_agreed = match self.choice.is_everything() {
            true => {
                let question = format!("{question} That is everything there: type the account to consent:");
                ui.confirm_by_typing(&question, &report.account, "--yes")?
            }
            false => ui.confirm(&question, "--yes")?,
        };
        if !is_agreed {
            ui.status("Nothing was deleted.");
        }
        Ok(is_agreed)
    }

    /// Deletes, reports, and says whether anything is left.
    async fn delete(&mut self) -> Result<()> {
        self.started = Instant::now();
        let mut interruptions = Interruptions::listen()?;
        let timeout = Duration::from_secs(self.args.timeout.0);
        let progress = self.context.ui.progress("deleting delivery streams");
        let mut teller = Teller::new(self.context, &progress, self.works.len());
        let mut tell = |happening: Happening<'_>| teller.tell(&happening);
        let ended = tokio::select! {
            ended = purge::delete(self.firehose, &self.choice, &mut self.works, &mut tell) => ended,
            kind = interruptions.next() => Err(Error::new(kind, "stopped before the end")),
            () = tokio::time::sleep(timeout) => {
                let waited = format!("not all are gone after {} s", timeout.as_secs());
                Err(Error::new(Kind::TimedOut, waited).hint("wait longer with --timeout"))
            }
        };
        let ended = match ended {
            Ok(listed) => self.look_for_new(listed).await,
            Err(error) => Err(error),
        };
        drop(progress);
        self.works.iter_mut().for_each(Work::abandon);
        let report = self.report(false);
        self.context.ui.show(&report);
        ended?;
        match report.count(Outcome::Left) {
            0 => Ok(()),
            left => Err(Error::general(format!("{} left", counted(left as u64, "delivery stream")))
                .hint("mend what is said there and run the same command again")),
        }
    }

    /// Looks at what was made meanwhile: nobody consented to deleting that, but it is left.
    async fn look_for_new(&mut self, listed: std::collections::BTreeSet<String>) -> Result<()> {
        let known = |name: &String| self.works.iter().any(|work| work.entry.name == *name);
        let chosen = listed.into_iter().filter(|name| self.choice.takes(name) && !known(name));
        let mut made: Vec<Work> = chosen.map(Work::new).collect();
        purge::survey(self.firehose, &self.choice, &mut made, &mut |_| ()).await?;
        for work in &mut made {
            if work.entry.outcome == Outcome::WouldDelete {
                work.entry.outcome = Outcome::Left;
                work.entry.reason = Some("it was made meanwhile".to_owned());
            }
        }
        let is_there = |work: &Work| work.entry.outcome != Outcome::Gone;
        self.works.extend(made.into_iter().filter(is_there));
        Ok(())
    }
}

/// Returns the failure of a dry run that could not look at all delivery streams.
fn unknown(report: &Report) -> Error {
    let left: Vec<&Entry> = report.streams.iter().filter(|entry| entry.outcome == Outcome::Left).collect();
    Error::general(format!("{} could not be looked at", counted(left.len() as u64, "delivery stream")))
}

/// Tells what happens: a line for each delivery stream, and how far it is.
struct Teller<'a> {
    context: &'a Context,
    progress: &'a Progress,
    total: usize,
    deleting: usize,
    waiting: std::collections::BTreeSet<String>,
}

impl<'a> Teller<'a> {
    fn new(context: &'a Context, progress: &'a Progress, total: usize) -> Self {
        Self { context, progress, total, deleting: 0, waiting: Default::default() }
    }

    fn tell(&mut self, happening: &Happening<'_>) {
        let style = self.context.ui.style();
        let (name, what, why, line) = match *happening {
            Happening::Looked => return,
            Happening::Settling { left } => {
                let streams = counted(left as u64, "delivery stream");
                return self.progress.doing(&format!("waiting until {streams} left the list"));
            }
            Happening::Kept { name, stack } => {
                let line = format!("{name} stays: the stack {} owns it", style.cyan(stack));
                (name, "kept", Some(stack), line)
            }
            Happening::Deleting { name } => {
                self.deleting += 1;
                (name, "deleting", None, format!("{} {name}", style.green("deleting")))
            }
            Happening::Waiting { status: "DELETING", .. } => return,
            Happening::Waiting { name, status } => {
                if !self.waiting.insert(name.to_owned()) {
                    return;
                }
                (name, "waiting", Some(status), format!("{name} is {status}; waiting"))
            }
            Happening::Forcing { name, why } => {
                let reason = why.map(|why| format!(" ({why})")).unwrap_or_default();
                let line = format!("{name} could not be deleted{reason}; deleting it by force");
                (name, "forcing", why, style.yellow(&line))
            }
            Happening::Left { name, why } => {
                (name, "left", Some(why), format!("{} {name}: {why}", style.red("left")))
            }
        };
        self.progress.line(&line);
        self.progress.doing(&format!("{} of {} are being deleted", self.deleting, self.total));
        self.context.ui.event(&Event { delivery_stream: name, what, why });
    }
}
