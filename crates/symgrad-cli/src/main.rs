//! The `symgrad` command: results on standard output, talk on standard error.
//!
//! Exit codes: 0 for success, 1 for a result that misses what was asked, 2 for a failure, 130 for a run
//! that was asked to end.

// These panic where the stream is closed or full.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod create;
mod discover;
mod fail;
mod find;
mod front;
mod inspect;
mod interpret;
mod interpreted;
mod interrupt;
mod islands;
mod law_bar;
mod list;
mod logging;
mod manual;
mod merge;
mod numbers;
mod options;
mod origin;
mod progress;
mod report;
mod rerun;
mod resume;
mod running;
mod show;
mod table;
mod talk;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::fail::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Turns what a neuron of a trained network has learned into a formula.
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Search formulas for points and gradients in a file
    Search(Box<find::Arguments>),
    /// Find what is conserved in trajectories, or shared in groups of points
    Discover(Box<discover::Arguments>),
    /// Read formulas from the neurons of a trained network
    Interpret(Box<interpret::Arguments>),
    /// Go on with a run that was interrupted
    Resume(resume::Arguments),
    /// Put together the parts of a layer that `interpret --all --part` has read
    Merge(merge::Arguments),
    /// Make pages about results that are there, and one that leads to them
    Report(report::Arguments),
    /// List the layers of a network: names, shapes, neurons
    Inspect(inspect::Arguments),
    /// Train on the experiments, search, and check what comes out against the truth
    Reproduce(rerun::Arguments),
    /// List the experiments with their inputs, recipes and truths
    List(list::Arguments),
    /// Write a file of settings in which every setting is explained
    New(create::Arguments),
    /// Print what makes a shell complete symgrad's commands and options
    Completions(manual::Completions),
    /// Print the manual page of symgrad, or of one of its commands
    Man(manual::Manual),
}

fn main() -> ExitCode {
    quiet_readers();
    logging::begin();
    let done = match Cli::parse().command {
        Command::Resume(arguments) => resume::command(&arguments).and_then(run),
        command => run(command),
    };
    watch::ended(done.as_ref().err());
    done.unwrap_or_else(|failure| failure.report())
}

/// The reader of Parquet files panics at some that contradict themselves. That is caught, and becomes
/// an error about the file; nothing else is to be told of it.
fn quiet_readers() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let file = panic.location().map_or("", |place| place.file());
        if !file.split(['/', '\\']).any(|part| part.starts_with("parquet-")) {
            tell(panic);
        }
    }));
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    let watched = match &command {
        Command::Search(arguments) => Some(&arguments.watch),
        Command::Discover(arguments) => Some(&arguments.watch),
        Command::Interpret(arguments) => Some(&arguments.watch),
        Command::Reproduce(arguments) => Some(&arguments.watch),
        _ => None,
    };
    watched.map_or(Ok(()), watch::WatchOptions::begin)?;
    match command {
        // A run is no resumption.
        Command::Resume(arguments) => Err(arguments.refused()),
        Command::Search(arguments) => find::run(&arguments),
        Command::Discover(arguments) => discover::run(&arguments),
        Command::Interpret(arguments) => interpret::run(&arguments),
        Command::Merge(arguments) => merge::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Reproduce(arguments) => rerun::run(&arguments),
        Command::List(arguments) => list::run(&arguments),
        Command::New(arguments) => create::run(&arguments),
        Command::Completions(arguments) => manual::completions(&arguments),
        Command::Man(arguments) => manual::manual(&arguments),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::{Arg, CommandFactory as _};

    use super::Cli;

    /// All options of all commands that take a value, with the names of the commands.
    fn options() -> Vec<(String, Arg)> {
        let cli = Cli::command();
        let of = |command: &clap::Command| {
            let named = |option: &Arg| (command.get_name().to_owned(), option.clone());
            let valued = |option: &&Arg| option.get_action().takes_values();
            command.get_opts().filter(valued).map(named).collect::<Vec<_>>()
        };
        cli.get_subcommands().flat_map(of).collect()
    }

    fn value(option: &Arg) -> String {
        let names = option.get_value_names().unwrap_or_default();
        names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    /// An option that several commands have takes the same in each of them. `--points` names columns
    /// of the one file of `search`, and the second file of `interpret`.
    #[test]
    fn an_option_takes_the_same_in_every_command() {
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for (command, option) in options() {
            let Some(name) = option.get_long().filter(|name| *name != "points") else { continue };
            let value = value(&option);
            let first = known.entry(name.to_owned()).or_insert_with(|| value.clone());
            assert_eq!(*first, value, "--{name} of {command}");
        }
        assert_eq!(known["out"], "FOLDER");
    }

    /// Whoever leaves an option out knows from its help what happens.
    #[test]
    fn every_option_tells_its_default() {
        for (command, option) in options() {
            let help = option.get_help().map(ToString::to_string).unwrap_or_default();
            let long = option.get_long_help().map(ToString::to_string).unwrap_or_default();
            let tells = (help + &long).contains("[default: ") || option.is_required_set();
            let shows = !option.get_default_values().is_empty();
            assert!(tells || shows, "--{} of {command}", option.get_id());
            assert!(!value(&option).is_empty(), "--{} of {command}", option.get_id());
        }
    }
}
