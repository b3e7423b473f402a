//! What can be wrong with data, in memory and in files.

use std::fmt;
use std::path::PathBuf;

/// Data that cannot be used, and why.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A table without columns.
    #[error("the table has no columns; at least one is needed")]
    NoColumns,
    /// A table without rows.
    #[error("the table has no rows; at least one is needed")]
    NoRows,
    /// Numbers of names and of columns differ.
    #[error("{names} names for {columns} columns; give each column one name")]
    NameCount {
        /// Names given.
        names: usize,
        /// Columns given.
        columns: usize,
    },
    /// A column longer or shorter than the first one.
    #[error("column `{column}` has {found} rows where {expected} are expected")]
    UnequalColumns {
        /// The column's name.
        column: String,
        /// Its rows.
        found: usize,
        /// The rows of the table.
        expected: usize,
    },
    /// A name that could not be told from a number, or not be seen.
    #[error(
        "{name:?} cannot name a column; choose a name that is not empty and no number, \
         without blanks around it or control characters in it"
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// Two columns of one name.
    #[error("column name `{name}` appears twice; rename one of the two")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A NaN or an infinity.
    #[error("column `{column}`, row {row}: {value} is not finite; remove or repair this row")]
    NotFinite {
        /// The column's name.
        column: String,
        /// The row, counted from 1.
        row: usize,
        /// What is there.
        value: f64,
    },
    /// Anchors, positives and negatives do not belong together.
    #[error(
        "the {part}s have columns [{found}] where the anchors have [{expected}]; \
         the three must agree in names and order"
    )]
    PartNames {
        /// `positive` or `negative`.
        part: &'static str,
        /// Their names.
        found: String,
        /// The anchors' names.
        expected: String,
    },
    /// Anchors, positives and negatives differ in number.
    #[error("there are {found} {part}s for {expected} anchors; a triplet needs one of each")]
    PartRows {
        /// `positive` or `negative`.
        part: &'static str,
        /// Their number.
        found: usize,
        /// The number of anchors.
        expected: usize,
    },
    /// No positive is near the anchors.
    #[error(
        "none of the {rows} triplets is left when positives must lie within {multiple} times \
         the anchors' range; choose a multiple of 1 or more"
    )]
    AllTrimmed {
        /// Triplets given.
        rows: usize,
        /// The multiple asked for.
        multiple: f64,
    },
    /// A direction field of no neuron.
    #[error("no gradients given; a direction field needs those of at least one neuron")]
    NoNeurons,
    /// More neurons than directions.
    #[error(
        "{neurons} neurons in {dim} directions; their span would be everything, \
         so that any formula fits; use fewer neurons"
    )]
    TooManyNeurons {
        /// Neurons given.
        neurons: usize,
        /// Inputs, or the rank of the tangent space.
        dim: usize,
    },
    /// A neuron with a wrong number of gradient columns.
    #[error("neuron {neuron} has {found} gradient columns for {expected} inputs")]
    GradientColumns {
        /// The neuron, counted from 1.
        neuron: usize,
        /// Columns given.
        found: usize,
        /// Inputs of the points.
        expected: usize,
    },
    /// No point is left with a direction.
    #[error(
        "none of the {rows} points has a usable gradient: they are zero, or too weak, or \
         perpendicular to the data's surface{}; check that the neuron is not dead",
        parallel(*.neurons)
    )]
    NoDirections {
        /// Points given.
        rows: usize,
        /// Neurons given.
        neurons: usize,
    },
    /// A tangent rank that cannot be.
    #[error("a tangent space of rank {rank} in {dim} inputs; choose 1 to {dim}, or detect it")]
    TangentRank {
        /// The rank asked for.
        rank: usize,
        /// Inputs of the points.
        dim: usize,
    },
    /// The principal axes of the points could not be computed.
    #[error("the surface of the data could not be determined; turn its detection off")]
    NoTangent,
    /// Points from which no curved surface can be told.
    #[error("no curved surface can be told from the points: {reason}")]
    NoSurface {
        /// Why not, and what may help.
        reason: String,
    },
    /// A number of concepts that the neurons cannot hold.
    #[error("{rank} concepts in {neurons} neurons; choose 1 to {neurons}, or have it estimated")]
    SpanRank {
        /// The number asked for.
        rank: usize,
        /// Neurons given.
        neurons: usize,
    },
    /// A threshold that is no number in [0, 1).
    #[error("`weak` is {weak}; it is a fraction of the median gradient: choose 0 ≤ weak < 1")]
    WeakThreshold {
        /// The value given.
        weak: f64,
    },
    /// Weights of the wrong number, or negative, or all zero.
    #[error("weights must be {expected} finite numbers ≥ 0, not all zero; {problem}")]
    Weights {
        /// Points of the field.
        expected: usize,
        /// What was found.
        problem: String,
    },
    /// Too few distinct points to tell gradients from values.
    #[error(
        "{rows} distinct points, and at least {needed} are needed to estimate gradients in \
         {dim} directions from values ({better} for good ones); give more points, or gradients"
    )]
    TooFewValues {
        /// Distinct points given.
        rows: usize,
        /// The fewest from which a slope can be told.
        needed: usize,
        /// The fewest from which curvature can be told apart from it.
        better: usize,
        /// Directions in which the points extend.
        dim: usize,
    },
    /// Values that do not change.
    #[error("all values are the same, so there are no gradients; is the neuron dead?")]
    ConstantValues,
    /// Points from whose values no gradient can be told.
    #[error(
        "no gradients can be estimated: nowhere do a point's neighbours extend in all \
         directions; detect the surface of the data, or give more points"
    )]
    NoEstimate,
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

fn parallel(neurons: usize) -> &'static str {
    if neurons > 1 { ", or the neurons' gradients are parallel" } else { "" }
}

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", file.display())]
pub struct FileError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: FileProblem,
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
    /// Every row lacks a number.
    #[error("each of the {rows} rows lacks a number in some column; choose columns with --points")]
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

impl DataError {
    /// The error, with the file it comes from; an error that names a file stays as it is.
    #[must_use]
    pub fn in_file(self, file: &std::path::Path) -> Self {
        match self {
            Self::File(_) => self,
            other => FileProblem::Content(Box::new(other)).in_file(file),
        }
    }
}

impl FileProblem {
    /// The problem, with the file it is in.
    pub(crate) fn in_file(self, file: &std::path::Path) -> DataError {
        DataError::File(FileError { file: file.into(), problem: self })
    }
}
