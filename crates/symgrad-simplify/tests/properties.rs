//! Properties that hold for every expression and every domain.

use proptest::prelude::*;
use symgrad_expr::testing::{any_expressions, dual, expressions, is_regular};
use symgrad_expr::{Expr, Node, Op, OpSet};
use symgrad_simplify::{Domain, Interval, Simplifier, strip_root};

const INPUTS: usize = 5;

fn domains() -> impl Strategy<Value = Domain> {
    let side = (-3.0..3.0, 0.0..3.0).prop_map(|(lo, width)| Interval::new(lo, lo + width));
    proptest::collection::vec(side, INPUTS).prop_map(Domain::new)
}

/// Expressions of few inputs, with a domain and points of it.
fn cases() -> impl Strategy<Value = (Expr, Domain, Vec<Vec<f64>>)> {
    let everyday = expressions(3, &Op::ALL);
    let few_inputs = prop_oneof![any_expressions(), everyday]
        .prop_filter("few inputs", |expr| expr.input_count() <= INPUTS);
    let shares = proptest::collection::vec(proptest::collection::vec(0.0..=1.0, INPUTS), 12);
    (few_inputs, domains(), shares).prop_map(|(expr, domain, shares)| {
        let point = |share: Vec<f64>| {
            let within = |(t, side): (f64, &Interval)| {
                (side.lo() + t * (side.hi() - side.lo())).clamp(side.lo(), side.hi())
            };
            share.into_iter().zip(domain.inputs()).map(within).collect()
        };
        let points = shares.into_iter().map(point).collect();
        (expr, domain, points)
    })
}

fn everything() -> OpSet {
    OpSet::new(&Op::ALL).with_leaf_costs(3, 1)
}

/// The values of all subexpressions.
fn trace(expr: &Expr, point: &[f64]) -> Vec<f64> {
    (0..expr.len()).map(|end| expr.subtree(end).eval(point)).collect()
}

/// Whether floating-point numbers stand for the real values: none too large or too small.
fn in_range(expr: &Expr, values: &[f64]) -> bool {
    let normal = |v: f64| v.abs() < 1e150 && (v == 0.0 || v.abs() > 1e-150);
    values.iter().zip(expr.nodes()).enumerate().all(|(end, (value, node))| {
        // The rounded exp(−1000) is no 0, nor is the square of the smallest number.
        let lost = match node {
            Node::Op(Op::Add | Op::Sub) => false,
            Node::Op(op) if op.arity() == 2 => {
                values[end - 1] != 0.0 && values[expr.subtree_start(end - 1) - 1] != 0.0
            }
            Node::Op(op) => *op == Op::Exp || values[end - 1] != 0.0 && *op != Op::Log,
            _ => false,
        };
        value.is_nan() || normal(*value) && !(lost && *value == 0.0)
    })
}

/// Whether two gradients point the same way, or opposite ways.
fn parallel(a: &[f64], b: &[f64]) -> bool {
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (size, other) = (norm(a), norm(b));
    let dot: f64 = a.iter().zip(b).map(|(x, y)| x / size * (y / other)).sum();
    1.0 - dot.abs() < 1e-6
}

/// Whether the gradient at the point is far above its rounding errors.
fn well_conditioned(expr: &Expr, point: &[f64]) -> bool {
    let at = dual(expr, point);
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    is_regular(expr, point, 1e-3) && norm(&at.gradient) > 1e-6 * (1e-3 + norm(&at.scale))
}

proptest! {
    #[test]
    fn enclosures_hold_every_value((expr, domain, points) in cases()) {
        let enclosure = domain.enclose(&expr);
        for point in points {
            let values = trace(&expr, &point);
            if !in_range(&expr, &values) {
                continue;
            }
            let value = values[values.len() - 1];
            if values.iter().any(|v| v.is_nan()) {
                prop_assert!(!enclosure.is_total(), "{expr} at {point:?}");
            } else {
                prop_assert!(enclosure.contains(value), "{value} of {expr}: {enclosure:?}");
            }
        }
    }

    #[test]
    fn the_simplest_form_is_no_dearer_and_the_same((expr, domain, points) in cases()) {
        let ops = everything();
        let simplifier = Simplifier::new(ops.clone(), domain);
        let simple = simplifier.simplify(&expr);
        prop_assert!(ops.complexity(&simple) <= ops.complexity(&expr), "{expr} became {simple}");
        prop_assert_eq!(&simple, &simplifier.simplify(&expr));
        let again = simplifier.simplify(&simple);
        prop_assert_eq!(ops.complexity(&again), ops.complexity(&simple), "{} after {}", again, simple);
        for point in points.iter().filter(|point| is_regular(&expr, point, 1e-2)) {
            let values = trace(&expr, point);
            let size = values.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
            let (before, after) = (values[values.len() - 1], simple.eval(point));
            prop_assert!((before - after).abs() <= 1e-7 * size, "{expr} became {simple}");
        }
    }

    #[test]
    fn the_simplest_level_set_is_no_dearer_and_the_same((expr, domain, points) in cases()) {
        let ops = everything();
        let simplifier = Simplifier::new(ops.clone(), domain);
        let simple = simplifier.simplify_level_set(&expr);
        prop_assert!(ops.complexity(&simple) <= ops.complexity(&expr), "{expr} became {simple}");
        let again = simplifier.simplify_level_set(&simple);
        prop_assert_eq!(ops.complexity(&again), ops.complexity(&simple), "{} after {}", again, simple);
        for point in &points {
            if well_conditioned(&expr, point) && well_conditioned(&simple, point) {
                let (before, after) = (dual(&expr, point).gradient, dual(&simple, point).gradient);
                prop_assert!(parallel(&before, &after), "{expr} became {simple}");
            }
        }
    }

    #[test]
    fn a_stripped_root_keeps_the_level_sets((expr, domain, points) in cases()) {
        let inner = strip_root(&expr, &domain);
        prop_assert_eq!(&strip_root(&inner, &domain), &inner);
        let values: Vec<(f64, f64)> = points
            .iter()
            .filter(|point| is_regular(&expr, point, 1e-3))
            .map(|point| (expr.eval(point), inner.eval(point)))
            .collect();
        // One is a monotone function of the other, all over the domain.
        let direction = |(a, b): &(f64, f64), (c, d): &(f64, f64)| {
            let apart = |x: f64, y: f64| (x - y).abs() > 1e-9 * (x.abs() + y.abs() + 1e-3);
            (apart(*a, *c) && apart(*b, *d)).then(|| (a > c) == (b > d))
        };
        let mut directions = Vec::new();
        for (i, p) in values.iter().enumerate() {
            directions.extend(values[..i].iter().filter_map(|q| direction(p, q)));
        }
        directions.dedup();
        prop_assert!(directions.len() <= 1, "{expr} became {inner}");
    }
}
