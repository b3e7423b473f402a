//! Any expression as a concept that triplets share.

use symgrad_experiments::Concept;
use symgrad_expr::{Expr, derivative};

/// An expression with its symbolic derivatives, for
/// [`isolated_triplets`](symgrad_experiments::isolated_triplets).
///
/// ```
/// use symgrad::ExprConcept;
/// use symgrad::experiments::{Concept, isolated_triplets};
/// use symgrad::expr::{Expr, Names};
///
/// let names = ["x".to_string(), "v".to_string()];
/// let energy = Expr::parse("v^2/2 + x^4", &Names::new(names.clone())?)?;
/// let concept = ExprConcept::new(&energy, names.len());
/// let bounds = [(-1.0, 1.0), (-1.0, 1.0)];
/// let triplets = isolated_triplets(&concept, &names, &bounds, 50, 1)?;
/// let (anchor, positive) = (triplets.anchor().row(9), triplets.positive().row(9));
/// assert!((concept.value(&anchor) - concept.value(&positive)).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ExprConcept {
    expr: Expr,
    slopes: Vec<Expr>,
}

impl ExprConcept {
    /// The concept over that many inputs, or as many as the expression uses if those are more.
    pub fn new(expr: &Expr, inputs: usize) -> Self {
        let inputs = inputs.max(expr.input_count());
        let indices = (0..inputs).filter_map(|index| u16::try_from(index).ok());
        Self { expr: expr.clone(), slopes: indices.map(|input| derivative(expr, input)).collect() }
    }
}

impl Concept for ExprConcept {
    fn dim(&self) -> usize {
        self.slopes.len()
    }

    fn value(&self, x: &[f64]) -> f64 {
        self.expr.eval(x)
    }

    fn gradient(&self, x: &[f64], out: &mut [f64]) {
        for (slope, component) in self.slopes.iter().zip(out) {
            *component = slope.eval(x);
        }
    }
}
