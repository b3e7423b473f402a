//! `symgrad resume`: goes on with a run that was interrupted.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser as _};
use symgrad::{Error, RESULTS, Request};

use crate::fail::Failure;
use crate::{Cli, Command, running};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder that the run was given with --out
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Arguments {
    pub(crate) fn refused(&self) -> Failure {
        Failure::NoRun { folder: self.folder.clone(), complete: false }
    }
}

/// The command of the run in the folder, as it was given where it was given.
pub(crate) fn command(arguments: &Arguments) -> Result<Command, Failure> {
    let folder = &arguments.folder;
    let Some(request) = Request::of(folder)? else {
        let known = RESULTS.iter().chain(&["summary.json"]);
        let complete = known.into_iter().any(|name| folder.join(name).is_file());
        return Err(Failure::NoRun { folder: folder.clone(), complete });
    };
    let own = Request::new(PathBuf::new(), vec![]).version;
    if request.version != own {
        let (folder, version) = (folder.clone(), request.version);
        return Err(Failure::OtherVersion { folder, version });
    }
    let read = |path: &PathBuf, source| Error::Read { path: path.clone(), source };
    let out = folder.canonicalize().map_err(|source| read(folder, source))?;
    std::env::set_current_dir(&request.directory)
        .map_err(|source| read(&request.directory, source))?;
    let words = std::iter::once("symgrad").chain(request.arguments.iter().map(String::as_str));
    let parsed = Cli::try_parse_from(words).map_err(|error| {
        let (path, reason) = (out.clone(), error.to_string());
        Error::Content { path, reason }
    })?;
    running::set_arguments(request.arguments.into_iter().map(OsString::from).collect());
    let mut command = parsed.command;
    match &mut command {
        Command::Search(arguments) => arguments.out = Some(out),
        Command::Interpret(arguments) => arguments.out = Some(out),
        Command::Discover(arguments) => arguments.out = Some(out),
        Command::Reproduce(arguments) => {
            arguments.out = out;
            // What is there was made by the call that goes on.
            arguments.fresh = false;
        }
        _ => return Err(Failure::NoRun { folder: out, complete: false }),
    }
    Ok(command)
}
