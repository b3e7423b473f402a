//! The fields in the simplest systems of coordinates in which there are any.

use symgrad_expr::{Expr, OpSet, derivative};

use super::libraries::{CHANGED, CHANGED_TWICE, Extent, FEW, HIGHEST, OF_INPUTS, shapes};
use super::{Kind, PolynomialField};
use crate::propose::relations::account::Account;
use crate::propose::relations::basis::{self, Axis, Powers};
use crate::propose::relations::coordinates::{self, Change, Coordinate};
use crate::propose::relations::look::{MORE_POINTS, POINTS, ROUNDING, TERMS};
use crate::propose::relations::lowering::{fewest, lowered};
use crate::propose::relations::null_vectors::{self, Smallest};
use crate::propose::relations::polynomial::Polynomial;
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;

/// Changes of one input that are tried two at a time, of those that add coordinates and of those that do not.
const COMBINED: usize = 5;

/// Terms of a component that are too small to tell.
const SLIGHT: f64 = 1e-9;

/// Half of all points are no further from parallel, or from right angles: where the components are large at few points,
/// these alone count above.
const ASTRAY: f64 = 1e-11;

/// If polynomials of twice the degree leave more than this share, it is noise that they leave.
const FALL: f64 = 0.5;

/// What is looked at, and at what cost.
pub(super) struct Fields<'a> {
    kind: Kind,
    objective: &'a Objective,
    inputs: &'a [u16],
    /// Unit vectors in the inputs, by component.
    directions: Vec<Vec<f64>>,
    /// The components that may differ from zero.
    active: Vec<bool>,
    pub(super) account: Account,
}

impl<'a> Fields<'a> {
    /// `None` if there is no one direction at each point, or only one input.
    pub(super) fn new(
        kind: Kind,
        objective: &'a Objective,
        inputs: &'a [u16],
        allowance: &Allowance,
    ) -> Option<Self> {
        let all = objective.directions()?;
        if inputs.len() < 2 {
            return None;
        }
        let mut directions: Vec<Vec<f64>> =
            inputs.iter().map(|&input| all[usize::from(input)].to_vec()).collect();
        for n in 0..objective.points() {
            let size = directions.iter().map(|u| u[n] * u[n]).sum::<f64>().sqrt();
            for u in &mut directions {
                u[n] /= size;
            }
        }
        Some(Self {
            kind,
            objective,
            inputs,
            directions,
            active: vec![true; inputs.len()],
            account: Account::new(allowance),
        })
    }

    /// The fields in the simplest systems of coordinates in which there are any, the shortest first.
    pub(super) fn shortest(&mut self, ops: &OpSet) -> Vec<PolynomialField> {
        let plain = coordinates::system(self.inputs, &[]);
        let changes = coordinates::changes_of_one(self.inputs, ops);
        let mut found: Vec<PolynomialField> = vec![];
        let mut left = vec![];
        found.extend(self.in_system(&plain, FEW, &mut 0.0));
        if found.is_empty() {
            for change in &changes {
                let mut least = f64::INFINITY;
                let system = coordinates::system(self.inputs, &[change]);
                found.extend(self.in_system(&system, FEW, &mut least));
                left.push((least, change));
            }
        }
        if found.is_empty() && self.is_noisy(&plain) {
            return vec![];
        }
        let twos = coordinates::changes_of_two(self.inputs, ops);
        let best = combined(left);
        let pairs: Vec<[&Change; 2]> = (0..best.len())
            .flat_map(|k| best[..k].iter().map(|first| [*first, best[k]]).collect::<Vec<_>>())
            .filter(|[first, second]| first.is_apart_from(second))
            .collect();
        let ones = changes.iter().map(|change| coordinates::system(self.inputs, &[change]));
        let ones: Vec<Vec<Coordinate>> = ones.collect();
        let twos = twos.iter().map(|change| coordinates::system(self.inputs, &[change])).collect();
        let pairs: Vec<Vec<Coordinate>> =
            pairs.iter().map(|pair| coordinates::system(self.inputs, pair)).collect();
        for (systems, extent) in [
            (twos, FEW),
            (pairs.clone(), FEW),
            (vec![plain], OF_INPUTS),
            (ones, CHANGED),
            (pairs, CHANGED_TWICE),
        ] {
            if found.is_empty() {
                for system in &systems {
                    found.extend(self.in_system(system, extent, &mut 0.0));
                }
            }
        }
        found.sort_by_key(|field| field.terms);
        found
    }

