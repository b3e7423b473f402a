//! Enclosures of single operators: exact where they can be, signs kept, gaps seen.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

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
fn arcs_end_at_one() {
    let whole = unary(Op::Asin, -1.0, 1.0);
    assert!(whole.is_total() && whole.contains(FRAC_PI_2) && whole.hi() < 1.6);
    assert!(!unary(Op::Asin, 0.5, 1.0_f64.next_up()).is_total());
    assert!(unary(Op::Acos, -0.5, 7.0).is_nonnegative() && !unary(Op::Acos, -0.5, 7.0).is_total());
    assert!(!unary(Op::Acos, 1.5, 2.0).is_total());
    for op in [Op::Asin, Op::Atan, Op::Sinh, Op::Erf] {
        assert!(unary(op, 1e-300, 1.0).is_positive() && unary(op, -1.0, -1e-300).is_negative());
    }
    assert!(unary(Op::Cosh, -2.0, 1.0).lo() == 1.0);
}

#[test]
fn angles_jump_where_they_do() {
    let around = binary(Op::Atan2, (-1.0, 1.0), (-2.0, -1.0));
    assert!(around.contains(PI) && around.contains(-PI) && around.is_total());
    let right = binary(Op::Atan2, (-1.0, 1.0), (1.0, 2.0));
    assert!(right.hi() < 0.786 && right.lo() > -0.786 && right.is_total());
    let above = binary(Op::Atan2, (1.0, 1.0), (-1.0, 1.0));
    assert!(
        above.lo() < FRAC_PI_4
            && above.lo() > 0.78
            && above.hi() > 3.0 * FRAC_PI_4
            && above.hi() < 2.36
    );
    let corner = binary(Op::Atan2, (0.0, 1.0), (0.0, 1.0));
    assert!(!corner.is_total() && corner.is_nonnegative() && corner.hi() < 1.6);
    assert!(binary(Op::Atan2, (0.0, f64::INFINITY), (1.0, f64::INFINITY)).hi() < 1.6);
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
