//! What a polynomial tells of a gradient at a point, before its error is judged.

/// Slopes along r directions, and what may be wrong with them.
pub(super) struct Fitted {
    pub(super) along: Vec<f64>,
    /// Slopes are sums of independent numbers of that variance with these r rows of factors.
    pub(super) factors: Vec<Vec<f64>>,
    pub(super) variance: f64,
    /// How slopes change with the degree, where that is known.
    pub(super) moved: Option<Moved>,
}

/// The difference between the slopes of two degrees.
pub(super) struct Moved {
    pub(super) by: Vec<f64>,
    /// As those of the slopes.
    pub(super) factors: Vec<Vec<f64>>,
    /// The error that curvature leaves, relative to this difference.
    pub(super) part: f64,
}
