//! Polynomials that are constant along a polynomial vector field that annihilates the function that is looked for: first
//! integrals of the field, of which the function is one. If its gradient is in the span of those of fewer polynomials
//! than there are inputs, it is a function of these alone.

use symgrad_expr::{Expr, Op, OpSet, derivative};

use super::sought::Fields;
use super::span::Span;
use super::{Kind, PolynomialField};
use crate::propose::relations::account::Account;
use crate::propose::relations::basis::{self, Powers};
use crate::propose::relations::coordinates::{self, Coordinate};
use crate::propose::relations::null_vectors;
use crate::propose::relations::polynomial::Polynomial;
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;

/// The highest degree of polynomials, and the most monomials.
const HIGHEST: u32 = 4;
const MONOMIALS: usize = 150;

/// Systems of coordinates with some of them in the denominator.
const SYSTEMS: usize = 12;

/// Points at which they are looked for, as a multiple of the monomials.
const POINTS: usize = 2;

/// What a singular value decomposition takes of a QR decomposition.
const OF_SVD: usize = 4;

/// Rates that vanish, as a share of the largest, and terms that do.
const VANISHING: f64 = 1e-10;
const SLIGHT: f64 = 1e-7;

/// The fewest polynomials of which the level sets are those of a function, fewer than there are inputs, and the
/// evaluations that finding them is worth.
pub(crate) fn first_integrals(
    objective: &Objective,
    inputs: &[u16],
    ops: &OpSet,
    allowance: &Allowance,
) -> (Vec<Vec<Expr>>, u64) {
    let fields = Fields::new(Kind::Tangent, objective, inputs, allowance);
    let Some(mut fields) = fields.filter(|_| inputs.len() > 2) else { return (vec![], 0) };
    let found = fields.shortest(ops);
    let mut all: Vec<Vec<Expr>> = vec![];
    for field in &found {
        let systems = with_reciprocals(&field.system);
        let mut of_system = systems
            .iter()
            .map(|system| of_field(field, system, objective, inputs, &mut fields.account));
        let mut integrals: Vec<Vec<Expr>> = of_system.next().flatten().into_iter().collect();
        if integrals.is_empty() {
            integrals = of_system.flatten().collect();
        }
        log::debug!(target: "symgrad::search", "along {field}: {} sets of integrals", integrals.len());
        for mut integrals in integrals {
            // Functions of one input are that input.
            for integral in &mut integrals {
                if let [input] = integral.inputs().as_slice() {
                    *integral = Expr::var(*input);
                }
            }
            integrals.sort_by_cached_key(ToString::to_string);
            if !all.contains(&integrals) {
                all.push(integrals);
            }
        }
    }
    let mut eval = Evaluator::new(objective);
    let mut ranked: Vec<(usize, f64, Vec<Expr>)> = all
        .into_iter()
        .map(|functions| {
            let tails = functions.iter().map(|function| tail(function, &mut eval));
            (functions.len(), tails.fold(0.0, f64::max), functions)
        })
        .collect();
    ranked.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    (ranked.into_iter().map(|(_, _, functions)| functions).collect(), fields.account.spent())
}

/// How much larger a function is at its largest than at half of all points.
fn tail(function: &Expr, eval: &mut Evaluator<'_>) -> f64 {
    let Some(mut sizes) = eval.values(function) else { return f64::INFINITY };
    for size in &mut sizes {
        *size = size.abs();
    }
    sizes.sort_by(f64::total_cmp);
    sizes[sizes.len() - 1] / sizes[sizes.len() / 2]
}

