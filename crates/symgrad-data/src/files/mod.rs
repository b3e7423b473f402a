//! Reading and writing tables, triplets and direction fields, as CSV or NPZ by the file's name;
//! Parquet is only read.

mod csv;
mod field;
mod npz;
mod parquet;

pub use field::FieldColumns;

use crate::{DataError, FileProblem, Table, Triplets};
use std::io::Write;
use std::path::Path;

/// Names and columns, as a file has them.
type Columns = (Vec<String>, Vec<Vec<f64>>);

/// Names of a triplet file's columns start with one of these and an underscore.
const PARTS: [&str; 3] = ["anchor", "positive", "negative"];

impl Table {
    /// Reads a table from a `.csv`, `.npz` or `.parquet` file.
    ///
    /// CSV: a header line of names, then rows of numbers, separated by commas. NPZ: a
    /// one-dimensional float64 or float32 array per column; a two-dimensional array `x` of
    /// shape (N, d) reads as the columns `x1` … `xd`. Archives must not be compressed
    /// (`numpy.savez`, not `savez_compressed`). Parquet: flat columns of doubles, singles or
    /// integers without nulls, packed by Snappy, Zstandard or not at all; the row labels of
    /// pandas (`__index_level_0__`) are left out.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let path = path.as_ref();
        let kind = Kind::of(path)?;
        let bytes = std::fs::read(path)
            .map_err(|source| FileProblem::Io { action: "read", source }.in_file(path))?;
        let columns = match kind {
            Kind::Csv => csv::parse(&bytes),
            Kind::Npz => npz::parse(&bytes),
            Kind::Parquet => parquet::parse(bytes),
        };
        columns
            .map_err(|problem| problem.in_file(path))
            .and_then(|(names, columns)| Self::new(names, columns))
            .map_err(|error| error.in_file(path))
    }

    /// Writes the table to a `.csv` or `.npz` file; numbers come back bit for bit.
    ///
    /// The file appears whole or not at all: it is written under another name in the same
    /// folder and then renamed, replacing a file of that name.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), DataError> {
        let path = path.as_ref();
        let bytes = match Kind::of(path)? {
            Kind::Csv => csv::format(self),
            Kind::Npz => npz::format(self),
            Kind::Parquet => return Err(FileProblem::ReadOnlyKind.in_file(path)),
        };
        bytes
            .and_then(|bytes| replace(path, &bytes))
            .map_err(|source| FileProblem::Io { action: "write", source }.in_file(path))
    }
}

impl Triplets {
    /// Reads triplets from a `.csv`, `.npz` or `.parquet` file with columns `anchor_NAME`,
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
    Csv,
    Npz,
    Parquet,
}

impl Kind {
    fn of(path: &Path) -> Result<Self, DataError> {
        let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("npz") => Ok(Self::Npz),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(FileProblem::UnknownKind.in_file(path)),
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
