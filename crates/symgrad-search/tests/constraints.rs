//! Searches that have to keep to constraints.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Definitions, Expr, Names, Op, OpSet, Program, Workspace};
use symgrad_search::{
    ConstantUnits, ConstraintConfig, Measure, Objective, Outcome, Search, SearchConfig,
    SearchError, Structure, Units,
};

/// The exact field of an expression on a grid-like cloud of points between the bounds.
fn field(names: &[&str], truth: &str, (low, high): (f64, f64)) -> DirectionField {
    const POINTS: u32 = 200;
    let names = Names::new(names.iter().copied()).unwrap();
    let truth = Expr::parse(truth, &names).unwrap();
    // Multiples of these irrational steps fill the box evenly.
    let steps = [0.754_877_666, 0.569_840_291, 0.819_172_513, 0.671_043_607];
    let column = |step: &f64| -> Vec<f64> {
        (1..=POINTS).map(|n| low + (high - low) * (f64::from(n) * step).fract()).collect()
    };
    let columns: Vec<Vec<f64>> = steps[..names.len()].iter().map(column).collect();
    let mut values = vec![0.0; POINTS as usize];
    let mut gradients = vec![values.clone(); names.len()];
    Program::compile(&truth)
        .input_gradients(&columns, &mut Workspace::default(), &mut values, &mut gradients)
        .unwrap();
    let points = Table::new(names.into(), columns).unwrap();
    DirectionField::from_gradients(points, &gradients, &FieldOptions::default()).unwrap()
}

fn search(
    field: &DirectionField,
    ops: OpSet,
    config: SearchConfig,
) -> Result<Outcome, SearchError> {
    let objective = Objective::new(field, Measure::LevelSet);
    Ok(Search::new(objective, ops, config)?.run(&mut ()))
}

