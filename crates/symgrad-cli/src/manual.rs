//! `symgrad completions` and `symgrad man`: what shells and readers of manuals want.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::Cli;
use crate::fail::Failure;
use crate::talk::print;

#[derive(Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Args)]
pub(crate) struct Manual {
    /// The command [default: symgrad itself]
    #[arg(value_parser = commands())]
    command: Option<String>,
}

const COMMANDS: [&str; 12] = [
    "search",
    "discover",
    "interpret",
    "resume",
    "merge",
    "report",
    "inspect",
    "reproduce",
    "list",
    "new",
    "completions",
    "man",
];

fn commands() -> PossibleValuesParser {
    PossibleValuesParser::new(COMMANDS)
}

pub(crate) fn completions(arguments: &Completions) -> Result<ExitCode, Failure> {
    let mut script = vec![];
    clap_complete::generate(arguments.shell, &mut Cli::command(), "symgrad", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn manual(arguments: &Manual) -> Result<ExitCode, Failure> {
    let mut whole = Cli::command();
    whole.build();
    let command = match &arguments.command {
        Some(name) => whole.find_subcommand(name).unwrap_or(&whole).clone(),
        None => whole,
    };
    let mut page = vec![];
    clap_mangen::Man::new(command).render(&mut page).map_err(Failure::Output)?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page() {
        let whole = Cli::command();
        let names: Vec<&str> = whole.get_subcommands().map(clap::Command::get_name).collect();
        for name in &names {
            assert!(COMMANDS.contains(name), "{name}");
        }
        assert_eq!(names.len(), COMMANDS.len());
    }
}
