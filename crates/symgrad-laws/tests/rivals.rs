//! Formulas that stand in for one another within noise: none is called a law where it is not the one.

mod system;

use symgrad_expr::{Expr, Node, Op};
use symgrad_laws::{Law, LawSettings, LawVerdict, Laws, Source, Verdict, find_laws, independence};

use system::System;

/// A particle in a potential a·x²/2 + b·x⁴/4.
fn in_a_quartic([a, b]: [f64; 2], reach: f64) -> System {
    System {
        motion: format!("x' = v, v' = -({a})*x - ({b})*x^3"),
        start: vec![(-reach, reach), (-reach, reach)],
        span: 8.0,
        laws: vec![format!("v^2/2 + ({a})*x^2/2 + ({b})*x^4/4")],
    }
}

/// A pendulum.
fn in_a_wave(force: f64, reach: f64) -> System {
    System {
        motion: format!("x' = v, v' = -{force}*sin(x)"),
        start: vec![(-reach, reach), (-reach, reach)],
        span: 8.0,
        laws: vec![format!("v^2/2 - {force}*cos(x)")],
    }
}

fn has_a_wave(law: &Expr) -> bool {
    law.nodes().iter().any(|node| matches!(node, Node::Op(Op::Sin | Op::Cos)))
}

fn laws(system: &System, noise: f64, seed: u64, proposals: &[&str]) -> Laws {
    let names = system.names();
    let parse = |text: &&str| Expr::parse(text, &names).expect("a formula");
    let settings = LawSettings {
        seed,
        proposals: proposals.iter().map(parse).collect(),
        only_proposals: !proposals.is_empty(),
        ..LawSettings::default()
    };
    let source = Source::Groups(system.groups(30, noise, seed));
    find_laws(&source, &settings, &mut ()).expect("enough groups")
}

/// Whatever a quartic potential is like, single well or double, no wave is called its law; and in noise of a
/// hundredth most are still found.
#[test]
fn waves_are_no_laws_of_quartic_potentials() {
    let shapes = [[1.0, -0.1], [0.8, 0.35], [-1.0, 1.0], [-1.4, 0.8], [-0.7, 0.45], [0.0, 1.7]];
    for (noise, least) in [(0.01, 4), (0.05, 0)] {
        let mut found = 0;
        for (shape, seed) in shapes.into_iter().zip(0..) {
            let system = in_a_quartic(shape, 1.2);
            let told = laws(&system, noise, seed, &[]);
            for Law { expr, .. } in &told.laws {
                assert!(!has_a_wave(expr), "{shape:?}, {noise}: {expr}");
            }
            found += told.laws.len();
        }
        assert!(found >= least, "{noise}: {found}");
    }
}

/// Nor polynomials of waves.
#[test]
fn polynomials_are_no_laws_of_waves() {
    for (noise, least) in [(0.01, 4), (0.05, 0)] {
        let mut found = 0;
        for seed in 0..5_u8 {
            let system = in_a_wave(1.0 + 0.3 * f64::from(seed), 1.5);
            let told = laws(&system, noise, u64::from(seed), &[]);
            for Law { expr, .. } in &told.laws {
                assert!(has_a_wave(expr), "{seed}, {noise}: {expr}");
            }
            found += told.laws.len();
        }
        assert!(found >= least, "{noise}: {found}");
    }
}

/// Of two formulas of about one length, where both explain the groups as well as noise lets one tell, neither is
/// a law, and both are named; the farther the particle swings and the less noise there is, the clearer it is.
#[test]
fn what_cannot_be_told_apart_is_ambiguous() {
    let proposals = ["v^2 + x^2 + x^4", "v^2 + x^2 + cos(x)"];
    let [near, far] = [0.7, 4.0].map(|reach| in_a_quartic([0.83, 0.41], reach));
    let truth = Expr::parse(&near.laws[0], &near.names()).expect("a formula");
    for seed in 0..4 {
        let unclear = laws(&near, 0.01, seed, &proposals);
        assert_eq!(unclear.verdict(), Verdict::Ambiguous);
        let [unsure] = unclear.ambiguous.as_slice() else { panic!("{unclear:?}") };
        assert_eq!(unsure.verdict, LawVerdict::Ambiguous);
        let rival = &unsure.rival.as_ref().expect("a rival").expr;
        assert!(has_a_wave(&unsure.expr) || has_a_wave(rival), "{unsure:?}");
        for (system, noise) in [(&near, 0.0), (&far, 0.01)] {
            let clear = laws(system, noise, seed, &proposals);
            let [law] = clear.laws.as_slice() else { panic!("{clear:?}") };
            assert!(!has_a_wave(&law.expr), "{law:?}");
            let points = system.groups(10, 0.0, seed + 1_000);
            let sine = independence(&truth, std::slice::from_ref(&law.expr), points.points());
            assert!(sine.is_some_and(|sine| sine < 1e-3), "{law:?}");
        }
    }
}
