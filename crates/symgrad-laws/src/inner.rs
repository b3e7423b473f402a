//! Constants inside functions, such as the a of exp(−a·x): functions with constants on a grid propose
//! sums, and the constants are moved until the sum changes least.

use symgrad_expr::{Expr, Op, OpSet, Workspace};

use crate::choose::ROUNDING;
use crate::elimination::Fitted;
use crate::known::Known;
use crate::library::raised;
use crate::matrices::Matrices;
use crate::sample::{Feature, Sample};

/// Rates of exponentials and frequencies of waves, per standard deviation of the input: from where a
/// function is nearly a parabola among the points to where it has several bends. Neighbours are so
/// near that a search from one of them reaches what lies between.
const GRID: [f64; 6] = [0.35, 0.6, 1.0, 1.7, 2.8, 4.5];

/// The same where a function stands in for one that is known, near which its constants are found.
const FEW_RATES: [f64; 2] = [0.6, 1.7];

/// Exponents of inputs that are positive, and of distances in the plane.
const EXPONENTS: [f64; 7] = [-3.0, -1.5, -0.7, 0.35, 0.7, 1.4, 2.8];

/// Most features of a library.
const MOST: usize = 700;

/// Most of the products of two inputs; of more inputs there are squares alone.
const PRODUCTS: usize = 66;

/// Terms of the longest sum of which constants are moved.
const LONGEST: usize = 8;

/// Functions of one kind that are kept of a sum: neighbours on the grid stand for one between them.
const ALIKE: [usize; 2] = [1, 2];

/// Constants that are moved at a time, at most.
const MOST_MOVED: usize = 4;

/// Points on which constants are moved at first, and sums of each length that are looked at.
const POINTS: usize = 500;
const SUMS: usize = 4;

/// Sums of each length whose constants are moved on all points.
const FINISHED: usize = 2;

/// Rounds over all constants, and the first step, relative to the constant: half the way to a
/// neighbour on the grid.
const ROUNDS: usize = 12;
const STEP: f64 = 0.25;

/// The same on all points, where they are nearly right.
const LAST_STEP: f64 = 0.01;

/// Digits that a constant may have in place of all, tried in this order.
const DIGITS: [usize; 3] = [1, 2, 3];

/// How many times worse a sum may be with them: what noise would hide.
const AS_GOOD: f64 = 1.001;

/// A round that leaves more than this share is the last.
const WORTH: f64 = 0.9;

/// Relative steps at which a constant counts as found.
const FINEST: f64 = 1e-9;

/// Squares, products, and functions with a constant inside: exponentials, waves, roots and powers; none
/// where there are too many inputs.
pub(crate) fn library(sample: &Sample, ops: &OpSet) -> Vec<Expr> {
    let variables: Vec<Expr> =
        (0..sample.dim()).filter_map(|i| u16::try_from(i).ok().map(Expr::var)).collect();
    let mut found: Vec<Expr> = vec![];
    let has_products = variables.len() * (variables.len() + 1) / 2 <= PRODUCTS;
    for (k, x) in variables.iter().enumerate() {
        found.extend([x.clone(), x.clone().square()]);
        if has_products {
            found.extend(variables[..k].iter().map(|y| y.clone() * x.clone()));
        }
    }
    for (base, share) in positive(sample, &variables) {
        found.extend([Expr::constant(1.0) / base.clone(), Expr::unary(Op::Log, base.clone())]);
        found.extend(EXPONENTS.map(|exponent| raised(&base, exponent * share, ops)));
    }
    for (x, deviation) in variables.iter().zip(sample.deviations()) {
        for rate in GRID.map(|rate| rate / deviation) {
            let argument = |rate: f64| Expr::constant(rate) * x.clone();
            found.extend([Op::Sin, Op::Cos, Op::Exp].map(|op| Expr::unary(op, argument(rate))));
            found.push(Expr::unary(Op::Exp, argument(-rate)));
            let square = x.clone().square() + Expr::constant(rate.powi(-2));
            found.push(Expr::unary(Op::Sqrt, square));
        }
    }
    found.retain(|feature| ops.allows(feature));
    if found.len() <= MOST { found } else { vec![] }
}

/// Inputs that are positive at all points, and sums of two squares where there are few inputs, with what
/// an exponent has to be multiplied by.
fn positive(sample: &Sample, variables: &[Expr]) -> Vec<(Expr, f64)> {
    const FEW: usize = 4;
    let columns = variables.iter().zip(&sample.columns);
    let mut found: Vec<(Expr, f64)> = columns
        .filter(|(_, column)| column.iter().all(|x| *x > 0.0))
        .map(|(x, _)| (x.clone(), 1.0))
        .collect();
    if variables.len() <= FEW {
        for (k, x) in variables.iter().enumerate() {
            let squares = variables[..k].iter().map(|y| y.clone().square() + x.clone().square());
            found.extend(squares.map(|square| (square, 0.5)));
        }
    }
    found
}

