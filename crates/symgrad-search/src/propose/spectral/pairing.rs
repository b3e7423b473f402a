//! Best subsets: of a large library the one or two features that, beside a few plain ones, leave
//! least.
//!
//! Over narrow ranges functions with constants inside are nearly collinear, and elimination, which
//! begins with all of them, drops the right ones as easily as any. Here all pairs are looked at. What
//! plain features can explain of a feature is taken away from it once (a Schur complement); then each
//! pair is an eigenproblem with two unknowns. A coarse grid of constants tells only which kinds of
//! functions go together: of each two kinds the best pair has its constants fitted.

use std::collections::BTreeMap;

use faer::Mat;
use faer::linalg::solvers::Solve;
use symgrad_expr::Expr;

use super::gram::{Gram, smallest_of_two};
use super::scanned_fractions::golden_section;
use super::{Proposal, gram_of, sums, weigh};
use crate::score::evaluator::Evaluator;
use crate::score::fit::fit_constants;

/// Sums whose constants are fitted by so many steps: many by few, and of these the best by more
/// (successive halving).
const FITS: [(usize, usize); 3] = [(600, 3), (150, 10), (60, 25)];

/// Of the sums with one feature of the library, and of those with two, so many are made shorter, with
/// fits of so many steps.
const SHORTENED: usize = 10;
const FIT_ROUNDS: usize = 6;

/// Sums with one feature of the library whose constant is looked for between those of a grid, and the steps.
const REFINED: usize = 24;
const REFINING_STEPS: i32 = 16;

/// Sums that leave more are not shortened any further: simpler ones are found elsewhere.
const HOPELESS: f64 = 1e-3;

/// What a feature has to have left of itself beside the plain ones: less is rounding.
const INDEPENDENT: f64 = 1e-11;

/// Sums of plain features and of one or two of the library, with constants fitted, and what is left
/// of them as their least terms are dropped one by one.
pub(crate) fn pair_up(
    plain: &[Expr],
    library: &[Expr],
    evaluator: &mut Evaluator<'_>,
) -> Vec<Proposal> {
    let (features, gram) = gram_of([plain, library].concat(), evaluator);
    // Those that are not finite on the data are gone.
    let kept = features.iter().filter(|feature| plain.contains(feature)).count();
    let Some(beside) = Beside::new(&gram, kept) else { return vec![] };
    let kinds = kinds(&features[kept..]);
    let sum = |chosen: &[usize], evaluator: &mut Evaluator<'_>| {
        let places: Vec<usize> = (0..kept).chain(chosen.iter().map(|f| kept + f)).collect();
        let terms: Vec<Expr> = places.iter().map(|&place| features[place].clone()).collect();
        Some(Proposal::of(terms, gram.smallest(&places)?.coefficients, 0, evaluator).sum())
    };
    let mut found = vec![];
    let [singles, pairs] = beside.best_of_kinds(&kinds);
    let refined = singles.iter().take(REFINED).filter_map(|single| {
        let neighbours = neighbours(single[0], &kinds).map(|place| features[kept + place].clone());
        refined(&features[..kept], &neighbours, evaluator)
    });
    let refined: Vec<Expr> = refined.collect();
    let singles = singles.iter().filter_map(|single| sum(single, evaluator)).chain(refined);
    let singles: Vec<Expr> = singles.collect();
    let pairs = pairs.iter().filter_map(|pair| sum(pair, evaluator)).collect();
    for sums in [singles, pairs] {
        for fitted in best_fits(sums, evaluator) {
            found.extend(shortened(&fitted, evaluator));
        }
    }
    found
}

/// A feature and those of its kind before and after it; at the end of a grid the feature itself.
fn neighbours(place: usize, kinds: &[usize]) -> [usize; 3] {
    let of_kind = |other: &usize| kinds[*other] == kinds[place];
    let before = (0..place).rev().find(of_kind).unwrap_or(place);
    let after = (place + 1..kinds.len()).find(of_kind).unwrap_or(place);
    [before, place, after]
}

/// The sum with the feature whose constants are best of all between those of its neighbours (variable
/// projection: the coefficients are fitted at every step).
fn refined(
    plain: &[Expr],
    [before, at, after]: &[Expr; 3],
    evaluator: &mut Evaluator<'_>,
) -> Option<Expr> {
    if before == after {
        return None;
    }
    let mut best = (f64::INFINITY, None);
    let mut misfit = |share: f64| {
        let end = if share < 0.0 { before } else { after };
        let mixed = |(a, b): (&f64, &f64)| a + share.abs() * (b - a);
        let constants: Vec<f64> = at.constants().iter().zip(end.constants()).map(mixed).collect();
        let terms = [plain, &[at.with_constants(&constants)]].concat();
        let sum = weigh(&terms, evaluator)
            .map(|pair| Proposal::of(terms, pair, 0, evaluator).sum())
            .map(|sum| (evaluator.loss(&sum), sum));
        let loss = sum.as_ref().map_or(f64::INFINITY, |(loss, _)| *loss);
        if loss < best.0 {
            best = (loss, sum.map(|(_, sum)| sum));
        }
        loss
    };
    golden_section((-1.0, 1.0), REFINING_STEPS, &mut misfit);
    best.1
}

