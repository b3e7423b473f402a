//! One search by several islands: what comes out depends on their number, and on nothing else.

use std::ops::ControlFlow;

use symgrad::data::{DirectionField, FieldColumns, FieldOptions, Table};
use symgrad::models::Unit;
use symgrad::search::{Objective, StopReason, Verdict};
use symgrad::{
    Activity, Error, Findings, InterpretSettings, IslandError, IslandJob, IslandReport, Islands,
    IslandsObserver, Model, Recorded, Resumable, SearchSettings, interpret_neuron,
    interpret_neuron_by, neuron_objective, run_islands, search_field, search_islands,
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

/// Stops a search after so many rounds, and keeps it.
struct Stopping {
    rounds: usize,
    kept: Vec<u8>,
}

impl IslandsObserver for Stopping {
    fn begin(&mut self, islands: &mut Islands) {
        if !self.kept.is_empty() {
            islands.restore(&self.kept).expect("its own");
        }
    }

    fn reported(&mut self, islands: &Islands) -> ControlFlow<()> {
        self.kept = islands.save().expect("a state");
        self.rounds -= 1;
        if self.rounds == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Never lets an island come to its report.
struct Hasty;

impl IslandsObserver for Hasty {
    fn step(&self, _: u16, _: &symgrad::search::Search) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}

#[test]
fn on_threads_here_it_is_the_same_and_goes_on_after_a_stop() {
    let mut settings = settings(12_000);
    let plain = found(2, &settings, |jobs| reports(jobs, &settings));
    let objective = objective(&settings);
    for threads in [1, 3] {
        settings.config.threads = Some(threads);
        let here = run_islands(&objective, &settings, 2, &mut ()).expect("findings");
        assert_eq!(here.without_seconds(), plain);
    }
    let mut stopping = Stopping { rounds: 1, kept: vec![] };
    let part = run_islands(&objective, &settings, 2, &mut stopping).expect("findings");
    assert_eq!(part.stopped, Some(StopReason::Observer));
    assert!(part.evaluations < plain.evaluations);
    stopping.rounds = usize::MAX;
    let whole = run_islands(&objective, &settings, 2, &mut stopping).expect("findings");
    assert_eq!(whole.without_seconds(), plain);

    let mut others = Islands::new(&settings, 3).expect("islands");
    assert!(others.restore(&stopping.kept).expect_err("another").contains("other settings"));
    stopping.kept.pop();
    assert!(others.restore(&stopping.kept).expect_err("damaged").contains("damaged"));
    let stopped = run_islands(&objective, &settings, 2, &mut Hasty);
    assert!(matches!(stopped, Err(Error::Stopped)));
}

#[test]
fn a_neuron_is_searched_where_there_is_something_to_search() {
    let column = |step: f64| (1..=200).map(move |n| 0.5 + (f64::from(n) * step).fract());
    let [x, y]: [Vec<f64>; 2] = [0.754_878, 0.569_840].map(|step| column(step).collect());
    let points = Table::new(vec!["x".into(), "y".into()], vec![x.clone(), y.clone()]);
    let points = points.expect("a table");
    let both = |slope: f64| vec![vec![slope; 200], vec![2.0 * slope; 200]];
    let gradients = vec![both(0.0), both(1.0), vec![y, x.clone()]];
    let units = (0..3).map(Unit::Neuron).collect();
    let model = Recorded::new("h", units, vec![x; 3], gradients).expect("neurons");
    let model = Model::Recorded(model);
    let settings = InterpretSettings { search: settings(6_000), ..InterpretSettings::default() };
    for (unit, activity) in
        [Activity::Dead, Activity::Linear, Activity::Nonlinear].iter().enumerate()
    {
        let unit = Unit::Neuron(unit);
        let mut asked = false;
        let by =
            interpret_neuron_by(&model, &points, "h", unit, &settings, |objective, settings| {
                asked = true;
                run_islands(objective, settings, 1, &mut ())
            });
        let by = by.expect("an interpretation").without_seconds();
        assert_eq!(by.activity, *activity);
        assert_eq!(asked, *activity == Activity::Nonlinear);
        let needed = neuron_objective(&model, &points, "h", unit, &settings).expect("a neuron");
        assert_eq!(needed.is_some(), asked);
        // One island is a plain search.
        let plain = interpret_neuron(&model, &points, "h", unit, &settings, &mut ());
        assert_eq!(by, plain.expect("an interpretation").without_seconds());
    }
}
