//! What comes out of trajectories, and what does not.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use symgrad_data::{Groups, Table};
use symgrad_expr::Expr;
use symgrad_laws::{LawSettings, Laws, Motion, Road, Source, Verdict, find_laws, independence};

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// An input that changes slowly, measured by how far it extends, is not constant for that; nor is
    /// what is steep at few of its values.
    #[test]
    fn slow_inputs_are_no_laws(slowness in 0.001..0.1_f64, dim in 1..3_usize, seed in 0..99_u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut column = |size: f64| (0..600).map(|_| size * rng.random_range(-1.0..1.0)).collect();
        let columns = (0..=dim).map(|_| column(4.0)).collect();
        let mut rates: Vec<Vec<f64>> = (0..dim).map(|_| column(4.0)).collect();
        rates.push(column(4.0 * slowness));
        let motion = Motion::new(table(columns), rates, None, false).expect("a motion");
        let settings = LawSettings { seed, ..LawSettings::default() };
        let found = find_laws(&Source::Motion(motion), &settings, &mut ()).expect("a motion");
        prop_assert_eq!(found.verdict(), Verdict::NoLaw, "{:?}", found.next);
    }
}

/// Any function of a law is one; noise may favour a long function, and the simplest is shown.
#[test]
fn of_functions_of_a_law_the_simplest_is_shown() {
    for seed in 0..2 {
        let found = laws(oscillations([1.0, 1.0], 40, 0.01, seed), seed);
        assert_eq!(found.laws.len(), 3);
        for law in &found.laws {
            assert!(law.complexity <= 15, "{}: {}", law.complexity, law.expr);
        }
    }
}

/// Roots of magnitudes are looked at for those who allow magnitudes.
#[test]
fn roots_of_magnitudes_come_out() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (mut columns, mut labels) = (vec![vec![]; 3], vec![]);
    for n in 0..600 {
        let [x, z] = [(); 2].map(|()| rng.random_range(-2.0..2.0_f64));
        let shared = f64::from(n / 30 * 7 % 20);
        let place = [x, z, shared - x.abs().sqrt() * z.powi(3)];
        columns.iter_mut().zip(place).for_each(|(column, value)| column.push(value));
        labels.push(f64::from(n / 30));
    }
    let source = Source::Groups(Groups::new(&table(columns), &labels, None).expect("sound data"));
    let ops = "+ - * / square cube sqrt abs".parse().expect("operators");
    let settings = LawSettings { ops, ..LawSettings::default() };
    let found = find_laws(&source, &settings, &mut ()).expect("groups that can be split");
    let exprs: Vec<Expr> = found.laws.iter().map(|law| law.expr.clone()).collect();
    let truth = expr("sqrt(abs(x1))*x2^3 + x3");
    let sine = independence(&truth, &exprs, source.points()).expect("sound data");
    assert!(sine < 1e-6 && exprs.len() == 1, "{exprs:?}");
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    /// Constants inside functions come out, whatever they are.
    #[test]
    fn constants_inside_functions_come_out(rate in 0.7..2.5_f64, wave in any::<bool>(), seed in 0..99_u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut x, mut v, mut labels) = (vec![], vec![], vec![]);
        for n in 0..900 {
            let position: f64 = rng.random_range(-1.5..1.5);
            let potential = if wave { -(rate * position).cos() } else { (-rate * position).exp() };
            // Energies that every position is reached with.
            let energy = (rate * 1.5).exp() + 1.0 + f64::from(n / 30 * 7 % 30) / 10.0;
            x.push(position);
            v.push((2.0 * (energy - potential)).sqrt() * if n % 2 == 0 { 1.0 } else { -1.0 });
            labels.push(f64::from(n / 30));
        }
        let points = table(vec![x, v]);
        let found = laws(Groups::new(&points, &labels, None).expect("sound data"), seed);
        let truth = if wave { format!("x2^2/2 - cos({rate}*x1)") } else { format!("x2^2/2 + exp(-{rate}*x1)") };
        let exprs: Vec<Expr> = found.laws.iter().map(|law| law.expr.clone()).collect();
        let sine = independence(&expr(&truth), &exprs, &points).expect("sound data");
        prop_assert!(sine < 1e-6, "{truth}: {exprs:?} {:?}", found.next);
    }
}

/// What is proposed from elsewhere competes with what is found, and the groups judge.
#[test]
fn proposals_are_judged_by_the_groups() {
    let groups = oscillations([1.0, 2.0], 30, 0.0, 7);
    let with = |proposals: &[&str], only_proposals: bool| {
        let proposals = proposals.iter().map(|text| expr(text)).collect();
        let settings = LawSettings { proposals, only_proposals, ..LawSettings::default() };
        find_laws(&Source::Groups(groups.clone()), &settings, &mut ()).expect("sound data")
    };
    // A look-alike, and a law with wrong numbers.
    let found = with(&["x1*x3 + x2", "3*x1^2 + 5*x3^2 - 2"], true);
    assert_eq!(found.laws.len(), 1);
    assert_eq!(found.laws[0].expr.natural().to_string(), "x1^2 + x3^2");
    assert_eq!(found.laws[0].found_by, Road::Network);
    let both = with(&["3*x1^2 + 5*x3^2 - 2"], false);
    assert_eq!(both.laws.iter().filter(|law| law.found_by == Road::Both).count(), 1);
    assert_eq!(both.laws.len(), 2);
    assert_eq!(with(&["x1*x3 + x2"], true).verdict(), Verdict::NoLaw);
}
