//! Backward elimination over large libraries of features that are nearly collinear.
//!
//! All features at once have combinations whose terms cancel: their gradient is nothing but
//! rounding, and so may be the misfit. With features of unit mean squared gradient, a ridge on the
//! misfit alone, (A + δI) c = λ B c, makes such combinations pay δ‖c‖², while a combination that is
//! really there has a large cᵀBc and pays next to nothing. The smallest coefficient is dropped and
//! the eigenproblem solved again, to the last term. δ is of the size of the misfit at the truth,
//! which nobody knows: a ladder of them is tried.

use symgrad_expr::Expr;

use super::gram::{Eigenpair, Gram};
use super::{Proposal, gram_of, sums};
use crate::score::evaluator::Evaluator;
use crate::score::fit::fit_constants;

/// Misfits at the truth that are allowed for: exact gradients, exact ones in text files, and
/// those of good and of fair networks. Two decades either way do little harm.
const RIDGES: [f64; 4] = [1e-12, 1e-7, 1e-4, 1e-3];

/// Longest sum proposed.
const LONGEST: usize = 12;

/// One in so many of the features is dropped at a time, while there are many.
const SHARE: usize = 15;

/// Rounds of reweighting for the sums proposed.
const REFINE: usize = 3;

/// Longest sum whose inner constants are fitted with its coefficients, and the steps of a fit.
const FITTED: usize = 8;
const FIT_ROUNDS: usize = 12;

/// Sums over a library, of every length and for every ridge; those that several ridges lead to
/// once.
pub(crate) fn eliminate_library(
    library: Vec<Expr>,
    evaluator: &mut Evaluator<'_>,
) -> Vec<Proposal> {
    let (features, gram) = gram_of(library, evaluator);
    let mut known: Vec<Vec<usize>> = Vec::new();
    let mut proposals = Vec::new();
    for ridge in RIDGES {
        for (kept, pair) in path(&gram.with_misfit_ridge(ridge)) {
            if known.contains(&kept) {
                continue;
            }
            let terms: Vec<Expr> = kept.iter().map(|&j| features[j].clone()).collect();
            let proposal = Proposal::of(terms, pair.coefficients, REFINE, evaluator);
            if kept.len() == FITTED {
                proposals.extend(fitted_path(&proposal, evaluator));
            }
            proposals.push(proposal);
            known.push(kept);
        }
    }
    proposals
}

/// Goes on with a sum whose terms have constants inside: these are fitted with the coefficients
/// before each further term is dropped. Terms on a grid of constants share what one between them
/// would explain, and only the fit shows which of them are superfluous.
fn fitted_path(sum: &Proposal, evaluator: &mut Evaluator<'_>) -> Vec<Proposal> {
    let (mut terms, mut coefficients) = (sum.terms.clone(), sum.coefficients.clone());
    let mut found = vec![];
    while terms.len() > 1 && terms.iter().any(|term| !term.constants().is_empty()) {
        let (mut sum, _) = sums::weighted(&terms, &coefficients);
        let loss = evaluator.loss(&sum);
        if !loss.is_finite() || evaluator.is_spent() {
            break;
        }
        fit_constants(&mut sum, loss, FIT_ROUNDS, evaluator);
        let (features, gram) = gram_of(sums::terms(&sum), evaluator);
        let all: Vec<usize> = (0..features.len()).collect();
        let Some(pair) = gram.smallest(&all) else { break };
        let smallest = by_size(&pair)[0];
        found.push(Proposal::of(features.clone(), pair.coefficients.clone(), 1, evaluator));
        terms = features;
        coefficients = pair.coefficients;
        terms.remove(smallest);
        coefficients.remove(smallest);
    }
    found
}

/// The features that are left at each length of at most [`LONGEST`], with their coefficients.
fn path(gram: &Gram) -> Vec<(Vec<usize>, Eigenpair)> {
    let mut kept: Vec<usize> = (0..gram.len()).collect();
    let mut found = Vec::new();
    while let Some(pair) = gram.smallest(&kept) {
        let order = by_size(&pair);
        if kept.len() <= LONGEST {
            found.push((kept.clone(), pair));
        }
        if kept.len() <= 1 {
            break;
        }
        let over = kept.len().saturating_sub(LONGEST);
        let drop = (kept.len() / SHARE).min(over).max(1);
        let mut left: Vec<usize> = order[drop..].iter().map(|&i| kept[i]).collect();
        left.sort_unstable();
        kept = left;
    }
    found
}

