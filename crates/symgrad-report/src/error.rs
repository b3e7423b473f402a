//! What can keep a picture from being drawn.

/// Data that cannot be drawn, or a file that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// There is nothing to draw.
    #[error("the {series} has no points; a picture needs at least one")]
    Empty {
        /// Which series.
        series: &'static str,
    },
    /// A value has no place on its axis.
    #[error(
        "the {series} holds {value} at index {index}; \
         drop such entries first: an axis shows {allowed} only"
    )]
    NotDrawable {
        /// Which series.
        series: &'static str,
        /// Position in the series.
        index: usize,
        /// The value found there.
        value: f64,
        /// What the axis can show.
        allowed: &'static str,
    },
    /// Two series that belong together differ in length.
    #[error("{left} has {left_len} values but {right} has {right_len}; give one of each per point")]
    Lengths {
        /// Name of the first series.
        left: &'static str,
        /// Its length.
        left_len: usize,
        /// Name of the second series.
        right: &'static str,
        /// Its length.
        right_len: usize,
    },
    /// The answer's index lies outside the front.
    #[error("the answer is entry {index}, but the front has {len} entries (counted from 0)")]
    NoSuchEntry {
        /// The index given.
        index: usize,
        /// Entries on the front.
        len: usize,
    },
    /// The drawing library gave up.
    #[error("the picture could not be drawn: {reason}")]
    Drawing {
        /// Its message.
        reason: String,
    },
}

impl<E: std::error::Error + Send + Sync> From<plotters::drawing::DrawingAreaErrorKind<E>>
    for ReportError
{
    fn from(error: plotters::drawing::DrawingAreaErrorKind<E>) -> Self {
        Self::Drawing { reason: error.to_string() }
    }
}

/// Values beyond this are rejected: the axis arithmetic must not overflow.
const LARGEST: f64 = 1e150;

/// Checks that a linear axis can show all values.
pub(crate) fn check_finite(series: &'static str, values: &[f64]) -> Result<(), ReportError> {
    let allowed = "finite numbers up to 1e150";
    check(series, values, allowed, |value| value.abs() <= LARGEST)
}

/// Checks that a logarithmic axis, with zero set apart, can show all values.
pub(crate) fn check_losses(series: &'static str, values: &[f64]) -> Result<(), ReportError> {
    let allowed = "zero and positive finite numbers";
    check(series, values, allowed, |value| value.is_finite() && value >= 0.0)
}

fn check(
    series: &'static str,
    values: &[f64],
    allowed: &'static str,
    drawable: impl Fn(f64) -> bool,
) -> Result<(), ReportError> {
    if values.is_empty() {
        return Err(ReportError::Empty { series });
    }
    match values.iter().position(|&value| !drawable(value)) {
        Some(index) => {
            Err(ReportError::NotDrawable { series, index, value: values[index], allowed })
        }
        None => Ok(()),
    }
}
