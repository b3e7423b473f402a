//! Reading and writing tables, triplets and direction fields, as CSV or NPZ by the file's name;
//! Parquet is only read.

mod csv;
mod dates;
mod grouped;
mod names;
mod npy;
mod npz;
mod paired;
#[cfg(feature = "parquet")]
mod parquet;
mod reading;
mod roles;
mod sheet;

pub use grouped::{GroupColumns, GroupReading};
pub use paired::PairReading;
pub use reading::{Notes, Reading};
pub use roles::FieldColumns;
pub use sheet::{Matrices, ReadOptions, Sheet};

use crate::{DataError, DirectionField, FieldOptions, FileProblem, Table, Triplets};
use roles::WEIGHT;
use std::io::Write;
use std::path::Path;

/// Names of a triplet file's columns start with one of these and an underscore.
const PARTS: [&str; 3] = [ANCHOR, "positive", "negative"];

/// The first of them.
const ANCHOR: &str = "anchor";

impl Table {
    /// Reads a table from a file, as [`Sheet::read`] does: every column, each of which must have
    /// a name and numbers alone. The names are those in the file, whatever they are.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let sheet = Sheet::read(path, &ReadOptions::default())?;
        let all: Vec<usize> = (0..sheet.len()).collect();
        let names = || {
            let unnamed = sheet.headers().position(str::is_empty);
            unnamed.map_or(Ok(()), |index| Err(FileProblem::Unnamed { column: index + 1 }))?;
            Ok(sheet.headers().map(str::to_owned).collect())
        };
        let read = |problem: FileProblem| problem.in_file(sheet.file());
        let (names, rows) = (names().map_err(read)?, sheet.rows(&all).map_err(read)?);
        Self::new(names, rows.columns).map_err(|error| error.in_file(sheet.file()))
    }

    /// Writes the table to a `.csv` or `.npz` file; numbers come back bit for bit.
    ///
    /// The file appears whole or not at all: it is written under another name in the same
    /// folder and then renamed, replacing a file of that name.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), DataError> {
        let path = path.as_ref();
        let bytes = match Kind::of(path)? {
            Kind::Text => csv::format(self),
            Kind::Npz => npz::format(self),
            Kind::Parquet => return Err(FileProblem::ReadOnlyKind.in_file(path)),
        };
        bytes
            .and_then(|bytes| replace(path, &bytes))
            .map_err(|source| FileProblem::Io { action: "write", source }.in_file(path))
    }
}

impl DirectionField {
    /// Reads points with raw gradients from a file (as [`Sheet::read`] does) and builds their
    /// field.
    pub fn read(
        path: impl AsRef<Path>,
        columns: &FieldColumns,
        options: &FieldOptions,
    ) -> Result<Self, DataError> {
        let path = path.as_ref();
        let read = ReadOptions { matrices: Matrices::Long, ..ReadOptions::default() };
        let Reading { points, gradients, weights, .. } =
            Sheet::read(path, &read)?.field(columns)?;
        let field = match weights {
            None => Self::from_neurons(points, &gradients, options),
            Some(weights) => Self::weighted(points, &gradients, weights, options),
        };
        field.map_err(|error| error.in_file(path))
    }

    /// Writes points, basis vectors in the inputs' own units and weights (unless all are 1) to a
    /// `.csv` or `.npz` file, whole or not at all.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), DataError> {
        let mut names = self.names().to_vec();
        let mut columns = self.points().columns().to_vec();
        let own = self.in_own_units();
        for k in 0..self.neurons() {
            let neuron = if self.neurons() == 1 { String::new() } else { (k + 1).to_string() };
            names.extend(self.names().iter().map(|name| format!("g{neuron}_{name}")));
            columns.extend_from_slice(own.basis(k));
        }
        if self.weights().iter().any(|&weight| weight != 1.0) {
            names.push(WEIGHT.into());
            columns.push(self.weights().to_vec());
        }
        Table::new(names, columns)?.write(path)
    }
}

impl Triplets {
    /// Reads triplets from a file (as [`Table::read`] does) with columns `anchor_NAME`,
    /// `positive_NAME` and `negative_NAME` for every input.
    ///
    /// An NPZ file may instead hold three arrays `anchor`, `positive` and `negative` of shape
    /// (N, d); the inputs are then called `x1` … `xd`.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let path = path.as_ref();
        let table = Table::read(path)?;
        if let [column] = table.names() {
            return Err(FileProblem::OneColumn { column: column.clone() }.in_file(path));
        }
        let part = |part| columns_of_part(&table, part).map_err(|problem| problem.in_file(path));
        let [anchor, positive, negative] = PARTS;
        Self::new(part(anchor)?, part(positive)?, part(negative)?)
            .map_err(|error| error.in_file(path))
    }

    /// Writes the triplets to a `.csv` or `.npz` file, whole or not at all.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), DataError> {
        let parts = [self.anchor(), self.positive(), self.negative()];
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        for (part, table) in PARTS.into_iter().zip(parts) {
            names.extend(table.names().iter().map(|name| format!("{part}_{name}")));
            columns.extend_from_slice(table.columns());
        }
        Table::new(names, columns)?.write(path)
    }
}

/// The columns `PART_NAME` as a table of the names alone.
fn columns_of_part(table: &Table, part: &'static str) -> Result<Table, FileProblem> {
    let named = |name: &String| name.strip_prefix(part)?.strip_prefix('_').map(str::to_string);
    let (names, columns): (Vec<_>, Vec<_>) = std::iter::zip(table.names(), table.columns())
        .filter_map(|(name, column)| Some((named(name)?, column.clone())))
        .unzip();
    if names.is_empty() {
        return Err(FileProblem::MissingPart { part, known: table.name_list() });
    }
    Table::new(names, columns).map_err(|error| FileProblem::Content(Box::new(error)))
}

/// The kinds of files.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Npz,
    Parquet,
}

impl Kind {
    fn of(path: &Path) -> Result<Self, DataError> {
        let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("csv" | "tsv" | "txt" | "dat") => Ok(Self::Text),
            Some("npz") => Ok(Self::Npz),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(FileProblem::UnknownKind.in_file(path)),
        }
    }

    /// By the marks that archives and Parquet files begin with.
    fn of_content(bytes: &[u8]) -> Self {
        match bytes {
            [b'P', b'K', 3 | 5, ..] => Self::Npz,
            [b'P', b'A', b'R', b'1', ..] => Self::Parquet,
            _ => Self::Text,
        }
    }
}

/// Writes a file beside its final place, then moves it there.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    // Temporary files are private by default; the final one follows the user's umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
