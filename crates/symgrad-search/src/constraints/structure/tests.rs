use proptest::prelude::*;
use symgrad_expr::testing::expressions;

use super::*;

fn names() -> Names {
    Names::new(["x", "y", "z"]).unwrap()
}

fn structure(text: &str) -> Structure {
    let ops = OpSet::new(&Op::ALL);
    Structure::parse(text, &names(), &ops).unwrap()
}

#[test]
fn sums_and_products_match_in_any_order_and_grouping() {
    for (skeleton, matching, others) in [
        (
            "f(x) + g(y) + h(z)",
            &["x^2 + sin(y) - z", "-z", "3 - x + y/2 + x^3", "-(x - exp(y))", "x"][..],
            &["x*y", "x + y*z", "sin(x + y)", "x - (y - x*z)"][..],
        ),
        (
            "f(x, y)/g(z)",
            &["(x + y)/z", "z*x*y", "1/z", "2*x", "-x/(z*y)", "x/(y*(1 + z))"],
            &["(x + z)/y", "x + y/z", "sin(x*z)"],
        ),
        (
            "f(x, y)*exp(g(z))",
            &["x*exp(z)", "exp(-z/2)*y/x", "x + y", "exp(z)", "exp(x)*exp(z)*y", "-exp(z)"],
            &["x*z", "exp(z)*exp(z)*x", "exp(x*z)", "x + exp(z)"],
        ),
        (
            "f(x) + y*g(z)",
            &["x + y*z", "y*sin(z)/2", "y - x", "sin(x) - 2 + y/z", "3*y + x + 1", "-z*y"],
            &["x", "x + z", "x + y^2", "y*z + y*z", "x*y"],
        ),
        ("sqrt(f(x) + y^2)", &["sqrt(x + y^2)", "sqrt(y^2)"], &["sqrt(x + y)", "x + y^2"]),
        ("x^1.5*f(y)", &["x^1.5*y", "-y/2*x^1.5", "x^1.5"], &["x^1.6*y", "x^2", "y"]),
        ("c()*sin(f(x)) + g(y)", &["2*sin(x) - y", "sin(x)", "y + 1"], &["x", "x*sin(x)"]),
        ("1/f(x) - g(y)", &["1/x - y", "x - y", "-y", "1/(x + 1)"], &["1/(x + y)", "x*y"]),
        ("f(x)^g(y)", &["x^y", "(x + 1)^sin(y)"], &["x", "y^x"]),
    ] {
        let structure = structure(skeleton);
        for (texts, wanted) in [(matching, true), (others, false)] {
            for text in texts {
                let expr = Expr::parse(text, &names()).unwrap();
                assert_eq!(structure.matches(&expr), wanted, "{skeleton}: {text}");
            }
        }
    }
}

#[test]
fn structures_that_cannot_serve_are_refused() {
    let refused = |text: &str| {
        let ops = "+ - * /".parse().unwrap();
        Structure::parse(text, &names(), &ops).unwrap_err().to_string()
    };
    assert!(refused("x + y").contains("no unknown function"));
    assert!(refused("f(x)*exp(g(y))").contains("`exp`"));
    assert!(refused("f(x) + f(y)").contains('^'), "the place is marked");
    assert!(refused(&format!("f(x){}", " + y".repeat(99))).contains("at most 100"));
}

/// Whether two expressions have the same value, but for the rounding of their terms, at a point.
fn alike(a: &Expr, b: &Expr) -> bool {
    let point = [0.7, 1.3, 0.4];
    let sizes = |expr: &Expr| -> Vec<f64> {
        (0..expr.len()).map(|end| expr.subtree(end).eval(&point).abs()).collect()
    };
    let largest = [sizes(a), sizes(b)].concat().into_iter().filter(|size| size.is_finite());
    let largest = largest.fold(0.0, f64::max);
    let (a, b) = (a.eval(&point), b.eval(&point));
    (a - b).abs() <= 1e-9 * largest || !a.is_finite() || !b.is_finite()
}

const OPS: [Op; 7] = [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Sin, Op::Neg, Op::Inv];

fn over(inputs: &[u16], expr: &Expr) -> Expr {
    let nodes = expr.nodes().iter().map(|node| match node {
        Node::Var(index) => Node::Var(inputs[usize::from(*index) % inputs.len()]),
        other => *other,
    });
    Expr::from_postfix(nodes.collect(), expr.constants().to_vec()).unwrap()
}

proptest! {
    /// Whatever is filled in matches, and taking it apart and filling it in again changes no
    /// value.
    #[test]
    fn what_is_filled_in_matches(
        which in 0_usize..6,
        f in expressions(2, &OPS),
        g in expressions(2, &OPS),
    ) {
        let skeleton = [
            "f(x, y)/g(z)", "f(x, y) - g(z)", "f(x, y)*exp(g(z))", "sin(f(x, y)) + z*g(z)",
            "(f(x, y) + 2)/(1 + sqrt(g(z)))", "z - atan2(f(x, y), 2*g(z))",
        ][which];
        let structure = structure(skeleton);
        let parts = [Some(over(&[0, 1], &f)), Some(over(&[2], &g))];
        let filled = structure.fill(&parts).unwrap();
        prop_assert!(structure.matches(&filled), "{skeleton}: {filled}");
        let again = structure.fill(&structure.parts(&filled).unwrap()).unwrap();
        prop_assert!(structure.matches(&again), "{skeleton}: {again}");
        prop_assert!(alike(&filled, &again), "{skeleton}: {filled} became {again}");
    }

    /// Matching a random expression means that its parts make it up: a check against
    /// evaluation, which knows nothing of patterns.
    #[test]
    fn parts_make_up_the_expression(which in 0_usize..5, expr in expressions(3, &OPS)) {
        let skeleton = [
            "f(x) + g(y, z)", "f(x, y)/g(z)", "f(x) - g(y)*sin(h(z))", "f(x)*(g(y) + h(z))",
            "f(x, y) + z*g(y)",
        ][which];
        let structure = structure(skeleton);
        if let Some(parts) = structure.parts(&expr) {
            for (part, inputs) in parts.iter().zip(structure.unknowns()) {
                let used = part.as_ref().map(Expr::inputs).unwrap_or_default();
                prop_assert!(used.iter().all(|input| inputs.contains(input)), "{expr}");
            }
            let again = structure.fill(&parts);
            prop_assert!(again.is_some_and(|again| alike(&expr, &again)), "{skeleton}: {expr}");
        }
    }

    /// With inputs that meet in an operator other than + and −, an expression is no sum of
    /// functions of one input each: mixed second differences tell.
    #[test]
    fn sums_of_functions_have_no_mixed_differences(expr in expressions(3, &OPS)) {
        let structure = structure("f(x) + g(y) + h(z)");
        let at = |x: f64, y: f64| expr.eval(&[x, y, 0.37]);
        let mixed = at(0.7, 1.3) - at(0.9, 1.3) - at(0.7, 1.1) + at(0.9, 1.1);
        let scale = at(0.7, 1.3).abs() + at(0.9, 1.3).abs() + at(0.7, 1.1).abs() + 1.0;
        if structure.matches(&expr) && mixed.is_finite() {
            prop_assert!(mixed.abs() < 1e-9 * scale, "{expr}: {mixed}");
        }
    }
}
