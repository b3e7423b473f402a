//! Functions of one input: sums of few terms with a constant inside, seen through an outer function, or divided by
//! such a sum.
//!
//! The coefficients of a sum are fitted at every value of the constant, so that its misfit is a function of the
//! constant alone (variable projection, Golub and Pereyra, 1973). A grid finds the valleys of that function for the best
//! sums of each length; those that fall farthest on the way to the lowest point of a parabola are followed by
//! golden-section search. In exact values a sum that is really there leaves nothing at its lowest point, and any other
//! leaves more than rounding.

mod atoms;
mod subsets;

use std::ops::RangeInclusive;

use symgrad_expr::{Expr, Op, OpSet};

use self::atoms::{Atom, atoms, exponents, power_of};
use self::subsets::{Gram, LONGEST, dot, least_squares};
use crate::propose::spectral::{golden_section, quotient_of_powers};
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;

/// Points for all of it.
const POINTS: usize = 64;

/// Degree of the products of powers of several inputs, whatever the signs of the exponents.
const DEGREE: i32 = 2;

/// Shares of the square that sums of each length may leave on the grid.
const ON_THE_GRID: [f64; LONGEST] = [2e-1, 5e-2, 1e-2, 1e-3];

/// By how much the misfit of a sum falls from the grid to the lowest point of the parabola through it, at least; sums of
/// each length that are followed from there, those that fall farthest, and steps on their way.
const FALL: f64 = 3.0;
const FOLLOWED: usize = 4;
const STEPS: i32 = 28;

/// What is left of the square where a sum may be exact.
const PROMISING: f64 = 1e-9;

/// Sums of each length that are told, those that leave least.
const BEST: usize = 4;

/// Sums of at most so many terms are cheap to try.
pub(crate) const SHORT: usize = 2;

/// What a constant of the grid is worth in evaluations: one, one more for so many products of two columns, and so many
/// times as much where longer sums are tried.
const PRODUCTS: usize = 400;
const LONGER: u64 = 3;

/// The sums that leave least of a smooth function that is none of them leave about so many decades less with each
/// term.
const DECADES: f64 = 5.0;

/// Most terms of a sum that values can tell from others whose losses up to the floor are errors.
pub(crate) fn longest(floor: f64) -> usize {
    let told = |terms: &usize| floor <= 10_f64.powf(-DECADES * *terms as f64);
    (1..=LONGEST).rev().find(told).unwrap_or(1)
}

/// A power or an atom's function times a power; `divides` if it is multiplied by what is sought.
#[derive(Clone, Copy)]
struct Column {
    function: Option<usize>,
    power: usize,
    divides: bool,
}

/// Of each function at all points.
type Values = Vec<Vec<f64>>;

/// An atom with its functions' values at each constant, none where one of them is not finite.
struct Tabulated {
    atom: Atom,
    at: Vec<Option<Values>>,
}

/// Functions of one input on some of the points, for whatever is sought there.
pub(crate) struct Projection {
    ops: OpSet,
    points: Objective,
    /// Powers and the logarithm.
    powers: Vec<(Expr, Vec<f64>)>,
    alone: Vec<Column>,
    /// Of an atom's main functions, and of others.
    of_first: Vec<Column>,
    of_other: Vec<Column>,
    atoms: Vec<Tabulated>,
}

/// A sum whose misfit is lower at a place of the grid than beside it.
struct Valley {
    columns: Vec<usize>,
    /// Constants on both sides.
    bounds: (f64, f64),
    /// Where the parabola through three is lowest.
    lowest: f64,
}

/// A sum at the bottom of a valley.
struct Found {
    expr: Expr,
    terms: usize,
    left: f64,
}