/// The coordinates, and these with one or two in the denominator.
fn with_reciprocals(system: &[Coordinate]) -> Vec<Vec<Coordinate>> {
    let places = 0..system.len();
    let sets = places.flat_map(|k| (0..=k).map(move |l| [k, l]));
    let inverted = |set: [usize; 2]| {
        let turned = system.iter().enumerate().map(|(k, coordinate)| {
            if set.contains(&k) {
                Coordinate::any(Expr::unary(Op::Inv, coordinate.expr.clone()))
            } else {
                coordinate.clone()
            }
        });
        turned.collect()
    };
    let mut sets: Vec<[usize; 2]> = sets.collect();
    sets.sort_by_key(|[k, l]| k != l);
    let inverted = sets.into_iter().take(SYSTEMS).map(inverted);
    std::iter::once(system.to_vec()).chain(inverted).collect()
}

/// First integrals that are polynomials in these coordinates.
fn of_field(
    field: &PolynomialField,
    system: &[Coordinate],
    objective: &Objective,
    inputs: &[u16],
    account: &mut Account,
) -> Option<Vec<Expr>> {
    let axes = coordinates::axes(system, objective)?;
    let mut eval = Evaluator::new(objective);
    let components: Vec<Vec<f64>> =
        field.components.iter().map(|v| eval.values(v)).collect::<Option<_>>()?;
    let mut rates = vec![];
    for coordinate in system {
        let mut rate = vec![0.0; objective.points()];
        for (component, &input) in components.iter().zip(inputs) {
            let slope = eval.values(&derivative(&coordinate.expr, input))?;
            rate.iter_mut().zip(component.iter().zip(&slope)).for_each(|(r, (v, s))| *r += v * s);
        }
        rates.push(rate);
    }
    let unit: Vec<Vec<f64>> = {
        let all = objective.directions()?;
        inputs.iter().map(|&input| all[usize::from(input)].to_vec()).collect()
    };
    let (mut span, mut kept) = (Span::default(), vec![]);
    for degree in 1..=HIGHEST {
        let powers = basis::powers(&axes, &[degree]);
        let points = powers.len() * POINTS * OF_SVD;
        if powers.len() > MONOMIALS || !account.take(points, powers.len()) {
            break;
        }
        let mut integrals = vanishing(system, &axes, &powers, &rates)?;
        integrals.sort_by_key(|integral| integral.coefficients().count());
        for integral in integrals {
            let integral = shortest_beside(integral, &kept);
            let expr = integral.written(true);
            let gradients = eval.projected_gradients(&expr)?;
            let gradient: Vec<Vec<f64>> =
                inputs.iter().map(|&input| gradients[usize::from(input)].clone()).collect();
            if span.holds(&gradient) {
                continue;
            }
            span.add(expr, gradient);
            kept.push(integral);
            if span.functions.len() == inputs.len() {
                return None;
            }
            if span.holds(&unit) {
                return Some(span.fewest(&unit));
            }
        }
    }
    None
}

/// The polynomial less multiples of products of others, as far as that makes it shorter.
fn shortest_beside(mut polynomial: Polynomial, others: &[Polynomial]) -> Polynomial {
    for (k, one) in others.iter().enumerate() {
        for other in &others[..=k] {
            let Some(product) = one.product(other) else { continue };
            let members = polynomial.pencil(&product).into_iter().flatten();
            let shorter = members.filter(|member| !member.is_multiple_of(&product));
            polynomial = shorter
                .chain([polynomial.clone()])
                .min_by_key(|member| member.coefficients().count())
                .unwrap_or(polynomial);
        }
    }
    polynomial
}

