//! `hydrant lint`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use hydrant_cfn::lint::Options;

use crate::context::Context;
use crate::diagnostic::{Diagnostic, Severity};
use crate::error::{Error, Kind, Result};
use crate::lint::catalogue;
use crate::lint::config::Config;
use crate::lint::mending::{self, Mending};
use crate::lint::targets::{self, Target};
use crate::lint::work::{self, Terms};
use crate::ui::{Answer, Diff, Findings, Format, counted};

/// How long nothing is said of the progress.
const PATIENCE: Duration = Duration::from_secs(1);

/// Check templates and stack files
///
/// Takes names of stacks, stack files, CloudFormation templates (YAML or JSON), folders of them, and `-` for a template
/// on stdin; without any, all stacks of the project. Exits with 3 when something is found.
///
/// Suppress a finding with `# hydrant: allow RULE reason` at the end of its line or on the line before, or for the whole
/// file before everything else. cfn-lint's `Metadata` and `.cfnlintrc` count too. `hydrant explain RULE` tells of a rule.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant lint\n  hydrant lint telemetric\n  hydrant lint template.yaml infra/ --format json\n  \
                        hydrant lint infra/ --ignore W2001,I --fail-on error\n  \
                        hydrant lint infra/ --fix\n  \
                        hydrant lint infra/ --format sarif --output lint.sarif"
)]
pub struct Args {
    /// Stacks, templates and folders to check
    targets: Vec<String>,
    /// Least level that makes the command fail
    #[arg(long, value_enum, default_value_t = FailOn::Warning, value_name = "LEVEL")]
    fail_on: FailOn,
    /// Rules to leave out: ids, or how they start
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Rules to ask alone: ids, or how they start
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    only: Vec<String>,
    /// Regions in which the templates are to work; us-east-1 if not given, a stack's own for a stack
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    regions: Vec<String>,
    /// Configuration in cfn-lint's form, instead of the current folder's .cfnlintrc
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Form of the findings on stdout
    #[arg(long, value_parser = Format::of_lint(), default_value = "text", value_name = "FORMAT")]
    format: Format,
    /// Write the findings in the chosen form to a file, and on the screen as text
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Mend what can be mended safely, after showing how and asking
    #[arg(long)]
    fix: bool,
    /// Show what --fix would change, and change nothing
    #[arg(long, visible_alias = "dry-run")]
    diff: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
}

pub fn run(context: &Context, args: &Args) -> Result<()> {
    let ui = &context.ui;
    let config = Config::find(args.config.as_deref())?;
    for warning in &config.warnings {
        ui.status(&format!("{}: {warning}", ui.style().yellow("warning")));
    }
    let options = options(args, &config)?;
    let targets = targets::find(&args.targets, &config, &|| context.project())?;
    if args.fix || args.diff {
        let mendings = mending::plan(&targets, &options)?;
        if args.diff {
            return show_diff(context, &mendings);
        }
        mend(context, &targets, &mendings)?;
    }

    let (started, mut progress) = (Instant::now(), None);
    let terms = Terms {
        options: &options,
        environment: &context.options.environment,
        names_regions: !(args.regions.is_empty() && config.regions.is_empty()),
    };
    let checked = work::check_all(&targets, &terms, |done| {
        if started.elapsed() < PATIENCE {
            return;
        }
        let progress = progress.get_or_insert_with(|| ui.progress("checking"));
        progress.doing(&format!("checking: {done} of {}", targets.len()));
    })?;
    drop(progress);
    let (files, found): (Vec<String>, Vec<Vec<Diagnostic>>) =
        checked.into_iter().map(|checked| (checked.file, checked.diagnostics)).unzip();
    let found = found.concat();
    let findings = Findings::new(files, &found, args.fail_on.into());
    show(context, args, &findings)?;
    match findings.fail() {
        true => Err(Error::new(Kind::Findings, "")),
        false => Ok(()),
    }
}

impl From<FailOn> for Severity {
    fn from(level: FailOn) -> Self {
        match level {
            FailOn::Error => Self::Error,
            FailOn::Warning => Self::Warning,
            FailOn::Info => Self::Info,
        }
    }
}

/// Returns what the command line and the configuration ask of the check; regions of the command line come first.
fn options(args: &Args, config: &Config) -> Result<Options> {
    for rule in args.ignore.iter().chain(&args.only) {
        let known = catalogue::entries().iter().any(|known| known.id.starts_with(rule.as_str()));
        // cfn-lint's ids stay good where hydrant has no such rule.
        let (letter, digits) = rule.split_at_checked(1).unwrap_or_default();
        let is_id =
            matches!(letter, "E" | "W" | "I" | "H") && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_known = known || (is_id && digits.len() <= 4);
        if !is_known {
            let error = Error::usage(format!("no rule is named `{rule}`"));
            return Err(match catalogue::find(rule).err().flatten() {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`hydrant explain` lists the rules"),
            });
        }
    }
    let mut options = Options {
        ignore: [args.ignore.as_slice(), &config.ignore_checks].concat(),
        only: args.only.clone(),
        mandatory: config.mandatory_checks.clone(),
        ..Options::default()
    };
    if let Some(regions) = [&args.regions, &config.regions].into_iter().find(|regions| !regions.is_empty()) {
        options.regions = regions.clone();
    }
    Ok(options)
}

fn show(context: &Context, args: &Args, findings: &Findings<'_>) -> Result<()> {
    let Some(path) = &args.output else {
        context.ui.show(findings);
        return Ok(());
    };
    let document = findings.document(args.format) + "\n";
    std::fs::write(path, document)
        .map_err(|error| Error::failed_to(format!("write {}", path.display())).because(error))?;
    context.ui.show_as_text(findings);
    Ok(())
}

fn show_diff(context: &Context, mendings: &[Mending]) -> Result<()> {
    context.ui.show_as_text(&Diff::new(mendings.iter().map(Mending::diff).collect()));
    context.ui.status(&summary(mendings, "would be mended"));
    match mendings.is_empty() {
        true => Ok(()),
        false => Err(Error::new(Kind::Findings, "")),
    }
}

/// Shows the changes, asks, and writes them.
fn mend(context: &Context, targets: &[Target], mendings: &[Mending]) -> Result<()> {
    let ui = &context.ui;
    if targets.iter().any(|target| matches!(target, Target::Stack(..) | Target::Stdin)) {
        ui.status("Templates in files are mended; stack files and stdin are only checked.");
    }
    if mendings.is_empty() {
        ui.status("Nothing can be mended safely.");
        return Ok(());
    }
    let diff = Diff::new(mendings.iter().map(Mending::diff).collect());
    ui.status(&diff.text(ui.style()));
    let question = format!("Write these changes to {}?", counted(mendings.len() as u64, "file"));
    if !context.options.yes && !ui.confirm(&question, "--yes")? {
        ui.status("Nothing was written.");
        return Ok(());
    }
    for mending in mendings {
        mending.write()?;
    }
    ui.status(&summary(mendings, "mended"));
    Ok(())
}

fn summary(mendings: &[Mending], verb: &str) -> String {
    let findings: usize = mendings.iter().map(|mending| mending.applied.len()).sum();
    let (findings, files) = (counted(findings as u64, "finding"), counted(mendings.len() as u64, "file"));
    format!("{findings} {verb} in {files}.")
}
