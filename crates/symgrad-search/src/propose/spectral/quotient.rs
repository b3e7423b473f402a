//! Quotients of two sums, with coefficients from one eigenproblem.
//!
//! For f = P/Q with P = Σ pᵢ φᵢ and Q = Σ qᵢ φᵢ the gradient is parallel to
//!
//! ```text
//! Q ∇P − P ∇Q = Σ wᵢⱼ (φⱼ ∇φᵢ − φᵢ ∇φⱼ)        wᵢⱼ = pᵢ qⱼ − pⱼ qᵢ
//! ```
//!
//! with the last sum over i < j: linear in w, as a sum of features is in its coefficients. The
//! columns of the antisymmetric matrix w span the same plane as p and q, so that any two of them give
//! a quotient with the same level sets; the numerator or denominator from column b lacks `φ_b`,
//! which keeps the sums short.

use symgrad_expr::{Expr, Op, OpSet};

use super::gram::{Gram, Sparse};
use super::{features, sparse_gradient, sums};
use crate::score::evaluator::Evaluator;

/// Most variables whose products are taken.
const VARIABLES: usize = 4;
/// Choices of functions of the variables that are followed.
const CHOICES: usize = 3;
/// Entries of w below this share of the largest count as zero.
const ZERO: f64 = 0.02;
/// Quotients that are written for one w.
const WRITTEN: usize = 3;

/// Quotients of short sums of products of functions of one variable each, spelled out.
pub(crate) fn quotients(variables: &[u16], ops: &OpSet, eval: &mut Evaluator<'_>) -> Vec<Expr> {
    let possible = (2..=VARIABLES).contains(&variables.len())
        && [Op::Add, Op::Sub, Op::Mul, Op::Div].iter().all(|op| ops.contains(*op));
    if !possible || !eval.objective().is_blind_to_outer_functions() {
        return vec![];
    }
    let mut fits: Vec<(f64, Terms)> = choices(variables, ops)
        .into_iter()
        .filter_map(|functions| {
            let terms = Terms::of(products(&functions), eval)?;
            let all: Vec<usize> = (0..terms.functions.len()).collect();
            Some((terms.fit(&all)?.loss, terms))
        })
        .collect();
    fits.sort_by(|a, b| a.0.total_cmp(&b.0));
    fits.iter().take(CHOICES).flat_map(|(_, terms)| terms.eliminate(ops)).collect()
}

/// The same over larger libraries: products of two of up to nine variables, and products of two
/// variables and their squares with the waves of one more.
pub(crate) fn long_quotients(
    variables: &[u16],
    ops: &OpSet,
    eval: &mut Evaluator<'_>,
) -> Vec<Expr> {
    let possible = [Op::Add, Op::Sub, Op::Mul, Op::Div].iter().all(|op| ops.contains(*op));
    if !possible || !eval.objective().is_blind_to_outer_functions() {
        return vec![];
    }
    let mut found = vec![];
    for library in long_libraries(variables, ops) {
        if let Some(terms) = Terms::of(library, eval) {
            found.extend(terms.eliminate(ops));
        }
    }
    found
}

/// What both sums of a long quotient are made of.
pub(super) fn long_libraries(variables: &[u16], ops: &OpSet) -> Vec<Vec<Expr>> {
    let mut libraries: Vec<Vec<Expr>> = vec![];
    if (3..=LONG_VARIABLES).contains(&variables.len()) {
        libraries.push(products(&variables.iter().copied().map(Expr::var).collect::<Vec<_>>()));
    }
    if (2..=VARIABLES).contains(&variables.len()) {
        libraries.extend(variables.iter().map(|&angle| with_waves(angle, variables, ops)));
    }
    for library in &mut libraries {
        library.truncate(LONG);
    }
    libraries
}

/// Most variables of them, and most functions: the pairs of these are compared.
const LONG_VARIABLES: usize = 9;
const LONG: usize = 46;

/// 1, sine and cosine of one variable, times monomials of the second degree in the others and the
/// squares of their products.
fn with_waves(angle: u16, variables: &[u16], ops: &OpSet) -> Vec<Expr> {
    let others: Vec<u16> = variables.iter().copied().filter(|&v| v != angle).collect();
    let mut monomials = features::monomials(&others, 2, ops);
    let mixed: Vec<Expr> = monomials.iter().filter(|m| m.inputs().len() == 2).cloned().collect();
    monomials.extend(mixed.iter().filter_map(|m| features::power(m, 2, ops)));
    let waves: Vec<Expr> = [Op::Cos, Op::Sin]
        .into_iter()
        .filter(|op| ops.contains(*op))
        .map(|op| Expr::unary(op, Expr::var(angle)))
        .collect();
    let mut found = vec![Expr::constant(1.0)];
    found.extend(monomials.iter().chain(&waves).cloned());
    for wave in &waves {
        found.extend(monomials.iter().filter_map(|m| features::product(m, wave, ops)));
    }
    found
}

