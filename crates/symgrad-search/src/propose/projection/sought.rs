//! The values that are sought, and the quotients of sums that they may be.

use symgrad_expr::Expr;

use super::subsets::dot;

/// Σ a·f / (1 − Σ b·g), where t = Σ a·f + Σ b·g·t of what is sought, of length 1; the terms with their factors, those
/// marked that divide.
pub(super) fn quotient(terms: &[(bool, f64, Vec<Expr>)], length: f64) -> Option<Expr> {
    let of = |divides: bool, scale: f64| -> Vec<Expr> {
        let wanted = terms.iter().filter(|(own, ..)| *own == divides);
        let term = |(_, coefficient, factors): &(bool, f64, Vec<Expr>)| {
            let coefficient = Expr::constant(scale * coefficient);
            factors.iter().fold(coefficient, |term, factor| term * factor.clone())
        };
        wanted.map(term).collect()
    };
    let (above, below) = (of(false, length), of(true, -1.0));
    match (above.is_empty(), below.is_empty()) {
        (true, _) => None,
        (false, true) => Some(Expr::sum(above)),
        (false, false) => Some(Expr::sum(above) / (Expr::constant(1.0) + Expr::sum(below))),
    }
}

/// The values that are sought.
pub(super) struct Target {
    /// Of length 1.
    pub(super) unit: Vec<f64>,
    pub(super) length: f64,
    /// The square about the mean.
    variance: f64,
}

impl Target {
    pub(super) fn of(values: &[f64]) -> Self {
        let length = dot(values, values).sqrt();
        let unit: Vec<f64> = values.iter().map(|v| v / length).collect();
        let mean = unit.iter().sum::<f64>() / unit.len() as f64;
        let variance = unit.iter().map(|v| (v - mean).powi(2)).sum();
        Self { unit, length, variance }
    }

    /// The share of what varies.
    pub(super) fn share(&self, left: f64) -> f64 {
        left.max(0.0) / self.variance
    }
}