/// The sums that leave least once their constants are fitted.
fn best_fits(sums: Vec<Expr>, evaluator: &mut Evaluator<'_>) -> Vec<Expr> {
    let losses = sums.into_iter().map(|sum| (evaluator.loss(&sum), sum));
    let mut sums: Vec<(f64, Expr)> = losses.collect();
    let keep = |sums: &mut Vec<(f64, Expr)>, count| {
        sums.retain(|(loss, _)| loss.is_finite());
        sums.sort_by(|a, b| a.0.total_cmp(&b.0));
        sums.truncate(count);
    };
    for (count, rounds) in FITS {
        keep(&mut sums, count);
        for (loss, sum) in &mut sums {
            *loss = fit_constants(sum, *loss, rounds, evaluator);
        }
    }
    keep(&mut sums, SHORTENED);
    sums.into_iter().map(|(_, sum)| sum).collect()
}

/// Features of one kind differ in the sizes of the constants inside alone: a number for each feature.
fn kinds(library: &[Expr]) -> Vec<usize> {
    let mut known: BTreeMap<(String, Vec<bool>), usize> = BTreeMap::new();
    let number = |feature: &Expr| {
        let signs = feature.constants().iter().map(|constant| *constant < 0.0).collect();
        let next = known.len();
        *known.entry((format!("{:?}", feature.nodes()), signs)).or_insert(next)
    };
    library.iter().map(number).collect()
}

/// The sum, and the sums with fewer terms: each time the term is dropped without which the others,
/// with their constants fitted again, leave least.
fn shortened(sum: &Expr, evaluator: &mut Evaluator<'_>) -> Vec<Proposal> {
    let mut found = vec![];
    let mut terms = sums::terms(sum);
    while let Some(pair) = weigh(&terms, evaluator) {
        found.push(Proposal::of(terms.clone(), pair.clone(), 1, evaluator));
        if terms.len() < 2 || evaluator.is_spent() {
            break;
        }
        let without = (0..terms.len()).filter_map(|dropped| {
            let places = (0..terms.len()).filter(|place| *place != dropped);
            let (terms, coefficients): (Vec<Expr>, Vec<f64>) =
                places.map(|place| (terms[place].clone(), pair[place])).unzip();
            let mut sum = Proposal::of(terms, coefficients, 0, evaluator).sum();
            let loss = evaluator.loss(&sum);
            let loss = fit_constants(&mut sum, loss, FIT_ROUNDS, evaluator);
            loss.is_finite().then_some((loss, sum))
        });
        let best = without.min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, best)) = best.filter(|(loss, _)| *loss < HOPELESS) else { break };
        terms = sums::terms(&best);
    }
    found
}

/// The two Gram matrices of what plain features leave of the others.
struct Beside {
    a: Mat<f64>,
    b: Mat<f64>,
    /// The misfits before that.
    whole: Vec<f64>,
}

impl Beside {
    /// The first `kept` features are the plain ones.
    fn new(gram: &Gram, kept: usize) -> Option<Self> {
        let (a, b) = gram.matrices();
        let (p, f) = (kept, gram.len() - kept);
        let part = |m: &Mat<f64>, rows: (usize, usize), columns: (usize, usize)| {
            m.get(rows.0..rows.1, columns.0..columns.1).to_owned()
        };
        let [plain, others] = [(0, p), (p, p + f)];
        let whole: Vec<f64> = (p..p + f).map(|j| a[(j, j)]).collect();
        let (mut own, mut squares) = (part(a, others, others), part(b, others, others));
        if p > 0 {
            let llt = part(a, plain, plain).llt(faer::Side::Lower).ok()?;
            let explained = llt.solve(part(a, plain, others));
            own -= part(a, others, plain) * &explained;
            let crossed = part(b, others, plain) * &explained;
            squares = squares - &crossed - crossed.transpose()
                + explained.transpose() * part(b, plain, plain) * &explained;
        }
        Some(Self { a: own, b: squares, whole })
    }

    /// The best feature of each kind, and the best pair of each two kinds, the best of all first.
    fn best_of_kinds(&self, kinds: &[usize]) -> [Vec<Vec<usize>>; 2] {
        let independent: Vec<usize> = (0..self.whole.len())
            .filter(|&f| self.a[(f, f)] > INDEPENDENT * self.whole[f])
            .collect();
        let count = kinds.iter().max().map_or(0, |last| last + 1);
        let mut singles = vec![(f64::INFINITY, vec![]); count];
        let mut pairs = vec![(f64::INFINITY, vec![]); count * count];
        let offer = |held: &mut (f64, Vec<usize>), loss: f64, subset: &[usize]| {
            if loss < held.0 {
                *held = (loss, subset.to_vec());
            }
        };
        for (k, &j) in independent.iter().enumerate() {
            offer(&mut singles[kinds[j]], self.a[(j, j)] / self.b[(j, j)], &[j]);
            for &i in &independent[..k] {
                let of = |m: &Mat<f64>| [m[(i, i)], m[(i, j)], m[(j, j)]];
                let (one, two) = (kinds[i].min(kinds[j]), kinds[i].max(kinds[j]));
                let loss = smallest_of_two(of(&self.a), of(&self.b));
                offer(&mut pairs[one * count + two], loss, &[i, j]);
            }
        }
        [singles, pairs].map(|mut found| {
            found.retain(|(loss, _)| loss.is_finite());
            found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
            found.truncate(FITS[0].0);
            found.into_iter().map(|(_, subset)| subset).collect()
        })
    }
}
