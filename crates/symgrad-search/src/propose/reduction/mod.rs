//! Fewer variables: inputs that enter through a combination alone are replaced by it.
//!
//! If f = F(g(xᵢ, xⱼ), the other inputs), then the components of ∇f along xᵢ and xⱼ are in the
//! proportion of those of ∇g: restricted to two inputs a direction field is a direction field
//! again, that of g. Spectral fits find g, g takes the place of the two inputs, and the question is
//! asked again. What is left to find then has fewer variables.
//!
//! Nothing is decided here: combinations that are wrong lead to formulas that do not fit, and the
//! front shows it. So there are no thresholds of belief, only a bound on the work.

mod characteristics;
mod coordinates;
mod factors;
mod homogeneous;
mod integrating_factor;
mod interactions;
mod invariants;
mod low_rank;
mod potential;
mod products;
mod quadrature;
mod radicals;
mod smooth;
mod symmetries;
mod varying;

use std::collections::BTreeMap;

use symgrad_expr::{Expr, OpSet};

use crate::propose::spectral::{self, BeamOptions};
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;
pub(crate) use characteristics::{Characteristic, characteristics};
pub(crate) use coordinates::Coordinates;
pub(crate) use factors::factors;
pub(crate) use homogeneous::{Homogeneous, homogeneous};
pub(crate) use integrating_factor::{IntegratingFactor, integrating_factors};
pub(crate) use invariants::invariants;
pub(crate) use low_rank::{LowRank, low_rank};
pub(crate) use products::FITTED_POINTS;
pub(crate) use quadrature::quadratures;
pub(crate) use radicals::{Radical, radicals};
pub(crate) use symmetries::scaled;
pub(crate) use varying::{Term, VaryingCoefficients, varying_coefficients};

/// What comes of combining variables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reduction {
    /// Formulas worth a look.
    pub(crate) formulas: Vec<Expr>,
    /// Combinations of inputs that explain them about as well as the best does.
    pub(crate) combinations: Vec<Expr>,
    /// Evaluations spent, as many as would have been spent on all points.
    pub(crate) evaluations: u64,
}

/// Points that are looked at: a pair of variables needs few.
const POINTS: usize = 250;
/// Inputs beyond which there are too many pairs.
const INPUTS: usize = 12;
/// Frames that are followed at each level.
const PATHS: usize = 3;
/// Combinations of a pair that are tried.
const TRIED: usize = 2;
/// Share of what the better of two variables alone leaves unexplained that a combination may
/// leave: with more it explains nothing.
const UNEXPLAINED: f64 = 0.25;
/// Shares below this are rounding.
const EXACT_SHARE: f64 = 1e-9;
/// Price of a unit of complexity, in units of log share.
const PARSIMONY: f64 = 0.12;

/// A combination g of two variables x1 and x2 and how well it explains them.
#[derive(Clone, Debug)]
struct Combination {
    expr: Expr,
    /// The share left unexplained of what the better variable alone leaves unexplained.
    share: f64,
    /// The log of that, plus the price of the complexity.
    cost: f64,
}

/// Combines variables pair by pair, level by level, as far as the allowance goes.
pub(crate) fn reduce(
    objective: &Objective,
    inputs: &[u16],
    ops: &OpSet,
    allowance: Allowance,
) -> Reduction {
    let thinned = objective.thinned(POINTS);
    let share = thinned.points() as f64 / objective.points() as f64;
    let allowance = allowance.stretched(share);
    let mut work = Work { ops, allowance, found: Reduction::default(), known: BTreeMap::new() };
    let first =
        Coordinates::new(&thinned, inputs).filter(|coordinates| coordinates.dim() <= INPUTS);
    let mut paths: Vec<Path> =
        first.map(|coordinates| Path { coordinates, cost: 0.0, share: 0.0 }).into_iter().collect();
    let mut reached = vec![];
    for path in &paths {
        work.quotients(&path.coordinates);
    }
    while !paths.is_empty() && !work.left().is_over() {
        paths = work.next(&paths);
        for path in &paths {
            work.quotients(&path.coordinates);
            if path.coordinates.dim() > 2 {
                work.formulas(&path.coordinates);
            }
        }
        reached.extend(paths.iter().cloned());
    }
    let mut found = work.found;
    found.combinations = combinations(&reached);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    let evaluations = (found.evaluations as f64 * share).ceil() as u64;
    Reduction { evaluations, ..found }
}

