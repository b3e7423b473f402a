//! Equations in coordinates with a constant inside, such as e^(kx) or √(k + x²), for every value of which the
//! coefficients are a singular vector: variable projection. The least singular value falls towards the constant
//! from both sides as |k − k₀|, so that a coarse grid shows where it may vanish.

use symgrad_expr::{Expr, Op, OpSet};

use super::basis::{self, Axis};
use super::coordinates::{self, Change, Coordinate, changes_of_one};
use super::look::Look;
use super::relation::Relation;
use super::sought::KINDS;
use crate::propose::spectral::{SECTION, golden_section};
use crate::score::evaluator::Evaluator;

/// Monomials of a library.
const MONOMIALS: usize = 130;

/// Highest degree below, or of each coordinate: where a function of few inputs may have higher ones, any constant
/// will do.
const HIGHEST: u32 = 3;

/// The grid of constants: the smallest in its unit, the ratio of neighbours, and how many there are.
const SMALLEST: f64 = 0.1;
const RATIO: f64 = 1.4;
const COUNT: i32 = 12;

/// Libraries in which less is left, as a multiple of what rounding leaves, come near to any values, with any constant.
const FLEXIBLE: f64 = 100.0;

/// The largest libraries of each kind that are not flexible.
const LIBRARIES: usize = 2;

/// A valley has less than this share of what its neighbours leave.
const FALL: f64 = 0.95;

/// Valleys that are looked into with a few steps of golden-section search, the deepest first, and those of them that
/// are followed, those first that have fallen most.
const LOOKED_INTO: usize = 60;
const FOLLOWED: usize = 12;
const FIRST_SECTIONS: i32 = 5;

/// Further steps, and parabolas through three points, each so many times nearer.
const SECTIONS: i32 = 8;
const PARABOLAS: usize = 5;
const NEARER: f64 = 0.03;

/// Changes of other inputs beside which constants are looked for.
const BESIDE: usize = 2;

/// A constant that differs from one with four digits by less than this share is that one, if the equation holds.
const SIMPLE: f64 = 3e-5;

/// A function of one or two inputs with a constant inside.
struct Family {
    kind: Inside,
    phase: Expr,
    /// The constant's unit.
    unit: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Inside {
    /// e^(kp), beside p.
    Exponential,
    /// sin kp and cos kp, in the place of p.
    Waves,
    /// √(k + p), beside p.
    Root,
    /// log(k + p), beside p.
    Logarithm,
}

impl Family {
    fn change(&self, k: f64) -> Change {
        let phase = || self.phase.clone();
        let times = || Expr::constant(k) * phase();
        let plus = || Expr::constant(k) + phase();
        let any = |op: Op, inside: Expr| Coordinate::any(Expr::unary(op, inside));
        let added = match self.kind {
            Inside::Exponential => vec![any(Op::Exp, times())],
            Inside::Waves => {
                vec![any(Op::Sin, times()), Coordinate { highest: 1, ..any(Op::Cos, times()) }]
            }
            Inside::Root => vec![Coordinate { highest: 1, ..any(Op::Sqrt, plus()) }],
            Inside::Logarithm => vec![any(Op::Log, plus())],
        };
        let replaced = match phase().inputs().as_slice() {
            [input] if self.kind == Inside::Waves => Some(*input),
            _ => None,
        };
        Change::new(replaced, added)
    }
}

/// Where less is left than beside it.
struct Valley<'a> {
    constant: f64,
    left: f64,
    /// What is left as a share of what is left beside it.
    share: f64,
    family: &'a Family,
    beside: Option<&'a Change>,
    shape: Shape,
}

/// Degrees beside the powers of the values, and the highest power of each coordinate.
#[derive(Clone, Debug)]
struct Shape {
    degrees: Vec<u32>,
    highest: u32,
}

impl Shape {
    fn bounded(&self, mut axes: Vec<Axis>) -> Vec<Axis> {
        for axis in &mut axes {
            axis.highest = axis.highest.min(self.highest);
        }
        axes
    }

