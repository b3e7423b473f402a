//! Runs of `symbolic_regression`, on values or on gradient fields.

use std::sync::Arc;

use cpu_time::ProcessTime;
use ndarray::{Array1, Array2};
use symbolic_regression_opened::{Dataset, LossFn, LossObject, Options, equation_search};

use crate::ours::Ended;
use crate::tasks::Task;
use crate::trees::{self, TheirOps};

/// The rows by which a search judges candidates.
pub(crate) struct Rows {
    /// Columns of inputs.
    pub(crate) columns: Vec<Vec<f64>>,
    pub(crate) values: Vec<f64>,
    /// Mean squared error if absent.
    pub(crate) loss: Option<LevelSetLoss>,
}

/// Searches until an expression has less loss than `enough`, or for so many seconds of CPU time.
/// All settings but the operators and the size are the crate's own.
pub(crate) fn search(
    task: &Task,
    rows: Rows,
    seed: u64,
    seconds: f64,
    enough: f64,
) -> Result<Ended, Box<dyn std::error::Error>> {
    let shape = (rows.columns.len(), rows.values.len());
    let x = Array2::from_shape_vec(shape, rows.columns.concat())?;
    let dataset = Dataset::new(x, Array1::from_vec(rows.values));
    let operators = TheirOps::from_names::<2, _>(trees::their_names(task.ops))
        .map_err(|error| format!("the peer's operators: {error:?}"))?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let ended = pool.install(|| {
        let start = ProcessTime::now();
        let mut options = Options::<f64, 2> {
            seed,
            operators,
            maxsize: task.size.into(),
            niterations: 1_000_000,
            progress: false,
            deterministic: true,
            // Nothing else runs in this process meanwhile.
            early_stop_condition: Some(Arc::new(move |loss, _| {
                loss < enough || start.elapsed().as_secs_f64() > seconds
            })),
            ..Options::default()
        };
        if let Some(loss) = rows.loss {
            let loss: LossObject<f64> = Arc::new(loss);
            options.loss = loss;
        }
        let result = equation_search::<f64, TheirOps, 2>(&dataset, &options);
        let cpu_seconds = start.elapsed().as_secs_f64();
        let front = result.hall_of_fame.pareto_front();
        let front = front.iter().filter_map(|member| trees::translate_back(&member.expr)).collect();
        Ended { front, cpu_seconds }
    });
    Ok(ended)
}

/// 1 − |mean cos| of the gradient by central differences: a loss of this kind sees nothing but
/// values, so it is given those at points shifted along every input.
pub(crate) struct LevelSetLoss {
    /// The field's directions, one column per input.
    directions: Vec<Vec<f64>>,
}

/// The shift along an input, for inputs of the order of 1: the relative error of a difference
/// is about its square.
const SHIFT: f64 = 1e-4;

impl LevelSetLoss {
    /// The loss, and the shifted points: for each input all points above, then all below.
    pub(crate) fn rows(points: &[Vec<f64>], directions: Vec<Vec<f64>>) -> Rows {
        let shifts = (0..points.len()).flat_map(|input| [(input, SHIFT), (input, -SHIFT)]);
        let shifts: Vec<(usize, f64)> = shifts.collect();
        let column = |input: usize| -> Vec<f64> {
            let shifted = shifts.iter().flat_map(|&(along, shift)| {
                let shift = if along == input { shift } else { 0.0 };
                points[input].iter().map(move |x| x + shift)
            });
            shifted.collect()
        };
        let columns: Vec<Vec<f64>> = (0..points.len()).map(column).collect();
        let values = vec![0.0; columns[0].len()];
        Rows { columns, values, loss: Some(Self { directions }) }
    }

    /// Per point Σ g·u and Σ g².
    fn sums(&self, values: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let count = self.directions[0].len();
        let (mut dots, mut norms) = (vec![0.0; count], vec![0.0; count]);
        for (pair, direction) in values.chunks_exact(2 * count).zip(&self.directions) {
            let (above, below) = pair.split_at(count);
            for n in 0..count {
                let g = (above[n] - below[n]) * (0.5 / SHIFT);
                dots[n] += g * direction[n];
                norms[n] += g * g;
            }
        }
        (dots, norms)
    }
}

/// Squared gradients below this are rounding errors of differences.
const NO_GRADIENT: f64 = 1e-20;

fn mean_cosine(dots: &[f64], norms: &[f64]) -> f64 {
    let cosine = |(dot, norm): (&f64, &f64)| {
        if *norm < NO_GRADIENT { 0.0 } else { dot / norm.sqrt() }
    };
    dots.iter().zip(norms).map(cosine).sum::<f64>() / dots.len() as f64
}

impl LossFn<f64> for LevelSetLoss {
    fn loss(&self, values: &[f64], _: &[f64], _: Option<&[f64]>) -> f64 {
        let (dots, norms) = self.sums(values);
        1.0 - mean_cosine(&dots, &norms).abs()
    }

    fn dloss_dyhat(&self, values: &[f64], _: &[f64], _: Option<&[f64]>, out: &mut [f64]) {
        let (dots, norms) = self.sums(values);
        let sign = mean_cosine(&dots, &norms).signum();
        let count = dots.len();
        // d cos/dg = (u − cos·g/|g|)/|g|, and dg/dy = ±1/2h.
        let outs = out.chunks_exact_mut(2 * count);
        let pairs = values.chunks_exact(2 * count).zip(outs).zip(&self.directions);
        for ((pair, out), direction) in pairs {
            let (above, below) = pair.split_at(count);
            let (out_above, out_below) = out.split_at_mut(count);
            for n in 0..count {
                let g = (above[n] - below[n]) * (0.5 / SHIFT);
                let slope = if norms[n] < NO_GRADIENT {
                    0.0
                } else {
                    (direction[n] - dots[n] * g / norms[n]) / norms[n].sqrt()
                };
                out_above[n] = -sign * slope / count as f64 * (0.5 / SHIFT);
                out_below[n] = -out_above[n];
            }
        }
    }
}