/// A coordinates, and what led there.
#[derive(Clone, Debug)]
struct Path {
    coordinates: Coordinates,
    /// The sum of the steps' costs.
    cost: f64,
    /// The largest share that a step left unexplained.
    share: f64,
}

/// The combinations on the paths that leave little more unexplained than the best.
fn combinations(paths: &[Path]) -> Vec<Expr> {
    let best = paths.iter().map(|path| path.share).fold(f64::INFINITY, f64::min);
    let bound = SIMILAR * best.max(EXACT_SHARE);
    let mut found: Vec<Expr> = vec![];
    for path in paths.iter().filter(|path| path.share <= bound) {
        let combined = path.coordinates.variables.iter().filter(|variable| variable.len() > 1);
        for variable in combined {
            if !found.contains(variable) {
                found.push(variable.clone());
            }
        }
    }
    found
}

/// Shares within this factor are taken to be alike.
const SIMILAR: f64 = 30.0;

/// What is gathered and remembered on the way.
struct Work<'a> {
    ops: &'a OpSet,
    allowance: Allowance,
    found: Reduction,
    /// The combinations of pairs that were looked at, by the names of the two.
    known: BTreeMap<(String, String), Vec<Combination>>,
}

impl Work<'_> {
    /// What may still be spent.
    fn left(&self) -> Allowance {
        self.allowance.after(self.found.evaluations)
    }

    /// The best frames one combination further.
    fn next(&mut self, paths: &[Path]) -> Vec<Path> {
        let mut steps: Vec<(f64, usize, (usize, usize), Combination)> = vec![];
        for (index, path) in paths.iter().enumerate() {
            for pair in path.coordinates.pairs() {
                if self.left().is_over() {
                    return vec![];
                }
                let combinations = self.combine(&path.coordinates, pair);
                if path.coordinates.dim() == 2 {
                    let whole =
                        combinations.iter().map(|c| path.coordinates.in_inputs(&c.expr, pair));
                    self.found.formulas.extend(whole);
                }
                for combination in combinations.into_iter().take(TRIED) {
                    steps.push((path.cost + combination.cost, index, pair, combination));
                }
            }
        }
        steps.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut next: Vec<Path> = vec![];
        for (cost, index, pair, combination) in steps {
            if next.len() == PATHS {
                break;
            }
            let Some(coordinates) =
                paths[index].coordinates.combined(&[pair.0, pair.1], &combination.expr)
            else {
                continue;
            };
            if !next.iter().any(|path| path.coordinates.is_alike(&coordinates)) {
                next.push(Path {
                    coordinates,
                    cost,
                    share: paths[index].share.max(combination.share),
                });
            }
        }
        next
    }

    /// The best combinations of two variables, if any explains them.
    fn combine(&mut self, coordinates: &Coordinates, pair: (usize, usize)) -> Vec<Combination> {
        if let Some(known) = self.known.get(&coordinates.name(pair)) {
            return known.clone();
        }
        let mut found = vec![];
        if let Some(restricted) = coordinates.restricted(&[pair.0, pair.1]) {
            let mut eval = Evaluator::allowed(&restricted, self.left());
            found = combine(self.ops, &mut eval);
            self.found.evaluations += eval.evaluations();
        }
        self.known.insert(coordinates.name(pair), found.clone());
        found
    }

    /// Quotients of sums in the variables of a coordinates.
    fn quotients(&mut self, coordinates: &Coordinates) {
        let all: Vec<usize> = (0..coordinates.dim()).collect();
        let Some(objective) = coordinates.restricted(&all) else { return };
        let mut eval = Evaluator::allowed(&objective, self.left());
        let found = spectral::quotients(&coordinates.indices(), self.ops, &mut eval);
        self.found.evaluations += eval.evaluations();
        self.found
            .formulas
            .extend(found.iter().map(|expr| expr.substitute(&coordinates.variables)));
    }

    /// Polynomials and short sums in the variables of a coordinates.
    fn formulas(&mut self, coordinates: &Coordinates) {
        let all: Vec<usize> = (0..coordinates.dim()).collect();
        let Some(objective) = coordinates.restricted(&all) else { return };
        let mut eval = Evaluator::allowed(&objective, self.left());
        let variables = coordinates.indices();
        let library = spectral::mixed_library(&variables, self.ops, LIBRARY);
        let options = BeamOptions { width: 20, terms: 4, extensions: 30, proposals: 2 };
        let mut found = spectral::short_sums(library, self.ops, options, &mut eval);
        for proposal in spectral::eliminate(&variables, 3, self.ops, |_| true, &mut eval) {
            found.extend(proposal.spellings(self.ops));
        }
        self.found.evaluations += eval.evaluations();
        self.found
            .formulas
            .extend(found.iter().map(|expr| expr.substitute(&coordinates.variables)));
    }
}

