//! `symgrad new`: a file of settings to begin with.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use symgrad::{Error, write_file};

use crate::fail::Failure;
use crate::talk::{print, tell};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The file, which must not be there yet [default: standard output]
    file: Option<PathBuf>,
}

/// Every setting with its default.
const SETTINGS: &str = include_str!("search.toml");

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Some(path) = &arguments.file else {
        print(SETTINGS)?;
        return Ok(ExitCode::SUCCESS);
    };
    if std::fs::symlink_metadata(path).is_ok() {
        return Err(Error::InTheWay { path: path.clone() }.into());
    }
    write_file(path, SETTINGS)?;
    tell!("change it, and give it to `symgrad search` or `interpret` with --config");
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use symgrad::SearchSettings;

    use super::*;

    #[test]
    fn the_settings_are_the_defaults_and_all_of_them() {
        let default = SearchSettings::default();
        assert_eq!(SearchSettings::from_toml(SETTINGS).expect("settings"), default);
        // What is absent by default is there as a comment, in a form that can be read.
        let line = |line: &str| {
            let setting = line.strip_prefix("# ").filter(|rest| {
                rest.split(" = ").next().is_some_and(|name| {
                    rest.contains(" = ") && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                })
            });
            setting.unwrap_or(line).to_owned() + "\n"
        };
        let whole: String = SETTINGS.lines().map(line).collect();
        let changed = SearchSettings::from_toml(&whole).expect("settings");
        assert!(changed.config.target_loss.is_some() && changed.config.seconds.is_some());
        // Every setting that a file can hold is named.
        for line in changed.to_toml().expect("TOML").lines() {
            let name = line.split(" = ").next().unwrap_or_default();
            assert!(SETTINGS.contains(name), "{name}");
        }
    }
}
