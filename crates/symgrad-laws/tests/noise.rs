//! Laws of motions whose measurement is noisy.

mod system;

use symgrad_expr::Expr;
use symgrad_laws::{Law, LawSettings, Source, find_laws, independence};

use system::System;

/// The infectious are a twentieth of all, and change little; the rest goes along.
fn epidemic() -> System {
    System {
        motion: "s' = -2*s*i, i' = 2*s*i - 0.7*i, r' = 0.7*i".into(),
        start: vec![(0.5, 1.0), (0.02, 0.3), (0.0, 0.3)],
        span: 8.0,
        laws: ["s + i + r", "i + s - 0.35*log(s)"].map(Into::into).into(),
    }
}

/// Two particles in a trough, which bounce off each other.
fn pair() -> System {
    System {
        motion: "x' = u, y' = v, u' = -x + 2/(x - y)^3, v' = -y - 2/(x - y)^3".into(),
        start: vec![(-2.5, -0.6), (0.6, 2.5), (-1.0, 1.0), (-1.0, 1.0)],
        span: 6.0,
        laws: ["(u + v)^2 + (x + y)^2", "(u - v)^2 + (x - y)^2 + 4/(x - y)^2"]
            .map(Into::into)
            .into(),
    }
}

/// Two oscillators that do not know of each other.
fn uncoupled(stiffness: f64) -> System {
    System {
        motion: format!("x' = u, y' = v, u' = -x, v' = -{stiffness}*y"),
        start: vec![(-2.0, 2.0); 4],
        span: 8.0,
        laws: vec!["u^2 + x^2".into(), format!("v^2 + {stiffness}*y^2")],
    }
}

/// Two alike, with a spring between them.
fn coupled(spring: f64) -> System {
    let apart = 1.0 + 2.0 * spring;
    System {
        motion: format!("x' = u, y' = v, u' = -x - {spring}*(x - y), v' = -y - {spring}*(y - x)"),
        start: vec![(-2.0, 2.0); 4],
        span: 8.0,
        laws: vec!["(u + v)^2 + (x + y)^2".into(), format!("(u - v)^2 + {apart}*(x - y)^2")],
    }
}

/// Convection without friction: both laws are sums of two terms, of which one may vanish.
fn convection() -> System {
    System {
        motion: "x' = 10*y, y' = -x*z, z' = x*y".into(),
        start: vec![(-2.0, 2.0), (-2.0, 2.0), (-1.0, 3.0)],
        span: 3.0,
        laws: ["y^2 + z^2", "x^2 - 20*z"].map(Into::into).into(),
    }
}

/// All laws come out and nothing else, of at least so many of five draws of the trajectories; one that is left
/// open counts if one of its two formulas is the law, and of so many draws at least none is.
fn come_out(system: &System, count: usize, [told, certain]: [usize; 2]) {
    let names = system.names();
    let parse = |text: &str| Expr::parse(text, &names).expect("a formula");
    let runs: Vec<(u64, bool)> = (0..5)
        .filter_map(|seed| {
            let settings = LawSettings { seed, ..LawSettings::default() };
            let source = Source::Groups(system.groups(count, 0.01, seed));
            let found = find_laws(&source, &settings, &mut ()).expect("enough groups");
            let laws: Vec<Expr> = found.laws.iter().map(|law| law.expr.clone()).collect();
            let fresh = system.groups(10, 0.0, seed + 1_000);
            let is_among = |truth: &String, formulas: &[Expr]| {
                let sine = independence(&parse(truth), formulas, fresh.points());
                sine.is_some_and(|sine| sine < 1e-3)
            };
            let comes_out = |truth: &String| {
                let either = |law: &Law| {
                    let rival = law.rival.iter().map(|rival| rival.expr.clone());
                    let mut both = std::iter::once(law.expr.clone()).chain(rival);
                    both.any(|expr| is_among(truth, &[laws.clone(), vec![expr]].concat()))
                };
                is_among(truth, &laws) || found.ambiguous.iter().any(either)
            };
            let open = found.ambiguous.len();
            let is_right = laws.len() + open == 2 && system.laws.iter().all(comes_out);
            is_right.then_some((seed, open == 0))
        })
        .collect();
    assert!(runs.len() >= told, "{runs:?}");
    assert!(runs.iter().filter(|(_, certain)| *certain).count() >= certain, "{runs:?}");
}

/// A law and a function of those before may have a gradient across these by themselves, and so less
/// noise for it; it is no better for that, and no short law is passed over for such a long one.
#[test]
fn both_laws_of_an_epidemic_come_out() {
    come_out(&epidemic(), 50, [5, 4]);
}

/// Where the motion is fast, noise seems larger than it is. Nothing of it lasts all the same, and so no
/// short formula that is less constant takes the law's place.
#[test]
fn both_laws_of_two_particles_come_out() {
    come_out(&pair(), 20, [4, 4]);
}

/// A function of a law, such as its inverse, may vary more than noise allows where the law itself does not: it
/// is the simpler one that is judged.
#[test]
fn both_laws_of_convection_come_out() {
    come_out(&convection(), 20, [5, 5]);
}

/// Of laws of which any function is a law as well, each comes out by itself, and as short as it is: neither
/// mixed with another nor inside a function.
fn come_apart(system: &System, noise: f64, seed: u64) {
    let names = system.names();
    let settings = LawSettings { seed, ..LawSettings::default() };
    let source = Source::Groups(system.groups(50, noise, seed));
    let found = find_laws(&source, &settings, &mut ()).expect("enough groups");
    let told: Vec<String> =
        found.laws.iter().map(|law| law.expr.display(&names).to_string()).collect();
    assert_eq!(found.laws.len(), 2, "{}, {noise}: {told:?}", system.motion);
    let fresh = system.groups(10, 0.0, seed + 1_000);
    for law in &found.laws {
        let own = system.laws.iter().map(|truth| Expr::parse(truth, &names).expect("a formula"));
        let is_one = own.clone().any(|truth| {
            independence(&law.expr, &[truth], fresh.points()).is_some_and(|sine| sine < 1e-3)
        });
        assert!(is_one, "{}, {noise}: {told:?}", system.motion);
        let longest = own.map(|truth| settings.ops.complexity(&truth)).max();
        assert!(Some(law.complexity) <= longest, "{}, {noise}: {told:?}", system.motion);
    }
}

#[test]
fn oscillators_come_apart() {
    for (n, size) in [0.3, 0.7, 1.1].into_iter().enumerate() {
        let seed = n as u64;
        come_apart(&uncoupled(2.0 - size), 0.01, seed);
        come_apart(&coupled(size), 0.01, seed);
        come_apart(&coupled(size), 0.0, seed);
    }
}
