//! What a replicate tries where values are wanted: quotients of sums, and sums inside an outer
//! function, which the values show when its inverse is applied to them.

use rayon::prelude::*;
use symgrad_expr::{Expr, Op, OpSet};

use super::Search;
use super::nested::Limits;
use super::seeding::in_turn;
use super::ways::Way;
use crate::propose::evolution::{negated, strip};
use crate::propose::reduction::{LowRank, low_rank};
use crate::propose::spectral;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;
use crate::score::target::Target;

/// These attempts get at most one in so many of the evaluations that are left.
const PART: u64 = 4;

/// Points for them.
const POINTS: usize = 400;

/// Proposals whose constants are fitted, those of the least losses.
const FITTED: usize = 16;

/// Largest values whose exponential is taken.
const LARGEST: f64 = 50.0;

/// An outer function: the inverse of it, and how it is written.
struct Outer {
    needed: &'static [Op],
    inverse: fn(f64) -> f64,
    written: fn(Expr) -> Expr,
}

/// Square root, exponential, reciprocal, reciprocal of a square root, logarithm. Only where the values have
/// one sign can the first four be told.
const OUTER: [Outer; 5] = [
    Outer { needed: &[Op::Sqrt], inverse: |y| y * y, written: |f| Expr::unary(Op::Sqrt, f) },
    Outer { needed: &[Op::Exp], inverse: f64::ln, written: |f| Expr::unary(Op::Exp, f) },
    Outer { needed: &[Op::Div], inverse: f64::recip, written: |f| Expr::constant(1.0) / f },
    Outer {
        needed: &[Op::Sqrt, Op::Div],
        inverse: |y| (y * y).recip(),
        written: |f| Expr::constant(1.0) / Expr::unary(Op::Sqrt, f),
    },
    Outer { needed: &[Op::Log], inverse: f64::exp, written: |f| Expr::unary(Op::Log, f) },
];

impl Search {
    /// Quotients and outer functions, where values are to be matched as they are.
    pub(super) fn grow_for_values(&mut self, grown: &[Expr]) {
        let wanted = matches!(self.screen.target(), Target::Values(v) if !v.linear_scaling);
        if !wanted || !self.rules.spectral {
            return;
        }
        if !self.grows_for_the_first_time() {
            self.on(Way::Fractions, |search| search.offer_fractions(grown, false));
            return;
        }
        let divides = self.palette.inputs.len() > 1 && self.may_use_slopes();
        let of_given = self.has_given_values();
        let mut unclear = vec![];
        self.go(Way::RelationsWithConstants);
        if divides {
            unclear = self.on(Way::Models, Self::offer_models);
        }
        self.go(Way::Products);
        if divides {
            self.go(Way::WithoutFactors);
        }
        if of_given {
            self.go(Way::Radicals);
        }
        self.on(Way::Fractions, |search| search.offer_fractions(grown, true));
        self.go(Way::Insides);
        self.go(Way::InsideFractions);
        if divides {
            self.go(Way::Slopes);
        }
        self.go(Way::ScannedFractions);
        if of_given {
            self.on(Way::Models, |search| search.follow_models(&unclear));
        }
    }

    /// Whether a formula is exact, or nothing may be spent any more.
    pub(super) fn is_done(&self) -> bool {
        self.state.replicate.is_exact() || self.is_over()
    }

    /// Quotients of sums over what has grown, and over libraries that stay the same.
    pub(super) fn offer_fractions(&mut self, grown: &[Expr], first: bool) {
        let one = || std::iter::once(Expr::constant(1.0));
        let part = |most: usize| one().chain(grown.iter().take(most).cloned()).collect();
        let mut libraries: Vec<(Vec<Expr>, Vec<Expr>)> = vec![(part(120), part(80))];
        if first {
            let ops = &self.rules.ops;
            libraries.extend(spectral::fraction_libraries(&self.palette.inputs, ops));
        }
        let found = self.fractions_of(&self.screen.clone(), libraries);
        self.offer_with_fits(&found);
    }

