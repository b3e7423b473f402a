//! Every rule is tried numerically on boxes where its conditions are proved, and, as a negative
//! control, on boxes where one of them is not: there it has to fail.

use egg::{ENodeOrVar, Pattern, RecExpr};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_expr::{Expr, Node, Op};

use super::{Condition, LEVEL_SETS, Rule, VALUES};
use crate::Interval;
use crate::facts::Fact;
use crate::language::Term;

/// Beyond this size a value counts as a pole.
const POLE: f64 = 1e12;

/// What a rule's variable stands for: an interval, or a function without a value.
#[derive(Clone, Copy, Debug)]
enum Stand {
    Box(f64, f64),
    Nowhere,
}

impl Stand {
    fn fact(self) -> Fact {
        match self {
            Self::Box(lo, hi) if lo == hi => {
                Fact { constant: Some(lo), range: Interval::point(lo) }
            }
            Self::Box(lo, hi) => Fact { constant: None, range: Interval::new(lo, hi) },
            // Positive as far as is known: what exp(log x) might be.
            Self::Nowhere => {
                let log = Interval::apply(Op::Log, Interval::ALL, Interval::ALL);
                Fact { constant: None, range: Interval::apply(Op::Exp, log, log) }
            }
        }
    }

    /// Points of the box, its ends, its middle and 0 among them.
    fn draw(self, rng: &mut ChaCha8Rng) -> f64 {
        match self {
            Self::Box(lo, hi) => match rng.random_range(0..7) {
                0 => lo,
                1 => hi,
                2 => f64::midpoint(lo, hi),
                3 => 0.0_f64.clamp(lo, hi),
                _ => lo + rng.random::<f64>() * (hi - lo),
            },
            Self::Nowhere => f64::NAN,
        }
    }
}

fn random_stand(rng: &mut ChaCha8Rng) -> Stand {
    const CENTRES: [f64; 12] =
        [-2.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 2.5, -2.0, 1.5, -1.5, std::f64::consts::FRAC_PI_2];
    let centre = *CENTRES.choose(rng).unwrap();
    match rng.random_range(0..10) {
        0..4 => Stand::Box(centre, centre),
        4..7 => Stand::Box(centre - 0.25, centre + 0.25),
        7..9 => Stand::Box(centre - 1.5, centre + 1.5),
        _ => Stand::Nowhere,
    }
}

/// One side of a rule as an expression of ?a = x1, ?b = x2, ?c = x3.
fn side(text: &str) -> Expr {
    let pattern: Pattern<Term> = text.parse().unwrap();
    let mut terms = RecExpr::default();
    for node in &pattern.ast {
        terms.add(match node {
            ENodeOrVar::ENode(term) => term.clone(),
            ENodeOrVar::Var(var) => {
                let letter = var.to_string().as_bytes()[1];
                Term::Var(u16::from(letter - b'a'))
            }
        });
    }
    crate::language::from_terms(&terms)
}

/// The value at a point; None where any part of the expression has no value or a pole.
fn value(expr: &Expr, point: &[f64]) -> Option<f64> {
    let parts = (0..expr.len()).map(|end| expr.subtree(end).eval(point));
    parts.map(|v| (v.abs() < POLE).then_some(v)).collect::<Option<Vec<f64>>>()?.pop()
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
}

/// Whether the two functions agree on the points: undefined together, else equal.
fn agree(left: &Expr, right: &Expr, points: &[[f64; 3]]) -> bool {
    points.iter().all(|point| match (value(left, point), value(right, point)) {
        (Some(a), Some(b)) => same(a, b),
        (a, b) => a.is_none() && b.is_none(),
    })
}

/// Whether one function is a strictly monotone function of the other on the points.
fn monotone(left: &Expr, right: &Expr, points: &[[f64; 3]]) -> bool {
    let mut found = Vec::new();
    for point in points {
        match (value(left, point), value(right, point)) {
            (Some(a), Some(b)) => found.push((a, b)),
            (None, None) => {}
            _ => return false,
        }
    }
    let sign = |a: f64, b: f64| {
        let equal = (a - b).abs() <= 1e-11 * (1.0 + a.abs());
        if equal { 0 } else { 2 * i32::from(a > b) - 1 }
    };
    let mut orientations = Vec::new();
    for (i, p) in found.iter().enumerate() {
        for q in &found[..i] {
            orientations.push((sign(p.0, q.0), sign(p.1, q.1)));
        }
    }
    let related = |orientation| orientations.iter().all(|(a, b)| *a == orientation * b);
    related(1) || related(-1)
}

/// Points at which a variable that is a constant keeps its value.
fn points(stands: &[Stand; 3], rng: &mut ChaCha8Rng) -> Vec<[f64; 3]> {
    (0..24).map(|_| stands.map(|stand| stand.draw(rng))).collect()
}

fn conditions(rule: &Rule) -> Vec<(&'static str, usize, Condition)> {
    let read =
        |text: &'static str| (text, usize::from(text.as_bytes()[1] - b'a'), Condition::read(text));
    rule.3.split_whitespace().map(read).collect()
}

fn table() -> impl Iterator<Item = (&'static Rule, bool)> {
    VALUES.iter().map(|rule| (rule, false)).chain(LEVEL_SETS.iter().map(|rule| (rule, true)))
}

fn holds(rule: &Rule, level_set: bool, points: &[[f64; 3]]) -> bool {
    let (left, right) = (side(rule.1), side(rule.2));
    if level_set { monotone(&left, &right, points) } else { agree(&left, &right, points) }
}

#[test]
fn rules_hold_where_their_conditions_are_proved() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for (rule, level_set) in table() {
        let conditions = conditions(rule);
        let mut tried = 0;
        for _ in 0..2_000 {
            let stands = [(); 3].map(|()| random_stand(&mut rng));
            if tried == 60 || !conditions.iter().all(|(_, v, c)| c.is_proved(stands[*v].fact())) {
                continue;
            }
            tried += 1;
            let points = points(&stands, &mut rng);
            assert!(holds(rule, level_set, &points), "{}: {} on {stands:?}", rule.0, rule.1);
        }
        assert!(tried >= 10, "{} was tried {tried} times", rule.0);
    }
}

#[test]
fn rules_fail_where_a_condition_is_not_met() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut unneeded = Vec::new();
    for (rule, level_set) in table() {
        let conditions = conditions(rule);
        for (dropped, (text, variable, condition)) in conditions.iter().enumerate() {
            // Between functions, asking for a constant only saves work.
            if text.ends_with(":const") && !level_set {
                continue;
            }
            let fails = (0..20_000).any(|_| {
                let stands = [(); 3].map(|()| random_stand(&mut rng));
                let others = conditions.iter().enumerate().filter(|(index, _)| *index != dropped);
                let proved = others.clone().all(|(_, (_, v, c))| c.is_proved(stands[*v].fact()));
                let broken = !condition.is_proved(stands[*variable].fact());
                proved && broken && !holds(rule, level_set, &points(&stands, &mut rng))
            });
            if !fails {
                unneeded.push((rule.0, *text));
            }
        }
    }
    assert!(unneeded.is_empty(), "these would hold without: {unneeded:?}");
}

#[test]
fn names_are_unique_and_operators_known() {
    let mut names: Vec<&str> = table().map(|(rule, _)| rule.0).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert_eq!(super::VALUE_REWRITES.len() + super::LEVEL_SET_REWRITES.len(), count);
    let used = |op| table().any(|(rule, _)| side(rule.1).nodes().contains(&Node::Op(op)));
    assert!(Op::ALL.into_iter().all(used));
}
