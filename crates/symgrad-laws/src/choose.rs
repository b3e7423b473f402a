//! Which of many sums is the law.

use std::cmp::Ordering;

use symgrad_expr::Expr;

use crate::law::Road;
use crate::measure::{Measure, mean_and_error};

/// A sum that may be a law, and how it does on the validation groups.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) expr: Expr,
    pub(crate) terms: Vec<Expr>,
    pub(crate) complexity: u32,
    pub(crate) road: Road,
    pub(crate) measure: Measure,
}

/// Ratios below this are rounding and the errors of integrators.
pub(crate) const ROUNDING: f64 = 1e-11;

/// The variance within groups over all variance that rounding leaves.
const EXACT: f64 = 1e-6;

/// A formula may be so many times worse than the best without being another.
const AS_GOOD: f64 = 1.5;

/// Standard errors by which a formula may be worse than the best.
const ERRORS: f64 = 2.0;

/// Decades that a further symbol has to gain. Between a formula that approximates the law and the
/// law there is one at least for each symbol or two; what a long one gains by following the errors
/// of an integrator is far less.
const PRICE: f64 = 0.1;

/// The same where noise hides the gain. In between the price rises with what noise does not explain, so
/// that no choice turns on which side of a limit an estimate falls.
const PRICE_IN_NOISE: f64 = 0.005;

/// How many times smaller than the noise a change may be that is noise: estimates are no more exact than
/// that, and too large where the motion is fast. As many times smaller once more it is none, and likewise
/// a change is rounding up to so many times that, and none beyond the square.
const FEW: f64 = 5.0;

/// Shares of the change that last from moment to moment: up to the first all of it may be noise, from the
/// second on it is not.
const LASTING: [f64; 2] = [0.1, 0.5];

/// Share of the squared gradient across that of the known laws from which a formula counts as a
/// further one: less is what is left of an approximate function of them.
pub(crate) const INDEPENDENT: f64 = 0.02;

/// The same for one that is constant up to rounding, even for so small a share: no approximation is.
const EXACTLY_INDEPENDENT: f64 = 1e-3;

impl Candidate {
    /// Whether it is no function of what is known.
    pub(crate) fn is_further(&self) -> bool {
        let exact = self.measure.ratio <= ROUNDING;
        self.measure.independence > if exact { EXACTLY_INDEPENDENT } else { INDEPENDENT }
    }

    /// Whether it is constant up to rounding on groups that it was not fitted on: no approximation, and
    /// nothing better can be found.
    pub(crate) fn is_exact(&self) -> bool {
        self.measure.ratio <= ROUNDING && self.measure.rho <= EXACT
    }

    fn ratio(&self) -> f64 {
        self.measure.ratio.max(ROUNDING)
    }

    /// The change for the whole squared gradient, that along what is known included: no noise is larger, if
    /// the formula is a law.
    fn most_noise(&self) -> f64 {
        self.measure.ratio / (1.0 + self.measure.along)
    }

    /// The ratio less what noise along what is known contributes to it: of a law and what is known, all
    /// functions are laws, and not the better ones for a gradient that is across by itself.
    fn across(&self, noise: f64) -> f64 {
        (self.measure.ratio - noise * self.measure.along).max(ROUNDING)
    }
}

/// Of candidates that are constant up to rounding the simplest. Else the most constant, longer ones
/// only for their worth; and of those that are as good, the simplest. `noise` is the mean squared error of
/// the inputs in their measures, if it is known: where that is what the best varies by, small differences
/// count for much.
pub(crate) fn choose(candidates: &[Candidate], noise: Option<f64>) -> Option<&Candidate> {
    let exact = candidates.iter().filter(|one| one.is_exact());
    if let Some(exact) = exact.min_by(|a, b| simpler(a, b)) {
        return Some(exact);
    }
    let most_noise = candidates.iter().map(Candidate::most_noise);
    let known = noise.map_or(0.0, |noise| most_noise.fold(noise, f64::min));
    let ratio = |one: &Candidate| one.across(known);
    let best = candidates.iter().min_by(|a, b| ratio(a).total_cmp(&ratio(b)))?;
    let price = price(best, ratio(best), noise);
    let cost = |one: &Candidate| ratio(one).log10() + price * f64::from(one.complexity);
    let best = candidates
        .iter()
        .min_by(|a, b| cost(a).total_cmp(&cost(b)).then(a.complexity.cmp(&b.complexity)))?;
    let as_good = |one: &&Candidate| {
        ratio(one) <= AS_GOOD * ratio(best) && !is_significantly_worse(one, best)
    };
    candidates.iter().filter(as_good).min_by(|a, b| simpler(a, b))
}