    /// Quotients over libraries for numerators and denominators.
    fn fractions_of(
        &mut self,
        values: &Objective,
        libraries: Vec<(Vec<Expr>, Vec<Expr>)>,
    ) -> Vec<Expr> {
        let (points, ops) = (values.thinned(POINTS), &self.rules.ops);
        let shares = self.allowance().part(PART).shares(libraries.len());
        let found: Vec<(Vec<Expr>, u64)> = self.pool.install(|| {
            let each = libraries.into_par_iter().enumerate().map(|(k, (above, below))| {
                let mut eval = Evaluator::allowed(&points, shares(k));
                (spectral::fractions(&above, &below, ops, &mut eval), eval.evaluations())
            });
            each.collect()
        });
        self.state.evaluations += found.iter().map(|(_, spent)| spent).sum::<u64>();
        let found: Vec<Vec<Expr>> = found.into_iter().map(|(quotients, _)| quotients).collect();
        in_turn(&found)
    }

    /// Quotients with a constant inside.
    pub(super) fn offer_scanned_fractions(&mut self) {
        let points = self.screen.thinned(POINTS);
        let allowance = self.allowance().part(PART);
        let (inputs, ops) = (&self.palette.inputs, &self.rules.ops);
        let (found, spent) = self.pool.install(|| {
            let (mut eval, mut sizes) =
                (Evaluator::allowed(&points, allowance), Evaluator::new(&points));
            let size = |phase: &Expr| sizes.root_mean_square(phase);
            let scale = |input| self.units.scale(usize::from(input));
            let found = spectral::scanned_fractions(inputs, ops, scale, size, &mut eval);
            (found, eval.evaluations())
        });
        self.state.evaluations += spent;
        self.offer_with_fits(&found);
    }

    /// Where there are two inputs: sums of products of functions of one, each found by a search of its own.
    pub(super) fn offer_products_of_functions(&mut self) {
        let &[x, y] = self.palette.inputs.as_slice() else { return };
        let (screen, ops) = (self.screen.clone(), self.rules.ops.clone());
        let insides: Vec<Inside> = seen_through(&screen, &ops).collect();
        let seen = insides.iter().map(|inside| (&inside.objective, Some(inside)));
        for (objective, inside) in std::iter::once((&screen, None)).chain(seen) {
            let (found, spent) = low_rank(objective, [x, y], self.allowance().part(PART));
            self.state.evaluations += spent.min(self.state.available());
            let Some(LowRank { functions: [of_x, of_y] }) = found else { continue };
            let of_x = self.terms_of_functions(&of_x, x);
            let of_y = self.terms_of_functions(&of_y, y);
            let products =
                of_x.iter().flat_map(|f| of_y.iter().map(|g| f.clone() * g.clone())).collect();
            let library = [of_x.clone(), of_y.clone(), products].concat();
            let allowance = self.allowance().part(PART);
            let points = objective.thinned(POINTS);
            let spelled = self.eliminated_on(&points, vec![library], usize::MAX, allowance);
            let sums = in_turn(&spelled).into_iter();
            let found: Vec<Expr> = match inside {
                None => sums.collect(),
                Some(inside) => sums.map(|sum| inside.whole(sum, &ops)).collect(),
            };
            self.offer_with_fits(&found);
            if self.is_done() {
                break;
            }
        }
    }

    /// The terms of formulas for functions of one input.
    fn terms_of_functions(&mut self, functions: &[Objective], input: u16) -> Vec<Expr> {
        let mut found: Vec<Expr> = vec![];
        for function in functions {
            for formula in self.steepest(function, Limits::OF_ONE).into_iter().take(2) {
                let formula = formula.substitute(&[Expr::var(input)]);
                found.extend(spectral::multiplied_out(&formula));
            }
        }
        let mut known = vec![];
        found.retain(|term| {
            let is_new = !known.contains(term);
            known.push(term.clone());
            is_new
        });
        found
    }

