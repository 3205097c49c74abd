//! From a function to a process that is ready for events.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::api::{RuntimeApi, Said};
use super::environment::{Environment, Happening, Process};
use super::log::Log;
use super::orphan;
use super::report::{self, Failure};
use super::spawner::Spawner;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::lambda::code;
use crate::services::lambda::function::Function;
use crate::services::lambda::layer::LayerVersionId;

/// Real time that a process may take until it asks for its first event.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// What it takes to start processes of a function.
pub struct Starter<'a> {
    pub aws: &'a Aws,
    pub spawner: &'a Spawner,
    /// Folder of all functions' code.
    pub functions: &'a Path,
    pub function: &'a Function,
}

/// Why there is no process.
pub enum NotStarted {
    /// The engine or IAM refused before anything ran.
    Refused(AwsError),
    /// The platform found the function at fault; its log goes on.
    Failed(Failure, Box<Log>),
    /// The process said itself that it cannot start.
    InitError(Bytes, Box<Log>),
}

impl Starter<'_> {
    /// Starts a process and waits until it asks for an event.
    pub async fn start(&self) -> Result<Environment, NotStarted> {
        let key = &self.function.key;
        let iam = &self.aws.services.iam;
        let session = iam
            .assume_role(&self.function.role, "lambda.amazonaws.com", &key.name, &key.region, &[])
            .map_err(|error| NotStarted::Refused(unassumable(&error)))?;
        let stream = self.aws.clock.now().format(&format!("%Y/%m/%d/[{}]", self.function.version()))
            + &uuid::Uuid::new_v4().simple().to_string();
        let mut log = Log::new(session.clone(), self.function.log_group.clone(), stream.clone());
        log.line(self.aws.clock.now(), &self.init_start());

        let begun = Instant::now();
        let process = match self.process(&session, &stream).await {
            Ok(process) => process,
            Err(Unstarted::Refused(error)) => return Err(NotStarted::Refused(error)),
            Err(Unstarted::Bootstrap(error)) => {
                let failure = Failure::InvalidEntrypoint { why: entrypoint(&error) };
                log.line(
                    self.aws.clock.now(),
                    &report::init_report(begun.elapsed(), "error", failure.error_type()),
                );
                return Err(NotStarted::Failed(failure, Box::new(log)));
            }
        };
        let limit = u64::from(self.function.memory_size) << 20;
        let environment = Environment::new(process, log, limit);
        self.initialise(environment, begun).await
    }

    async fn initialise(
        &self,
        mut environment: Environment,
        begun: Instant,
    ) -> Result<Environment, NotStarted> {
        let happening = environment.next(&self.aws.clock, begun + INIT_LIMIT).await;
        let took = begun.elapsed();
        let failure = match happening {
            Happening::Said(Said::Next) => {
                environment.started(took);
                return Ok(environment);
            }
            Happening::Said(Said::InitError(body)) => {
                let mut log = environment.close().await;
                log.line(self.aws.clock.now(), &report::init_report(took, "error", &error_type(&body)));
                return Err(NotStarted::InitError(body, Box::new(log)));
            }
            Happening::Failed(failure) => failure,
            // Before the first event nothing else can be said; a process that tries is not a runtime.
            Happening::Said(_) => Failure::Exited { how: "invalid state transition".to_owned() },
        };
        let mut log = environment.close().await;
        log.line(self.aws.clock.now(), &report::init_report(took, failure.status(), failure.error_type()));
        Err(NotStarted::Failed(failure, Box::new(log)))
    }

    async fn process(&self, session: &Caller, log_stream: &str) -> Result<Process, Unstarted> {
        let internal = |error: io::Error| Unstarted::Refused(AwsError::internal(error));
        let folder = code::folder(self.functions, &self.function.key, &self.function.code);
        let folder = std::path::absolute(folder).map_err(internal)?;
        let api = RuntimeApi::listen().await.map_err(internal)?;
        let (output, writer) = io::pipe().map_err(internal)?;

        let layers = self.layers().map_err(internal)?;
        // A layer may bring the runtime; what comes later lies over what came before.
        let places = std::iter::once(&folder).chain(layers.iter().rev());
        let mut places = places.map(|place| place.join("bootstrap")).filter(|bootstrap| bootstrap.exists());
        let bootstrap = places.next().unwrap_or_else(|| folder.join("bootstrap"));
        refuse_foreign(&bootstrap).map_err(Unstarted::Bootstrap)?;
        let mut command = Command::new(bootstrap);
        command
            .current_dir(&folder)
            .env_clear()
            .envs(self.variables(session, log_stream, (&folder, &layers), &api).map_err(Unstarted::Refused)?)
            .stdin(Stdio::null())
            // One pipe for both keeps the order of lines.
            .stdout(OwnedFd::from(writer.try_clone().map_err(internal)?))
            .stderr(OwnedFd::from(writer))
            .process_group(0)
            .kill_on_drop(true);
        orphan::dies_with_its_parent(&mut command);
        let child = self.spawner.spawn(command).await.map_err(Unstarted::Bootstrap)?;
        Process::new(child, api, output).map_err(internal)
    }

    /// Returns the environment variables, as AWS sets them for custom runtimes.
    ///
    /// `AWS_EXECUTION_ENV` is not among them: AWS does not define it for `provided` runtimes.
    fn variables(
        &self,
        session: &Caller,
        log_stream: &str,
        (folder, layers): (&Path, &[PathBuf]),
        api: &RuntimeApi,
    ) -> Result<Vec<(String, String)>, AwsError> {
        let function = self.function;
        let credentials = self.aws.services.iam.issue_credentials(session)?;
        let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned());
        // AWS ends both lists with `/opt/bin` and `/opt/lib`; here each layer is a folder of its own.
        let of_layers = |name: &str| layers.iter().rev().map(|layer| layer.join(name)).collect::<Vec<_>>();
        let libraries = [folder.to_owned(), folder.join("lib")].into_iter().chain(of_layers("lib"));
        let platform = [
            ("PATH", joined(std::iter::once(PathBuf::from(path)).chain(of_layers("bin")))),
            ("LANG", "en_US.UTF-8".to_owned()),
            ("TZ", ":UTC".to_owned()),
            ("LAMBDA_TASK_ROOT", folder.display().to_string()),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime".to_owned()),
            ("AWS_LAMBDA_RUNTIME_API", api.address.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", function.key.name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", function.version().to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_size.to_string()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", function.log_group.clone()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream.to_owned()),
            ("_HANDLER", function.handler.clone()),
            ("AWS_REGION", function.key.region.clone()),
            ("AWS_DEFAULT_REGION", function.key.region.clone()),
            ("AWS_ACCESS_KEY_ID", credentials.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key),
            ("AWS_SESSION_TOKEN", credentials.session_token),
            // The function's own SDK comes back to this engine.
            ("AWS_ENDPOINT_URL", self.aws.endpoint().to_owned()),
        ];
        // What the user sets comes first, so that it cannot hide what the platform sets; AWS lets it
        // change a few of these, which are of no account here.
        let own = function.environment.iter().map(|(name, value)| (name.clone(), value.clone()));
        let own = std::iter::once(("LD_LIBRARY_PATH".to_owned(), joined(libraries))).chain(own);
        Ok(own.chain(platform.map(|(name, value)| (name.to_owned(), value))).collect())
    }

    /// Returns the folders of the function's layers, in its order.
    fn layers(&self) -> io::Result<Vec<PathBuf>> {
        let ids = self.function.layers.iter().filter_map(|layer| LayerVersionId::parse(&layer.arn));
        ids.map(|id| std::path::absolute(id.folder(self.functions))).collect()
    }

    fn init_start(&self) -> String {
        let version = self.function.runtime.replacen("provided.", "provided:", 1) + ".v1";
        let digest: String = Sha256::digest(&version).iter().map(|byte| format!("{byte:02x}")).collect();
        let region = &self.function.key.region;
        format!(
            "INIT_START Runtime Version: {version}\tRuntime Version ARN: arn:aws:lambda:{region}::runtime:{digest}"
        )
    }
}