/// The terms of sums of a library's features with their constants moved.
pub(crate) fn sums(
    fitted: &Fitted,
    known: impl Fn(&Sample) -> Known,
    [few, fit]: [&Sample; 2],
    workspace: &mut Workspace,
) -> Vec<Vec<Expr>> {
    let mut starts: Vec<Vec<Expr>> = vec![];
    for sum in fitted.sums(&known(few), few, workspace) {
        for most in ALIKE {
            let thinned = thinned(&sum, most);
            let places = places_of(&thinned).len();
            let right = thinned.len() <= LONGEST && (1..=MOST_MOVED).contains(&places);
            if right && !starts.contains(&thinned) {
                starts.push(thinned);
            }
        }
    }
    moved_sums(starts, known, [few, fit], workspace)
}

/// Exponentials and waves of an input, with constants inside to begin from.
pub(crate) fn functions_of(input: u16, sample: &Sample, ops: &OpSet) -> Vec<Expr> {
    let Some(deviation) = sample.deviations().get(usize::from(input)).copied() else {
        return vec![];
    };
    let argument = |rate: f64| Expr::constant(rate / deviation) * Expr::var(input);
    let of = |rate: f64| {
        let exponentials = [rate, -rate].map(|rate| Expr::unary(Op::Exp, argument(rate)));
        exponentials.into_iter().chain([Expr::unary(Op::Cos, argument(rate))])
    };
    let mut found: Vec<Expr> = FEW_RATES.into_iter().flat_map(of).collect();
    found.retain(|function| ops.allows(function));
    found
}

/// The terms of these sums with the constants inside them moved: of sums of each length those that change
/// least.
pub(crate) fn moved_sums(
    starts: Vec<Vec<Expr>>,
    known: impl Fn(&Sample) -> Known,
    [few, fit]: [&Sample; 2],
    workspace: &mut Workspace,
) -> Vec<Vec<Expr>> {
    let sample = few.thinned(POINTS);
    let at = known(&sample);
    let ranked: Vec<(f64, Vec<Expr>)> = starts
        .into_iter()
        .filter_map(|terms| {
            let fit = Fit::of(&terms, &at, &sample, workspace)?;
            Some((fit.loss()?, terms))
        })
        .collect();
    let moved = |terms: &Vec<Expr>, workspace: &mut Workspace| {
        Fit::of(terms, &at, &sample, workspace)?.moved(STEP, workspace)
    };
    let mut found: Vec<(f64, Vec<Expr>)> = vec![];
    for (_, terms) in best_of_each_length(ranked, SUMS) {
        found.extend(moved(&terms, workspace));
    }
    // What a term was needed for may be gone once constants are where they belong.
    found = best_of_each_length(found, FINISHED);
    let mut shorter = vec![];
    for (_, terms) in best_of_each_length(found.clone(), 1) {
        let mut terms = terms;
        while let Some(fewer) = Fit::of(&terms, &at, &sample, workspace).and_then(|fit| fit.fewer())
            && let Some(next) = moved(&fewer, workspace)
        {
            terms.clone_from(&next.1);
            shorter.push(next);
        }
    }
    found.extend(shorter);
    let found = best_of_each_length(found, FINISHED);
    let at = known(fit);
    let finish = |terms: &Vec<Expr>, workspace: &mut Workspace| {
        let (loss, moved) = Fit::of(terms, &at, fit, workspace)?.moved(LAST_STEP, workspace)?;
        Some(Fit::of(&moved, &at, fit, workspace)?.rounded(loss, workspace))
    };
    found.iter().filter_map(|(_, terms)| finish(terms, workspace)).collect()
}

/// So many sums of each length: of all together the longest would be best.
fn best_of_each_length(mut sums: Vec<(f64, Vec<Expr>)>, most: usize) -> Vec<(f64, Vec<Expr>)> {
    sums.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut counts = [0; LONGEST + 1];
    sums.retain(|(_, terms)| {
        let count = &mut counts[terms.len().min(LONGEST)];
        *count += 1;
        *count <= most
    });
    sums
}

/// The terms, with so many at most of each kind of function of the same inputs: those in the middle.
fn thinned(terms: &[Expr], most: usize) -> Vec<Expr> {
    let kind = |term: &Expr| {
        let signs: Vec<bool> = term.constants().iter().map(|c| *c > 0.0).collect();
        (term.nodes().to_vec(), signs)
    };
    let mut kept = vec![];
    for (t, term) in terms.iter().enumerate() {
        if term.constants().is_empty() {
            kept.push(term.clone());
            continue;
        }
        let alike = |other: &&Expr| kind(other) == kind(term);
        let (place, all) =
            (terms[..t].iter().filter(alike).count(), terms.iter().filter(alike).count());
        let first = all.saturating_sub(most) / 2;
        if (first..first + most).contains(&place) {
            kept.push(term.clone());
        }
    }
    kept
}

/// Which constant of which term.
fn places_of(terms: &[Expr]) -> Vec<(usize, usize)> {
    let of = |(t, term): (usize, &Expr)| (0..term.constants().len()).map(move |c| (t, c)).collect();
    terms.iter().enumerate().flat_map(|pair| -> Vec<(usize, usize)> { of(pair) }).collect()
}