    /// The field in these coordinates that has the lowest degrees; how little is left at least goes into the last
    /// argument.
    fn in_system(
        &mut self,
        system: &[Coordinate],
        extent: Extent,
        least: &mut f64,
    ) -> Vec<PolynomialField> {
        let factors = self.factors(system);
        let mut eval = Evaluator::new(self.objective);
        let columns: Option<Vec<Vec<f64>>> = factors.iter().map(|s| eval.values(s)).collect();
        let axes = coordinates::axes(system, self.objective);
        let (Some(axes), Some(columns)) = (axes, columns) else { return vec![] };
        for (axes, degree) in shapes(&axes, self.inputs.len(), extent) {
            if self.account.is_over() {
                break;
            }
            let left = self.left_alike(&axes, degree, &columns);
            *least = least.min(left);
            if left > ROUNDING {
                continue;
            }
            let mut found: Vec<PolynomialField> =
                self.lowest(system, &axes, degree, &factors, &columns).into_iter().collect();
            for active in self.of_few_inputs(&axes, degree, &columns) {
                if found.iter().any(|field| field.active == active) {
                    continue;
                }
                self.active = active;
                found.extend(self.lowest(system, &axes, degree, &factors, &columns));
            }
            self.active.fill(true);
            if !found.is_empty() {
                return found;
            }
        }
        vec![]
    }

    /// Whether polynomials of a higher degree do not leave much less, at all points together.
    fn is_noisy(&mut self, plain: &[Coordinate]) -> bool {
        let Some(axes) = coordinates::axes(plain, self.objective) else { return true };
        let dim = self.inputs.len();
        let fits = |degree: &u32| dim * basis::powers(&axes, &[*degree]).len() <= FEW.coefficients;
        let Some(high) = (2..=HIGHEST).take_while(fits).last() else { return false };
        let ones = vec![vec![1.0; self.objective.points()]; dim];
        let [low, high] = [high / 2, high].map(|degree| {
            let powers = basis::powers(&axes, &vec![degree; dim]);
            let points = self.objective.points();
            let found = self.smallest_at(points, &powers, &axes, &ones, basis::chebyshev);
            found.map_or(0.0, |found| found.left)
        });
        high > FALL * low
    }

    /// The components that do not vanish in tangent fields of few inputs, those of the lowest degree. There may be many
    /// fields, and those of few inputs have their own first integrals.
    fn of_few_inputs(
        &mut self,
        axes: &[Axis],
        degree: u32,
        columns: &[Vec<f64>],
    ) -> Vec<Vec<bool>> {
        if self.kind == Kind::Parallel {
            return vec![];
        }
        let dim = self.inputs.len();
        let mut sets: Vec<(u32, Vec<bool>)> = vec![];
        for first in 0..dim {
            self.active.fill(true);
            for k in (first..dim).chain(0..first) {
                self.active[k] = false;
                self.active[k] = self.left_alike(axes, degree, columns) > ROUNDING;
            }
            let is_new = sets.iter().all(|(_, known)| *known != self.active);
            if is_new && self.active.contains(&false) {
                sets.push((self.lowest_degree(axes, degree, columns), self.active.clone()));
            }
        }
        self.active.fill(true);
        let least = sets.iter().map(|(degree, _)| *degree).min();
        sets.retain(|(degree, _)| Some(*degree) == least);
        sets.into_iter().map(|(_, active)| active).collect()
    }

