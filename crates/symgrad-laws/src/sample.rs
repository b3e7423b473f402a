//! Points in blocks, and what formulas are there.

use std::ops::Range;

use symgrad_data::{Groups, Table};
use symgrad_expr::{Expr, Program, Workspace};

/// Share of the points that the squared gradient of a feature must be spread over.
const CONCENTRATED: f64 = 0.02;

/// Inputs from which less is enough, in proportion: a term is then a small part of a sum. The fourth power
/// of what is distributed normally has 0.022, or less by chance.
const MANY: usize = 9;

/// A step, as a share of how far an input extends, within which a function must go on as its gradient
/// says: one that turns within it, such as sin(x) of an x in metres among planets, is another number at
/// each point, whatever the points share.
const RESOLVED: f64 = 1e-3;

/// Points on which formulas are fitted, chosen or judged.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) columns: Vec<Vec<f64>>,
    /// Rows that belong together.
    pub(crate) blocks: Vec<Range<usize>>,
    /// Whether the rows of a block follow each other in time.
    pub(crate) ordered: bool,
    /// What an error of each input is measured by.
    pub(crate) scales: Vec<f64>,
    /// The direction of the motion at each point, in these measures; without them what counts is
    /// constancy within blocks.
    motion: Option<Vec<Vec<f64>>>,
}

/// A formula at the points of a sample.
#[derive(Clone)]
pub(crate) struct Feature {
    pub(crate) values: Vec<f64>,
    /// What a law has none of: the values less their block's mean, or the derivative along the
    /// motion.
    pub(crate) change: Vec<f64>,
    /// The components of the gradient that may differ from zero, per measure of the input.
    pub(crate) gradient: Vec<(usize, Vec<f64>)>,
}

impl Sample {
    /// Points of which nothing else is known.
    pub(crate) fn of_points(points: &Table) -> Self {
        let block = 0..points.rows();
        Self {
            columns: points.columns().to_vec(),
            blocks: vec![block],
            ordered: false,
            scales: points.columns().iter().map(|column| deviation(column)).collect(),
            motion: None,
        }
    }

    pub(crate) fn of_groups(groups: &Groups, scales: &[f64]) -> Self {
        Self {
            columns: groups.points().columns().to_vec(),
            blocks: (0..groups.len()).map(|group| groups.rows(group)).collect(),
            ordered: groups.time().is_some(),
            scales: scales.to_vec(),
            motion: None,
        }
    }

    /// Points with the inputs' derivatives in time, in blocks of rows.
    pub(crate) fn of_motion(
        points: &Table,
        rates: &[Vec<f64>],
        blocks: Vec<Range<usize>>,
        scales: &[f64],
    ) -> Self {
        let mut motion: Vec<Vec<f64>> = rates
            .iter()
            .zip(scales)
            .map(|(rate, s)| rate.iter().map(|r| r / s).collect())
            .collect();
        for n in 0..points.rows() {
            let speed = motion.iter().map(|rate| rate[n] * rate[n]).sum::<f64>().sqrt();
            // At rest no direction is along the motion.
            let factor = if speed > 0.0 { speed.recip() } else { 0.0 };
            for rate in &mut motion {
                rate[n] *= factor;
            }
        }
        let columns = points.columns().to_vec();
        let (scales, motion) = (scales.to_vec(), Some(motion));
        Self { columns, blocks, ordered: false, scales, motion }
    }

    pub(crate) fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    pub(crate) fn dim(&self) -> usize {
        self.columns.len()
    }

    /// The inputs' standard deviations.
    pub(crate) fn deviations(&self) -> Vec<f64> {
        self.columns.iter().map(|column| deviation(column)).collect()
    }

    /// Whether the derivatives in time are known.
    pub(crate) fn has_motion(&self) -> bool {
        self.motion.is_some()
    }

