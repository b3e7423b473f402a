//! Motions that are nearly regular: in noise, long sums that are chosen among hundreds of terms seem to be constant, and
//! so does what one function of several is exchanged in. None of these is called a law.

mod system;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use symgrad_expr::{Expr, Node, Op};
use symgrad_laws::{Law, LawSettings, LawVerdict, Laws, Source, find_laws, independence};

use system::System;

/// A weight on a spring, in the plane.
fn in_the_plane(stiffness: f64, reach: f64) -> System {
    let pull = format!("{stiffness}*(1 - 1/sqrt(x^2 + y^2))");
    System {
        motion: format!("x' = u, y' = v, u' = -x*{pull}, v' = -y*{pull} - 1"),
        start: vec![(-reach, reach), (-1.6, -0.9), (-0.5, 0.5), (-0.5, 0.5)],
        span: 8.0,
        laws: vec![format!("(u^2 + v^2)/2 + {stiffness}*(sqrt(x^2 + y^2) - 1)^2/2 + y")],
    }
}

/// The same by its length and its angle.
fn by_its_angle(stiffness: f64, reach: f64) -> System {
    System {
        motion: format!(
            "r' = u, a' = w, u' = r*w^2 + cos(a) - {stiffness}*(r - 1), w' = (-2*u*w - sin(a))/r"
        ),
        start: vec![(0.9, 1.5), (-reach, reach), (-0.4, 0.4), (-0.4, 0.4)],
        span: 8.0,
        laws: vec![format!("u^2/2 + r^2*w^2/2 - r*cos(a) + {stiffness}*(r - 1)^2/2")],
    }
}

fn laws(system: &System, seed: u64) -> Laws {
    let settings = LawSettings { seed, ..LawSettings::default() };
    find_laws(&Source::Groups(system.groups(20, 0.01, seed)), &settings, &mut ()).expect("laws")
}

/// Whether the law is the true one at points without noise, and with the functions that make it up.
fn is_true(system: &System, law: &Expr) -> bool {
    let truth = Expr::parse(&system.laws[0], &system.names()).expect("a formula");
    let points = system.groups(10, 0.0, 1_000);
    let sine = independence(&truth, std::slice::from_ref(law), points.points());
    sine.is_some_and(|sine| sine < 1e-3)
}

fn has_any(law: &Expr, wanted: &[Op]) -> bool {
    law.nodes().iter().any(|node| matches!(node, Node::Op(op) if wanted.contains(op)))
}

#[test]
fn what_is_called_a_law_is_one() {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let drawn = (3.0..9.0_f64, 0.5..0.9_f64, any::<u16>());
    let (mut told, mut runs) = (0, 0);
    for kind in 0..6 {
        let (stiffness, reach, seed) = drawn.new_tree(&mut runner).expect("numbers").current();
        let stiffness = (10.0 * stiffness).round() / 10.0;
        let (system, needed) = if kind % 2 == 0 {
            (in_the_plane(stiffness, reach), Op::Sqrt)
        } else {
            (by_its_angle(stiffness, reach), Op::Cos)
        };
        let found = laws(&system, u64::from(seed));
        for Law { expr, .. } in &found.laws {
            assert!(is_true(&system, expr), "{}: {expr}", system.motion);
            assert!(has_any(expr, &[needed]), "{}: {expr}", system.motion);
        }
        // What noise does not let one tell from a law is said to be open.
        if let Some(next) = &found.next {
            assert_ne!(next.verdict, LawVerdict::Law);
        }
        told += found.laws.len();
        runs += 1;
    }
    assert!(told >= runs / 2, "{told} of {runs}");
}