impl Projection {
    /// The functions on the points of an objective.
    pub(crate) fn new(objective: &Objective, inputs: &[u16], ops: &OpSet) -> Self {
        let points = objective.thinned(POINTS);
        let mut eval = Evaluator::new(&points);
        let finite = |(power, expr): (Power, Expr)| {
            let values = eval.values(&expr).filter(|_| ops.allows(&expr))?;
            Some((power, (expr, values)))
        };
        let (kinds, powers): (Vec<Power>, Vec<(Expr, Vec<f64>)>) =
            powers(inputs, ops).into_iter().filter_map(finite).unzip();
        let of = |function: Option<usize>, divides: bool, is_wanted: fn(Power) -> bool| {
            let places = (0..kinds.len()).filter(|place| is_wanted(kinds[*place]));
            places.map(|power| Column { function, power, divides }).collect::<Vec<_>>()
        };
        let alone = [of(None, false, |_| true), of(None, true, Power::divides)].concat();
        let plain = of(Some(0), false, |power| power != Power::Logarithm);
        let of_first = [plain, of(Some(0), true, Power::divides_with_function)].concat();
        let of_other = of(Some(1), false, Power::is_low);
        let found = atoms(inputs, ops, |phase| eval.root_mean_square(phase));
        let tabulate = |atom: Atom| {
            let mut at_constant = |constant: &f64| {
                let functions = atom.functions(*constant, ops).into_iter();
                functions.map(|function| eval.values(&function)).collect()
            };
            Tabulated { at: atom.constants.iter().map(&mut at_constant).collect(), atom }
        };
        let atoms = found.into_iter().map(tabulate).collect();
        Self { ops: ops.clone(), powers, alone, of_first, of_other, atoms, points: points.clone() }
    }

    /// Sums of those numbers of terms for the values at the points of an objective that has the same points, those with
    /// the fewest terms first, and what they are worth in evaluations.
    pub(crate) fn search(
        &self,
        objective: &Objective,
        terms: RangeInclusive<usize>,
        allowance: &Allowance,
    ) -> (Vec<Expr>, u64) {
        let Some(wanted) = objective.thinned(POINTS).given_values() else { return (vec![], 0) };
        let longer = if *terms.end() > SHORT { LONGER } else { 1 };
        let target = Target::of(&wanted);
        let (mut found, mut spent) = (vec![], 0);
        for tabulated in &self.atoms {
            if allowance.is_over_after(spent) {
                break;
            }
            let columns = self.columns(&tabulated.atom);
            let worth = longer * (1 + (main_part(&columns) * columns.len() / PRODUCTS) as u64);
            spent += worth * tabulated.at.len() as u64;
            self.follow(tabulated, &columns, &terms, &target, &mut found);
        }
        found.sort_by(|a, b| a.terms.cmp(&b.terms).then(a.left.total_cmp(&b.left)));
        let of_length = |terms: usize| found.iter().filter(move |f| f.terms == terms).take(BEST);
        let best = (1..=LONGEST).flat_map(of_length).map(|found| found.expr.clone());
        (best.collect(), spent)
    }

    /// Columns with the functions of an atom, then those without.
    fn columns(&self, atom: &Atom) -> Vec<Column> {
        let of_function = |k: usize| {
            let columns = if k < atom.main() { &self.of_first } else { &self.of_other };
            let allowed = columns.iter().filter(|column| atom.may_divide() || !column.divides);
            allowed.map(move |column| Column { function: Some(k), ..*column })
        };
        (0..atom.count(&self.ops)).flat_map(of_function).chain(self.alone.iter().copied()).collect()
    }

    fn values(&self, column: Column, function: Option<&Vec<f64>>, target: &Target) -> Vec<f64> {
        let mut values = self.powers[column.power].1.clone();
        let factors = [function, column.divides.then_some(&target.unit)];
        for factor in factors.into_iter().flatten() {
            values.iter_mut().zip(factor).for_each(|(v, f)| *v *= f);
        }
        values
    }

