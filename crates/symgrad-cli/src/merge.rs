//! `symgrad merge`: the parts of a layer, read on several machines, as one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use symgrad::{Error, Folder, LayerInterpretation};

use crate::fail::Failure;
use crate::interpret::{LAYER, write_whole};
use crate::interpreted::layer_text;
use crate::show::{Format, json};
use crate::talk::print;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Folders that `symgrad interpret --all --part K/N --out FOLDER` has written
    #[arg(required = true, value_name = "FOLDER")]
    parts: Vec<PathBuf>,
    /// Folder for layer.json and the page report.html [default: none]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// What to print: text or json
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let read = arguments.parts.iter().map(|part| read(&part.join(LAYER)));
    let whole = LayerInterpretation::merged(read.collect::<Result<_, _>>()?)?;
    let mut folder = arguments.out.as_deref().map(Folder::open).transpose()?;
    if let Some(folder) = &mut folder {
        write_whole(LAYER, json(&whole.without_seconds()), folder)?;
    }
    print(&match arguments.format {
        Format::Json => json(&whole) + "\n",
        _ => layer_text(&whole),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<LayerInterpretation, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| Error::Read { path: path.into(), source })?;
    serde_json::from_str(&text)
        .map_err(|error| Error::Content { path: path.into(), reason: error.to_string() })
}

/// One of so many parts of a layer, counted from 1: `3/40`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    number: usize,
    of: usize,
}

impl Part {
    /// Its share of so many neurons: neighbours, and every neuron in one part.
    pub(crate) fn neurons(self, neurons: usize) -> std::ops::Range<usize> {
        let end = |number: usize| {
            let whole = u128::try_from(neurons).unwrap_or(u128::MAX);
            let share = whole * number as u128 / self.of as u128;
            usize::try_from(share).unwrap_or(neurons)
        };
        end(self.number - 1)..end(self.number)
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse::<usize>().ok();
        let part = text.split_once('/').and_then(|(k, n)| Some((number(k)?, number(n)?)));
        match part {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err("write K/N with K from 1 to N, such as 3/40: the third of forty".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_a_whole() {
        for (neurons, of) in [(0, 1), (1, 1), (7, 3), (3, 7), (1_000, 40), (usize::MAX, 3)] {
            let mut next = 0;
            for number in 1..=of {
                let part = Part { number, of }.neurons(neurons);
                assert_eq!(part.start, next);
                next = part.end;
            }
            assert_eq!(next, neurons);
        }
        assert_eq!("3/40".parse(), Ok(Part { number: 3, of: 40 }));
        for wrong in ["", "3", "0/4", "5/4", "1/0", "a/b", "-1/3", "1/2/3"] {
            assert!(wrong.parse::<Part>().is_err(), "{wrong}");
        }
    }
}
