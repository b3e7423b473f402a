//! Whether a formula keeps to what the hints say.

use symgrad_expr::{Expr, Program, Workspace};

use super::{HintKind, Hints};

/// A formula keeps to a hint if this much or less of its gradients, as a mean square, disagrees.
const TOLERANCE: f64 = 0.01;

impl Hints {
    /// The hints that a formula does not keep to, by its gradients at the given points: it
    /// depends on an input that g does not depend on, or on some inputs in another way than
    /// through the combination, or not at all. Hints of other kinds are not looked at.
    pub fn against(&self, formula: &Expr, points: &[Vec<f64>]) -> Vec<usize> {
        let Some(own) = Gradients::of(formula, points) else { return vec![] };
        let contradicts = |kind: &HintKind| match kind {
            HintKind::Unneeded { input } => own.share(&[*input]) > TOLERANCE,
            HintKind::Through { inputs, combination, .. } => {
                let other = Gradients::of(combination, points);
                other.is_some_and(|other| own.apart(&other, inputs) > TOLERANCE)
            }
            _ => false,
        };
        let hints = self.list.iter().enumerate();
        hints.filter(|(_, hint)| contradicts(&hint.kind)).map(|(index, _)| index).collect()
    }
}

/// The gradients of a formula at points, in inputs measured by their spread.
struct Gradients(Vec<Vec<f64>>);

impl Gradients {
    /// `None` for a formula of other inputs.
    fn of(formula: &Expr, points: &[Vec<f64>]) -> Option<Self> {
        let count = points.first()?.len();
        if formula.input_count() > points.len() {
            return None;
        }
        let mut values = vec![0.0; count];
        let mut gradients = vec![vec![0.0; count]; points.len()];
        let mut workspace = Workspace::default();
        Program::compile(formula)
            .input_gradients(points, &mut workspace, &mut values, &mut gradients)
            .ok()?;
        for (column, gradient) in points.iter().zip(&mut gradients) {
            let spread = spread(column);
            for g in gradient {
                *g *= spread;
            }
        }
        Some(Self(gradients))
    }

    /// The part of unit gradients along some inputs, as a mean square; 0 where no gradient is
    /// finite.
    fn share(&self, inputs: &[u16]) -> f64 {
        let square = |n: usize, some: &mut dyn Iterator<Item = usize>| -> f64 {
            some.map(|input| self.0[input][n].powi(2)).sum()
        };
        let inside = |n: usize| square(n, &mut inputs.iter().map(|&input| usize::from(input)));
        let each = (0..self.0[0].len()).map(|n| inside(n) / square(n, &mut (0..self.0.len())));
        mean(each)
    }

    /// How far two gradients restricted to some inputs are from parallel: the mean square of the
    /// sine; 1 if the formula does not depend on these inputs.
    fn apart(&self, other: &Self, inputs: &[u16]) -> f64 {
        let within = |inputs: &[u16], n: usize| -> Option<f64> {
            let (mut own, mut others, mut both) = (0.0, 0.0, 0.0);
            for input in inputs.iter().map(|&input| usize::from(input)) {
                let (a, b) = (self.0.get(input)?[n], other.0.get(input)?[n]);
                own += a * a;
                others += b * b;
                both += a * b;
            }
            Some(1.0 - both * both / (own * others))
        };
        let each: Vec<f64> = (0..self.0[0].len())
            .filter_map(|n| within(inputs, n))
            .filter(|s| s.is_finite())
            .collect();
        if each.is_empty() { 1.0 } else { mean(each.into_iter()) }
    }
}

/// The mean of those that are finite.
fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers
        .filter(|number| number.is_finite())
        .fold((0.0, 0.0_f64), |(sum, count), number| (sum + number, count + 1.0));
    sum / count.max(1.0)
}

fn spread(column: &[f64]) -> f64 {
    let count = column.len() as f64;
    let mean = column.iter().map(|x| x / count).sum::<f64>();
    let largest = column.iter().fold(0.0_f64, |most, x| most.max((x - mean).abs()));
    if largest == 0.0 {
        return 0.0;
    }
    let square = column.iter().map(|x| ((x - mean) / largest).powi(2)).sum::<f64>() / count;
    largest * square.sqrt()
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};

    use super::*;
    use crate::{Measure, Objective};

    #[test]
    fn formulas_that_do_not_keep_to_a_hint_are_told() {
        // The gradients of (x² + y²)·exp(t), in units of 1000 for y, beside an idle input.
        let at = |n: u32| (f64::from(n % 7) - 2.8, f64::from(n / 7 % 7) - 3.1, f64::from(n / 49));
        let column = |f: &dyn Fn((f64, f64, f64)) -> f64| (0..343).map(|n| f(at(n))).collect();
        let points: Vec<Vec<f64>> = vec![
            column(&|p| p.0),
            column(&|p| 1e3 * p.1),
            column(&|p| p.2),
            column(&|p| (3.7 * p.0 + 2.1 * p.1 + p.2).sin()),
        ];
        let gradients: Vec<Vec<f64>> = vec![
            column(&|p| 2.0 * p.0),
            column(&|p| 2e-3 * p.1),
            column(&|p| p.0 * p.0 + p.1 * p.1),
            column(&|_| 0.0),
        ];
        let names = ["x", "y", "t", "k"].map(str::to_owned).to_vec();
        let table = Table::new(names, points.clone()).unwrap();
        let options = FieldOptions::default();
        let field = DirectionField::from_gradients(table, &gradients, &options).unwrap();
        let objective = Objective::new(&field, Measure::LevelSet);
        let inputs = vec![0, 1];
        let combination = "x1^2 + 1e-6*x2^2".parse().unwrap();
        let form = crate::Form::Squares;
        let hint = |kind| super::super::Hint { kind, confidence: 0.9, residual: 1e-9 };
        let hints = Hints {
            names: objective.names().to_vec(),
            list: vec![
                hint(HintKind::Unneeded { input: 3 }),
                hint(HintKind::Through { inputs, combination, form }),
            ],
            stages: vec![],
        };
        for (formula, against) in [
            ("(x1^2 + 1e-6*x2^2)*exp(x3)", vec![]),
            ("log(x1^2 + 1e-6*x2^2) + x3 + 1e-9*x4", vec![]),
            ("x1^2 + x3", vec![1]),
            ("x3", vec![1]),
            ("(x1^2 + 1e-6*x2^2)*exp(x3) + 9*x4", vec![0]),
            ("x4", vec![0, 1]),
            // Of other inputs nothing can be said.
            ("x5", vec![]),
        ] {
            let found = hints.against(&formula.parse().unwrap(), &points);
            assert_eq!(found, against, "{formula}");
        }
    }
}