/// The best combinations of the two variables of a field.
fn combine(ops: &OpSet, eval: &mut Evaluator<'_>) -> Vec<Combination> {
    let alone = eval.loss(&Expr::var(0)).min(eval.loss(&Expr::var(1)));
    let options = BeamOptions { width: 12, terms: 2, extensions: 0, proposals: 1 };
    let library = spectral::pair_library(ops);
    let sums = spectral::short_sums(library, ops, options, eval).into_iter();
    let mut found: Vec<Combination> = sums
        .filter(|expr| expr.input_count() == 2)
        .map(|expr| {
            let share = eval.loss(&expr) / alone;
            let price = PARSIMONY * f64::from(ops.complexity(&expr));
            Combination { cost: share.max(EXACT_SHARE).ln() + price, share, expr }
        })
        .filter(|combination| combination.share < UNEXPLAINED)
        .collect();
    found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    found.truncate(REMEMBERED);
    found
}

/// Combinations of a pair that are remembered.
const REMEMBERED: usize = 8;

/// Most features in the variables of a coordinates.
const LIBRARY: usize = 300;

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};
    use symgrad_expr::{Program, Workspace};

    use super::*;
    use crate::Measure;

    /// The field of a formula on [1, 2]ᵈ.
    pub(super) fn objective(truth: &str, dim: usize) -> Objective {
        let column = |k: usize| {
            let step = [0.618_034, 0.414_214, 0.732_051, 0.236_068, 0.302_776, 0.541_381][k];
            (0..300).map(|n| 1.0 + (f64::from(n) * step + 0.1 * k as f64).fract()).collect()
        };
        let columns: Vec<Vec<f64>> = (0..dim).map(column).collect();
        let mut gradients = vec![vec![]; dim];
        Program::compile(&truth.parse().unwrap())
            .input_gradients(&columns, &mut Workspace::default(), &mut [0.0; 300], &mut gradients)
            .unwrap();
        let points =
            Table::new((0..dim).map(|k| format!("x{}", k + 1)).collect(), columns).unwrap();
        let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default());
        Objective::new(&field.unwrap(), Measure::LevelSet)
    }

    #[test]
    fn a_formula_that_uses_every_input_once_is_put_together_from_pairs() {
        for (truth, dim) in [
            ("x1*x2/((x3 + x4)^2 + x5^2)", 5),
            ("exp(x1*x2/(x3*x4)) + x5", 5),
            ("(x1 - 0.3*x2^2)*sin(x3*x4)", 4),
        ] {
            let objective = objective(truth, dim);
            let inputs: Vec<u16> = (0..6).take(dim).collect();
            let reduction = reduce(&objective, &inputs, &OpSet::default(), Allowance::UNLIMITED);
            let mut eval = Evaluator::new(&objective);
            let losses = reduction.formulas.iter().map(|expr| eval.loss(expr));
            let best = losses.fold(f64::INFINITY, f64::min);
            assert!(best < 1e-10, "{truth}: {best:e} with {:?}", reduction.combinations);
        }
    }

    #[test]
    fn what_does_not_reduce_costs_little() {
        let objective = objective("x1*x2 + sin(x2*x3) + exp(x3*x1)", 3);
        let reduction = reduce(&objective, &[0, 1, 2], &OpSet::default(), Allowance::UNLIMITED);
        assert!(reduction.evaluations < 10_000, "{}", reduction.evaluations);
    }
}