    /// The lowest total degree: of one coordinate, high powers may be a series.
    fn lowest_degree(&mut self, axes: &[Axis], degree: u32, columns: &[Vec<f64>]) -> u32 {
        let lower = (0..degree).rev();
        let vanishes = |lower: &u32| self.left_alike(axes, *lower, columns) < ROUNDING;
        lower.take_while(vanishes).last().unwrap_or(degree)
    }

    /// What is left by polynomials of one total degree.
    fn left_alike(&mut self, axes: &[Axis], degree: u32, columns: &[Vec<f64>]) -> f64 {
        self.left(axes, &vec![degree; self.inputs.len()], columns).unwrap_or(f64::INFINITY)
    }

    /// The powers in components that may differ from zero.
    fn powers(&self, axes: &[Axis], degrees: &[u32]) -> Vec<Powers> {
        let mut powers = basis::powers(axes, degrees);
        powers.retain(|powers| self.active[powers.of_values.unsigned_abs() as usize]);
        powers
    }

    /// What each component has as a factor: the derivative of what stands in the input's place, or one over it.
    fn factors(&self, system: &[Coordinate]) -> Vec<Expr> {
        let factor = |input: &u16| {
            let of_it = |coordinate: &&Coordinate| coordinate.expr.inputs() == [*input];
            let own: Vec<&Coordinate> = system.iter().filter(of_it).collect();
            match own.as_slice() {
                [only] if only.expr != Expr::var(*input) => match self.kind {
                    Kind::Parallel => derivative(&only.expr, *input),
                    Kind::Tangent => Expr::constant(1.0) / derivative(&only.expr, *input),
                },
                _ => Expr::constant(1.0),
            }
        };
        self.inputs.iter().map(factor).collect()
    }

    fn left(&mut self, axes: &[Axis], degrees: &[u32], factors: &[Vec<f64>]) -> Option<f64> {
        let powers = self.powers(axes, degrees);
        self.smallest(&powers, axes, factors, basis::chebyshev).map(|found| found.left)
    }

    /// The smallest field of products of coordinates, at so many points that there are more equations.
    fn smallest(
        &mut self,
        powers: &[Powers],
        axes: &[Axis],
        factors: &[Vec<f64>],
        columns: basis::Columns,
    ) -> Option<Smallest> {
        let count = powers.len();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let wanted = count + (MORE_POINTS * count as f64) as usize + POINTS;
        let points = wanted.div_ceil(self.equations());
        let points = points.max(count / self.inputs.len() + POINTS);
        self.smallest_at(points, powers, axes, factors, columns)
    }

    /// Equations of each point.
    fn equations(&self) -> usize {
        match self.kind {
            Kind::Parallel => self.inputs.len() - 1,
            Kind::Tangent => 1,
        }
    }

    fn smallest_at(
        &mut self,
        points: usize,
        powers: &[Powers],
        axes: &[Axis],
        factors: &[Vec<f64>],
        columns: basis::Columns,
    ) -> Option<Smallest> {
        let (count, total) = (powers.len(), self.objective.points());
        let points = points.min(total);
        if !self.account.take(points * self.equations(), count) {
            return None;
        }
        let pick = |column: &Vec<f64>| -> Vec<f64> {
            (0..points).map(|n| column[n * total / points]).collect()
        };
        let axes: Vec<Axis> = axes
            .iter()
            .map(|axis| Axis { column: pick(&axis.column), highest: axis.highest })
            .collect();
        let mut spaces = columns(powers, &axes);
        spaces.resize(self.inputs.len(), vec![]);
        let factors: Vec<Vec<f64>> = factors.iter().map(pick).collect();
        let directions: Vec<Vec<f64>> = self.directions.iter().map(pick).collect();
        match self.kind {
            Kind::Parallel => null_vectors::most_parallel(&spaces, &factors, &directions),
            Kind::Tangent => null_vectors::most_tangent(&spaces, &factors, &directions),
        }
    }

