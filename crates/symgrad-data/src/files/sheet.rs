//! A table as a file has it, before it is known which of its columns are wanted.

use super::names::short_names;
use super::{Kind, csv, npz};
use crate::{DataError, FileProblem, Place};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How a table is read from a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The character between the fields of a text; told from the text if absent.
    pub separator: Option<char>,
    /// Whether rows in which a number is missing are left out; otherwise they are an error.
    pub skip_missing: bool,
    /// Which axis of an NPZ file's matrices counts the rows.
    pub matrices: Matrices,
}

/// Which axis of a matrix counts the rows.
///
/// Where other arrays of the file leave only one axis, it is that one in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matrices {
    /// The first.
    #[default]
    Rows,
    /// The longer one: a table for a search has more points than inputs.
    Long,
    /// The other than the one of that length, which is a network's number of inputs.
    Wide(usize),
}

/// The columns of a file: numbers, and whatever else a table may hold.
///
/// Nothing but what is taken from it need be sound: text, missing numbers, or columns without a
/// name matter only where they are asked for.
#[derive(Clone, Debug)]
pub struct Sheet {
    file: PathBuf,
    columns: Vec<Column>,
    names: Vec<Option<String>>,
    skip_missing: bool,
    turned: Vec<String>,
}

/// A column and what is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// As the file has it; empty where it has none.
    pub(super) header: String,
    /// NaN where there is no number.
    pub(super) values: Vec<f64>,
    /// The first number that is missing.
    pub(super) missing: Option<(Place, String)>,
    /// The first cell, or the kind of all cells, that can be no number.
    pub(super) flaw: Option<Flaw>,
    pub(super) commas: Commas,
    pub(super) words: Words,
}

/// The words of a column, which are names where the column tells groups apart. Most columns of words never
/// do, so that they are kept as they come, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    text: String,
    /// Where each word ends.
    ends: Vec<usize>,
    /// In which row which of them is.
    at: Vec<(usize, usize)>,
    /// The first that is no date either, and where.
    pub(super) undated: Option<(Place, String)>,
}

impl Words {
    pub(super) fn push(&mut self, row: usize, word: &str) {
        let last = self.ends.len().checked_sub(1);
        let number = last.filter(|last| self.word(*last) == word).unwrap_or_else(|| {
            self.text.push_str(word);
            self.ends.push(self.text.len());
            self.ends.len() - 1
        });
        self.at.push((row, number));
    }

    fn word(&self, number: usize) -> &str {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[number]]
    }
}

/// What can be no number.
#[derive(Clone, Debug)]
pub(super) enum Flaw {
    /// A text.
    Text(Place, String),
    /// An infinity.
    Infinite(Place, String),
    /// Anything else, at all places.
    Kind(String),
}

/// Marks between the whole and the broken part of a column's numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Commas {
    /// A comma that can be nothing else, as in `0,5`.
    pub(super) clear: Option<(Place, String)>,
    /// One that may stand between thousands, as in `1,234`.
    pub(super) unclear: Option<(Place, String)>,
    /// A point.
    pub(super) point: bool,
}

impl Column {
    pub(super) fn new(header: String) -> Self {
        let (commas, words) = (Commas::default(), Words::default());
        Self { header, values: Vec::new(), missing: None, flaw: None, commas, words }
    }

    /// A column of numbers, of which NaN are missing.
    pub(super) fn of_numbers(header: String, values: Vec<f64>) -> Self {
        let place = |row: usize| (Place::Row(row + 1), values[row].to_string());
        let missing = values.iter().position(|x| x.is_nan()).map(place);
        let infinite = values.iter().position(|x| x.is_infinite()).map(place);
        let flaw = infinite.map(|(place, found)| Flaw::Infinite(place, found));
        Self { values, missing, flaw, ..Self::new(header) }
    }

    /// A column that holds something else.
    pub(super) fn of_kind(header: String, kind: impl Into<String>) -> Self {
        Self { flaw: Some(Flaw::Kind(kind.into())), ..Self::new(header) }
    }

