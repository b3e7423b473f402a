//! One search by several islands: what comes out depends on their number, and on nothing else.

use symgrad::data::{DirectionField, FieldColumns, FieldOptions, Table};
use symgrad::search::{Objective, StopReason, Verdict};
use symgrad::{
    Error, Findings, IslandError, IslandJob, IslandReport, Islands, SearchSettings, search_field,
    search_islands,
};

fn field() -> DirectionField {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fields/isolated-coulomb-energy.csv");
    DirectionField::read(path, &FieldColumns::default(), &FieldOptions::default())
        .expect("a readable field")
}

fn settings(budget: u64) -> SearchSettings {
    let mut settings = SearchSettings::default();
    settings.config.budget = budget;
    settings.config.births = 100;
    settings.config.library = 200;
    settings
}

fn objective(settings: &SearchSettings) -> Objective {
    Objective::new(&field(), settings.measure)
}

/// Reports as another machine would send them.
fn reports(jobs: Vec<IslandJob>, settings: &SearchSettings) -> Vec<IslandReport> {
    let objective = objective(settings);
    let far = |job: IslandJob| {
        let job = IslandJob::from_bytes(&job.to_bytes()?)?;
        IslandReport::from_bytes(&job.run(&objective, settings, &mut ())?.to_bytes()?)
    };
    jobs.into_iter().map(|job| far(job).expect("a report")).collect()
}

fn found(
    islands: usize,
    settings: &SearchSettings,
    mut work: impl FnMut(Vec<IslandJob>) -> Vec<IslandReport>,
) -> Findings {
    let run = &mut |jobs| Ok(work(jobs));
    let findings = search_islands(&objective(settings), settings, islands, run);
    findings.expect("findings").without_seconds()
}

#[test]
fn one_island_is_a_plain_search() {
    let settings = settings(6_000);
    let plain = search_field(&field(), &settings, &mut ()).expect("findings").without_seconds();
    assert_eq!(found(1, &settings, |jobs| reports(jobs, &settings)), plain);
}

#[test]
fn workers_may_be_slow_die_and_repeat_themselves() {
    let settings = settings(12_000);
    let plain = found(3, &settings, |jobs| reports(jobs, &settings));
    assert!(plain.evaluations <= 12_000);
    assert_eq!(plain.stopped, Some(StopReason::Budget));
    let mut threads = settings.clone();
    threads.config.threads = Some(1);
    let mut call = 0;
    let mut late: Vec<IslandReport> = vec![];
    let other = found(3, &settings, |jobs| {
        call += 1;
        let mut found = reports(jobs, &threads);
        found.reverse();
        // Each second time one is lost.
        found.truncate(found.len().max(2) - call % 2);
        found.append(&mut late);
        late.clone_from(&found);
        found
    });
    assert_eq!(other, plain);
}

#[test]
fn an_answer_found_twice_ends_the_search() {
    let column = |step: f64| (1..=200).map(move |n| 0.5 + (f64::from(n) * step).fract());
    let [x, y]: [Vec<f64>; 2] = [0.754_878, 0.569_840].map(|step| column(step).collect());
    let inverse = y.iter().map(|y| 1.0 / y).collect();
    let slope = x.iter().zip(&y).map(|(x, y)| y.cos() - x / (y * y)).collect();
    let points = Table::new(vec!["x".into(), "y".into()], vec![x, y]).expect("a table");
    let field = DirectionField::from_gradients(points, &[inverse, slope], &FieldOptions::default());
    let settings = settings(400_000);
    let objective = Objective::new(&field.expect("directions"), settings.measure);
    let run = &mut |jobs: Vec<IslandJob>| {
        jobs.into_iter().map(|job| job.run(&objective, &settings, &mut ())).collect()
    };
    let findings = search_islands(&objective, &settings, 2, run).expect("findings");
    assert_eq!(findings.stopped, Some(StopReason::Settled), "{:?}", findings.trust);
    assert_eq!(findings.verdict(), Some(&Verdict::Identified));
    assert_eq!(findings.answer().expression, "x/y + sin(y)");
    assert!(findings.evaluations < 200_000, "{}", findings.evaluations);
}

#[test]
fn what_cannot_go_on_says_so() {
    let settings = settings(3_000);
    for islands in [0, 3_001, 70_000] {
        let error = Islands::new(&settings, islands).expect_err("no such number");
        assert!(error.to_string().contains("cannot share"), "{error}");
    }
    let lost = search_islands(&objective(&settings), &settings, 2, &mut |_| Ok(vec![]));
    let lost = lost.expect_err("nobody works");
    assert!(lost.to_string().contains("given 3 times"), "{lost}");

    let mut islands = Islands::new(&settings, 2).expect("islands");
    assert!(matches!(islands.finish(&objective(&settings)), Err(Error::Stopped)));
    let report = reports(islands.jobs(), &settings).remove(0);
    let mut others = Islands::new(&settings, 3).expect("islands");
    let foreign = others.take(report.clone()).expect_err("another search's");
    assert!(matches!(foreign, Error::Islands(IslandError::Foreign { .. })), "{foreign}");
    let mut bytes = report.to_bytes().expect("bytes");
    assert!(IslandJob::from_bytes(&bytes).is_err());
    bytes.pop();
    let damaged = IslandReport::from_bytes(&bytes).expect_err("damaged").to_string();
    assert!(damaged.contains("cut short"), "{damaged}");
    islands.take(report).expect("its own");
    assert_eq!(islands.jobs().len(), 1);
    assert!(islands.best().is_some() && islands.evaluations() > 0);
    let findings = islands.finish(&objective(&settings)).expect("what there is");
    assert_eq!(findings.stopped, Some(StopReason::Observer));
}