    fn lowest(
        &mut self,
        system: &[Coordinate],
        axes: &[Axis],
        degree: u32,
        factors: &[Expr],
        columns: &[Vec<f64>],
    ) -> Option<PolynomialField> {
        let dim = self.inputs.len();
        let degrees = vec![self.lowest_degree(axes, degree, columns); dim];
        let left = &mut |axes: &[Axis], degrees: &[u32]| self.left(axes, degrees, columns);
        let (axes, degrees) = lowered(axes.to_vec(), degrees, dim, (ROUNDING, 0.0), left)?;
        let powers = self.powers(&axes, &degrees);
        let found = self.smallest(&powers, &axes, columns, basis::chebyshev)?;
        let coefficients = basis::in_monomials(&powers, &axes, &found.coefficients.concat());
        let matter = |powers: &[Powers], coefficients: &[f64]| -> Vec<f64> {
            let monomials = basis::monomials(powers, &axes).concat();
            let each = powers.iter().zip(&monomials).zip(coefficients);
            let share = |((powers, column), c): ((&Powers, &Vec<f64>), &f64)| {
                let factor = &columns[powers.of_values.unsigned_abs() as usize];
                let square: f64 = column.iter().zip(factor).map(|(v, s)| (v * s).powi(2)).sum();
                c.abs() * square.sqrt()
            };
            each.map(share).collect()
        };
        let kept = fewest(&powers, &matter(&powers, &coefficients), &mut |powers| {
            let found = self.smallest(powers, &axes, columns, basis::monomials);
            found.is_some_and(|found| found.left < ROUNDING)
        });
        let found = self.smallest(&kept, &axes, columns, basis::monomials)?;
        let coefficients = found.coefficients.concat();
        let matters = matter(&kept, &coefficients);
        let most = matters.iter().copied().fold(0.0, f64::max);
        let polynomial = |k: i32| {
            let all = kept.iter().zip(&coefficients).zip(&matters);
            let own = all.filter(|((powers, _), matters)| {
                powers.of_values == k && **matters > SLIGHT * most
            });
            Polynomial::new(system, own.map(|((powers, c), _)| (powers.of_axes.clone(), *c)))
        };
        let polynomials: Vec<Polynomial> = (0..).take(dim).map(polynomial).collect();
        let active = polynomials.iter().map(|polynomial| !polynomial.is_zero()).collect();
        let components: Vec<Expr> = polynomials
            .iter()
            .zip(factors)
            .map(|(polynomial, factor)| polynomial.written(false) * factor.clone())
            .collect();
        let terms = kept.len();
        let is_right = terms <= dim * TERMS && self.astray(&components)? < ASTRAY;
        let system = system.to_vec();
        is_right.then_some(PolynomialField { components, active, system, terms })
    }

    /// How far from parallel, or from right angles, half of all points are not exceeding: as a sine or cosine.
    fn astray(&self, components: &[Expr]) -> Option<f64> {
        let mut eval = Evaluator::new(self.objective);
        let columns: Vec<Vec<f64>> =
            components.iter().map(|w| eval.values(w)).collect::<Option<_>>()?;
        let at = |n: usize| {
            let square: f64 = columns.iter().map(|w| w[n] * w[n]).sum();
            let along: f64 = columns.iter().zip(&self.directions).map(|(w, u)| w[n] * u[n]).sum();
            let across = |(w, u): (&Vec<f64>, &Vec<f64>)| (w[n] - along * u[n]).powi(2);
            match self.kind {
                Kind::Tangent => along.abs() / square.sqrt(),
                Kind::Parallel => {
                    let rest: f64 = columns.iter().zip(&self.directions).map(across).sum();
                    (rest / square).sqrt()
                }
            }
        };
        let mut all: Vec<f64> = (0..self.objective.points()).map(at).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    }
}

/// The changes of coordinates that leave least, among those that add as many coordinates: more of them always leave less.
fn combined(mut left: Vec<(f64, &Change)>) -> Vec<&Change> {
    left.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (more, as_many): (Vec<_>, Vec<_>) =
        left.into_iter().map(|(_, change)| change).partition(|change| change.adds());
    as_many.into_iter().take(COMBINED).chain(more.into_iter().take(COMBINED)).collect()
}