/// The places of the coefficients, by rising size.
fn by_size(pair: &Eigenpair) -> Vec<usize> {
    let mut order: Vec<usize> = (0..pair.scaled.len()).collect();
    order.sort_by(|&i, &j| pair.scaled[i].abs().total_cmp(&pair.scaled[j].abs()).then(i.cmp(&j)));
    order
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use symgrad_data::{DirectionField, FieldOptions, Table};
    use symgrad_expr::{OpSet, Program, Workspace};

    use super::super::families::families;
    use super::*;
    use crate::{Measure, Objective};

    /// The field of a formula at random points, turned by errors of that size.
    fn field(truth: &str, dim: usize, (low, high): (f64, f64), noise: f64) -> Objective {
        const POINTS: usize = 500;
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut column =
            || -> Vec<f64> { (0..POINTS).map(|_| rng.random_range(low..high)).collect() };
        let columns: Vec<Vec<f64>> = (0..dim).map(|_| column()).collect();
        let mut gradients = vec![vec![]; dim];
        Program::compile(&truth.parse().unwrap())
            .input_gradients(
                &columns,
                &mut Workspace::default(),
                &mut [0.0; POINTS],
                &mut gradients,
            )
            .unwrap();
        for n in 0..POINTS {
            let length = gradients.iter().map(|g| g[n] * g[n]).sum::<f64>().sqrt();
            for g in &mut gradients {
                g[n] += noise * length * rng.random_range(-1.0..1.0);
            }
        }
        let names = (1..=dim).map(|k| format!("x{k}")).collect();
        let points = Table::new(names, columns).unwrap();
        let field =
            DirectionField::from_gradients(points, &gradients, &FieldOptions::default()).unwrap();
        Objective::new(&field, Measure::LevelSet)
    }

    /// The least loss of all sums of at most that many terms.
    fn best(objective: &Objective, dim: u16, terms: usize) -> (f64, String) {
        let ops = OpSet::default();
        let inputs: Vec<u16> = (0..dim).collect();
        let mut evaluator = Evaluator::new(objective);
        let mut best = (f64::INFINITY, String::new());
        for library in families(&inputs, &ops) {
            let proposals = eliminate_library(library, &mut evaluator);
            for proposal in proposals {
                if proposal.terms.len() > terms {
                    continue;
                }
                for expr in proposal.spellings(&ops) {
                    let loss = evaluator.loss(&expr);
                    if loss < best.0 {
                        best = (loss, expr.to_string());
                    }
                }
            }
        }
        best
    }

    #[test]
    fn sums_of_structured_products_come_out() {
        let cases: [(&str, u16, (f64, f64), usize); 4] = [
            // A double pendulum.
            ("x3^2 + 0.5*x4^2 + x3*x4*cos(x1 - x2) - 2*cos(x1) - cos(x2)", 4, (-2.0, 2.0), 5),
            // A component of the Laplace–Runge–Lenz vector.
            ("x2/sqrt(x1^2 + x2^2) + (x1*x4 - x2*x3)*x3", 4, (0.3, 1.5), 3),
            // A relativistic orbit.
            ("x2^2 - 2/x1 + x3^2/x1^2 - 2*x3^2/x1^3", 3, (1.0, 3.0), 4),
            ("x1*exp(-x2) + x2^2*exp(x1)", 2, (-1.0, 1.0), 2),
        ];
        for (truth, dim, bounds, terms) in cases {
            for (noise, limit) in [(0.0, 1e-9), (0.01, 1e-3)] {
                let (loss, found) = best(&field(truth, dim.into(), bounds, noise), dim, terms);
                assert!(loss < limit, "{truth} at {noise}: {found} has {loss:e}");
            }
        }
    }
}
