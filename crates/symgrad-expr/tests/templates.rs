//! Instances of templates are seen in any order of terms and factors.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use symgrad_expr::testing::{expressions, is_regular, points};
use symgrad_expr::{Definitions, Expr, Names, Node, Op, OpSet, Template};

fn config(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(43),
        failure_persistence: None,
        max_global_rejects: 1_000 * cases,
        ..Config::default()
    }
}

fn ops(definition: &str) -> OpSet {
    let template: Template = definition.parse().expect(definition);
    "+".parse::<OpSet>().expect("operators").with_template(template).expect("a template")
}

#[test]
fn any_order_of_arguments() {
    let names = Names::new(["a", "b", "c"]).expect("names");
    for (definition, text, written) in [
        // The first order tried binds parameters that do not fit elsewhere.
        ("f(x, y) = (x + y)*x", "(a + b)*b", "f(b, a)"),
        ("f(x, y) = (x + y)*x", "b*(a + b)", "f(b, a)"),
        ("f(x, y) = sin(x)*y + x", "a + c*sin(a)", "f(a, c)"),
        ("f(x, y, z) = x^2 + y*z + sqrt(z)", "sqrt(a) + b^2 + a*c", "f(b, c, a)"),
        ("f(x, y, z) = x^2 + y*z + sqrt(z)", "a*c + (sqrt(a) + b^2)", "f(b, c, a)"),
        ("f(x) = x - exp(x)", "-exp(a) + a", "f(a)"),
        ("f(x) = x - exp(x)", "neg(exp(a)) + a", "f(a)"),
        ("f(x) = exp(x)/x", "(1/a)*exp(a)", "f(a)"),
        ("f(x, y) = x*y/(x + y)", "a/(b + a)*b", "f(b, a)"),
        ("f(x) = x*x*x + x*x", "a*a + (a*a)*a", "f(a)"),
        ("f(x, y) = x + y", "a + b + c", "f(f(a, b), c)"),
        ("f(x) = sin(x + 1)*x", "(a*b)*sin(1 + b*a)", "f(b*a)"),
        ("f(x) = 2*x + sin(x)", "sin(a) + a*2", "f(a)"),
    ] {
        let expr = Expr::parse(text, &names).expect(text);
        assert_eq!(ops(definition).written(&expr, &names), written, "{text} by {definition}");
    }
}

/// The expression with the arguments of some of its sums and products exchanged.
fn exchanged(expr: &Expr, which: &[bool]) -> Expr {
    let mut operands: Vec<Expr> = vec![];
    let mut constants = expr.constants().iter();
    for (end, node) in expr.nodes().iter().enumerate() {
        let next = match node {
            Node::Var(index) => Expr::var(*index),
            Node::Const => Expr::constant(*constants.next().expect("a constant")),
            Node::Op(op) if op.arity() == 1 => Expr::unary(*op, operands.pop().expect("one")),
            Node::Op(op) => {
                let (right, left) = (operands.pop().expect("two"), operands.pop().expect("two"));
                let swap = op.is_commutative() && which[end % which.len()];
                if swap { Expr::binary(*op, right, &left) } else { Expr::binary(*op, left, &right) }
            }
        };
        operands.push(next);
    }
    operands.pop().expect("a root")
}

fn argument() -> impl Strategy<Value = Expr> {
    let texts = ["x1", "x2", "2.5", "x1*x2", "x2 + 1", "cos(x1)", "-x2", "x1 - x2", "x2^2*cos(x1)"];
    proptest::sample::select(texts.to_vec()).prop_map(|text| text.parse().expect(text))
}

proptest! {
    #![proptest_config(config(500))]

    /// An instance is one however its terms and factors are ordered, and as written it has the
    /// same value.
    #[test]
    fn instances_in_any_order(
        body in expressions(2, &[Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Neg, Op::Sin, Op::Exp]),
        arguments in [argument(), argument()],
        which in proptest::collection::vec(any::<bool>(), 1..20),
        point in points(2),
    ) {
        prop_assume!(body.inputs() == [0, 1] && body.len() <= 15);
        let definition = format!("f(x1, x2) = {body}");
        let definitions = Definitions::parse([&definition]).expect("a definition");
        let template = definitions.get("f").expect("f").clone();
        let set = "+".parse::<OpSet>().expect("operators");
        let Ok(set) = set.with_template(template.clone()) else { return Ok(()) };
        let set = Op::ALL.into_iter().fold(set, |set, op| set.with_cost(op, 10));
        let expr = exchanged(&template.expand(&arguments), &which);
        let arguments_only = arguments.iter().all(|a| set.allows(a));
        prop_assert!(!arguments_only || set.allows(&expr), "{} by {}", expr, definition);
        let names = Names::numbered(2);
        let written = set.written(&expr, &names);
        let read = Expr::parse_with(&written, &names, &definitions).expect("as written");
        if is_regular(&expr, &point, 0.05) {
            let (a, b) = (expr.eval(&point), read.eval(&point));
            prop_assert!((a - b).abs() <= 1e-8 * (1.0 + a.abs()), "{} as {}", expr, written);
        }
    }
}

/// Bodies of a hundred symbols that match in very many ways, or nearly, take no time.
#[test]
fn hard_bodies_end_soon() {
    let sum = vec!["x"; 30].join(" + ");
    let products: Vec<String> = (0..12).map(|n| format!("x*y*{n}.5")).collect();
    for (body, expr) in [
        (sum.clone(), sum.replace('x', "x1")),
        (sum.clone(), sum.replacen('x', "x2", 1).replace("x ", "x1 ").replace("+ x", "+ x1")),
        (products.join(" + "), products.join(" + ").replace('x', "x1").replace('y', "x2")),
    ] {
        let parameters = if body.contains('y') { "x, y" } else { "x" };
        let expr: Expr = expr.replace("x11", "x1").parse().expect("an expression");
        let set = ops(&format!("f({parameters}) = {body}"));
        for _ in 0..100 {
            set.complexity(&expr);
        }
    }
    let long: Expr = vec!["sin(x1)*x2"; 5_000].join(" + ").parse().expect("a long sum");
    assert!(ops("f(x, y) = sin(x)*y + x").complexity(&long) > 5_000);
}
