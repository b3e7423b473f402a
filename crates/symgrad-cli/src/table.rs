//! Options about tables, and what is told of how one was read.

use std::path::Path;

use clap::Args;
use symgrad::data::{
    Dropped, Matrices, Notes, ReadOptions, Reading, Reduction, Sheet, Table, dependences,
};
use symgrad::{Error, SearchSettings};

use crate::talk::tell;

/// How tables are read.
#[derive(Args)]
pub(crate) struct TableOptions {
    /// What stands between the fields of a text: `;`, `,`, `tab` or another sign
    /// [default: told from the text]
    #[arg(long, value_name = "SIGN", value_parser = separator)]
    separator: Option<char>,
    /// Leave out rows where a column that is used lacks a number [default: they are an error]
    #[arg(long)]
    skip_missing: bool,
}

impl TableOptions {
    pub(crate) fn open(&self, file: &Path, matrices: Matrices) -> Result<Sheet, Error> {
        let Self { separator, skip_missing } = *self;
        Ok(Sheet::read(file, &ReadOptions { separator, skip_missing, matrices })?)
    }
}

/// Names of columns, separated by commas; those in quotes may hold some.
#[derive(Clone, Debug)]
pub(crate) struct NameList(pub(crate) Vec<String>);

pub(crate) fn names(text: &str) -> Result<NameList, String> {
    let mut list = vec![String::new()];
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (None, '"' | '\'') if list.last().is_some_and(|name| name.trim().is_empty()) => {
                quote = Some(c);
            }
            (Some(open), c) if c == open => quote = None,
            (None, ',') => list.push(String::new()),
            _ => list.iter_mut().last().into_iter().for_each(|name| name.push(c)),
        }
    }
    let list: Vec<String> = list.iter().map(|name| name.trim().to_owned()).collect();
    if quote.is_some() {
        return Err("a quotation mark is not closed".into());
    }
    if list.iter().any(String::is_empty) {
        return Err("a name is empty; write names as in a,b or 'mass (kg),v' or 1,2".into());
    }
    Ok(NameList(list))
}

/// A single name, perhaps in quotes.
pub(crate) fn name(text: &str) -> Result<String, String> {
    match names(text)?.0.as_slice() {
        [only] => Ok(only.clone()),
        _ => Err("write the name of one column; in quotes if it holds a comma".into()),
    }
}

fn separator(text: &str) -> Result<char, String> {
    let mut chars = text.chars();
    match (text, chars.next(), chars.next()) {
        ("tab" | "\\t", ..) => Ok('\t'),
        (_, Some(sign), None) => Ok(sign),
        _ => Err("write one sign, such as `;`, or `tab`".into()),
    }
}

/// Points that were read, without the columns that tell nothing, and settings to go with them; and
/// what was left out. Says on standard error what was done.
pub(crate) struct Usable {
    pub(crate) reading: Reading,
    pub(crate) settings: SearchSettings,
    pub(crate) left_out: Vec<String>,
}

impl Usable {
    pub(crate) fn of(reading: Reading, settings: &SearchSettings) -> Result<Self, Error> {
        tell_notes(&reading.notes);
        let reduction = settings.reduction(&reading.points);
        let settings = settings.without(reduction.dropped())?;
        let left_out = tell_dropped(reduction.dropped());
        let Reading { points, gradients, values, weights, notes } = reading;
        let gradients = gradients.iter().map(|neuron| reduction.gradients(neuron)).collect();
        let points = reduction.points(&points);
        tell_dependences(&points);
        let reading = Reading { points, gradients, values, weights, notes };
        Ok(Self { reading, settings, left_out })
    }
}

/// Says which columns of a network's points a search does without.
pub(crate) fn tell_superfluous(points: &Table, settings: &SearchSettings) {
    let reduction: Reduction = settings.reduction(points);
    tell_dropped(reduction.dropped());
    tell_dependences(&reduction.points(points));
}

pub(crate) fn tell_notes(notes: &Notes) {
    notes.to_string().lines().for_each(|line| tell!("{line}"));
}

fn tell_dropped(dropped: &[Dropped]) -> Vec<String> {
    let told: Vec<String> = dropped.iter().map(ToString::to_string).collect();
    if !told.is_empty() {
        tell!("warning: columns left out of the search: {}", told.join(", "));
    }
    told
}

fn tell_dependences(points: &Table) {
    let found = dependences(points);
    if !found.is_empty() {
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        tell!(
            "warning: at all points {}: one formula can be written in several ways",
            told.join(", ")
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_be_quoted() {
        let read = |text: &str| names(text).map(|list| list.0);
        assert_eq!(read("a, b"), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(
            read("mass (kg),\"x, y\",'z'"),
            Ok(["mass (kg)", "x, y", "z"].map(String::from).into())
        );
        assert_eq!(read("it's"), Ok(vec!["it's".into()]));
        assert!(read("a,,b").is_err() && read("\"a").is_err() && name("a,b").is_err());
        assert_eq!((separator("tab"), separator(";")), (Ok('\t'), Ok(';')));
        assert!(separator("").is_err() && separator(";;").is_err());
    }
}
