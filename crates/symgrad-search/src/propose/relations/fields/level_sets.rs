//! Formulas with the level sets of a polynomial 1-form.

use symgrad_expr::{Expr, OpSet, Program, Workspace};

use super::sought::Fields;
use super::transport::Transport;
use super::{Kind, PolynomialField};
use crate::propose::relations::account::Account;
use crate::propose::relations::coordinates::Coordinate;
use crate::propose::relations::look::Look;
use crate::propose::relations::polynomial::Polynomial;
use crate::propose::relations::relation::Relation;
use crate::propose::relations::sought::OF_INPUTS;
use crate::propose::spectral;
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;

/// Slopes, and values that were carried along level sets, are exact to this share of their root mean square.
const ERROR: f64 = 1e-12;

/// Losses of values up to this are rounding.
const EXACT: f64 = 1e-20;

/// A level set meets the line at most at so many times the input's range from its centre: what lies further away has
/// left the data.
const RANGE: f64 = 3.0;

/// Powers of inputs in which level sets may be straight lines.
const POWERS: u32 = 3;

/// Points at which values are needed.
const POINTS: usize = 200;

/// Formulas with the level sets of the polynomial 1-forms that are parallel to the directions, where these have exact
/// formulas in the coordinates of the form, and the evaluations that finding them is worth.
pub(crate) fn level_sets(
    objective: &Objective,
    inputs: &[u16],
    ops: &OpSet,
    allowance: &Allowance,
) -> (Vec<Expr>, u64) {
    if let &[first, second] = inputs {
        return of_two([first, second], objective, ops, allowance);
    }
    let Some(mut fields) = Fields::new(Kind::Parallel, objective, inputs, allowance) else {
        return (vec![], 0);
    };
    let found = fields.shortest(ops);
    let mut account = fields.account;
    let mut formulas = vec![];
    for form in &found {
        log::debug!(target: "symgrad::search", "parallel to {form}");
        for place in 0..inputs.len() {
            let line = Line { components: &form.components, inputs, place };
            let Some(values) = line.values(objective, &mut account) else { continue };
            let labels = std::iter::once(Expr::var(0)).chain(labels(&form.system, inputs[place]));
            for label in labels {
                if let Some(relation) = labelled(&values, &label, &form.system, &mut account) {
                    formulas.extend(of_relation(&relation, form, objective, &mut account));
                    break;
                }
            }
        }
    }
    (formulas, account.spent())
}

/// The same with two inputs, where the slope of the level sets is a value at every point. If they are straight lines, the
/// slope is constant on each (Clairaut's equation); otherwise a formula for it is a form.
fn of_two(
    inputs: [u16; 2],
    objective: &Objective,
    ops: &OpSet,
    allowance: &Allowance,
) -> (Vec<Expr>, u64) {
    let Some(all) = objective.directions() else { return (vec![], 0) };
    let [first, second] = inputs.map(|input| &all[usize::from(input)]);
    let least = |u: &[f64]| u.iter().map(|u| u.abs()).fold(f64::INFINITY, f64::min);
    let turned = least(first) > least(second);
    let (above, below) = if turned { (second, first) } else { (first, second) };
    let slopes: Vec<f64> = above.iter().zip(below.iter()).map(|(a, b)| a / b).collect();
    let Some(values) = objective.with_values(&slopes) else { return (vec![], 0) };
    let Some(mut look) = Look::new(&values, ERROR, allowance) else { return (vec![], 0) };
    let relations = look.for_relations(&inputs, ops, true);
    let mut account = look.account;
    let mut formulas = vec![];
    let mut eval = Evaluator::new(&values);
    let mut slopes: Vec<Expr> = relations.iter().flat_map(Relation::formulas).collect();
    slopes.retain(|slope| eval.loss(slope) <= EXACT);
    formulas.extend(slopes.iter().flat_map(|slope| times_powers(slope, inputs)));
    // They are the same function: one is enough for a form.
    let Some(slope) = slopes.into_iter().next() else { return (formulas, account.spent()) };
    let system = relations.iter().find_map(|relation| Some(relation.parts.first()?.system()));
    let one = Expr::constant(1.0);
    let components = if turned { [one, slope] } else { [slope, one] };
    for place in 0..2 {
        let line = Line { components: &components, inputs: &inputs, place };
        let Some(values) = line.values(objective, &mut account) else { continue };
        let Some(mut look) = Look::new(&values, ERROR, &account.left()) else { continue };
        let found = look.for_relations(&inputs, ops, false);
        account.take_evaluations(look.account.spent());
        formulas.extend(found.iter().flat_map(Relation::formulas));
        let Some(system) = system.filter(|_| found.is_empty()) else { continue };
        for label in labels(system, inputs[place]) {
            let found = labelled(&values, &label, system, &mut account);
            formulas.extend(found.iter().flat_map(Relation::formulas));
        }
    }
    (formulas, account.spent())
}

