//! What can be wrong with files.

use crate::DataError;
use std::fmt;
use std::path::PathBuf;

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", file.display())]
pub struct FileError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: Box<FileProblem>,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// The system refused.
    #[error("cannot {action}: {source}")]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// There is no such file.
    #[error("no such file")]
    NotThere,
    /// A name that ends in nothing that is known.
    #[error(
        "unknown kind of file; end its name in `.csv` or `.npz` (or, to read it, `.parquet`, `.tsv`, \
         `.txt` or `.dat`)"
    )]
    UnknownKind,
    /// A Parquet file, for which this program was not built.
    #[error("this program was built without Parquet; write the table as `.csv` or `.npz`")]
    NoParquet,
    /// A Parquet file to be written.
    #[error("Parquet files are only read; end the name in `.csv` or `.npz`")]
    ReadOnlyKind,
    /// Nothing in it.
    #[error("the file is empty; expected a header line of column names, then rows of numbers")]
    Empty,
    /// Names but no rows.
    #[error("there is a header but no row of numbers below it")]
    HeaderOnly,
    /// The first line is made of numbers.
    #[error(
        "the first line starts with the number `{found}`, so the header is missing; \
         add a first line of column names"
    )]
    NoHeader {
        /// The first field.
        found: String,
    },
    /// A single column, where points and gradients, or three parts, must be.
    #[error(
        "there is only one column, `{column}`; fields are separated by commas, semicolons or tabs, \
         or by what --separator says"
    )]
    OneColumn {
        /// Its name.
        column: String,
    },
    /// A column without a name.
    #[error("the header: column {column} has no name; name it, or remove a trailing comma")]
    Unnamed {
        /// The column, counted from 1.
        column: usize,
    },
    /// A character that cannot stand between fields.
    #[error("{found:?} cannot separate fields; choose a sign such as `;` or a tab")]
    Separator {
        /// The character.
        found: char,
    },
    /// Two columns of one name.
    #[error("the header: column name `{name}` appears twice; rename one of the two")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A row of the wrong length.
    #[error(
        "line {line} has {found} fields where the header has {expected}; complete or remove it"
    )]
    Ragged {
        /// The line, counted from 1.
        line: u64,
        /// Its fields.
        found: usize,
        /// The columns of the header.
        expected: usize,
    },
    /// Text where a number must be.
    #[error(
        "{place}, column `{column}`: `{found}` is not a number; write numbers like 0.5 or -1e-3"
    )]
    NotANumber {
        /// Where.
        place: Place,
        /// The column's name.
        column: String,
        /// The text.
        found: String,
    },
    /// An infinity.
    #[error("{place}, column `{column}`: `{found}` is not finite; remove or repair this row")]
    NotFinite {
        /// Where.
        place: Place,
        /// The column's name.
        column: String,
        /// The text.
        found: String,
    },
    /// No number where one must be: an empty field, a NaN, a null.
    #[error(
        "{place}, column `{column}`: {}, and no number; complete such rows, or leave them out \
         with --skip-missing", shown(.found)
    )]
    Missing {
        /// Where.
        place: Place,
        /// The column's name.
        column: String,
        /// What stands there.
        found: String,
    },
    /// A column of nothing but NaN, nulls or empty fields.
    #[error("column `{column}` holds no number in any row; use the others, without it")]
    NoNumbers {
        /// The column's name.
        column: String,
    },
    /// Every row lacks a number.
    #[error(
        "each of the {rows} rows lacks a number in some column; use fewer columns, or complete the rows"
    )]
    AllMissing {
        /// The rows.
        rows: usize,
    },
    /// A comma that may stand between thousands, or before decimals.
    #[error(
        "{place}, column `{column}`: the comma in `{found}` can be read in two ways; write decimals \
         after a point, and nothing between thousands"
    )]
    Comma {
        /// Where.
        place: Place,
        /// The column's name.
        column: String,
        /// The text.
        found: String,
    },
    /// Not text.
    #[error("line {line} is not UTF-8 text; is this a CSV file?")]
    NotText {
        /// The line, counted from 1.
        line: u64,
    },
    /// A column that was asked for is not there.
    #[error("no column `{name}`; there are: {known} (or positions such as 1)")]
    MissingColumn {
        /// The name asked for.
        name: String,
        /// The names in the file.
        known: String,
    },
    /// All columns are gradients or weights.
    #[error("no input columns: all of them look like gradients or weights: {known}")]
    NoInputs {
        /// The names in the file.
        known: String,
    },
    /// Nothing but what tells groups apart.
    #[error(
        "no input columns: besides those of the groups and of the time no column holds numbers; the columns \
         are: {known}; between columns there is a comma, a semicolon or a tab"
    )]
    NoGroupInputs {
        /// The names in the file.
        known: String,
    },
    /// A column of groups that holds neither numbers nor words that can be read.
    #[error(
        "column `{column}` holds {found}, and tells no groups apart here; number the groups, as \
         pandas.factorize does, or write the table as `.csv`, where they may have names"
    )]
    GroupType {
        /// The column's name.
        column: String,
        /// What it holds.
        found: String,
    },
    /// A column of the time that holds neither numbers nor dates that can be read.
    #[error(
        "column `{column}` holds {found}, and no time that can be read; write numbers, or in a `.csv` dates such \
         as 2024-05-01 or 2024-05-01T12:00:00, which are read as seconds since the first; or name another column \
         with --time"
    )]
    TimeType {
        /// The column's name.
        column: String,
        /// What it holds.
        found: String,
    },
    /// A column named twice.
    #[error("`{name}` appears twice in a list of columns; name each once")]
    NamedTwice {
        /// The name.
        name: String,
    },
    /// A column of two roles.
    #[error("column `{column}` is named as an input, but holds {role}; take it out of --points")]
    TwoRoles {
        /// The column.
        column: String,
        /// What it is besides an input.
        role: &'static str,
    },
    /// An input has no gradient.
    #[error(
        "no gradient columns: expected a `g_{input}` (or `g{index}`) for the input `{input}`: an \
         input NAME has its gradient in g_NAME or, counting the inputs ({inputs}), in g1, g2, …; \
         the columns are: {known}"
    )]
    MissingGradient {
        /// The input's name.
        input: String,
        /// Its number, counted from 1.
        index: usize,
        /// What was taken for the inputs.
        inputs: String,
        /// The names in the file.
        known: String,
    },
    /// A gradient of no input.
    #[error(
        "`{column}` is a gradient of no input ({matched}): an input NAME has its gradient in g_NAME \
         or, counting the inputs, in g1, g2, …; a column `weight` holds weights unless it is named"
    )]
    SurplusGradient {
        /// The column.
        column: String,
        /// What each of the other columns was taken for.
        matched: String,
    },
    /// Lists of point and of gradient columns differ in length.
    #[error(
        "{gradients} gradient columns named for {points} inputs ({inputs}); name the inputs, and \
         for each neuron as many gradients"
    )]
    ColumnCount {
        /// Number of inputs.
        points: usize,
        /// Gradient columns named.
        gradients: usize,
        /// What was taken for the inputs.
        inputs: String,
    },
    /// Columns that are not as many as a network's inputs.
    #[error("{found} columns ({names}) for a network of {inputs} inputs; name them with --inputs")]
    InputCount {
        /// Number of columns.
        found: usize,
        /// Their names.
        names: String,
        /// Inputs of the network.
        inputs: usize,
    },
    /// Lists of inputs and of their derivatives in time differ in length.
    #[error(
        "{rates} columns of derivatives for {} inputs ({}); name the inputs, and a derivative for \
         each in the same order",
        inputs.len(), inputs.join(", ")
    )]
    RateCount {
        /// Derivatives named.
        rates: usize,
        /// What was taken for the inputs.
        inputs: Vec<String>,
    },
    /// A triplet file lacks one of its parts.
    #[error(
        "no columns `{part}_…`; a triplet file has columns anchor_NAME, positive_NAME and \
         negative_NAME for every input NAME; the columns are: {known}"
    )]
    MissingPart {
        /// `anchor`, `positive` or `negative`.
        part: &'static str,
        /// The names in the file.
        known: String,
    },
    /// Not an archive, or a broken one.
    #[error(
        "not a readable NPZ archive ({reason}); it may be truncated: write it again with numpy.savez"
    )]
    Archive {
        /// What the reader says.
        reason: String,
    },
    /// An array that is not what it says.
    #[error("array `{array}` cannot be read ({reason}); save it again as a plain float64 array")]
    Array {
        /// The array's name.
        array: String,
        /// What the reader says.
        reason: String,
    },
    /// Not a Parquet file, or a broken one.
    #[error(
        "not a readable Parquet file ({reason}); it may be truncated: write it again, \
         for example with DataFrame.to_parquet"
    )]
    Parquet {
        /// What the reader says.
        reason: String,
    },
    /// A column of a Parquet file that is not what it says.
    #[error("column `{column}` cannot be read ({reason}); is the file damaged?")]
    ParquetColumn {
        /// The column's name.
        column: String,
        /// What the reader says.
        reason: String,
    },
    /// A column that does not hold plain numbers.
    #[error("column `{column}` holds {found}; drop it, or convert it with .astype('float64')")]
    ColumnType {
        /// The column's name.
        column: String,
        /// What it holds.
        found: String,
    },
    /// The numbers were read, but make no valid data.
    #[error(transparent)]
    Content(Box<DataError>),
}

fn shown(found: &str) -> String {
    if found.is_empty() { "an empty field".into() } else { format!("`{found}`") }
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of a text, counted from 1.
    Line(u64),
    /// A row of a table, counted from 1.
    Row(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

impl FileProblem {
    /// The problem, with the file it is in.
    pub(crate) fn in_file(self, file: &std::path::Path) -> DataError {
        DataError::File(FileError { file: file.into(), problem: Box::new(self) })
    }
}
