//! Enclosures of single operators: exact where they can be, signs kept, gaps seen.

use symgrad_expr::Op;
use symgrad_simplify::Interval;

fn unary(op: Op, lo: f64, hi: f64) -> Interval {
    let x = Interval::new(lo, hi);
    Interval::apply(op, x, x)
}

fn binary(op: Op, a: (f64, f64), b: (f64, f64)) -> Interval {
    Interval::apply(op, Interval::new(a.0, a.1), Interval::new(b.0, b.1))
}

#[test]
fn exact_sums_stay_exact() {
    assert_eq!(binary(Op::Sub, (1.0, 2.0), (1.0, 1.0)), Interval::new(0.0, 1.0));
    let inexact = binary(Op::Add, (0.1, 0.1), (0.2, 0.2));
    assert!(inexact.lo() < inexact.hi() && inexact.contains(0.1 + 0.2));
}

#[test]
fn signs_survive_rounding_and_underflow() {
    assert!(unary(Op::Exp, -1e6, 0.0).is_positive());
    assert!(unary(Op::Exp, f64::NEG_INFINITY, f64::INFINITY).is_positive());
    assert!(unary(Op::Square, 1e-300, 1.0).is_positive());
    assert!(unary(Op::Cube, -1.0, -1e-300).is_negative());
    assert!(binary(Op::Mul, (1e-300, 1.0), (-1.0, -1e-300)).is_negative());
    assert!(binary(Op::Mul, (0.0, f64::INFINITY), (0.0, f64::INFINITY)).is_nonnegative());
    assert!(unary(Op::Inv, 1.0, f64::INFINITY).is_positive());
    // Positive numbers too small to write down may be smaller still.
    let tiny = unary(Op::Exp, -1e6, 0.0);
    assert_eq!(Interval::apply(Op::Log, tiny, tiny).lo(), f64::NEG_INFINITY);
}

#[test]
fn gaps_in_the_domain_are_seen() {
    assert!(!unary(Op::Inv, -1.0, 1.0).is_total());
    assert!(!unary(Op::Inv, 0.0, 1.0).is_total());
    assert!(unary(Op::Inv, 0.0, 1.0).is_positive());
    assert!(!unary(Op::Sqrt, -1.0, 1.0).is_total());
    assert!(unary(Op::Sqrt, 0.0, 1.0).is_total());
    assert!(!unary(Op::Log, 0.0, 1.0).is_total());
    assert!(unary(Op::Tan, -1.5, 1.5).is_total());
    assert!(!unary(Op::Tan, 1.5, 1.6).is_total());
    assert!(binary(Op::Pow, (-2.0, 2.0), (3.0, 3.0)).is_total());
    assert!(!binary(Op::Pow, (-2.0, 2.0), (0.5, 0.5)).is_total());
    assert!(!binary(Op::Pow, (-2.0, 2.0), (-2.0, -2.0)).is_total());
    assert!(!Interval::apply(Op::Abs, unary(Op::Log, -1.0, 1.0), Interval::ALL).is_total());
}

#[test]
fn waves_reach_their_crests() {
    let sine = unary(Op::Sin, 1.0, 2.0);
    assert!(sine.hi() == 1.0 && (sine.lo() - 1.0_f64.sin()).abs() < 1e-12);
    let cosine = unary(Op::Cos, -0.5, 0.25);
    assert!(cosine.hi() == 1.0 && (cosine.lo() - 0.5_f64.cos()).abs() < 1e-12);
    assert_eq!(unary(Op::Sin, 0.0, 7.0), Interval::new(-1.0, 1.0));
    assert_eq!(unary(Op::Cos, 1e30, 1e30), Interval::new(-1.0, 1.0));
}

#[test]
fn odd_ends_do_no_harm() {
    assert_eq!(Interval::new(f64::NAN, 1.0), Interval::ALL);
    assert_eq!(Interval::new(2.0, 1.0), Interval::new(1.0, 2.0));
    assert!(!Interval::point(f64::INFINITY).is_total());
    for op in Op::ALL {
        let result = Interval::apply(op, Interval::ALL, Interval::ALL);
        assert!(result.lo() <= result.hi(), "{op:?}");
    }
}