/// The polynomials of these monomials that are constant along the field, each with a monomial that the others lack.
fn vanishing(
    system: &[Coordinate],
    axes: &[basis::Axis],
    powers: &[Powers],
    rates: &[Vec<f64>],
) -> Option<Vec<Polynomial>> {
    let total = rates.first()?.len();
    let points = (POINTS * powers.len() + 30).min(total);
    let pick = |column: &Vec<f64>| -> Vec<f64> {
        (0..points).map(|n| column[n * total / points]).collect()
    };
    let axes: Vec<basis::Axis> = axes
        .iter()
        .map(|axis| basis::Axis { column: pick(&axis.column), highest: axis.highest })
        .collect();
    let rates: Vec<Vec<f64>> = rates.iter().map(pick).collect();
    let is_constant = |powers: &Powers| powers.of_axes.iter().all(|power| *power == 0);
    let varying: Vec<Powers> = powers.iter().filter(|p| !is_constant(p)).cloned().collect();
    let columns = basis::chebyshev(&varying, &axes).concat();
    let along = basis::chebyshev_rates(&varying, &axes, &rates);
    let found = null_vectors::constant_along(&columns, &along, VANISHING)?;
    let monomials = basis::monomials(powers, &axes).concat();
    let sizes: Vec<f64> = monomials
        .iter()
        .map(|column| (column.iter().map(|v| v * v).sum::<f64>() / points as f64).sqrt())
        .collect();
    let mut rows: Vec<Vec<f64>> = vec![];
    for coefficients in found {
        let mut of_varying = coefficients.into_iter();
        let all: Vec<f64> = powers
            .iter()
            .map(|p| if is_constant(p) { 0.0 } else { of_varying.next().unwrap_or(0.0) })
            .collect();
        let in_monomials = basis::in_monomials(powers, &axes, &all);
        let row = in_monomials.iter().zip(&sizes).zip(powers);
        rows.push(row.map(|((c, size), p)| if is_constant(p) { 0.0 } else { c * size }).collect());
    }
    reduced(&mut rows);
    // Once more with these monomials alone, which is more exact.
    let refined = |kept: &[usize]| -> Option<Vec<f64>> {
        let pick = |columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
            kept.iter().map(|&k| columns[k].clone()).collect()
        };
        let rates = basis::monomial_rates(powers, &axes, &rates);
        null_vectors::constant_along(&pick(&monomials), &pick(&rates), VANISHING)?.pop()
    };
    let polynomial = |row: &Vec<f64>| {
        let most = row.iter().map(|c| c.abs()).fold(0.0, f64::max);
        let kept: Vec<usize> = (0..row.len()).filter(|&k| row[k].abs() > SLIGHT * most).collect();
        let plain = || kept.iter().map(|&k| row[k] / sizes[k]).collect();
        let coefficients: Vec<f64> = refined(&kept).unwrap_or_else(plain);
        let sizes = kept.iter().zip(&coefficients).map(|(&k, c)| (c * sizes[k]).abs());
        let Some((unit, most)) =
            coefficients.iter().copied().zip(sizes.clone()).max_by(|a, b| a.1.total_cmp(&b.1))
        else {
            return Polynomial::new(system, []);
        };
        let terms = kept.iter().zip(&coefficients).zip(sizes);
        let terms = terms.filter(|(_, size)| *size > SLIGHT * most);
        Polynomial::new(system, terms.map(|((&k, c), _)| (powers[k].of_axes.clone(), c / unit)))
    };
    Some(rows.iter().map(polynomial).filter(|polynomial| !polynomial.is_zero()).collect())
}

/// Reduced row echelon form, the largest pivots first.
fn reduced(rows: &mut [Vec<f64>]) {
    for k in 0..rows.len() {
        let largest = |row: &Vec<f64>| {
            let by_size = |a: &usize, b: &usize| row[*a].abs().total_cmp(&row[*b].abs());
            (0..row.len()).max_by(by_size).unwrap_or(0)
        };
        let size = |r: usize| rows[r][largest(&rows[r])].abs();
        let best = (k..rows.len()).max_by(|a, b| size(*a).total_cmp(&size(*b))).unwrap_or(k);
        rows.swap(k, best);
        let place = largest(&rows[k]);
        let pivot = rows[k][place];
        rows[k].iter_mut().for_each(|c| *c /= pivot);
        let own = rows[k].clone();
        for (r, row) in rows.iter_mut().enumerate() {
            if r != k {
                let factor = row[place];
                row.iter_mut().zip(&own).for_each(|(c, own)| *c -= factor * own);
            }
        }
    }
}
