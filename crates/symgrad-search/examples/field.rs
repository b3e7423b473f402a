//! Searches a direction field given as CSV and prints the front: `field FILE [SEED] [BUDGET]`.
use symgrad_data::{DirectionField, FieldColumns, FieldOptions};
use symgrad_expr::OpSet;
use symgrad_search::{Measure, Objective, Search, SearchConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let path = arguments.get(1).ok_or("usage: field FILE [SEED] [BUDGET]")?;
    let number = |index: usize| arguments.get(index).and_then(|text| text.parse().ok());
    let field = DirectionField::read(path, &FieldColumns::default(), &FieldOptions::default())?;
    let mut config = SearchConfig { seed: number(2).unwrap_or(0), ..SearchConfig::default() };
    if let Some(budget) = number(3) {
        config.budget = budget;
    }
    let objective = Objective::new(&field, Measure::LevelSet);
    let start = std::time::Instant::now();
    let outcome = Search::new(objective, OpSet::default(), config)?.run(&mut ());
    for (index, (entry, mse)) in outcome.front().iter().zip(outcome.paper_mse()).enumerate() {
        let mark = if outcome.answer_index() == Some(index) { "→" } else { " " };
        println!("{mark} {:3} {:.3e} {:.3e}  {}", entry.complexity, entry.loss, mse, entry.expr);
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds:.2} s, {} evaluations, {:?}", outcome.evaluations(), outcome.stop());
    Ok(())
}