    /// Sums by elimination whose values are those wanted, seen through the inverse of an outer
    /// function.
    pub(super) fn see_through(&mut self) {
        let (inputs, ops) = (self.palette.inputs.clone(), self.rules.ops.clone());
        let screen = self.screen.clone();
        for inside in seen_through(&screen, &ops) {
            if inside.is_of(Op::Sqrt) && self.has_given_values() && !self.is_done() {
                self.offer_with_radicals(&inside.objective, |formula| inside.whole(formula, &ops));
            }
            if self.is_done() {
                break;
            }
            let mut libraries = spectral::families(&inputs, &ops);
            libraries.extend(spectral::parametric(&inputs, &ops).into_iter().take(2));
            if inside.outer == Op::Sqrt {
                libraries.push(spectral::squares(&inputs, &ops));
            }
            if inside.outer == Op::Exp {
                // What is a product of functions of phases is a sum of their logarithms.
                libraries.push(spectral::logarithms_of_phases(&inputs, &ops));
            }
            let allowance = self.allowance().part(PART);
            let points = inside.objective.thinned(POINTS);
            let spelled = self.eliminated_on(&points, libraries, usize::MAX, allowance);
            let found: Vec<Expr> =
                in_turn(&spelled).into_iter().map(|sum| inside.whole(sum, &ops)).collect();
            self.offer_with_fits(&found);
            if self.is_done() {
                break;
            }
        }
    }

    /// Quotients whose values are those wanted, seen through the inverse of an outer function.
    pub(super) fn see_fractions_through(&mut self) {
        let (inputs, ops) = (self.palette.inputs.clone(), self.rules.ops.clone());
        let screen = self.screen.clone();
        // The reciprocal of a quotient is one.
        let wanted = |inside: &Inside| !inside.is_reciprocal;
        for inside in seen_through(&screen, &ops).filter(wanted) {
            let libraries = spectral::fraction_libraries(&inputs, &ops);
            let found = self.fractions_of(&inside.objective, libraries).into_iter();
            let wholes: Vec<Expr> = found.map(|quotient| inside.whole(quotient, &ops)).collect();
            self.offer_with_fits(&wholes);
            if self.is_done() {
                break;
            }
        }
    }

    /// Offers formulas, and the best of them with their constants fitted.
    pub(super) fn offer_with_fits(&mut self, formulas: &[Expr]) {
        let rules = &self.rules;
        let formulas: Vec<Expr> = formulas.iter().map(|formula| strip(formula, rules)).collect();
        let allowed = self.allowance().part(PART).evaluations;
        let losses = self.losses(&formulas, allowed);
        self.offer_within(&formulas, allowed);
        let mut known: Vec<(f64, Expr)> = losses
            .into_iter()
            .zip(formulas)
            .filter_map(|(loss, formula)| Some((loss.filter(|l| *l < 1.0)?, formula)))
            .collect();
        let rules = &self.rules;
        known.retain(|(_, formula)| rules.ops.complexity(formula) <= rules.max_complexity);
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        known.truncate(FITTED);
        self.fit_and_offer(known.into_iter().map(|(_, formula)| formula).collect());
    }
}

/// What is inside an outer function that the values may have.
pub(super) struct Inside {
    outer: Op,
    /// Of the values of what is inside.
    pub(super) objective: Objective,
    written: fn(Expr) -> Expr,
    /// What stands before the outer function.
    sign: f64,
    /// Whether it is a reciprocal.
    is_reciprocal: bool,
}

impl Inside {
    /// Whether it is inside that function.
    pub(super) fn is_of(&self, outer: Op) -> bool {
        self.outer == outer
    }

    /// Whether it is a reciprocal.
    pub(super) fn is_reciprocal(&self) -> bool {
        self.is_reciprocal
    }

    /// The whole formula.
    pub(super) fn whole(&self, inside: Expr, ops: &OpSet) -> Expr {
        let formula = (self.written)(inside);
        if self.sign < 0.0 { negated(&formula, ops) } else { formula }
    }
}

/// What is inside of each outer function that these values may have.
pub(super) fn seen_through(objective: &Objective, ops: &OpSet) -> impl Iterator<Item = Inside> {
    let allowed = OUTER.iter().filter(move |outer| outer.needed.iter().all(|op| ops.contains(*op)));
    allowed.filter_map(move |outer| inside(objective, outer))
}