    /// Follows the valleys of an atom's sums.
    fn follow(
        &self,
        tabulated: &Tabulated,
        columns: &[Column],
        terms: &RangeInclusive<usize>,
        target: &Target,
        found: &mut Vec<Found>,
    ) {
        let first = main_part(columns);
        let gram = |functions: &Values| {
            let unit = |column: &Column| {
                let function = column.function.map(|k| &functions[k]);
                let mut values = self.values(*column, function, target);
                let length = dot(&values, &values).sqrt();
                values.iter_mut().for_each(|v| *v /= length);
                values
            };
            let values: Vec<Vec<f64>> = columns.iter().map(unit).collect();
            let overlaps = values.iter().map(|values| dot(values, &target.unit)).collect();
            let rows = if *terms.end() > SHORT { values.len() } else { first };
            Gram::new(overlaps, rows, |i, j| dot(&values[i], &values[j]))
        };
        let grams: Vec<Option<Gram>> =
            tabulated.at.iter().map(|functions| functions.as_ref().map(gram)).collect();
        let constants = &tabulated.atom.constants;
        let mut valleys: Vec<Vec<(f64, Valley)>> = (0..LONGEST).map(|_| vec![]).collect();
        for place in 1..grams.len().saturating_sub(1) {
            let [Some(before), Some(here), Some(after)] = &grams[place - 1..=place + 1] else {
                continue;
            };
            for subset in here.best(first, *terms.end()).into_iter().flatten() {
                let left = |gram: &Gram| Some(target.share(1.0 - gram.explained(&subset.columns)?));
                let (Some(low), Some(high)) = (left(before), left(after)) else { continue };
                let left = target.share(1.0 - subset.explained);
                let size = subset.columns.len();
                if !terms.contains(&size) {
                    continue;
                }
                if left > ON_THE_GRID[size - 1].min(low).min(high) {
                    continue;
                }
                let at = [constants[place - 1], constants[place], constants[place + 1]];
                let lowest = lowest_of_parabola(at, [low, left, high]);
                let bounds = (at[0], at[2]);
                let valley = Valley { columns: subset.columns, bounds, lowest };
                let divides = valley.columns.iter().any(|k| columns[*k].divides);
                let solved = |constant: f64| {
                    self.solved(tabulated, columns, &valley, constant, target).map(|(_, left)| left)
                };
                let here = if divides { solved(at[1]) } else { Some(left) };
                let fall = here.zip(solved(lowest)).map_or(0.0, |(here, there)| here / there);
                if fall > FALL {
                    valleys[size - 1].push((fall, valley));
                }
            }
        }
        for mut valleys in valleys {
            valleys.sort_by(|a, b| b.0.total_cmp(&a.0));
            valleys.truncate(FOLLOWED);
            let bottoms = valleys.iter().filter_map(|(fall, valley)| {
                self.bottom(tabulated, columns, valley, *fall, target)
            });
            found.extend(bottoms);
        }
    }

    /// The coefficients of a sum at a constant, and the share of the square that it leaves.
    fn solved(
        &self,
        tabulated: &Tabulated,
        columns: &[Column],
        valley: &Valley,
        constant: f64,
        target: &Target,
    ) -> Option<(Vec<f64>, f64)> {
        let functions = tabulated.atom.functions(constant, &self.ops);
        let mut eval = Evaluator::new(&self.points);
        let mut values = vec![None; functions.len()];
        let mut chosen = Vec::with_capacity(LONGEST);
        for column in valley.columns.iter().map(|k| columns[*k]) {
            if let Some(k) = column.function.filter(|k| values[*k].is_none()) {
                values[k] = Some(eval.values(functions.get(k)?)?);
            }
            let function = column.function.and_then(|k| values[k].as_ref());
            chosen.push(self.values(column, function, target));
        }
        let (coefficients, left) = least_squares(&chosen, &target.unit)?;
        let pairs = || valley.columns.iter().zip(&coefficients).zip(&chosen);
        if pairs().all(|((k, _), _)| !columns[*k].divides) {
            return Some((coefficients, target.share(left)));
        }
        // What the quotient leaves rather than what its linear form does, which vanishes with the denominator.
        let left_at = |n: usize| {
            let sum = |divides: bool| -> f64 {
                let wanted = pairs().filter(|((k, _), _)| columns[**k].divides == divides);
                wanted.map(|((_, c), values)| c * values[n]).sum()
            };
            let y = target.unit[n];
            y - sum(false) / (1.0 - sum(true) / y)
        };
        let left = (0..target.unit.len()).map(|n| left_at(n).powi(2)).sum();
        Some((coefficients, target.share(left)))
    }

    /// The sum at the lowest point of a valley; `None` if that leaves something.
    fn bottom(
        &self,
        tabulated: &Tabulated,
        columns: &[Column],
        valley: &Valley,
        fall: f64,
        target: &Target,
    ) -> Option<Found> {
        let solved = |constant| self.solved(tabulated, columns, valley, constant, target);
        // The farther it falls, the closer it is.
        let near = fall.sqrt().recip().min(1.0);
        let (low, high) = valley.bounds;
        let [low, high] = [low, high].map(|end| valley.lowest + near * (end - valley.lowest));
        let left = |constant: f64| solved(constant).map_or(f64::INFINITY, |(_, left)| left);
        let (constant, left) = golden_section((low, high), STEPS, left);
        if !(left < PROMISING) {
            return None;
        }
        let (coefficients, _) = solved(constant)?;
        let functions = tabulated.atom.functions(constant, &self.ops);
        let terms = valley.columns.iter().zip(&coefficients).map(|(k, coefficient)| {
            let column = columns[*k];
            let power = Some(&self.powers[column.power].0).filter(|p| p.input_count() > 0);
            let function = column.function.map(|k| &functions[k]);
            (column.divides, *coefficient, function.into_iter().chain(power).cloned().collect())
        });
        let expr = quotient(terms.collect(), target.length)?;
        Some(Found { expr, terms: valley.columns.len(), left })
    }
}