/// One function of every variable, in all ways.
fn choices(variables: &[u16], ops: &OpSet) -> Vec<Vec<Expr>> {
    // With many variables there are too many ways.
    let outer = [Op::Square, Op::Cos, Op::Sin, Op::Exp];
    let outer = &outer[..if variables.len() < VARIABLES { outer.len() } else { 1 }];
    variables.iter().fold(vec![vec![]], |shorter, &variable| {
        let x = Expr::var(variable);
        let allowed = outer.iter().filter(|op| ops.contains(**op));
        let functions: Vec<Expr> = std::iter::once(x.clone())
            .chain(allowed.map(|op| Expr::unary(*op, x.clone())))
            .collect();
        let longer = |list: &Vec<Expr>| {
            let list = list.clone();
            functions.clone().into_iter().map(move |f| [&list[..], &[f]].concat())
        };
        shorter.iter().flat_map(longer).collect()
    })
}

/// 1, the functions, and the products of two of them.
fn products(functions: &[Expr]) -> Vec<Expr> {
    let mut found = vec![Expr::constant(1.0)];
    found.extend_from_slice(functions);
    for j in 1..functions.len() {
        for i in 0..j {
            found.push(functions[i].clone() * functions[j].clone());
        }
    }
    found
}

/// The terms that numerator and denominator may have, and the Gram matrices of the fields
/// φⱼ ∇φᵢ − φᵢ ∇φⱼ.
struct Terms {
    functions: Vec<Expr>,
    /// The pair of functions behind each field.
    pairs: Vec<(usize, usize)>,
    gram: Gram,
}

/// The antisymmetric matrix w over some of the functions, as its entries at some pairs.
struct Fit {
    loss: f64,
    /// For i < j.
    entries: Vec<Entry>,
    /// How much each function takes part.
    shares: Vec<f64>,
}

/// The entry wᵢⱼ, and its size for fields scaled alike.
struct Entry {
    i: usize,
    j: usize,
    w: f64,
    size: f64,
}

impl Terms {
    fn of(functions: Vec<Expr>, eval: &mut Evaluator<'_>) -> Option<Self> {
        let points = eval.objective().points();
        let mut values = vec![vec![1.0; points]];
        let mut gradients: Vec<Sparse> = vec![vec![]];
        for function in &functions[1..] {
            values.push(eval.values(function)?);
            gradients.push(sparse_gradient(function, eval)?);
        }
        let mut pairs = vec![];
        let mut fields: Vec<Sparse> = vec![];
        for j in 1..functions.len() {
            for i in 0..j {
                pairs.push((i, j));
                fields.push(wedge((&values[i], &gradients[i]), (&values[j], &gradients[j])));
            }
        }
        let gram = Gram::of_features(&fields, eval.objective());
        Some(Self { functions, pairs, gram })
    }

    /// The best w over some of the functions.
    fn fit(&self, kept: &[usize]) -> Option<Fit> {
        let subset: Vec<usize> = (0..self.pairs.len())
            .filter(|&p| kept.contains(&self.pairs[p].0) && kept.contains(&self.pairs[p].1))
            .collect();
        let pair = self.gram.smallest(&subset)?;
        let mut shares = vec![0.0; self.functions.len()];
        let mut entries = vec![];
        for ((&p, &w), &scaled) in subset.iter().zip(&pair.coefficients).zip(&pair.scaled) {
            let (i, j) = self.pairs[p];
            entries.push(Entry { i, j, w, size: scaled.abs() });
            shares[i] += scaled * scaled;
            shares[j] += scaled * scaled;
        }
        Some(Fit { loss: pair.loss, entries, shares })
    }

    /// Drops functions one by one, each time the one that is missed least, and writes what is
    /// left.
    fn eliminate(&self, ops: &OpSet) -> Vec<Expr> {
        let mut kept: Vec<usize> = (0..self.functions.len()).collect();
        let mut written = vec![];
        while let Some(fit) = self.fit(&kept) {
            written.extend(self.write(&fit, ops));
            if kept.len() <= 3 {
                break;
            }
            let without = |gone: usize| -> Vec<usize> {
                kept.iter().copied().filter(|&k| k != gone).collect()
            };
            let least = kept.iter().copied().min_by(|&a, &b| {
                let miss = |k: usize| self.fit(&without(k)).map_or(1.0, |fit| fit.loss);
                // Many functions are not worth trying one by one.
                let by_loss = kept.len() <= TRIED_SINGLY;
                let key = |k: usize| if by_loss { miss(k) } else { fit.shares[k] };
                key(a).total_cmp(&key(b))
            });
            let Some(least) = least else { break };
            kept = without(least);
        }
        written
    }

