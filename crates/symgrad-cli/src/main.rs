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
mod interrupt;
mod law_bar;
mod list;
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
    let done = match Cli::parse().command {
        Command::Resume(arguments) => resume::command(&arguments).and_then(run),
        command => run(command),
    };
    watch::ended(done.as_ref().err());
    done.unwrap_or_else(|failure| failure.report())
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
