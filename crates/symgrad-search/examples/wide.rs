//! Memory and time with many inputs: `wide MODE INPUTS POINTS [budget]`, where the mode is `exact`,
//! `noisy`, `surface`, `span`, `values`, `scaled` or `estimate`.

use std::error::Error;

use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::OpSet;
use symgrad_search::{Generators, Measure, Objective, Outcome, Search, SearchConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |index: usize, otherwise: usize| {
        arguments.get(index).map_or(Ok(otherwise), |text| text.parse())
    };
    let mode = arguments.get(1).map_or("exact", String::as_str);
    let (dim, points) = (number(2, 100)?, number(3, 1_000)?);
    let budget = number(4, 400_000)? as u64;
    let config = SearchConfig { budget, ..SearchConfig::default() };

    // Numbers without pattern.
    let mut state = 1_u64;
    let mut random = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut columns: Vec<Vec<f64>> =
        (0..dim).map(|_| (0..points).map(|_| 0.5 + random()).collect()).collect();
    if mode == "surface" {
        columns[0] = (0..points).map(|n| columns[1][n] + columns[2][n]).collect();
    }
    let [a, b, c] = [dim - 1, dim / 2, 3];
    let noise = if mode == "noisy" { 0.05 } else { 0.0 };
    let mut gradients: Vec<Vec<f64>> =
        (0..dim).map(|_| (0..points).map(|_| noise * (random() - 0.5)).collect()).collect();
    let mut values = vec![0.0; points];
    for n in 0..points {
        let [x, y, z] = [columns[a][n], columns[b][n], columns[c][n]];
        values[n] = x * y + z.sin();
        gradients[a][n] += y;
        gradients[b][n] += x;
        gradients[c][n] += z.cos();
    }
    let other: Vec<Vec<f64>> =
        (0..dim).map(|i| vec![f64::from(i == a || i == c); points]).collect();

    let table = Table::new((1..=dim).map(|i| format!("x{i}")).collect(), columns)?;
    let options = FieldOptions::default();
    let objective = match mode {
        "values" | "scaled" => Objective::regression(&table, &values, mode == "scaled")?,
        "estimate" => Objective::new(
            &DirectionField::from_values(table, &values, &options)?.0,
            Measure::LevelSet,
        ),
        "span" => {
            let neurons = [gradients, other];
            let (field, _) = DirectionField::spanned(table, &neurons, None, &options)?;
            let found = Generators::of(&field, OpSet::default(), config).run(&mut ())?;
            found.outcomes().iter().for_each(tell);
            return Ok(());
        }
        _ => Objective::new(
            &DirectionField::from_gradients(table, &gradients, &options)?,
            Measure::LevelSet,
        ),
    };
    tell(&Search::new(objective, OpSet::default(), config)?.run(&mut ()));
    Ok(())
}

fn tell(outcome: &Outcome) {
    let answer =
        outcome.answer().map(|answer| format!("{} (loss {:.1e})", answer.expr, answer.loss));
    println!(
        "{} evaluations, {}: {}",
        outcome.evaluations(),
        outcome.stop(),
        answer.unwrap_or_default()
    );
}