fn quick(constraints: ConstraintConfig) -> SearchConfig {
    SearchConfig { budget: 50_000, constraints, ..SearchConfig::default() }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn every_entry_of_the_front_keeps_to_the_limits() {
    let field = field(&["x", "y"], "sin(x*y) + exp(sin(x))", (0.2, 1.8));
    let limits = ["depth <= 4", "constants <= 1", "uses(sin) <= 1", "sin in exp <= 0"];
    let limits = limits.iter().map(|text| text.parse().unwrap()).collect();
    let constraints = ConstraintConfig { limits, ..ConstraintConfig::default() };
    let outcome = search(&field, OpSet::default(), quick(constraints)).unwrap();
    assert!(outcome.front().len() > 2);
    for entry in outcome.front() {
        let expr = &entry.expr;
        let sines = expr.nodes().iter().filter(|n| **n == symgrad_expr::Node::Op(Op::Sin)).count();
        assert!(expr.depth() <= 4 && expr.constants().len() <= 1 && sines <= 1, "{expr}");
    }
}

/// x and y are nearly the same on these data, so that either serves.
#[test]
fn excluded_inputs_stay_away_and_required_ones_are_always_there() {
    let field = field(&["x", "y", "z"], "x*y + z/50", (0.5, 1.5));
    let constraints = ConstraintConfig { exclude: words(&["y"]), ..ConstraintConfig::default() };
    let outcome = search(&field, OpSet::default(), quick(constraints)).unwrap();
    assert!(!outcome.front().is_empty());
    assert!(outcome.front().iter().all(|entry| !entry.expr.inputs().contains(&1)));

    // Without the wish, the front begins with entries that do without the faint z.
    let free = search(&field, OpSet::default(), quick(ConstraintConfig::default())).unwrap();
    assert!(free.front().iter().any(|entry| !entry.expr.inputs().contains(&2)));
    let constraints = ConstraintConfig { require: words(&["z"]), ..ConstraintConfig::default() };
    let outcome = search(&field, OpSet::default(), quick(constraints)).unwrap();
    assert!(outcome.front().iter().all(|entry| entry.expr.inputs().contains(&2)));
    let answer = outcome.answer().unwrap();
    assert!(answer.loss < 1e-6, "{} {}", answer.expr, answer.loss);
}

/// z is of no use at all, and yet every entry must have it.
#[test]
fn an_idle_input_can_be_required() {
    let field = field(&["x", "y", "z"], "x*y", (0.5, 1.5));
    for spectral in [true, false] {
        let require = words(&["x", "z"]);
        let constraints = ConstraintConfig { require, ..ConstraintConfig::default() };
        let config = SearchConfig { spectral, ..quick(constraints) };
        let outcome = search(&field, OpSet::default(), config).unwrap();
        assert!(!outcome.front().is_empty());
        for entry in outcome.front() {
            assert!([0, 2].iter().all(|input| entry.expr.inputs().contains(input)));
        }
    }
}

#[test]
fn complexities_by_name_shape_the_front() {
    let field = field(&["x", "y"], "x*y", (0.5, 1.5));
    let costs = "y=9, *=2".parse().unwrap();
    let config = SearchConfig { costs, ..quick(ConstraintConfig::default()) };
    let outcome = search(&field, OpSet::default(), config).unwrap();
    let answer = outcome.answer().unwrap();
    assert_eq!((answer.expr.to_string().as_str(), answer.complexity), ("x1*x2", 12));
}

/// On a small box around (1, 1) the field of x·v is almost that of x + v, which is as long.
#[test]
fn units_tell_look_alikes_apart() {
    let field = field(&["x", "v"], "x*v", (0.98, 1.02));
    let entries = |units: &str, constants| {
        let units = units.parse().unwrap();
        let constraints = ConstraintConfig { units, constants, ..ConstraintConfig::default() };
        let config = SearchConfig { budget: 50_000, ..quick(constraints) };
        let outcome = search(&field, "+ - *".parse().unwrap(), config).unwrap();
        outcome.front().iter().map(|entry| entry.expr.to_string()).collect::<Vec<_>>()
    };
    let pure = ConstantUnits::Dimensionless;
    let apart = entries("x=m, v=m/s", pure);
    // Written in the order of the names: v before x.
    assert!(apart.contains(&"x2*x1".to_owned()), "{apart:?}");
    assert!(!apart.iter().any(|text| text.contains('+')), "{apart:?}");
    // The field of x + v, by which the sum is right, with units that allow no sum.
    let sum = crate::field(&["x", "v"], "x + v", (0.98, 1.02));
    let constraints = ConstraintConfig {
        units: "x=m, v=m/s".parse().unwrap(),
        constants: pure,
        ..ConstraintConfig::default()
    };
    let outcome = search(&sum, OpSet::default(), quick(constraints)).unwrap();
    let answer = outcome.answer().unwrap();
    assert!(answer.expr.to_string().contains('*'), "{}", answer.expr);
}

/// The energy of an oscillator of mass and stiffness 1: its two terms have different units, so
/// that one needs a constant even though its value is 1.
#[test]
fn constants_of_value_one_stay_where_units_need_them() {
    let field = field(&["x", "v"], "x^2 + v^2", (0.5, 1.5));
    let units: Units = "x=m, v=m/s".parse().unwrap();
    let constraints = ConstraintConfig { units, ..ConstraintConfig::default() };
    for spectral in [true, false] {
        let config = SearchConfig { spectral, ..quick(constraints.clone()) };
        let outcome = search(&field, OpSet::default(), config).unwrap();
        let answer = outcome.answer().unwrap();
        assert!(answer.loss < 1e-9, "{} {}", answer.expr, answer.loss);
        assert_eq!(answer.expr.constants(), [1.0], "{}", answer.expr);
    }
}

#[test]
fn answers_fill_in_a_structure() {
    for (truth, skeleton) in [
        ("(x + y*y)/sin(z)", "f(x, y)/g(z)"),
        ("x^3 + exp(y) - 2*z", "f(x) + g(y) + h(z)"),
        ("(x + 2*y)*exp(-z/2)", "a(x, y)*exp(b(z))"),
    ] {
        let field = field(&["x", "y", "z"], truth, (0.4, 1.4));
        let structure = Some(skeleton.to_owned());
        let constraints = ConstraintConfig { structure, ..ConstraintConfig::default() };
        let config = SearchConfig { budget: 60_000, ..quick(constraints) };
        let outcome = search(&field, OpSet::default(), config).unwrap();
        let names = Names::new(["x", "y", "z"]).unwrap();
        let structure = Structure::parse(skeleton, &names, &OpSet::default()).unwrap();
        for entry in outcome.front() {
            assert!(structure.matches(&entry.expr), "{skeleton}: {}", entry.expr);
        }
        let answer = outcome.answer().unwrap();
        assert!(answer.loss < 1e-4, "{skeleton}: {} {}", answer.expr, answer.loss);
    }
}

#[test]
fn templates_serve_as_operators() {
    let truth = "exp(-2.5*(x - y)^2) + z";
    let field = field(&["x", "y", "z"], truth, (0.4, 1.8));
    // Neither exp nor square is allowed outside the template.
    let ops: OpSet = "+ - *".parse().unwrap();
    let templates = Definitions::parse(["bump(t) = exp(-2.5*t^2)"]).unwrap();
    let costs = "bump=2".parse().unwrap();
    let config = SearchConfig { templates, costs, ..quick(ConstraintConfig::default()) };
    let outcome = search(&field, ops.clone(), config.clone()).unwrap();
    let answer = outcome.answer().unwrap();
    assert!(answer.loss < 1e-6, "{} {}", answer.expr, answer.loss);
    let names = Names::new(["x", "y", "z"]).unwrap();
    let template = config.templates.iter().next().unwrap().clone();
    let written = ops.with_template(template).unwrap().written(&answer.expr, &names);
    assert!(written.contains("bump(") && !written.contains("exp"), "{written}");
}

#[test]
fn settings_are_checked_against_the_inputs() {
    let field = field(&["x", "y"], "x*y", (0.5, 1.5));
    let refused = |config| search(&field, OpSet::default(), config).unwrap_err().to_string();
    let exclude = words(&["z"]);
    let unknown = refused(quick(ConstraintConfig { exclude, ..ConstraintConfig::default() }));
    assert!(unknown.contains("`z`") && unknown.contains("x, y"), "{unknown}");
    let require = words(&["y"]);
    let constraints = ConstraintConfig { require, ..ConstraintConfig::default() };
    let absent = refused(SearchConfig { only_inputs: Some(vec![0]), ..quick(constraints) });
    assert!(absent.contains("`y` is required"), "{absent}");
    let costs = "z=3".parse().unwrap();
    let cost = refused(SearchConfig { costs, ..SearchConfig::default() });
    assert!(cost.contains("`z`") && cost.contains("x y"), "{cost}");
}