    /// The shortest quotients of two columns of w.
    fn write(&self, fit: &Fit, ops: &OpSet) -> Vec<Expr> {
        let largest = fit.entries.iter().map(|entry| entry.size).fold(0.0, f64::max);
        let column = |b: usize| -> Vec<(usize, f64)> {
            let large = fit.entries.iter().filter(|entry| entry.size > ZERO * largest);
            let entries = large.filter_map(|&Entry { i, j, w, .. }| match b {
                _ if b == j => Some((i, w)),
                _ if b == i => Some((j, -w)),
                _ => None,
            });
            entries.collect()
        };
        // Columns a and b are independent where their common entry is not zero.
        let large = fit.entries.iter().filter(|entry| entry.size > ZERO * largest);
        let mut ways: Vec<(usize, usize, usize)> =
            large.map(|&Entry { i, j, .. }| (column(i).len() + column(j).len(), i, j)).collect();
        ways.sort_unstable();
        let mut found = vec![];
        for &(_, a, b) in ways.iter().take(WRITTEN) {
            for below in self.spell(&column(b), ops) {
                for above in self.spell(&column(a), ops) {
                    found.push(above / below.clone());
                }
            }
        }
        found
    }

    /// The shortest spelling of a sum, and the one that rounds nothing.
    fn spell(&self, column: &[(usize, f64)], ops: &OpSet) -> Vec<Expr> {
        let features: Vec<&Expr> = column.iter().map(|&(k, _)| &self.functions[k]).collect();
        let coefficients: Vec<f64> = column.iter().map(|&(_, w)| w).collect();
        let all = sums::spellings(&features, &coefficients, ops);
        let shortest = all.iter().min_by_key(|expr| ops.complexity(expr)).cloned();
        let mut kept: Vec<Expr> = all.into_iter().take(1).collect();
        kept.extend(shortest);
        kept.dedup();
        kept
    }
}

/// Functions that are tried singly before one is dropped.
const TRIED_SINGLY: usize = 9;

/// φⱼ ∇φᵢ − φᵢ ∇φⱼ at all points.
fn wedge(i: (&[f64], &Sparse), j: (&[f64], &Sparse)) -> Sparse {
    let mut field: Sparse = vec![];
    for (value, gradient, sign) in [(j.0, i.1, 1.0), (i.0, j.1, -1.0)] {
        for (input, column) in gradient {
            let place = field.iter().position(|(held, _)| held == input).unwrap_or_else(|| {
                field.push((*input, vec![0.0; column.len()]));
                field.len() - 1
            });
            for ((sum, g), v) in field[place].1.iter_mut().zip(column).zip(value) {
                *sum += sign * v * g;
            }
        }
    }
    field.sort_by_key(|(input, _)| *input);
    field
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};
    use symgrad_expr::{Program, Workspace};

    use super::*;
    use crate::{Measure, Objective};

    /// The field of a formula at random points.
    fn objective(truth: &str, dim: u16) -> Objective {
        const STEPS: [f64; 9] = [
            0.618_034, 0.414_214, 0.732_051, 0.236_068, 0.302_776, 0.541_381, 0.162_278, 0.872_983,
            0.690_416,
        ];
        let column = |k: u16| {
            let step = STEPS[usize::from(k)];
            (0..250).map(|n| 0.3 + (f64::from(n) * step).fract()).collect()
        };
        let columns: Vec<Vec<f64>> = (0..dim).map(column).collect();
        let mut gradients = vec![vec![]; usize::from(dim)];
        Program::compile(&truth.parse().unwrap())
            .input_gradients(&columns, &mut Workspace::default(), &mut [0.0; 250], &mut gradients)
            .unwrap();
        let names = (1..=dim).map(|k| format!("x{k}")).collect();
        let points = Table::new(names, columns).unwrap();
        let field =
            DirectionField::from_gradients(points, &gradients, &FieldOptions::default()).unwrap();
        Objective::new(&field, Measure::LevelSet)
    }

    fn least_loss(found: &[Expr], eval: &mut Evaluator<'_>) -> f64 {
        found.iter().map(|expr| eval.loss(expr)).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn long_quotients_come_out_exactly() {
        for (truth, dim) in [
            ("(x1 + x2*x3 + x4*x5)/(x6 + x2*x7 + x4*x8)", 8_u16),
            ("(x1^2 + x2^2 + 2*x1*x2*cos(x3))/(1 + x1^2*x2^2 + 2*x1*x2*cos(x3))", 3),
        ] {
            let objective = objective(truth, dim);
            let mut eval = Evaluator::new(&objective);
            let variables: Vec<u16> = (0..dim).collect();
            let found = long_quotients(&variables, &OpSet::default(), &mut eval);
            let best = least_loss(&found, &mut eval);
            assert!(best < 1e-10, "{truth}: {best:e} among {}", found.len());
        }
    }

    #[test]
    fn quotients_of_sums_come_out_exactly() {
        for (truth, dim) in [
            ("(x1 + x2)/(1 + 0.3*x1*x2)", 2_u16),
            ("(cos(x1) - x2)/(1 - x2*cos(x1))", 2),
            ("(x1*x2 + 2*x3 - x2)/(x1 + 1)", 3),
            ("(x1*x3 + x2*x4)/(x1 + x2)", 4),
        ] {
            let objective = objective(truth, dim);
            let mut eval = Evaluator::new(&objective);
            let variables: Vec<u16> = (0..dim).collect();
            let found = quotients(&variables, &OpSet::default(), &mut eval);
            let best = least_loss(&found, &mut eval);
            assert!(best < 1e-12, "{truth}: {best:e} among {}", found.len());
        }
    }
}