/// A sum at points, of which constants are moved.
struct Fit<'a> {
    terms: Vec<Expr>,
    features: Vec<Feature>,
    known: &'a Known,
    sample: &'a Sample,
}

impl<'a> Fit<'a> {
    fn of(
        terms: &[Expr],
        known: &'a Known,
        sample: &'a Sample,
        workspace: &mut Workspace,
    ) -> Option<Self> {
        let features =
            terms.iter().map(|term| sample.feature(term, workspace)).collect::<Option<_>>()?;
        Some(Self { terms: terms.to_vec(), features, known, sample })
    }

    /// The mean squared change for the squared gradient, of the best sum of these terms.
    fn loss(&self) -> Option<f64> {
        let matrices = Matrices::of(&self.features, self.sample.dim());
        matrices.across(self.known, &self.features).least_ratio()
    }

    /// The terms without the one that has the smallest coefficient, if there is still a constant in them.
    fn fewer(&self) -> Option<Vec<Expr>> {
        let all: Vec<usize> = (0..self.terms.len()).collect();
        let matrices = Matrices::of(&self.features, self.sample.dim());
        let matrices = matrices.across(self.known, &self.features).with_ridge(ROUNDING);
        let size = matrices.best(&all)?.scaled;
        let least = all.into_iter().min_by(|&i, &j| size[i].abs().total_cmp(&size[j].abs()))?;
        let mut terms = self.terms.clone();
        terms.remove(least);
        (terms.len() > 1 && !places_of(&terms).is_empty()).then_some(terms)
    }

    /// With a constant changed by a factor; `None`, and nothing changed, where that is not finite.
    fn with(
        &mut self,
        place: (usize, usize),
        factor: f64,
        workspace: &mut Workspace,
    ) -> Option<f64> {
        let (term, constant) = place;
        let mut changed = self.terms[term].clone();
        changed.constants_mut()[constant] *= factor;
        let feature = self.sample.feature(&changed, workspace)?;
        let (before, at) = self.exchange(term, changed, feature);
        let loss = self.loss();
        if loss.is_none() {
            self.exchange(term, before, at);
        }
        loss
    }

    /// With constants of few digits, where the sum is as good with its coefficients fitted anew; `loss` is
    /// what it has now.
    fn rounded(mut self, mut loss: f64, workspace: &mut Workspace) -> Vec<Expr> {
        for (term, constant) in places_of(&self.terms) {
            let exact = self.terms[term].constants()[constant];
            for digits in DIGITS {
                let text = format!("{exact:.*e}", digits - 1);
                let Ok(rounded) = text.parse::<f64>() else { continue };
                let mut changed = self.terms[term].clone();
                changed.constants_mut()[constant] = rounded;
                let Some(feature) = self.sample.feature(&changed, workspace) else { continue };
                let (before, at) = self.exchange(term, changed, feature);
                match self.loss() {
                    Some(less) if less <= AS_GOOD * loss + ROUNDING => {
                        loss = loss.min(less);
                        break;
                    }
                    _ => drop(self.exchange(term, before, at)),
                }
            }
        }
        self.terms
    }

    /// Puts another term in the place of one, and returns that.
    fn exchange(&mut self, term: usize, by: Expr, feature: Feature) -> (Expr, Feature) {
        let before = std::mem::replace(&mut self.terms[term], by);
        (before, std::mem::replace(&mut self.features[term], feature))
    }

    /// Moves one constant after the other: each to the least of the parabola through three points,
    /// or to the better of two neighbours.
    fn moved(mut self, step: f64, workspace: &mut Workspace) -> Option<(f64, Vec<Expr>)> {
        let places = places_of(&self.terms);
        let mut steps = vec![step; places.len()];
        let mut best = self.loss()?;
        for _ in 0..ROUNDS {
            let before = best;
            for (&place, step) in places.iter().zip(&mut steps) {
                if *step < FINEST {
                    continue;
                }
                let mut at = |moved: f64, fit: &mut Self| {
                    let loss = fit.with(place, moved.exp(), workspace)?;
                    fit.with(place, (-moved).exp(), workspace)?;
                    Some(loss)
                };
                let (low, high) = (at(-*step, &mut self), at(*step, &mut self));
                let (low, high) = (low.unwrap_or(f64::INFINITY), high.unwrap_or(f64::INFINITY));
                let bend = low - 2.0 * best + high;
                let least = if bend > 0.0 && bend.is_finite() {
                    (0.5 * *step * (low - high) / bend).clamp(-2.0 * *step, 2.0 * *step)
                } else if low < high {
                    -*step
                } else {
                    *step
                };
                match at(least, &mut self) {
                    Some(loss) if loss < best => {
                        best = self.with(place, least.exp(), workspace)?;
                        *step = least.abs().clamp(0.1 * *step, 1.5 * *step);
                    }
                    _ => *step *= 0.2,
                }
            }
            if best > WORTH * before || best < ROUNDING {
                break;
            }
        }
        Some((best, self.terms))
    }
}
