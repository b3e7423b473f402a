//! Plain regression y = f(x).

use std::error::Error;

use symgrad_data::Table;
use symgrad_expr::{Expr, Program, Workspace};
use symgrad_report::TextTable;
use symgrad_search::{Evaluator, Objective};

use crate::operon::Operon;
use crate::ours::{self, Ended};
use crate::peer::{self, Rows};
use crate::report::Report;
use crate::tasks::{Attempt, DET2, DET2_OF_9, DET3, NORM_OF_9, POINTS, Task, WAVE, summary, tell};
use crate::{Args, trees};

/// A find is right if at fresh points it leaves this share of the variance.
const RIGHT: f64 = 1e-8;

/// A search stops at this share on its own points.
const ENOUGH: f64 = 1e-10;

const ENGINES: [&str; 3] = ["symgrad", "symbolic_regression", "Operon"];

pub(crate) fn compare(args: &Args, report: &mut Report) -> Result<(), Box<dyn Error>> {
    report.section(
        "Plain regression",
        &format!(
            "Values of a formula at {POINTS} points between −2 and 2, without noise; {} runs \
             each, on one thread, of at most {} s of CPU time. *Found*: the best a·f + b of an \
             expression f of the front leaves less than {RIGHT:e} of the variance at fresh points; \
             a run stops at {ENOUGH:e} on its own points. *CPU time*: the median of the runs that \
             found it. symgrad: default settings, with linear scaling. Operon: linear scaling \
             and local search by Levenberg–Marquardt; its single find counts.",
            args.seeds, args.seconds
        ),
    );
    let tasks = [
        Task { ops: trees::WITH_COS, ..DET2 },
        Task { ops: trees::WITH_COS, ..DET2_OF_9 },
        WAVE,
        NORM_OF_9,
        DET3,
    ];
    let operon = Operon::installed();
    let mut table = TextTable::new(["y =", "engine", "found", "95 %", "CPU time"]);
    for task in &tasks {
        let (own, fresh) = (Data::new(task, 0)?, Data::new(task, 1)?);
        let objective = own.objective(task)?;
        let judge = fresh.objective(task)?;
        let mut attempts = [const { vec![] }; 3];
        for seed in 0..args.seeds {
            let config = symgrad_search::SearchConfig { seed, ..ours::config(task) };
            let ended = ours::search(objective.clone(), task, config, args.seconds, ENOUGH)?;
            attempts[0].push(judged(&ended, &judge));

            let rows =
                Rows { columns: own.columns.clone(), values: own.values.clone(), loss: None };
            let enough = ENOUGH * own.variance();
            let ended = peer::search(task, rows, seed, args.seconds, enough)?;
            attempts[1].push(judged(&ended, &judge));

            if let Ok(operon) = &operon {
                let (loss, cpu_seconds) =
                    operon.search(task, [&own, &fresh], seed, args.seconds, ENOUGH)?;
                attempts[2].push(Attempt { found: loss < RIGHT, cpu_seconds });
            }
            for (engine, attempts) in ENGINES.into_iter().zip(&attempts) {
                tell(task, engine, seed, attempts.last());
            }
        }
        for (engine, attempts) in ENGINES.into_iter().zip(attempts) {
            if !attempts.is_empty() {
                let cells = [task.name.to_owned(), engine.to_owned()];
                table.row(cells.into_iter().chain(summary(&attempts)));
            }
        }
    }
    report.table(&table);
    if let Err(reason) = operon {
        report.remark(&format!("Operon was left out: {reason}"));
    }
    Ok(())
}

fn judged(ended: &Ended, fresh: &Objective) -> Attempt {
    let mut evaluator = Evaluator::new(fresh);
    let right = |expr: &Expr| evaluator.loss(expr) < RIGHT;
    Attempt { found: ended.front.iter().any(right), cpu_seconds: ended.cpu_seconds }
}

/// Points and a formula's values there.
pub(crate) struct Data {
    pub(crate) columns: Vec<Vec<f64>>,
    pub(crate) values: Vec<f64>,
}

impl Data {
    fn new(task: &Task, stream: u64) -> Result<Self, Box<dyn Error>> {
        let columns = task.points(stream);
        let mut values = vec![0.0; POINTS];
        let truth = Program::compile(&task.truth()?);
        truth.values(&columns, &mut Workspace::default(), &mut values)?;
        Ok(Self { columns, values })
    }

    fn objective(&self, task: &Task) -> Result<Objective, Box<dyn Error>> {
        let table = Table::new(task.names(), self.columns.clone())?;
        Ok(Objective::regression(&table, &self.values, true)?)
    }

    fn variance(&self) -> f64 {
        let mean = self.values.iter().sum::<f64>() / self.values.len() as f64;
        let squares = self.values.iter().map(|value| (value - mean).powi(2));
        squares.sum::<f64>() / self.values.len() as f64
    }
}
