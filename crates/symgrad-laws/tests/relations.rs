//! Inputs that are related: what is the same at all points is told as that, with simple numbers, and no law is
//! counted twice for it.

#[path = "../../../benches/laws/src/noise.rs"]
mod noise;

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{Groups, Table};
use symgrad_expr::{Expr, Workspace};
use symgrad_laws::{LawSettings, Relation, Source, find_laws, independence};

use self::noise::add_noise;

const GROUPS: usize = 30;
const MOMENTS: usize = 30;

/// Swings of x'' = −x, with a third input that is a function of the two.
fn swings(third: &Expr, noise: f64, seed: u64) -> Groups {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut columns, mut labels, mut time) = (vec![vec![]; 2], vec![], vec![]);
    for group in 0..GROUPS {
        let size = rng.random_range(0.4..2.0);
        let phase: f64 = rng.random_range(0.0..6.0);
        for moment in 0..MOMENTS {
            let t = 0.2 * moment as f64;
            columns[0].push(size * (t + phase).cos());
            columns[1].push(-size * (t + phase).sin());
            labels.push(group as f64);
            time.push(t);
        }
    }
    columns.push(values(third, &columns));
    add_noise(&mut columns, noise, &mut rng);
    let names = (1..=3).map(|k| format!("x{k}")).collect();
    let points = Table::new(names, columns).expect("a table");
    Groups::new(&points, &labels, Some(time)).expect("groups")
}

fn values(expr: &Expr, columns: &[Vec<f64>]) -> Vec<f64> {
    let mut values = vec![0.0; columns[0].len()];
    let program = symgrad_expr::Program::compile(expr);
    program.values(columns, &mut Workspace::default(), &mut values).expect("a formula");
    values
}

fn expr(text: &str) -> Expr {
    text.parse().expect("a formula")
}

/// One relation and one law, of these functions, the relation with no more symbols or digits than it was made
/// with.
fn come_out(third: &str, noise: f64, seed: u64) -> Result<(), TestCaseError> {
    let groups = swings(&expr(third), noise, seed);
    let exact = swings(&expr(third), 0.0, seed + 1_000).points().clone();
    let settings = LawSettings { seed, ..LawSettings::default() };
    let found = find_laws(&Source::Groups(groups), &settings, &mut ()).expect("groups");
    let laws: Vec<Expr> = found.laws.iter().map(|law| law.expr.clone()).collect();
    let ([relation], 1) = (found.relations.as_slice(), laws.len()) else {
        return Err(TestCaseError::fail(format!("{third}: {:?} {laws:?}", found.relations)));
    };
    let Relation { expr: told, value } = relation;
    let truth = expr(&format!("{third} - x3"));
    let tolerance = if noise > 0.0 { 1e-3 } else { 1e-12 };
    let sine = independence(&truth, std::slice::from_ref(told), &exact);
    prop_assert!(sine.is_some_and(|sine| sine < tolerance), "{third}: {told} {sine:?}");
    if noise == 0.0 {
        let longest = settings.ops.complexity(&truth) + 2;
        prop_assert!(settings.ops.complexity(told) <= longest, "{third}: {told}");
        let digits = |c: &f64| format!("{}", c.abs()).len();
        prop_assert!(told.constants().iter().all(|c| digits(c) <= 4), "{third}: {told}");
        let is_it = |found: &f64| (found - value).abs() < 1e-9 * (1.0 + value.abs());
        prop_assert!(values(told, exact.columns()).iter().all(is_it), "{third}: {told} = {value}");
        prop_assert!(format!("{value}").len() <= 5, "{third}: {told} = {value}");
    }
    let both = [laws, vec![told.clone()]].concat();
    let sine = independence(&expr("x1^2 + x2^2"), &both, &exact);
    prop_assert!(sine.is_some_and(|sine| sine < tolerance), "{third}: {both:?} {sine:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn relations_come_out(
        [a, b] in prop::array::uniform2(prop::sample::select(vec![-3.0, -2.0, -0.5, 0.5, 1.0, 2.0, 4.0])),
        constant in prop::sample::select(vec![0.0, 1.0, -2.5]),
        kind in 0..4_usize,
        seed in 0..999_u64,
    ) {
        let third = match kind {
            0 => format!("({a})*x1 + ({b})*x2 + ({constant})"),
            1 => format!("({a})*x1^2 + ({constant})"),
            2 => format!("({a})*x1*x2 + ({constant})"),
            _ => format!("({a})*x1^2 + ({b})*x2 + ({constant})"),
        };
        come_out(&third, 0.0, seed)?;
    }
}

/// Within noise relations are told as well, and no law is counted twice.
#[test]
fn noise_hides_no_relation() {
    for (third, seed) in ["2*x1 - x2", "x1^2", "x1*x2 + 1", "x1^2 - x2"].into_iter().zip(0..) {
        for noise in [1e-4, 3e-3] {
            come_out(third, noise, seed).expect("a relation and a law");
        }
    }
}
