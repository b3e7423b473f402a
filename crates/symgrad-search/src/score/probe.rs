//! Recognising level-set classes: expressions with the same unit gradients at a few points.

use symgrad_expr::{Block, Expr, Node, Op};

use crate::score::axes::Axes;
use crate::score::measure::Measure;
use crate::score::target::Target;

/// Points at which expressions are told apart: one step of the evaluator's vector code.
const ROWS: usize = 16;

/// Steps into which a cosine's range is cut. Spellings of one function differ by rounding,
/// some 10⁻¹⁴, and hardly ever straddle two steps of this width; functions that agree this
/// well at all the points are one for every purpose of a search.
const RESOLUTION: f64 = 4_294_967_296.0;

/// A few of an objective's points, with a random direction at each.
///
/// Two expressions have the same level sets if their gradients have the same direction
/// everywhere, up to a global sign, however they are written. Looking at a few points costs a
/// fiftieth of a loss, and knows every identity of algebra and trigonometry.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    pub(crate) columns: Vec<Vec<f64>>,
    /// By axis.
    directions: Vec<[f64; ROWS]>,
    axes: Axes,
}

impl Probe {
    pub(crate) fn of(columns: &[Vec<f64>], axes: &Axes) -> Self {
        let total = columns.first().map_or(0, Vec::len);
        let rows: Vec<usize> = (0..ROWS).map(|n| n * total / ROWS).collect();
        let pick = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect();
        let directions = (0..columns.len() as u64).map(|input| {
            std::array::from_fn(|row| {
                let bits = mix(input * ROWS as u64 + row as u64);
                bits as f64 / u64::MAX as f64 - 0.5
            })
        });
        let columns = columns.iter().map(pick).collect();
        Self { columns, directions: directions.collect(), axes: axes.subset(&rows) }
    }

    /// The key of an expression compiled and evaluated at the probe's points; absent if
    /// something is not finite there.
    pub(crate) fn key(
        &self,
        expr: &Expr,
        block: &Block<'_>,
        inputs: &[u16],
        target: &Target,
    ) -> Option<u64> {
        if block.non_finite() > 0 {
            return None;
        }
        let mut features = match target {
            Target::Directions(_) => self.angles(block, inputs),
            Target::Values(values) => {
                let seen: [f64; ROWS] = std::array::from_fn(|row| block.values()[row]);
                if values.linear_scaling { standardised(seen) } else { seen }
            }
        };
        let signed = match target {
            Target::Directions(directions) => directions.measure == Measure::PaperMse,
            Target::Values(values) => !values.linear_scaling,
        };
        let blind = match target {
            Target::Directions(directions) => directions.signed().is_none(),
            Target::Values(_) => false,
        };
        if blind {
            for feature in &mut features {
                *feature = feature.abs();
            }
        }
        let first = features.iter().copied().find(|f| f.abs() > 1e-3).unwrap_or(1.0);
        if !signed && first < 0.0 {
            for f in &mut features {
                *f = -*f;
            }
        }
        let mut key = domain_signature(expr);
        for feature in features {
            // Values without scaling may be of any size: their bits but the last 20 count.
            let step = if signed && matches!(target, Target::Values(_)) {
                (feature.to_bits() + (1 << 19)) >> 20
            } else {
                ((feature * RESOLUTION).round() + 0.0).to_bits()
            };
            key = mix(key ^ step);
        }
        Some(key)
    }

    /// Cosines of the angles between the gradient and the random directions, up to their length.
    fn angles(&self, block: &Block<'_>, inputs: &[u16]) -> [f64; ROWS] {
        let mut along = [0.0; ROWS];
        let mut square = [0.0; ROWS];
        let mut add = |axis: usize, gradient: &[f64]| {
            let direction = &self.directions[axis];
            for row in 0..ROWS {
                along[row] += gradient[row] * direction[row];
                square[row] += gradient[row] * gradient[row];
            }
        };
        if self.axes.is_whole() {
            for (slot, &input) in inputs.iter().enumerate() {
                add(usize::from(input), block.gradient(slot));
            }
        } else {
            for axis in self.axes.reached(inputs) {
                let mut component = [0.0; ROWS];
                for (slot, &input) in inputs.iter().enumerate() {
                    if let Some(share) = self.axes.share(axis, input, &(0..ROWS)) {
                        share.add(block.gradient(slot), &mut component);
                    }
                }
                add(axis, &component);
            }
        }
        std::array::from_fn(|row| {
            if square[row] > 1e-290 { along[row] / square[row].sqrt() } else { 0.0 }
        })
    }
}

