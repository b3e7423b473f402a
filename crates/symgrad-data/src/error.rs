//! What can be wrong with data, in memory and in files.

use crate::{FileError, FileProblem, GroupError};

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
    /// Very many inputs, of which none shows an influence on the values.
    #[error(
        "none of the {dim} inputs by itself shows an influence on the values, and {rows} points do \
         not tell slopes along all of them; give gradients, or points in fewer inputs"
    )]
    NoInfluence {
        /// Points given.
        rows: usize,
        /// Inputs of the points.
        dim: usize,
    },
    /// Points from whose values no gradient can be told.
    #[error(
        "no gradients can be estimated: nowhere do a point's neighbours extend in all \
         directions; detect the surface of the data, or give more points"
    )]
    NoEstimate,
    /// Groups from which nothing can be told.
    #[error(transparent)]
    Groups(#[from] GroupError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

fn parallel(neurons: usize) -> &'static str {
    if neurons > 1 { ", or the neurons' gradients are parallel" } else { "" }
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