/// Σ a·f / (1 − Σ b·g), where t = Σ a·f + Σ b·g·t of what is sought, of length 1; the terms with their factors, those
/// marked that divide.
fn quotient(terms: Vec<(bool, f64, Vec<Expr>)>, length: f64) -> Option<Expr> {
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

/// How many columns, the first, have an atom's functions.
fn main_part(columns: &[Column]) -> usize {
    columns.iter().filter(|column| column.function.is_some()).count()
}

/// What a column without an atom's functions is.
#[derive(Clone, Copy, PartialEq)]
enum Power {
    /// Of one input, the exponent in halves.
    OfOne(i32),
    /// A product of powers of several inputs, of that degree.
    OfSeveral(i32),
    Logarithm,
}

impl Power {
    /// Whether what is sought may be divided by it.
    fn divides(self) -> bool {
        match self {
            Self::OfOne(halves) => [2, 4, -2].contains(&halves),
            Self::OfSeveral(degree) => degree == 1,
            Self::Logarithm => false,
        }
    }

    /// Whether what is sought may be divided by it times a function.
    fn divides_with_function(self) -> bool {
        match self {
            Self::OfOne(halves) => [0, 2, -2].contains(&halves),
            Self::OfSeveral(degree) => degree <= 1,
            Self::Logarithm => false,
        }
    }

    /// Whether all of an atom's functions are multiplied by it.
    fn is_low(self) -> bool {
        match self {
            Self::OfOne(halves) => [0, 2, -2, -4].contains(&halves),
            Self::OfSeveral(degree) => degree <= 1,
            Self::Logarithm => false,
        }
    }
}

/// Powers and logarithms, 1 first.
fn powers(inputs: &[u16], ops: &OpSet) -> Vec<(Power, Expr)> {
    let logarithms = inputs.iter().map(|x| (Power::Logarithm, Expr::unary(Op::Log, Expr::var(*x))));
    let powers: Vec<(Power, Expr)> = match inputs {
        [input] => {
            const HALVES: [i32; 10] = [0, 2, -2, 4, -4, 1, -1, 3, 6, -6];
            let power = |halves| power_of(&Expr::var(*input), halves, ops);
            HALVES.iter().filter_map(|h| Some((Power::OfOne(*h), power(*h)?))).collect()
        }
        _ => {
            let product = |exponents: Vec<i32>| {
                let degree = exponents.iter().map(|e| e.abs()).sum();
                Some((Power::OfSeveral(degree), quotient_of_powers(inputs, &exponents, ops)?))
            };
            let products = exponents(inputs.len(), DEGREE).into_iter().filter_map(product);
            let one = (Power::OfSeveral(0), Expr::constant(1.0));
            std::iter::once(one).chain(products).collect()
        }
    };
    powers.into_iter().chain(logarithms).collect()
}

/// The values that are sought.
struct Target {
    /// Of length 1.
    unit: Vec<f64>,
    length: f64,
    /// The square about the mean.
    variance: f64,
}

impl Target {
    fn of(values: &[f64]) -> Self {
        let length = dot(values, values).sqrt();
        let unit: Vec<f64> = values.iter().map(|v| v / length).collect();
        let mean = unit.iter().sum::<f64>() / unit.len() as f64;
        let variance = unit.iter().map(|v| (v - mean).powi(2)).sum();
        Self { unit, length, variance }
    }

    /// The share of what varies.
    fn share(&self, left: f64) -> f64 {
        left.max(0.0) / self.variance
    }
}

/// Where the parabola through three values is lowest of which the middle one is, in the logarithms of three numbers of
/// one sign.
fn lowest_of_parabola(at: [f64; 3], [of_a, of_b, of_c]: [f64; 3]) -> f64 {
    let [before, after] = [at[1] / at[0], at[1] / at[2]].map(f64::ln);
    let (by_after, by_before) = (before * (of_b - of_c), after * (of_b - of_a));
    let step = 0.5 * (before * by_after - after * by_before) / (by_after - by_before);
    if step.is_finite() { at[1] * (-step).exp() } else { at[1] }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use symgrad_data::Table;
    use symgrad_expr::{Program, Workspace};

    use super::*;

    /// Two columns of points drawn from [0.3, 2.5].
    fn drawn(truth: &str) -> Objective {
        let column = |step: f64| (1..=400).map(move |n| 0.3 + 2.2 * (step * f64::from(n)).fract());
        of_values(truth, [0.754_878, 0.569_840].map(|step| column(step).collect()).to_vec())
    }

    fn of_values(truth: &str, columns: Vec<Vec<f64>>) -> Objective {
        let mut values = vec![0.0; columns[0].len()];
        let program = Program::compile(&truth.parse().unwrap());
        program.values(&columns, &mut Workspace::default(), &mut values).unwrap();
        let names = (1..=columns.len()).map(|k| format!("x{k}")).collect();
        let points = Table::new(names, columns).unwrap();
        Objective::regression(&points, &values, false).unwrap()
    }

    /// The draws of each form's constants A and B, from 0.3 to 3, for which nothing exact is found: they lie anywhere
    /// between those of the grid.
    fn missed(
        forms: &[&str],
        seed: u64,
        objective: impl Fn(&str, &mut ChaCha8Rng) -> Objective,
        inputs: &[u16],
        longest: usize,
    ) -> Vec<String> {
        let ops = OpSet::default();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut missed = vec![];
        for form in forms.iter().flat_map(|form| [form; 4]) {
            let [a, b] = [0, 1].map(|_| {
                let constant = 0.3 * 10_f64.powf(rng.random::<f64>());
                ((constant * 1000.0).round() / 1000.0).to_string()
            });
            let truth = form.replace('A', &a).replace('B', &b);
            let objective = objective(&truth, &mut rng);
            let projection = Projection::new(&objective, inputs, &ops);
            let (found, _) = projection.search(&objective, 1..=longest, &Allowance::UNLIMITED);
            let mut eval = Evaluator::new(&objective);
            let least = found.iter().map(|f| eval.loss(f)).fold(f64::INFINITY, f64::min);
            if least > 1e-14 {
                missed.push(format!("{truth}: {least:e}"));
            }
        }
        missed
    }

    #[test]
    fn functions_of_two_inputs_are_found() {
        const FORMS: [&str; 6] = [
            "x1^2/(exp(A*x2/x1) - 1)",
            "x1*exp(-A*x2) + B*x2",
            "x1*sqrt(B + A*x2^2/x1^2)",
            "B*x1 - x2*log(1 + A*x1)",
            "x2*sin(A*x1*x2)/x1 + B",
            "x1/x2*cos(A*x2) + B/x2",
        ];
        let missed = missed(&FORMS, 6, |truth, _| drawn(truth), &[0, 1], SHORT);
        assert!(missed.len() <= 2, "{missed:#?}");
    }

    #[test]
    fn functions_of_one_input_are_found() {
        const FORMS: [&str; 11] = [
            "x1/(exp(A*x1) - 1)",
            "x1^2*x1/(exp(A*x1) - 1)",
            "1 + 2/(exp(A*x1) - 1) - B/x1",
            "sqrt(x1)*(1 - B/(exp(A*sqrt(x1)) + 1))",
            "(sin(A*x1)/x1)^2 + B",
            "x1*sqrt(B + A*x1^2)/(B + x1)",
            "(B + x1)/((1 + A*x1^2)*sqrt(1 + A*x1^2))",
            "sqrt(1 + A*x1^2) - B",
            "A*exp(B*x1)/x1 + 1/x1^2",
            "B*x1 + sqrt(x1) - log(1 + A*x1)",
            "sin(A*x1)*x1 + B*cos(A*x1)",
        ];
        let on_a_range = |truth: &str, rng: &mut ChaCha8Rng| {
            let (low, width) = (rng.random_range(0.1..0.6), rng.random_range(1.0..4.0));
            let column = (1..=300).map(|n| low + width * (0.754_878 * f64::from(n)).fract());
            of_values(truth, vec![column.collect()])
        };
        let missed = missed(&FORMS, 5, on_a_range, &[0], LONGEST);
        assert!(missed.len() <= 4, "{missed:#?}");
    }
}
