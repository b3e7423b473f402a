//! Verdicts on fields of random smooth functions, which no formula describes, and of physics
//! formulas: `negatives [FROM] [COUNT] [BUDGET]`, seeds from FROM on.
//!
//! The number to watch is the first column: a random smooth function must never count as
//! identified.

mod fields;

use std::error::Error;

use symgrad_data::DirectionField;
use symgrad_expr::OpSet;
use symgrad_search::{Evaluator, Measure, Objective, Outcome, Search, SearchConfig, Verdict};

/// Sizes of the error in every component of a unit gradient.
const NOISES: [f64; 3] = [0.0, 0.01, 0.1];

/// An answer this close to the truth (1 − mean cos, on the field's points) is right.
const RIGHT: f64 = 1e-4;

#[derive(Default)]
struct Counts {
    identified: u32,
    ambiguous: u32,
    not_found: u32,
}

impl Counts {
    fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Identified => self.identified += 1,
            Verdict::Ambiguous { .. } => self.ambiguous += 1,
            Verdict::NotFound { .. } => self.not_found += 1,
        }
    }

    fn print(&self, name: &str) {
        let Self { identified, ambiguous, not_found } = self;
        println!("{name:28} {identified:10} {ambiguous:10} {not_found:10}");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<u64> =
        std::env::args().skip(1).map(|text| text.parse()).collect::<Result<_, _>>()?;
    let argument = |index: usize, default| arguments.get(index).copied().unwrap_or(default);
    let (from, count, budget) = (argument(0, 0), argument(1, 45), argument(2, 100_000));

    println!("{:28} {:>10} {:>10} {:>10}", "", "identified", "ambiguous", "not found");
    for family in 0..fields::FAMILIES.len() as u64 {
        let mut counts = Counts::default();
        for seed in (from..from + count).filter(|seed| seed % 3 == family) {
            let (field, what) = negative(seed)?;
            let outcome = search(&field, seed, budget)?;
            counts.add(outcome.verdict());
            if outcome.verdict() == &Verdict::Identified {
                eprintln!("{what}: {}", outcome.trust().summary);
            }
        }
        counts.print(fields::FAMILIES[usize::try_from(family)?]);
    }
    for noise in NOISES {
        let (mut right, mut wrong) = (Counts::default(), Counts::default());
        for (index, (truth, ..)) in fields::FORMULAS.iter().enumerate() {
            let field = fields::formula(index, noise, from)?;
            let outcome = search(&field, from, budget)?;
            let distance = distance(&outcome, &fields::formula(index, 0.0, from)?);
            let counts = if distance < RIGHT { &mut right } else { &mut wrong };
            counts.add(outcome.verdict());
            let answer = outcome.answer().map(|entry| entry.expr.to_string()).unwrap_or_default();
            let summary = &outcome.trust().summary;
            eprintln!("{truth} with noise {noise}: {answer}, off by {distance:.0e}; {summary}");
        }
        right.print(&format!("formulas, noise {noise}, right"));
        wrong.print(&format!("formulas, noise {noise}, wrong"));
    }
    Ok(())
}

/// The seed's field of a random smooth function: all families, 2 to 6 inputs, boxes and clouds,
/// and all noises come round.
fn negative(seed: u64) -> Result<(DirectionField, String), Box<dyn Error>> {
    let digit = |divisor: u64, base: u64| usize::try_from(seed / divisor % base);
    let family = fields::FAMILIES[digit(1, 3)?];
    let (dim, cloud) = (2 + digit(3, 5)?, digit(15, 2)? == 1);
    let noise = NOISES[(digit(1, 3)? + digit(3, 3)?) % 3];
    let what = format!("{family}, {dim} inputs, cloud {cloud}, noise {noise}, seed {seed}");
    Ok((fields::smooth(family, dim, cloud, noise, seed)?, what))
}

fn search(field: &DirectionField, seed: u64, budget: u64) -> Result<Outcome, Box<dyn Error>> {
    let config = SearchConfig { seed, budget, ..SearchConfig::default() };
    let objective = Objective::new(field, Measure::LevelSet);
    Ok(Search::new(objective, OpSet::default(), config)?.run(&mut ()))
}

/// 1 − |mean cos| between the answer and a field without noise.
fn distance(outcome: &Outcome, truth: &DirectionField) -> f64 {
    let objective = Objective::new(truth, Measure::LevelSet);
    let answer = outcome.answer().map(|entry| &entry.expr);
    answer.map_or(f64::INFINITY, |expr| Evaluator::new(&objective).loss(expr))
}
