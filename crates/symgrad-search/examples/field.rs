//! Searches a direction field given as CSV and prints front and verdict:
//! `field FILE [seed=0] [budget=400000] [ops="+ - *"] [spectral=false] [threads=1] …`.
use symgrad_data::{DirectionField, FieldColumns, FieldOptions};
use symgrad_expr::OpSet;
use symgrad_search::{Measure, Objective, Search, SearchConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: field FILE [SETTING=VALUE]…")?;
    let field = DirectionField::read(path, &FieldColumns::default(), &FieldOptions::default())?;
    let mut config = SearchConfig::default();
    let mut ops = OpSet::default();
    for argument in arguments {
        let (name, value) = argument.split_once('=').ok_or("a setting is NAME=VALUE")?;
        match name {
            "seed" => config.seed = value.parse()?,
            "budget" => config.budget = value.parse()?,
            "patience" => config.patience = value.parse()?,
            "ops" => ops = value.parse()?,
            "spectral" => config.spectral = value.parse()?,
            "threads" => config.threads = Some(value.parse()?),
            "max_complexity" => config.max_complexity = value.parse()?,
            "max_degree" => config.max_degree = value.parse()?,
            _ => return Err(format!("unknown setting `{name}`").into()),
        }
    }
    let objective = Objective::new(&field, Measure::LevelSet);
    let start = std::time::Instant::now();
    let outcome = Search::new(objective, ops, config)?.run(&mut ());
    for (index, (entry, mse)) in outcome.front().iter().zip(outcome.paper_mse()).enumerate() {
        let mark = if outcome.answer_index() == Some(index) { "→" } else { " " };
        println!("{mark} {:3} {:.3e} {:.3e}  {}", entry.complexity, entry.loss, mse, entry.expr);
    }
    println!("{}", outcome.trust().summary);
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds:.2} s, {} evaluations, {:?}", outcome.evaluations(), outcome.stop());
    Ok(())
}
