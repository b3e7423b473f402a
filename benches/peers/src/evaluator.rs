//! The evaluator against `dynamic_expressions` on random trees.

use std::error::Error;
use std::hint::black_box;

use cpu_time::ThreadTime;
use dynamic_expressions::evaluate::EvalOptions;
use dynamic_expressions::{EvalContext, GradContext, eval_grad_tree_array, eval_tree_array_into};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, Op, Program, Workspace};
use symgrad_report::TextTable;
use symgrad_search::{Evaluator, Measure, Objective};

use crate::report::Report;
use crate::trees::{self, FIELD, RING, TheirExpr};

const POINTS: usize = 1000;
const TREES: usize = 100;
/// Rounds, in each of which every contender has its turn; medians are reported.
const ROUNDS: usize = 61;
const SEED: u64 = 0;

/// Losses that differ by less are the same.
const AGREEMENT: f64 = 1e-6;

const CASES: [(&str, &[Op], usize, u16); 6] = [
    ("all operators", FIELD, 15, 2),
    ("all operators", FIELD, 15, 4),
    ("all operators", FIELD, 15, 9),
    ("all operators", FIELD, 15, 20),
    ("+ − ×", RING, 15, 9),
    ("+ − ×", RING, 31, 9),
];

pub(crate) fn compare(report: &mut Report) -> Result<(), Box<dyn Error>> {
    report.section(
        "Evaluator",
        &format!(
            "Millions of nodes × points per second on one thread: {TREES} random trees, \
             {POINTS} points between ½ and 2, doubles, medians of {ROUNDS} interleaved rounds of \
             thread CPU time. Both sides compile each tree. *Gradient and loss*: the value, the \
             derivatives in all inputs, the check that all are finite, and the level-set loss. \
             The peer is dynamic_expressions 0.10.1."
        ),
    );
    let header = |what| [what, "nodes", "inputs", "symgrad", "peer", "ratio"];
    let mut gradients =
        TextTable::new(header("gradient and loss").into_iter().chain(["same loss"]));
    let mut values = TextTable::new(header("values only"));
    for (name, ops, nodes, inputs) in CASES {
        let mut contest = Contest::new(ops, nodes, inputs)?;
        let agreement = contest.agreement();
        if agreement * 10 < TREES * 9 {
            return Err(format!("the losses agree on {agreement} of {TREES} trees").into());
        }
        let work = contest.nodes() as f64 * POINTS as f64 / 1e6;
        let times = contest.times();
        let agreement = format!("{agreement}/{TREES}");
        let row = |ours: f64, theirs: f64| {
            let [our_rate, their_rate] =
                [work / ours, work / theirs].map(|rate| format!("{rate:.0}"));
            let ratio = format!("{:.1}", theirs / ours);
            let [nodes, inputs] = [nodes.to_string(), inputs.to_string()];
            [name.to_owned(), nodes, inputs, our_rate, their_rate, ratio]
        };
        gradients.row(row(times[0], times[1]).into_iter().chain([agreement.clone()]));
        values.row(row(times[2], times[3]));
    }
    report.table(&gradients);
    report.table(&values);
    Ok(())
}

/// One set of trees and points, and both sides' memory.
struct Contest {
    trees: Vec<Expr>,
    objective: Objective,
    theirs: Theirs,
}

impl Contest {
    fn new(ops: &[Op], nodes: usize, inputs: u16) -> Result<Self, Box<dyn Error>> {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let mut columns = |low, high| -> Vec<Vec<f64>> {
            let mut column = || (0..POINTS).map(|_| rng.random_range(low..high)).collect();
            (0..inputs).map(|_| column()).collect()
        };
        let (points, directions) = (columns(0.5, 2.0), columns(-1.0, 1.0));
        let names = (1..=inputs).map(|input| format!("x{input}")).collect();
        let table = Table::new(names, points)?;
        let options = FieldOptions::default();
        let field = DirectionField::from_gradients(table, &directions, &options)?;
        let objective = Objective::new(&field, Measure::LevelSet);

        // Both compute everything to the end only where everything is finite.
        let mut ours = Evaluator::new(&objective);
        let mut trees = vec![];
        while trees.len() < TREES {
            let tree = trees::random(&mut rng, nodes, inputs, ops);
            if tree.input_count() > 0 && ours.loss(&tree).is_finite() {
                trees.push(tree);
            }
        }
        let theirs = Theirs::new(&trees, &field)?;
        Ok(Self { trees, objective, theirs })
    }