/// `None` if these values are not the outer function's.
fn inside(objective: &Objective, outer: &Outer) -> Option<Inside> {
    let values = objective.given_values()?;
    let given = || values.iter().copied();
    let of_any_sign = outer.needed == [Op::Log];
    let sign = if given().all(|y| y < 0.0) { -1.0 } else { 1.0 };
    let possible = if of_any_sign {
        given().all(|y| y.abs() < LARGEST)
    } else {
        given().all(|y| sign * y > 0.0)
    };
    let sign = if of_any_sign { 1.0 } else { sign };
    if !possible {
        return None;
    }
    let values: Vec<f64> = given().map(|y| (outer.inverse)(sign * y)).collect();
    let objective = objective.with_values(&values)?;
    let is_reciprocal = outer.needed.contains(&Op::Div);
    Some(Inside { outer: outer.needed[0], objective, written: outer.written, sign, is_reciprocal })
}

#[cfg(test)]
mod tests {
    use symgrad_data::Table;

    use super::*;
    use crate::SearchConfig;

    fn opened(truth: fn(f64, f64) -> f64) -> Search {
        let column = |step: f64| (1..=300).map(move |n| 0.5 + 2.0 * (f64::from(n) * step).fract());
        let columns: Vec<Vec<f64>> =
            [0.754_878, 0.569_840].map(|step| column(step).collect()).to_vec();
        let values: Vec<f64> =
            columns[0].iter().zip(&columns[1]).map(|(x, y)| truth(*x, *y)).collect();
        let points = Table::new(vec!["x1".into(), "x2".into()], columns).unwrap();
        let objective = Objective::regression(&points, &values, false).unwrap();
        let config = SearchConfig { budget: 400_000, ..SearchConfig::default() };
        Search::new(objective, OpSet::default(), config).unwrap()
    }

    /// Seen through the inverse of the outer function alone: nothing else has been tried.
    #[test]
    fn outer_functions_of_values_are_seen_through() {
        let truths: [fn(f64, f64) -> f64; 7] = [
            |x, y| -(x * x + 3.0 * x * y + 2.0).sqrt(),
            |x, y| (0.3 * x * y - 0.7 * y * y + 0.2).exp(),
            |x, y| 1.0 / (x * x + 0.5 * x * y + 4.0),
            |x, y| 1.0 / (x * x - 0.3 * x * y + 1.0).sqrt(),
            |x, y| (x * y + 2.5 * x + 0.4).ln(),
            |x, y| ((1.0 + 4.0 * (x * y).powi(2)) / ((1.0 - x * x).powi(2) + y)).sqrt(),
            |x, y| ((x * y - 5.0) / (x * x + 0.7 * y)).exp(),
        ];
        for (k, truth) in truths.into_iter().enumerate() {
            let mut search = opened(truth);
            search.see_through();
            if !search.is_done() {
                search.see_fractions_through();
            }
            let lowest = search.state.replicate.hall.lowest();
            assert!(lowest < 1e-9, "{k}: {lowest:e}");
        }
    }

    /// By products of functions alone.
    #[test]
    fn sums_of_products_of_functions_are_found() {
        let truths: [fn(f64, f64) -> f64; 3] = [
            |x, y| (1.7 * x).cos() - 2.4 * (x * y.sin()) + 1.4 * y.sin().powi(2),
            |x, y| (5.0 + 2.0 * y.cos() + 2.0 * (1.5 * x).cos() * y.cos()).sqrt(),
            |x, y| x.ln() * (-0.7 * y).exp() + 0.3 * y,
        ];
        for (k, truth) in truths.into_iter().enumerate() {
            let mut search = opened(truth);
            search.state.config.budget = 2_000_000;
            search.offer_products_of_functions();
            let lowest = search.state.replicate.hall.lowest();
            assert!(lowest < 1e-12, "{k}: {lowest:e}");
        }
    }
}