/// Joins folders as `PATH` lists them.
fn joined(folders: impl Iterator<Item = PathBuf>) -> String {
    folders.map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(":")
}

enum Unstarted {
    Refused(AwsError),
    /// The system did not run `bootstrap`.
    Bootstrap(io::Error),
}

fn unassumable(error: &AwsError) -> AwsError {
    if error.status >= 500 {
        return error.clone();
    }
    AwsError::new("AccessDeniedException", "The role defined for the function cannot be assumed by Lambda.")
}

/// The system's number for "exec format error".
const ENOEXEC: i32 = 8;

/// Refuses a file that is neither a script nor a program for this machine.
///
/// The kernel would refuse it too, but the C library would then hand it to a shell, which AWS does not.
fn refuse_foreign(bootstrap: &Path) -> io::Result<()> {
    let mut file = std::fs::File::open(bootstrap)?;
    if file.metadata()?.permissions().mode() & 0o111 == 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut head = [0; 20];
    let read = file.read(&mut head)?;
    if runs_here(&head[..read]) { Ok(()) } else { Err(io::Error::from_raw_os_error(ENOEXEC)) }
}

/// Tells whether a file that begins with `head` is a script or a program for this machine.
fn runs_here(head: &[u8]) -> bool {
    if cfg!(not(target_os = "linux")) || head.starts_with(b"#!") {
        return true;
    }
    let machine = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    head.starts_with(b"\x7fELF") && head.get(18..20) == Some(&[machine, 0])
}

/// Returns why `bootstrap` does not run, in the words of AWS's supervisor, which is written in Go.
fn entrypoint(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]".to_owned()
        }
        io::ErrorKind::PermissionDenied => "fork/exec /var/task/bootstrap: permission denied".to_owned(),
        _ if error.raw_os_error() == Some(ENOEXEC) => {
            "fork/exec /var/task/bootstrap: exec format error".to_owned()
        }
        _ => format!("fork/exec /var/task/bootstrap: {error}"),
    }
}

/// Returns the error type in an error document of a runtime.
fn error_type(body: &[u8]) -> String {
    let document: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    document["errorType"].as_str().unwrap_or("Runtime.Unknown").to_owned()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn knows_programs_of_this_machine() {
        let mut own = std::fs::read("/proc/self/exe").unwrap();
        own.truncate(20);
        assert!(runs_here(&own));
        own[18] ^= 1;
        assert!(!runs_here(&own));
        assert!(runs_here(b"#!/bin/sh\n"));
        assert!(!runs_here(b""));
        assert!(!runs_here(b"echo"));
    }
}