    /// At most about so many of the points, evenly from each block, at least two of each; of more
    /// blocks than that leaves room for, some.
    pub(crate) fn thinned(&self, most: usize) -> Self {
        let step = self.rows().div_ceil(most.max(1)).max(1);
        let every = (2 * self.blocks.len()).div_ceil(most.max(1)).max(1);
        let mut rows = vec![];
        let mut blocks = vec![];
        for block in self.blocks.iter().step_by(every) {
            let start = rows.len();
            let step = step.min((block.len() / 2).max(1));
            rows.extend(block.clone().step_by(step));
            blocks.push(start..rows.len());
        }
        let pick = |columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
            let column = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect();
            columns.iter().map(column).collect()
        };
        Self {
            columns: pick(&self.columns),
            motion: self.motion.as_deref().map(pick),
            scales: self.scales.clone(),
            ordered: self.ordered,
            blocks,
        }
    }

    /// All points as one group: what is constant in it is the same at all of them.
    pub(crate) fn as_one_group(&self) -> Self {
        let all = 0..self.rows();
        Self { blocks: vec![all], ordered: false, motion: None, ..self.clone() }
    }

    /// The points of both.
    pub(crate) fn joined(&self, other: &Self) -> Self {
        let rows = self.rows();
        let both = |a: &[Vec<f64>], b: &[Vec<f64>]| -> Vec<Vec<f64>> {
            a.iter().zip(b).map(|(a, b)| [a.as_slice(), b].concat()).collect()
        };
        let moved = other.blocks.iter().map(|block| block.start + rows..block.end + rows);
        Self {
            columns: both(&self.columns, &other.columns),
            motion: self.motion.as_deref().zip(other.motion.as_deref()).map(|(a, b)| both(a, b)),
            scales: self.scales.clone(),
            ordered: self.ordered,
            blocks: self.blocks.iter().cloned().chain(moved).collect(),
        }
    }

    /// The formula at the points; `None` where it or its gradient is not finite at one of them.
    pub(crate) fn feature(&self, expr: &Expr, workspace: &mut Workspace) -> Option<Feature> {
        let mut values = vec![0.0; self.rows()];
        let mut gradients = vec![vec![]; self.dim()];
        let program = Program::compile(expr);
        let broken =
            program.input_gradients(&self.columns, workspace, &mut values, &mut gradients).ok()?;
        if broken > 0 {
            return None;
        }
        let gradient: Vec<(usize, Vec<f64>)> = program
            .inputs()
            .iter()
            .map(|&input| {
                let input = usize::from(input);
                let mut column = std::mem::take(&mut gradients[input]);
                for g in &mut column {
                    *g *= self.scales[input];
                }
                (input, column)
            })
            .collect();
        let change = self.change(&values, &gradient);
        Some(Feature { values, change, gradient })
    }

    /// Whether a formula changes by about what its gradient says, at most of the points, over a step of a
    /// thousandth of how far an input extends, for each input: else points are too far apart,
    /// or numbers have too few digits, to tell anything of it.
    pub(crate) fn resolves(
        &self,
        expr: &Expr,
        feature: &Feature,
        workspace: &mut Workspace,
    ) -> bool {
        let mut columns = self.columns.clone();
        let turns = feature.gradient.len();
        for (turn, (input, _)) in feature.gradient.iter().enumerate() {
            let step = RESOLVED * self.scales[*input];
            columns[*input].iter_mut().skip(turn).step_by(turns).for_each(|x| *x += step);
        }
        let mut values = vec![0.0; self.rows()];
        if Program::compile(expr).values(&columns, workspace, &mut values).is_err() {
            return false;
        }
        let squares = feature.squares();
        let goes_on = |row: usize, gradient: f64| {
            let expected = RESOLVED * gradient;
            // Where a formula is level it changes by its bend alone.
            let bend = 0.1 * RESOLVED * squares[row].sqrt();
            let moved = values[row] - feature.values[row];
            (moved - expected).abs() <= 0.5 * expected.abs() + bend
        };
        feature.gradient.iter().enumerate().all(|(turn, (_, gradient))| {
            let rows = (turn..self.rows()).step_by(turns);
            let going = rows.clone().filter(|&row| goes_on(row, gradient[row])).count();
            2 * going >= rows.len()
        })
    }

    /// The derivative along the motion, if that is known, each point having the motion of the point
    /// that stands in its place in `order`, or its own.
    pub(crate) fn derivative(
        &self,
        gradient: &[(usize, Vec<f64>)],
        order: Option<&[usize]>,
    ) -> Option<Vec<f64>> {
        let motion = self.motion.as_ref()?;
        let mut change = vec![0.0; self.rows()];
        for (input, column) in gradient {
            for (n, (sum, g)) in change.iter_mut().zip(column).enumerate() {
                *sum += g * motion[*input][order.map_or(n, |order| order[n])];
            }
        }
        Some(change)
    }

    fn change(&self, values: &[f64], gradient: &[(usize, Vec<f64>)]) -> Vec<f64> {
        if let Some(change) = self.derivative(gradient, None) {
            return change;
        }
        let mut change = values.to_vec();
        for block in &self.blocks {
            take_mean_away(&mut change[block.clone()]);
        }
        change
    }
}

fn take_mean_away(rows: &mut [f64]) {
    let mean = rows.iter().sum::<f64>() / rows.len() as f64;
    for x in rows {
        *x -= mean;
    }
}

impl Feature {
    /// The squared length of the gradient at each point.
    pub(crate) fn squares(&self) -> Vec<f64> {
        let mut squares = vec![0.0; self.values.len()];
        for (_, column) in &self.gradient {
            squares.iter_mut().zip(column).for_each(|(square, g)| *square += g * g);
        }
        squares
    }

    /// Whether the gradient is large at so few points that it tells of these alone, as where
    /// something is divided by nearly nothing; or zero everywhere.
    pub(crate) fn is_concentrated(&self) -> bool {
        self.is_concentrated_on(CONCENTRATED)
    }

    /// The same of a term of a sum over so many inputs.
    pub(crate) fn is_concentrated_among(&self, inputs: usize) -> bool {
        self.is_concentrated_on(CONCENTRATED * MANY as f64 / inputs.max(MANY) as f64)
    }

    fn is_concentrated_on(&self, least: f64) -> bool {
        let squares = self.squares();
        let (sum, fourth) = squares.iter().fold((0.0, 0.0), |(s, f), q| (s + q, f + q * q));
        // The share of points among which the sum would be even.
        let share = sum * sum / fourth / squares.len() as f64;
        share.is_nan() || share < least
    }

    /// The values less their mean over all points.
    pub(crate) fn deviations(&self) -> Vec<f64> {
        let mut values = self.values.clone();
        take_mean_away(&mut values);
        values
    }

    /// The variance of the values over all points.
    pub(crate) fn variance(&self) -> f64 {
        mean_square(&self.deviations())
    }
}

/// The mean of squares.
pub(crate) fn mean_square(column: &[f64]) -> f64 {
    column.iter().map(|x| x * x).sum::<f64>() / column.len() as f64
}

/// The standard deviation; 1 of what does not vary.
pub(crate) fn deviation(column: &[f64]) -> f64 {
    let mean = column.iter().map(|x| x / column.len() as f64).sum::<f64>();
    // The square of a large or small number may not be finite, or nothing.
    let most = column.iter().map(|x| (x - mean).abs()).fold(0.0, f64::max);
    let square = column.iter().map(|x| ((x - mean) / most).powi(2)).sum::<f64>();
    let deviation = most * (square / column.len() as f64).sqrt();
    if deviation > 0.0 { deviation } else { 1.0 }
}