/// Functions of an input, of x1, that may name a level set by where it meets a line as well as the input does: its
/// coordinates and their squares. A formula that is a quotient with one of these in the first degree is one in it alone.
fn labels(system: &[Coordinate], input: u16) -> Vec<Expr> {
    let own: Vec<Expr> = (0..=input).map(|_| Expr::var(0)).collect();
    let coordinates = system.iter().filter(|coordinate| coordinate.expr.inputs() == [input]);
    let both = coordinates.flat_map(|coordinate| {
        let of_it = coordinate.expr.substitute(&own);
        [of_it.clone(), of_it.square()]
    });
    both.filter(|label| *label != Expr::var(0)).collect()
}

/// The equation in these coordinates that values obey, seen through a function of them.
fn labelled(
    values: &Objective,
    label: &Expr,
    system: &[Coordinate],
    account: &mut Account,
) -> Option<Relation> {
    let given = values.given_values()?;
    let mut seen = vec![0.0; given.len()];
    Program::compile(label).values(&[given], &mut Workspace::default(), &mut seen).ok()?;
    let values = values.with_values(&seen)?;
    let mut look = Look::new(&values, ERROR, &account.left())?;
    let found = look.in_system(system, &OF_INPUTS, &mut 0.0);
    account.take_evaluations(look.account.spent());
    found
}

/// A slope, and those in powers of the inputs: xᵖ and zᑫ have the slope times x¹⁻ᵖ and zᑫ⁻¹, up to a number.
fn times_powers(slope: &Expr, inputs: [u16; 2]) -> Vec<Expr> {
    let ops = OpSet::default();
    let [x, z] = inputs.map(Expr::var);
    let power = |x: &Expr, k: u32| spectral::power(x, k, &ops).unwrap_or(Expr::constant(1.0));
    let mut found = vec![slope.clone()];
    for (i, j) in (0..=POWERS).flat_map(|i| (0..=POWERS).map(move |j| (i, j))).skip(1) {
        let (p, q) = (power(&x, i), power(&z, j));
        found.push(slope.clone() * p.clone() * q.clone());
        found.push(slope.clone() / (p.clone() * q.clone()));
        if i > 0 && j > 0 {
            found.push(slope.clone() * p.clone() / q.clone());
            found.push(slope.clone() * q / p);
        }
    }
    found
}

/// The line along one input through the middle of the data, and a form.
struct Line<'a> {
    components: &'a [Expr],
    inputs: &'a [u16],
    place: usize,
}

impl Line<'_> {
    /// Where the level sets of points meet it.
    fn values(&self, objective: &Objective, account: &mut Account) -> Option<Objective> {
        let &Self { components, inputs, place } = self;
        if !account.take_evaluations(Transport::evaluations(inputs.len())) {
            return None;
        }
        let columns: Vec<Vec<f64>> =
            objective.columns().iter().map(|column| column.to_vec()).collect();
        let mean = |column: &Vec<f64>| column.iter().sum::<f64>() / column.len() as f64;
        let base: Vec<f64> =
            inputs.iter().map(|&input| mean(&columns[usize::from(input)])).collect();
        let values = Transport::new(components, inputs, &columns, place, &base).values();
        let own = &columns[usize::from(inputs[place])];
        let reach = own.iter().map(|x| (x - base[place]).abs()).fold(0.0, f64::max);
        let known: Vec<usize> = (0..values.len())
            .filter(|&n| (values[n] - base[place]).abs() <= RANGE * reach)
            .collect();
        if known.len() < POINTS.min(values.len() / 2) {
            return None;
        }
        let values: Vec<f64> = known.iter().map(|&n| values[n]).collect();
        objective.subset(&known).with_values(&values)
    }
}

/// Σ yᵏ·Pₖ = 0 with one y on each level set: where the Pₖ are a·P + b·Q, it is one of P/Q. Otherwise y is the formula.
fn of_relation(
    relation: &Relation,
    form: &PolynomialField,
    objective: &Objective,
    account: &mut Account,
) -> Vec<Expr> {
    let mut found = relation.formulas();
    for (k, one) in relation.parts.iter().enumerate() {
        for other in relation.parts[..k].iter().filter(|other| !other.is_zero()) {
            if let Some([first, second]) = one.pencil(other) {
                found.extend(quotient(&first, &second, form, objective, account));
                found.extend(quotient(&second, &first, form, objective, account));
            }
        }
    }
    found
}

/// The ways to write a quotient.
fn quotient(
    above: &Polynomial,
    below: &Polynomial,
    form: &PolynomialField,
    objective: &Objective,
    account: &mut Account,
) -> Vec<Expr> {
    let mut written = || {
        let mut eval = Evaluator::new(objective);
        let values = [above, below].map(|p| eval.values(&p.written(false)));
        let [a, b] = [values[0].as_ref()?, values[1].as_ref()?];
        let values: Vec<f64> = a.iter().zip(b).map(|(a, b)| a / b).collect();
        let values = objective.with_values(&values)?;
        let mut look = Look::new(&values, ERROR, &account.left())?;
        let axes = look.axes(&form.system)?;
        let found = look.lowest(&form.system, axes, vec![above.degree(), below.degree()]);
        account.take_evaluations(look.account.spent());
        found
    };
    let plain =
        || Relation { parts: vec![above.times(-1.0), below.clone()], root: None, split: None };
    written().unwrap_or_else(plain).formulas()
}
