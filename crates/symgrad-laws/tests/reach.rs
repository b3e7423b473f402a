//! How far laws reach: powers, units in which numbers are large, and points far outside all others.

use std::f64::consts::TAU;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{Groups, Table};
use symgrad_expr::Expr;
use symgrad_laws::{LawSettings, Laws, Source, find_laws, independence};

const POINTS: usize = 25;

/// Points in groups, of each of which the last input makes a quantity what it is in its group: it is the
/// root of `square`, a function of the others and of the group's value.
fn groups(
    count: usize,
    others: &mut dyn FnMut(&mut ChaCha8Rng) -> Vec<f64>,
    square: &dyn Fn(&[f64], f64) -> f64,
) -> Groups {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (mut rows, mut labels) = (vec![], vec![]);
    for group in 0..count {
        let value = rng.random_range(0.0..1.0);
        let mut points = 0;
        while points < POINTS {
            let mut row = others(&mut rng);
            let square = square(&row, value);
            if square >= 0.0 {
                row.push(if rng.random() { square.sqrt() } else { -square.sqrt() });
                rows.push(row);
                labels.push(group as f64);
                points += 1;
            }
        }
    }
    let dim = rows[0].len();
    let columns = (0..dim).map(|k| rows.iter().map(|row| row[k]).collect()).collect();
    let names = (1..=dim).map(|k| format!("x{k}")).collect();
    Groups::new(&Table::new(names, columns).expect("a table"), &labels, None).expect("groups")
}

/// At most so many laws.
fn laws(groups: Groups, most: usize) -> Laws {
    let settings = LawSettings { most: Some(most), ..LawSettings::default() };
    find_laws(&Source::Groups(groups), &settings, &mut ()).expect("enough groups")
}

/// Mean squared sine between a formula and what was found.
fn apart(truth: &str, found: &Laws, points: &Table) -> f64 {
    let truth: Expr = truth.parse().expect("a formula");
    let exprs: Vec<Expr> = found.laws.iter().map(|law| law.expr.clone()).collect();
    independence(&truth, &exprs, points).expect("sound data")
}

/// Powers of the distance from a centre: whole, halves, and any.
#[test]
fn powers_come_out() {
    for power in [-0.5, -1.5, -3.0, -6.0, 0.75, 1.5, 0.65] {
        let at = |row: &[f64]| (row[0] * row[0] + row[1] * row[1]).powf(power);
        let mut place = |rng: &mut ChaCha8Rng| -> Vec<f64> {
            let (r, angle) = (rng.random_range(0.8..1.6_f64), rng.random_range(0.0..TAU));
            vec![r * angle.cos(), r * angle.sin(), rng.random_range(-1.0..1.0)]
        };
        let square = |row: &[f64], value: f64| 5.0 + 2.0 * value - at(row) - row[2] * row[2];
        let groups = groups(40, &mut place, &square);
        let points = groups.points().clone();
        let found = laws(groups, 4);
        let truth = format!("(x1^2 + x2^2)^{power} + x3^2 + x4^2");
        let sine = apart(&truth, &found, &points);
        assert!(sine < 1e-8 && found.laws.len() == 1, "{truth}: {sine} {:?}", found.laws);
    }
}

/// Orbits of planets in metres and seconds: waves and exponentials of such numbers say nothing of
/// them, and no relation is seen in these.
#[test]
fn units_do_not_matter() {
    let (metres, speed, attraction) = (1.5e11, 3e4, 1.33e20);
    let at = |row: &[f64]| 2.0 * attraction / row[0].hypot(row[1]);
    let mut place = |rng: &mut ChaCha8Rng| -> Vec<f64> {
        let [x, y, u] = [(); 3].map(|()| rng.random_range(-1.0..1.0));
        vec![metres * (x + f64::signum(x)), metres * y, speed * u]
    };
    let square = |row: &[f64], value: f64| {
        speed * speed * (0.5 + value) + at(row) - at(&[2.0 * metres, 0.0]) - row[2] * row[2]
    };
    let groups = groups(40, &mut place, &square);
    let points = groups.points().clone();
    let found = laws(groups, 4);
    let truth = format!("x3^2 + x4^2 - 2*{attraction}/sqrt(x1^2 + x2^2)");
    let sine = apart(&truth, &found, &points);
    assert!(sine < 1e-9 && found.laws.len() == 1, "{sine} {:?}", found.laws);
    assert!(found.relations.is_empty(), "{:?}", found.relations);
}

/// Of fields seen by observers as fast as may be, pairs tell both invariants: the few that are seen by
/// the fastest are thousands of times as strong as the others, and are left out.
#[test]
fn both_invariants_of_fields_come_out_of_pairs() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut row = || -> [f64; 6] { std::array::from_fn(|_| rng.random_range(0.0..2.0)) };
    let anchors: Vec<[f64; 6]> = (0..4_000).map(|_| row()).collect();
    let positives: Vec<[f64; 6]> = anchors
        .iter()
        .map(|field| {
            let speed = rng.random_range(0.0..1.0_f64);
            let factor = (1.0 - speed * speed).sqrt().recip();
            let [e1, e2, e3, b1, b2, b3] = *field;
            // A boost along an axis, which is then turned to another.
            let seen = [
                [e1, factor * (e2 - speed * b3), factor * (e3 + speed * b2)],
                [b1, factor * (b2 + speed * e3), factor * (b3 - speed * e2)],
            ];
            let turn = rng.random_range(0..3);
            std::array::from_fn(|k| seen[k / 3][(k + turn) % 3])
        })
        .collect();
    let table = |rows: &[[f64; 6]]| {
        let columns = (0..6).map(|k| rows.iter().map(|row| row[k]).collect()).collect();
        Table::new((1..=6).map(|k| format!("x{k}")).collect(), columns).expect("a table")
    };
    let groups = Groups::pairs(&table(&anchors), &table(&positives), None).expect("pairs");
    let found = laws(groups, 4);
    assert!(found.far > 0 && found.laws.len() == 2, "{:?}", found.laws);
    for truth in ["x1*x4 + x2*x5 + x3*x6", "x1^2 + x2^2 + x3^2 - x4^2 - x5^2 - x6^2"] {
        let sine = apart(truth, &found, &table(&anchors));
        assert!(sine < 1e-9, "{truth}: {sine} {:?}", found.laws);
    }
}
