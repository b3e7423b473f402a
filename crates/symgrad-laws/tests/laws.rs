//! What comes out of trajectories, and what does not.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use symgrad_data::{Groups, Table};
use symgrad_expr::Expr;
use symgrad_laws::{LawSettings, Laws, Source, Verdict, find_laws, independence};

fn table(columns: Vec<Vec<f64>>) -> Table {
    let names = (1..=columns.len()).map(|k| format!("x{k}")).collect();
    Table::new(names, columns).expect("a table")
}

/// Points of a plane motion around the centre, under a force −k·r of each axis.
fn oscillations(forces: [f64; 2], groups: usize, noise: f64, seed: u64) -> Groups {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut columns, mut labels, mut time) = (vec![vec![]; 4], vec![], vec![]);
    for group in 0..groups {
        let sizes: [f64; 2] = std::array::from_fn(|_| rng.random_range(0.4..2.0));
        let phases: [f64; 2] = std::array::from_fn(|_| rng.random_range(0.0..6.0));
        for moment in 0..30 {
            let t = 0.15 * f64::from(moment);
            for axis in 0..2 {
                let rate = forces[axis].sqrt();
                let angle = rate * t + phases[axis];
                let error = |rng: &mut ChaCha8Rng| -> f64 {
                    let error: f64 = StandardNormal.sample(rng);
                    noise * error
                };
                columns[axis].push(sizes[axis] * angle.cos() + error(&mut rng));
                columns[2 + axis].push(-rate * sizes[axis] * angle.sin() + error(&mut rng));
            }
            labels.push(group as f64);
            time.push(t);
        }
    }
    Groups::new(&table(columns), &labels, Some(time)).expect("sound data")
}

fn laws(groups: Groups, seed: u64) -> Laws {
    let settings = LawSettings { seed, ..LawSettings::default() };
    find_laws(&Source::Groups(groups), &settings, &mut ()).expect("groups that can be split")
}

fn expr(text: &str) -> Expr {
    text.parse().expect("a formula")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// All laws come out, whatever the frequencies, and nothing that is none.
    #[test]
    fn both_energies_come_out(stiff in 1.3..3.0_f64, noise in prop::sample::select(vec![0.0, 0.01]), seed in 0..99_u64) {
        let found = laws(oscillations([1.0, stiff], 30, noise, seed), seed);
        let exprs: Vec<Expr> = found.laws.iter().map(|law| law.expr.clone()).collect();
        let points = oscillations([1.0, stiff], 10, 0.0, seed + 1000).points().clone();
        for truth in [expr("x1^2 + x3^2"), expr(&format!("{stiff}*x2^2 + x4^2"))] {
            let sine = independence(&truth, &exprs, &points).expect("sound data");
            prop_assert!(sine < 1e-3, "{truth}: {exprs:?}");
        }
        prop_assert_eq!(exprs.len(), 2);
    }

    /// Points that have nothing to do with their groups share nothing.
    #[test]
    fn unrelated_points_share_nothing(dim in 1..4_usize, seed in 0..99_u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut column = || (0..400).map(|_| rng.random_range(-1.0..1.0)).collect();
        let columns: Vec<Vec<f64>> = (0..dim).map(|_| column()).collect();
        let labels: Vec<f64> = (0..400).map(|n| f64::from(n / 20)).collect();
        for time in [None, Some((0..400).map(f64::from).collect())] {
            let groups = Groups::new(&table(columns.clone()), &labels, time).expect("sound data");
            prop_assert_eq!(laws(groups, seed).verdict(), Verdict::NoLaw);
        }
    }
}

/// The same data and seed give the same laws on any number of threads.
#[test]
fn threads_change_nothing() {
    let on = |threads: usize| {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("sound data");
        pool.install(|| laws(oscillations([1.0, 2.0], 20, 0.01, 3), 0))
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn what_does_not_change_within_groups_is_a_parameter() {
    let groups = oscillations([1.0, 2.0], 20, 0.0, 5);
    let labels: Vec<f64> =
        (0..groups.len()).flat_map(|g| groups.rows(g).map(move |_| g as f64)).collect();
    let mut columns = groups.points().columns()[..2].to_vec();
    columns[1] = groups.points().column(2).to_vec();
    columns.push(labels.iter().map(|g| (1.7 * g).sin()).collect());
    let found = laws(Groups::new(&table(columns), &labels, None).expect("sound data"), 0);
    assert_eq!(found.parameters, [2]);
    assert_eq!(found.laws.len(), 1);
    assert_eq!(found.laws[0].expr.natural().to_string(), "x1^2 + x2^2");
}