/// Decades that a further symbol has to gain beside the most constant candidate, of that ratio.
fn price(best: &Candidate, ratio: f64, noise: Option<f64>) -> f64 {
    let (lasting, _) = mean_and_error(&best.measure.blocks);
    PRICE_IN_NOISE
        + (PRICE - PRICE_IN_NOISE) * unexplained(ratio, lasting / best.measure.ratio, noise)
}

/// How surely it is not noise what a formula varies by, from 0 to 1: noise is what is no less than it is
/// estimated to be, or of which next to nothing lasts from moment to moment. Rounding is none.
fn unexplained(ratio: f64, lasting: f64, noise: Option<f64>) -> f64 {
    let Some(noise) = noise else { return 1.0 };
    let decades = |times: f64| times.log(FEW) - 1.0;
    let below = decades(noise / ratio).clamp(0.0, 1.0);
    let [least, most] = LASTING;
    let lasts = ((lasting.abs() - least) / (most - least)).clamp(0.0, 1.0);
    let rounding = 1.0 - decades(ratio / ROUNDING).clamp(0.0, 1.0);
    below.min(lasts).max(rounding)
}

fn simpler(a: &Candidate, b: &Candidate) -> Ordering {
    a.complexity.cmp(&b.complexity).then(a.ratio().total_cmp(&b.ratio()))
}

/// Whether what lasts of the changes is larger, block by block.
fn is_significantly_worse(one: &Candidate, best: &Candidate) -> bool {
    let pairs = one.measure.blocks.iter().zip(&best.measure.blocks);
    let more: Vec<f64> = pairs.map(|(one, best)| one - best).collect();
    let (mean, error) = mean_and_error(&more);
    mean > ERRORS * error + ROUNDING
}

/// The best of each complexity that is better than all simpler ones.
pub(crate) fn front(candidates: &[Candidate]) -> Vec<&Candidate> {
    let mut order: Vec<&Candidate> = candidates.iter().collect();
    order.sort_by(|a, b| a.complexity.cmp(&b.complexity).then(a.ratio().total_cmp(&b.ratio())));
    let mut front: Vec<&Candidate> = vec![];
    for candidate in order {
        if front.last().is_none_or(|last| candidate.ratio() < 0.999 * last.ratio()) {
            front.push(candidate);
        }
    }
    front
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is not explained by noise neither jumps nor falls where noise is less or more lasts, is nothing
        /// where either says so, and all where noise is far less and everything lasts.
        #[test]
        fn what_noise_does_not_explain_changes_little_by_little(
            decades in -11.0..-1.0_f64,
            smaller in -3.0..3.0_f64,
            lasting in 0.0..1.2_f64,
        ) {
            let at = |decades: f64, smaller: f64, lasting: f64| {
                let ratio = 10_f64.powf(decades);
                unexplained(ratio, lasting, Some(ratio * 10_f64.powf(smaller)))
            };
            let here = at(decades, smaller, lasting);
            prop_assert!((0.0..=1.0).contains(&here));
            for (less, more) in [
                (here, at(decades, smaller + 0.01, lasting)),
                (here, at(decades, smaller, lasting + 0.01)),
                (at(decades + 0.01, smaller, lasting), here),
            ] {
                prop_assert!(more >= less - 1e-12 && more - less < 0.03, "{less} {more}");
            }
            if decades > -9.5 && (smaller < 0.69 || lasting < 0.1) {
                prop_assert_eq!(here, 0.0);
            }
            if smaller > 1.4 && lasting > 0.5 {
                prop_assert_eq!(here, 1.0);
            }
            prop_assert_eq!(unexplained(10_f64.powf(decades), lasting, None), 1.0);
        }
    }
}