    fn nodes(&self) -> usize {
        self.trees.iter().map(Expr::len).sum()
    }

    /// On how many trees both find the same loss. The rest are a gradient that vanishes but for
    /// rounding, as that of x/x does: its direction is noise.
    fn agreement(&mut self) -> usize {
        let mut ours = Evaluator::new(&self.objective);
        let mut pairs = self.trees.iter().enumerate();
        let same = |(at, tree)| (ours.loss(tree) - self.theirs.loss(at)).abs() < AGREEMENT;
        pairs.by_ref().map(same).filter(|same| *same).count()
    }

    /// Median seconds for all trees: gradient and loss, ours and theirs; values likewise.
    fn times(&mut self) -> [f64; 4] {
        let Self { trees, objective, theirs } = self;
        let mut ours = Evaluator::new(objective);
        let (mut program, mut workspace) = (Program::default(), Workspace::default());
        let mut out = vec![0.0; objective.points()];
        let mut times = [const { vec![] }; 4];
        for _ in 0..ROUNDS {
            times[0].push(time(|| {
                for tree in trees.iter() {
                    black_box(ours.loss(tree));
                }
            }));
            times[1].push(time(|| {
                for at in 0..trees.len() {
                    black_box(theirs.loss(at));
                }
            }));
            times[2].push(time(|| {
                for tree in trees.iter() {
                    program.recompile(tree);
                    let _ =
                        black_box(program.values(objective.columns(), &mut workspace, &mut out));
                }
            }));
            times[3].push(time(|| {
                for at in 0..trees.len() {
                    black_box(theirs.values(at));
                }
            }));
        }
        times.map(median)
    }
}

/// The side of `dynamic_expressions`.
struct Theirs {
    trees: Vec<TheirExpr>,
    /// One row per input.
    points: Array2<f64>,
    directions: Vec<Vec<f64>>,
    gradients: GradContext<f64, 2>,
    evaluation: EvalContext<f64, 2>,
    values: Vec<f64>,
    dots: Vec<f64>,
    norms: Vec<f64>,
}

impl Theirs {
    fn new(trees: &[Expr], field: &DirectionField) -> Result<Self, Box<dyn Error>> {
        let trees: Option<Vec<TheirExpr>> = trees.iter().map(trees::translate).collect();
        let rows = field.len();
        Ok(Self {
            trees: trees.ok_or("the peer lacks an operator")?,
            points: Array2::from_shape_vec((field.dim(), rows), field.points().columns().concat())?,
            directions: field.basis(0).to_vec(),
            gradients: GradContext::new(rows),
            evaluation: EvalContext::new(rows),
            values: vec![0.0; rows],
            dots: vec![0.0; rows],
            norms: vec![0.0; rows],
        })
    }

    const OPTIONS: EvalOptions = EvalOptions { check_finite: true, early_exit: false };

    fn loss(&mut self, at: usize) -> f64 {
        // The context takes a plan for the next tree's if the two are equally long.
        self.gradients.plan = None;
        let (_, gradient, finite) = eval_grad_tree_array(
            &self.trees[at],
            self.points.view(),
            true,
            &mut self.gradients,
            &Self::OPTIONS,
        );
        if !finite {
            return f64::INFINITY;
        }
        self.dots.fill(0.0);
        self.norms.fill(0.0);
        let rows = self.dots.len();
        for (column, direction) in gradient.data.chunks_exact(rows).zip(&self.directions) {
            let sums = self.dots.iter_mut().zip(&mut self.norms);
            for ((dot, norm), (g, u)) in sums.zip(column.iter().zip(direction)) {
                *dot += g * u;
                *norm += g * g;
            }
        }
        let cosines = self.dots.iter().zip(&self.norms).map(|(dot, norm)| {
            // A vanishing gradient has no direction.
            if *norm < 1e-290 { 0.0 } else { dot / norm.sqrt() }
        });
        1.0 - (cosines.sum::<f64>() / rows as f64).abs()
    }

    fn values(&mut self, at: usize) -> bool {
        self.evaluation.plan = None;
        eval_tree_array_into(
            &mut self.values,
            &self.trees[at],
            self.points.view(),
            &mut self.evaluation,
            &Self::OPTIONS,
        )
    }
}

fn time(work: impl FnOnce()) -> f64 {
    let start = ThreadTime::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
