//! What can be wrong with data, in memory and in files.

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
    /// A name that ends in none of `.csv`, `.npz` and `.parquet`.
    #[error("unknown kind of file; end its name in `.csv` or `.npz` (or `.parquet`, to read it)")]
    UnknownKind,
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
    #[error("there is only one column, `{column}`; are the fields separated by commas?")]
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
    /// A name that could not be told from a number, or not be seen.
    #[error("the header: {name:?} cannot name a column; choose a plain name")]
    BadName {
        /// The name.
        name: String,
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
        "line {line}, column `{column}`: `{found}` is not a number; write numbers like 0.5 or -1e-3"
    )]
    NotANumber {
        /// The line, counted from 1.
        line: u64,
        /// The column's name.
        column: String,
        /// The text.
        found: String,
    },
    /// A NaN or an infinity.
    #[error("line {line}, column `{column}`: `{found}` is not finite; remove or repair this row")]
    NotFinite {
        /// The line, counted from 1.
        line: u64,
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
    #[error("no column `{name}`; there are: {known}")]
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
    /// An input has no gradient.
    #[error(
        "no gradient columns: expected a `g_{input}` (or `g{index}`) for the input `{input}`; \
         the columns are: {known}"
    )]
    MissingGradient {
        /// The input's name.
        input: String,
        /// Its number, counted from 1.
        index: usize,
        /// The names in the file.
        known: String,
    },
    /// Lists of point and of gradient columns differ in length.
    #[error(
        "{gradients} gradient columns named for {points} inputs; name a multiple of the inputs"
    )]
    ColumnCount {
        /// Inputs named.
        points: usize,
        /// Gradient columns named.
        gradients: usize,
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
    /// An array of the wrong element type.
    #[error("array `{array}` has elements of type {found}; convert it with .astype('float64')")]
    ElementType {
        /// The array's name.
        array: String,
        /// The type as the file spells it.
        found: String,
    },
    /// An array of the wrong shape.
    #[error("array `{array}` has shape {found}, expected {expected}")]
    Shape {
        /// The array's name.
        array: String,
        /// Its shape.
        found: String,
        /// The shape wanted.
        expected: String,
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
        found: &'static str,
    },
    /// A null.
    #[error("column `{column}`, row {row} is empty (null); remove or fill this row")]
    Null {
        /// The column's name.
        column: String,
        /// The row, counted from 1.
        row: usize,
    },
    /// The numbers were read, but make no valid data.
    #[error(transparent)]
    Content(Box<DataError>),
}

impl DataError {
    /// The error, with the file it comes from; an error that names a file stays as it is.
    pub(crate) fn in_file(self, file: &std::path::Path) -> Self {
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