fn standardised(values: [f64; ROWS]) -> [f64; ROWS] {
    let mean = values.iter().sum::<f64>() / ROWS as f64;
    let square = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    if square > 1e-24 * mean * mean {
        values.map(|v| (v - mean) / square.sqrt())
    } else {
        [0.0; ROWS]
    }
}

/// Where an expression may fail to be finite: the arguments of its partial operators. Functions
/// that agree where both are finite need not be finite at the same points.
fn domain_signature(expr: &Expr) -> u64 {
    let partial = |node: &Node| {
        matches!(
            node,
            Node::Op(
                Op::Div
                    | Op::Pow
                    | Op::Sqrt
                    | Op::Log
                    | Op::Inv
                    | Op::Tan
                    | Op::Exp
                    | Op::Asin
                    | Op::Acos
                    | Op::Atan2
                    | Op::Sinh
                    | Op::Cosh
            )
        )
    };
    if !expr.nodes().iter().any(partial) {
        return 0;
    }
    let mut stack: Vec<u64> = Vec::with_capacity(expr.len());
    let mut constants = expr.constants().iter();
    let mut signature = 0_u64;
    for node in expr.nodes() {
        let hash = match node {
            Node::Var(input) => mix(u64::from(*input)),
            Node::Const => mix(constants.next().map_or(0, |c| c.to_bits()) ^ (1 << 20)),
            Node::Op(op) => {
                let right = stack.pop().unwrap_or(0);
                let left = if op.arity() == 2 { stack.pop().unwrap_or(0) } else { 0 };
                let code = (1 << 40) + *op as u64;
                let within = if op.is_commutative() {
                    left.wrapping_add(right)
                } else {
                    mix(left).wrapping_add(right)
                };
                if partial(node) {
                    let risky = if matches!(op, Op::Pow | Op::Atan2) { within } else { right };
                    signature = signature.wrapping_add(mix(risky ^ code));
                }
                mix(within ^ code)
            }
        };
        stack.push(hash);
    }
    signature
}

/// Spreads the bits of a number (the finaliser of `SplitMix64`).
pub(crate) fn mix(bits: u64) -> u64 {
    let bits = (bits ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};

    use crate::{Evaluator, Measure, Objective};

    fn objective(measure: Measure) -> Objective {
        let column =
            |step: u32| (0..60_u32).map(|n| f64::from(n * step % 61) / 30.0 - 1.0).collect();
        let columns: Vec<Vec<f64>> = [7, 11, 17, 23].map(column).to_vec();
        let gradients = vec![vec![1.0; 60]; 4];
        let points = Table::new((1..=4).map(|i| format!("x{i}")).collect(), columns).unwrap();
        let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default());
        Objective::new(&field.unwrap(), measure)
    }

    fn key(text: &str, objective: &Objective) -> Option<u64> {
        Evaluator::new(objective).compile_and_classify(&text.parse().unwrap())
    }

    #[test]
    fn functions_with_the_same_level_sets_share_a_key() {
        let objective = objective(Measure::LevelSet);
        for (a, b) in [
            ("x1*x4 - x2*x3", "3 - 2*(x3*x2 - x4*x1)"),
            ("(x1 + x2)^2*x3", "x3*(x2 + x1)*(x1 + x2)"),
            ("sin(x1 - x2)*x4", "x4*(sin(x1)*cos(x2) - cos(x1)*sin(x2))"),
            ("cos(x1)^2 + x3", "x3 - sin(x1)^2"),
            ("(x1 - x2)^2 + x3", "neg(x3) - (x2 - x1)^2"),
            ("x1^2 + x2^2", "(x1^2 + x2^2)^2"),
        ] {
            assert!(key(a, &objective).is_some());
            assert_eq!(key(a, &objective), key(b, &objective), "{a} and {b}");
        }
        for (a, b) in [("x1 + x2", "x1 - x2"), ("x1*x2", "x1 + x2"), ("x1", "x2")] {
            assert_ne!(key(a, &objective), key(b, &objective), "{a} and {b}");
        }
    }

    #[test]
    fn functions_undefined_at_other_points_have_another_key() {
        let objective = objective(Measure::LevelSet);
        assert_ne!(key("exp(x1 + x2)", &objective), key("1/(x1 + x2 + 1.99)", &objective));
        assert_eq!(key("sqrt(x1)", &objective), None);
    }

    #[test]
    fn the_published_loss_tells_signs_apart() {
        let objective = objective(Measure::PaperMse);
        assert_ne!(key("x1 - x2", &objective), key("x2 - x1", &objective));
        assert_eq!(key("x1 - x2", &objective), key("3*x1 - 3*x2", &objective));
    }
}