    /// Of quotients and roots by total degree, and of quotients by each coordinate's power: the largest first of
    /// each kind.
    fn kinds(axes: &[Axis]) -> Vec<Vec<Self>> {
        let by_degree = KINDS[..3].iter().map(|kind| -> Vec<Self> {
            let degrees = (1..=HIGHEST).rev().filter_map(kind);
            degrees.map(|degrees| Self { degrees, highest: u32::MAX }).collect()
        });
        let by_power = (1..=HIGHEST).rev().map(|highest| {
            let bound = |axis: &Axis| axis.highest.min(highest);
            let degree = axes.iter().map(bound).sum();
            Self { degrees: vec![degree, degree], highest }
        });
        let mut kinds: Vec<Vec<Self>> = by_degree.chain([by_power.collect()]).collect();
        let monomials =
            |shape: &Self| basis::powers(&shape.bounded(axes.to_vec()), &shape.degrees).len();
        for kind in &mut kinds {
            kind.retain(|shape| monomials(shape) <= MONOMIALS);
        }
        kinds
    }
}

impl Look<'_> {
    /// The equations with a constant inside, as far as the allowance goes.
    pub(super) fn for_constants(&mut self, inputs: &[u16], ops: &OpSet) -> Vec<Relation> {
        let families = self.families(inputs, ops);
        let changes = changes_of_one(inputs, ops);
        let ranked = self.ranked(inputs, &changes);
        let beside = ranked.into_iter().take(BESIDE).map(Some);
        for beside in std::iter::once(None).chain(beside) {
            let mut valleys = vec![];
            for family in &families {
                let one = family.change(1.0);
                if beside.is_none_or(|change: &Change| change.is_apart_from(&one)) {
                    valleys.extend(self.valleys(family, beside, inputs));
                }
            }
            let steepest = |valleys: &mut Vec<Valley<'_>>, most: usize| {
                valleys.sort_by(|a, b| a.share.total_cmp(&b.share));
                valleys.truncate(most);
            };
            steepest(&mut valleys, LOOKED_INTO);
            for valley in &mut valleys {
                let ends = (valley.constant / RATIO, valley.constant * RATIO);
                let beside_it = valley.left / valley.share;
                self.narrowed(valley, ends, FIRST_SECTIONS, inputs);
                valley.share = valley.left / beside_it;
            }
            steepest(&mut valleys, FOLLOWED);
            let mut found = vec![];
            for valley in valleys {
                found.extend(self.followed(valley, inputs));
            }
            if !found.is_empty() || self.account.is_over() {
                return found;
            }
        }
        vec![]
    }

    fn families(&self, inputs: &[u16], ops: &OpSet) -> Vec<Family> {
        let mut eval = Evaluator::new(self.objective);
        let mut found = vec![];
        let mut add = |kind: Inside, phase: &Expr| {
            let Some(size) = eval.root_mean_square(phase) else { return };
            let unit = match kind {
                Inside::Exponential | Inside::Waves => size.recip(),
                Inside::Root | Inside::Logarithm => size,
            };
            let family = Family { kind, phase: phase.clone(), unit };
            let is_allowed = |c: &Coordinate| ops.allows(&c.expr);
            if family.change(1.0).added().iter().all(is_allowed) {
                found.push(family);
            }
        };
        for (k, &input) in inputs.iter().enumerate() {
            let x = Expr::var(input);
            for kind in [Inside::Exponential, Inside::Waves, Inside::Root, Inside::Logarithm] {
                add(kind, &x);
            }
            add(Inside::Root, &x.clone().square());
            add(Inside::Exponential, &(Expr::constant(1.0) / x.clone()));
            for y in inputs[..k].iter().copied().map(Expr::var) {
                let phases = [
                    x.clone() * y.clone(),
                    x.clone() / y.clone(),
                    y.clone() / x.clone(),
                    x.clone() + y.clone(),
                    x.clone() - y,
                ];
                for phase in &phases {
                    add(Inside::Exponential, phase);
                }
            }
        }
        found
    }

    fn valleys<'a>(
        &mut self,
        family: &'a Family,
        beside: Option<&'a Change>,
        inputs: &[u16],
    ) -> Vec<Valley<'a>> {
        let constants: Vec<f64> =
            (0..COUNT).map(|k| family.unit * SMALLEST * RATIO.powi(k)).collect();
        let mut found = vec![];
        let Some(axes) = self.axes(&with(family, beside, family.unit, inputs)) else {
            return found;
        };
        for kind in Shape::kinds(&axes) {
            let mut libraries = 0;
            for shape in kind {
                if self.account.is_over() {
                    return found;
                }
                let middle = constants[constants.len() / 2];
                let is_flexible = |left: f64, tolerance: f64| left < FLEXIBLE * tolerance;
                let left = self.left_with(family, beside, middle, &shape, inputs);
                if libraries == LIBRARIES || is_flexible(left, self.tolerance) {
                    continue;
                }
                libraries += 1;
                let left: Vec<f64> = constants
                    .iter()
                    .map(|k| self.left_with(family, beside, *k, &shape, inputs))
                    .collect();
                for k in 1..constants.len() - 1 {
                    let beside_it = left[k - 1].min(left[k + 1]);
                    let share = left[k] / beside_it;
                    let is_told = beside_it.is_finite() && !is_flexible(beside_it, self.tolerance);
                    if share < FALL && is_told {
                        let (constant, left, shape) = (constants[k], left[k], shape.clone());
                        found.push(Valley { constant, left, share, family, beside, shape });
                    }
                }
            }
        }
        found
    }

    fn left_with(
        &mut self,
        family: &Family,
        beside: Option<&Change>,
        k: f64,
        shape: &Shape,
        inputs: &[u16],
    ) -> f64 {
        let system = with(family, beside, k, inputs);
        let axes = self.axes(&system);
        axes.and_then(|axes| self.left(&shape.bounded(axes), &shape.degrees))
            .unwrap_or(f64::INFINITY)
    }

    fn narrowed(&mut self, valley: &mut Valley<'_>, ends: (f64, f64), steps: i32, inputs: &[u16]) {
        let Valley { family, beside, ref shape, .. } = *valley;
        (valley.constant, valley.left) =
            golden_section(ends, steps, |k| self.left_with(family, beside, k, shape, inputs));
    }

    /// The equation at the lowest point of a valley, if it is one there.
    fn followed(&mut self, mut valley: Valley<'_>, inputs: &[u16]) -> Option<Relation> {
        let width = valley.constant * (RATIO - RATIO.recip()) * SECTION.powi(FIRST_SECTIONS);
        let ends = (valley.constant - width, valley.constant + width);
        self.narrowed(&mut valley, ends, SECTIONS, inputs);
        let Valley { constant: mut k, family, beside, shape, .. } = valley;
        // The square of what is left is a parabola.
        let mut width = width * SECTION.powi(SECTIONS);
        for _ in 0..PARABOLAS {
            let [low, middle, high] = [k - width, k, k + width]
                .map(|k| self.left_with(family, beside, k, &shape, inputs).powi(2));
            let bend = low - 2.0 * middle + high;
            let step = 0.5 * width * (low - high) / bend;
            if !step.is_finite() {
                break;
            }
            k += step.clamp(-3.0 * width, 3.0 * width);
            width = (width * NEARER).max(1e-9 * k.abs());
        }
        let unit = 10.0_f64.powf(k.abs().log10().floor() - 3.0);
        let rounded = (k / unit).round() * unit;
        let k = if (rounded - k).abs() <= SIMPLE * k.abs()
            && self.left_with(family, beside, rounded, &shape, inputs) < self.tolerance
        {
            rounded
        } else {
            k
        };
        if self.left_with(family, beside, k, &shape, inputs) > self.tolerance {
            return None;
        }
        let system = with(family, beside, k, inputs);
        let axes = shape.bounded(self.axes(&system)?);
        self.lowest(&system, axes, shape.degrees)
    }
}

fn with(family: &Family, beside: Option<&Change>, k: f64, inputs: &[u16]) -> Vec<Coordinate> {
    let own = family.change(k);
    let changes: Vec<&Change> = beside.into_iter().chain([&own]).collect();
    coordinates::system(inputs, &changes)
}
