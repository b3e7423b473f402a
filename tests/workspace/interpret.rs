//! Networks that other frameworks trained, interpreted: the known concepts come out.

use symgrad::data::{DirectionField, FieldOptions, Table};
use symgrad::expr::{Expr, Names, Program, Workspace};
use symgrad::models::Unit;
use symgrad::search::{Evaluator, Measure, Objective};
use symgrad::{
    InterpretSettings, Model, Trend, interpret_layer, interpret_neuron, interpret_space,
};

use crate::fixtures::{Fixture, fixtures, folder, read};

fn named(name: &str) -> Fixture {
    fixtures().into_iter().find(|fixture| fixture.name == name).expect("a fixture")
}

/// The network, points to interpret it by, and others to judge by.
fn opened(fixture: &Fixture) -> (Model, Table, Table) {
    let open = |file: &String| Model::open(&folder().join(file), None).expect("a network");
    let model = open(&fixture.file);
    let model = match &fixture.through {
        Some(generator) => model.through(open(generator)).expect("they fit"),
        None => model,
    };
    let points = read(&fixture.points);
    let rows: Vec<usize> = (0..points.rows()).collect();
    let (shown, fresh) = rows.split_at(rows.len() * 4 / 5);
    (model, points.select(shown), points.select(fresh))
}

fn settings() -> InterpretSettings {
    let mut settings = InterpretSettings::default();
    settings.search.config.budget = 150_000;
    settings.search.config.patience = 15;
    settings
}

/// 1 − |mean cos| between the gradients of a formula and of the truth.
fn mismatch(found: &str, truth: &str, points: &Table) -> f64 {
    let names = Names::new(points.names().to_vec()).expect("names");
    let parse = |text: &str| Expr::parse(text, &names).expect("a formula");
    let mut gradients = vec![vec![]; points.dim()];
    let mut values = vec![0.0; points.rows()];
    Program::compile(&parse(truth))
        .input_gradients(points.columns(), &mut Workspace::default(), &mut values, &mut gradients)
        .expect("all inputs are there");
    let exact =
        DirectionField::from_gradients(points.clone(), &gradients, &FieldOptions::default());
    let objective = Objective::new(&exact.expect("directions"), Measure::LevelSet);
    Evaluator::new(&objective).loss(&parse(found))
}

/// Formulas this close are one: networks are not exact, but constants are rounded.
const SAME: f64 = 1e-4;

/// Of each network the first target of one neuron.
#[test]
fn known_concepts_come_out() {
    let (mut right, mut missed) = (0, vec![]);
    for known in fixtures() {
        let (model, points, fresh) = opened(&known);
        let target = known.targets.iter().find(|target| target.truths.len() == 1);
        let Some(target) = target else { continue };
        let layer = &target.layer;
        let unit = target.units()[0];
        let found = interpret_neuron(&model, &points, layer, unit, &settings(), &mut ())
            .unwrap_or_else(|error| panic!("{}: {error}", known.name));
        let findings = found.findings.expect("a neuron that is alive");
        let outer = found.outer.expect("a neuron that varies");
        assert!(outer.r_squared > 0.98, "{}: {outer:?}", known.name);
        let answer = &findings.answer().expression;
        let mismatch = mismatch(answer, &target.truths[0], &fresh);
        if mismatch < SAME {
            right += 1;
        } else {
            missed
                .push(format!("{}: {answer} for {}: {mismatch:.1e}", known.name, target.truths[0]));
        }
    }
    assert!(missed.is_empty(), "{right} right, and {missed:#?}");
}

#[test]
fn a_neuron_that_turns_shows_its_function() {
    let (model, points, _) = opened(&named("bottleneck"));
    let found =
        interpret_neuron(&model, &points, model.output(), Unit::Neuron(0), &settings(), &mut ())
            .expect("an interpretation");
    let outer = found.outer.expect("a neuron that varies");
    assert_eq!(outer.trend, Trend::Folded, "{outer:?}");
}

#[test]
fn two_neurons_hold_two_concepts() {
    let (model, points, fresh) = opened(&named("invariants"));
    let units = [Unit::Neuron(0), Unit::Neuron(1)];
    let found =
        interpret_space(&model, &points, model.output(), &units, None, &settings(), &mut ())
            .expect("an interpretation");
    assert_eq!((found.span.rank(), found.missing), (2, 0));
    let first = &found.concepts[0].answer().expression;
    assert!(mismatch(first, "a + d", &fresh) < SAME, "{first}");
    assert!(found.agreement.expect("all are found").median < 0.02);
}

#[test]
fn neurons_of_one_concept_are_found_together() {
    let (model, points, fresh) = opened(&named("motion"));
    let units: Vec<Unit> = (0..7).chain(26..31).map(Unit::Neuron).collect();
    let interpret = |threads| {
        let mut settings = settings();
        settings.search.config.threads = Some(threads);
        interpret_layer(&model, &points, "relu", &units, &settings, &()).expect("a layer")
    };
    let mut found = interpret(2);
    let sizes: Vec<usize> = found.groups.iter().map(|group| group.units.len()).collect();
    assert_eq!(sizes, [6, 5], "{:?}", found.groups);
    for (group, truth) in found.groups.iter().zip(["vx^2 + vy^2", "x*vy - y*vx"]) {
        assert!(mismatch(&group.expression, truth, &fresh) < SAME, "{group:?}");
    }
    let mut again = interpret(1);
    for neuron in found.neurons.iter_mut().chain(&mut again.neurons) {
        if let Some(findings) = &mut neuron.findings {
            findings.seconds.clear();
        }
    }
    assert_eq!(found, again, "whatever the number of threads");
}
