//! Searches on gradient fields, by evolution alone.

use std::error::Error;

use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, Program, Workspace};
use symgrad_report::TextTable;
use symgrad_search::{Evaluator, Measure, Objective, SearchConfig};

use crate::Args;
use crate::ours::{self, Ended};
use crate::peer::{self, LevelSetLoss};
use crate::report::Report;
use crate::tasks::{Attempt, DET2, DET3, NORM, POINTS, Task, summary, tell};

const TASKS: [&Task; 3] = [&DET2, &NORM, &DET3];

/// A find is right if at fresh points its loss is below this, by exact derivatives.
const RIGHT: f64 = 1e-4;

/// A search stops at this loss on its own points.
const ENOUGH: f64 = 1e-6;

pub(crate) fn compare(args: &Args, report: &mut Report) -> Result<(), Box<dyn Error>> {
    report.section(
        "Search on gradient fields",
        &format!(
            "Unit gradients of a formula at {POINTS} points between −2 and 2, without noise; \
             {} runs each, on one thread, of at most {} s of CPU time. *Found*: an expression of \
             the front has 1 − |mean cos| < {RIGHT:e} at fresh points, by exact derivatives; a run \
             stops at {ENOUGH:e} on its own points. *CPU time*: the median of the runs that found \
             it. symgrad searches by evolution alone (no spectral fits). The peer is \
             symbolic_regression 0.12.3 with the same loss by central differences.",
            args.seeds, args.seconds
        ),
    );
    let mut table = TextTable::new(["field of", "engine", "found", "95 %", "CPU time"]);
    for task in TASKS {
        let field = field(task, 0)?;
        let fresh = Objective::new(&self::field(task, 1)?, Measure::LevelSet);
        let (mut ours, mut theirs) = (vec![], vec![]);
        for seed in 0..args.seeds {
            let config = SearchConfig { seed, spectral: false, ..ours::config(task) };
            let objective = Objective::new(&field, Measure::LevelSet);
            let ended = ours::search(objective, task, config, args.seconds, ENOUGH)?;
            ours.push(judged(&ended, &fresh));
            tell(task, "symgrad", seed, ours.last());

            let points = field.points().columns();
            let rows = LevelSetLoss::rows(points, field.basis(0).to_vec());
            let ended = peer::search(task, rows, seed, args.seconds, ENOUGH)?;
            theirs.push(judged(&ended, &fresh));
            tell(task, "symbolic_regression", seed, theirs.last());
        }
        for (engine, attempts) in [("symgrad", ours), ("symbolic_regression", theirs)] {
            let cells = [task.name.to_owned(), engine.to_owned()];
            table.row(cells.into_iter().chain(summary(&attempts)));
        }
    }
    report.table(&table);
    Ok(())
}

fn judged(ended: &Ended, fresh: &Objective) -> Attempt {
    let mut evaluator = Evaluator::new(fresh);
    let right = |expr: &Expr| evaluator.loss(expr) < RIGHT;
    Attempt { found: ended.front.iter().any(right), cpu_seconds: ended.cpu_seconds }
}

/// The field of a task's formula, at points from a stream of their own.
fn field(task: &Task, stream: u64) -> Result<DirectionField, Box<dyn Error>> {
    let columns = task.points(stream);
    let mut values = vec![0.0; POINTS];
    let mut gradients = vec![vec![]; columns.len()];
    Program::compile(&task.truth()?).input_gradients(
        &columns,
        &mut Workspace::default(),
        &mut values,
        &mut gradients,
    )?;
    let table = Table::new(task.names(), columns)?;
    Ok(DirectionField::from_gradients(table, &gradients, &FieldOptions::default())?)
}