    /// The words, and in which row each is.
    pub(super) fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        self.words.at.iter().map(|(row, number)| (*row, self.words.word(*number)))
    }

    /// Whether any cell holds a number.
    pub(super) fn has_numbers(&self) -> bool {
        !matches!(self.flaw, Some(Flaw::Kind(_))) && self.values.iter().any(|x| !x.is_nan())
    }

    /// Where there are words: the same with numbers in place of all that tells groups apart, 1, 2, … in
    /// order of appearance, and what each stands for.
    pub(super) fn numbered(&self) -> Option<(Self, Vec<String>)> {
        let mut words = self.words.at.iter().peekable();
        words.peek()?;
        let (mut numbers, mut names) = (BTreeMap::new(), vec![]);
        let mut number = |(row, value): (usize, &f64)| {
            let name = match words.next_if(|(at, _)| *at == row) {
                Some((_, word)) => self.words.word(*word).to_owned(),
                None if value.is_nan() => return f64::NAN,
                None => value.to_string(),
            };
            let number = *numbers.entry(name).or_insert_with_key(|name| {
                names.push(name.clone());
                names.len()
            });
            number as f64
        };
        let values = self.values.iter().enumerate().map(&mut number).collect();
        let missing = self.missing.clone();
        Some((Self { values, missing, ..Self::new(self.header.clone()) }, names))
    }

    fn check(&self, label: &str, skip_missing: bool) -> Result<(), FileProblem> {
        let column = || label.to_owned();
        match (&self.flaw, &self.missing) {
            (Some(Flaw::Text(place, found)), _) => Err(FileProblem::NotANumber {
                place: *place,
                column: column(),
                found: found.clone(),
            }),
            (Some(Flaw::Infinite(place, found)), _) => Err(FileProblem::NotFinite {
                place: *place,
                column: column(),
                found: found.clone(),
            }),
            (Some(Flaw::Kind(found)), _) => {
                Err(FileProblem::ColumnType { column: column(), found: found.clone() })
            }
            (None, Some(_)) if !self.has_numbers() => {
                Err(FileProblem::NoNumbers { column: column() })
            }
            (None, Some((place, found))) if !skip_missing => {
                Err(FileProblem::Missing { place: *place, column: column(), found: found.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Rows of numbers of some columns.
pub(super) struct Rows {
    pub(super) columns: Vec<Vec<f64>>,
    /// Rows that were left out, since a number is missing.
    pub(super) skipped: usize,
}

impl Sheet {
    /// Reads a `.csv`, `.tsv`, `.txt`, `.dat`, `.npz` or (with the feature `parquet`) `.parquet`
    /// file; `-` is the standard input, whose kind its content tells.
    ///
    /// Texts have a header line of names, then rows, with fields between commas, semicolons or
    /// tabs. Where no point occurs in its numbers, a comma may stand for it. NPZ: an array of
    /// numbers of any kind for each column; a matrix `x` of N × d numbers reads as the columns `x1`
    /// … `xd`. Parquet: flat columns of doubles, singles or integers, packed by Snappy, Zstandard
    /// or not at all; the row labels of pandas (`__index_level_0__`) are left out.
    pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self, DataError> {
        let path = path.as_ref();
        if path.as_os_str() == "-" {
            let (mut bytes, file) = (Vec::new(), Path::new("standard input"));
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|source| FileProblem::Io { action: "read", source }.in_file(file))?;
            return Self::parse(bytes, None, file, options);
        }
        let failed = |source: std::io::Error| {
            let problem = match source.kind() {
                std::io::ErrorKind::NotFound => FileProblem::NotThere,
                _ => FileProblem::Io { action: "read", source },
            };
            problem.in_file(path)
        };
        std::fs::metadata(path).map_err(failed)?;
        let kind = Kind::of(path)?;
        Self::parse(std::fs::read(path).map_err(failed)?, Some(kind), path, options)
    }

    #[cfg_attr(not(feature = "parquet"), expect(clippy::needless_pass_by_value))]
    fn parse(
        bytes: Vec<u8>,
        kind: Option<Kind>,
        file: &Path,
        options: &ReadOptions,
    ) -> Result<Self, DataError> {
        let kind = kind.unwrap_or_else(|| Kind::of_content(&bytes));
        let (columns, turned) = match kind {
            Kind::Text => csv::parse(&bytes, options.separator).map(|columns| (columns, vec![])),
            Kind::Npz => npz::parse(&bytes, options.matrices),
            #[cfg(feature = "parquet")]
            Kind::Parquet => super::parquet::parse(bytes).map(|columns| (columns, vec![])),
            #[cfg(not(feature = "parquet"))]
            Kind::Parquet => Err(FileProblem::NoParquet),
        }
        .map_err(|problem| problem.in_file(file))?;
        let names = short_names(columns.iter().map(|column| column.header.as_str()));
        let skip_missing = options.skip_missing;
        Ok(Self { file: file.into(), columns, names, skip_missing, turned })
    }

    /// The columns' names as formulas use them: the file's, or the short ones of names such as
    /// `mass (kg)`, which is called `mass`; none for a column without a name.
    pub fn names(&self) -> &[Option<String>] {
        &self.names
    }

    /// The columns' names as the file has them.
    pub fn headers(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|column| column.header.as_str())
    }

    /// The matrices of which rows and columns were exchanged.
    pub fn turned(&self) -> &[String] {
        &self.turned
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn column(&self, index: usize) -> &Column {
        &self.columns[index]
    }

    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// The column that is meant: by the name in the file, the short name, or the position
    /// counted from 1.
    pub(super) fn find(&self, wanted: &str) -> Result<usize, FileProblem> {
        let headers = || self.columns.iter().map(|column| column.header.as_str());
        if let Some(index) = headers().position(|header| header == wanted) {
            let again = headers().skip(index + 1).any(|header| header == wanted);
            let twice = FileProblem::DuplicateName { name: wanted.into() };
            return if again { Err(twice) } else { Ok(index) };
        }
        let named = self.names.iter().position(|name| name.as_deref() == Some(wanted));
        let counted = || wanted.parse::<usize>().ok()?.checked_sub(1);
        named
            .or_else(|| counted().filter(|&index| index < self.len()))
            .ok_or_else(|| FileProblem::MissingColumn { name: wanted.into(), known: self.known() })
    }

    /// The name of a column, in the file or, where there is none, by its position.
    pub(super) fn label(&self, index: usize) -> String {
        match self.columns[index].header.as_str() {
            "" => format!("column {}", index + 1),
            header => header.into(),
        }
    }

    /// All names, for a message.
    pub(super) fn known(&self) -> String {
        let names = (0..self.len()).filter(|&index| self.names[index].is_some());
        names.map(|index| self.label(index)).collect::<Vec<_>>().join(", ")
    }

    /// The name of a column in formulas.
    pub(super) fn name(&self, index: usize) -> String {
        self.names[index].clone().unwrap_or_else(|| format!("x{}", index + 1))
    }

    /// The numbers of some columns, if these are sound.
    pub(super) fn rows(&self, chosen: &[usize]) -> Result<Rows, FileProblem> {
        self.rows_with(chosen, &[])
    }

    /// The same with other columns in the places of some.
    pub(super) fn rows_with(
        &self,
        chosen: &[usize],
        others: &[(usize, &Column)],
    ) -> Result<Rows, FileProblem> {
        let at = |index: usize| {
            let other = others.iter().find(|(place, _)| *place == index);
            other.map_or(&self.columns[index], |(_, column)| column)
        };
        for &index in chosen {
            at(index).check(&self.label(index), self.skip_missing)?;
        }
        self.check_commas(chosen)?;
        let columns: Vec<&[f64]> =
            chosen.iter().map(|&index| at(index).values.as_slice()).collect();
        let rows = columns.first().map_or(0, |column| column.len());
        if let Some(at) = columns.iter().position(|column| column.len() != rows) {
            let (column, found) = (self.label(chosen[at]), columns[at].len());
            let unequal = DataError::UnequalColumns { column, found, expected: rows };
            return Err(FileProblem::Content(Box::new(unequal)));
        }
        if chosen.iter().all(|&index| at(index).missing.is_none()) {
            let columns = columns.into_iter().map(<[f64]>::to_vec).collect();
            return Ok(Rows { columns, skipped: 0 });
        }
        let whole = |row: &usize| columns.iter().all(|column| !column[*row].is_nan());
        let kept: Vec<usize> = (0..rows).filter(whole).collect();
        if kept.is_empty() {
            return Err(FileProblem::AllMissing { rows });
        }
        let columns = columns.into_iter().map(|column| crate::table::pick(column, &kept)).collect();
        Ok(Rows { columns, skipped: rows - kept.len() })
    }

    /// Refuses commas that may mean two things: between thousands, or before decimals.
    fn check_commas(&self, chosen: &[usize]) -> Result<(), FileProblem> {
        let commas = |index: &usize| &self.columns[*index].commas;
        let first = |which: fn(&Commas) -> &Option<(Place, String)>| {
            let place = |index: &usize| Some((*index, which(commas(index)).clone()?));
            chosen.iter().find_map(place)
        };
        let (clear, unclear) = (first(|c| &c.clear), first(|c| &c.unclear));
        let points = chosen.iter().any(|index| commas(index).point);
        let refused = match (clear, unclear) {
            (Some(clear), _) if points => clear,
            (None, Some(unclear)) => unclear,
            _ => return Ok(()),
        };
        let (index, (place, found)) = refused;
        Err(FileProblem::Comma { place, column: self.label(index), found })
    }
}
