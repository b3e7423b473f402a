use proptest::prelude::*;
use symgrad_expr::testing::expressions;

use super::*;

fn limit(text: &str) -> Limit {
    text.parse().unwrap()
}

fn permits(text: &str, expr: &str) -> bool {
    limit(text).permits(&expr.parse().unwrap(), &OpSet::published())
}

#[test]
fn every_quantity_has_its_meaning() {
    for (text, kept, broken) in [
        ("depth <= 3", "sin(x1 + x2)", "sin(x1 + x2*x3)"),
        ("constants <= 1", "2*x1 + x2", "2*x1 + 3*x2"),
        ("uses(sin|cos) <= 1", "sin(x1) + exp(x2)", "sin(x1) + cos(x2)"),
        ("size(sin) <= 3", "sin(x1 + x2)", "sin(2*x1)"),
        ("size(^.right) <= 3", "(x1 + x2 + x3)^1.5", "x1^(x2 + 1)"),
        ("size(div.left) <= 1", "x1/(x2 + x3)", "(x1 + x2)/x3"),
        ("sin in sin <= 0", "sin(x1)*sin(x2)", "sin(x1 + sin(x2))"),
        ("exp|log in sin <= 1", "sin(exp(x1) + log(x2))", "sin(exp(log(x2)))"),
    ] {
        assert!(permits(text, kept), "{text}: {kept}");
        assert!(!permits(text, broken), "{text}: {broken}");
    }
}

#[test]
fn texts_come_back_in_one_spelling() {
    for (text, written) in [
        (" depth<=6", "depth <= 6"),
        ("uses( ^ |sin ) <=2 ", "uses(pow|sin) <= 2"),
        ("ln in / <= 0", "log in div <= 0"),
        ("size(+.left)<=4", "size(add.left) <= 4"),
    ] {
        assert_eq!(limit(text).to_string(), written);
        assert_eq!(limit(written), limit(text));
    }
}

#[test]
fn errors_name_the_place() {
    for (text, column, word) in [
        ("", 1, "`depth`"),
        ("height <= 3", 1, "`height`"),
        ("depth < 3", 7, "`<=`"),
        ("depth <= -3", 10, "whole number"),
        ("depth <= 3 4", 12, "the end"),
        ("size(pow) <= 1", 9, "two arguments"),
        ("size(sin.left) <= 1", 9, "`)`"),
        ("sin in <= 0", 8, "an operator"),
        ("sin|  <= 0", 7, "an operator"),
        ("ünï in sin <= 0", 1, "`ünï`"),
        ("sin in ünï <= 0", 8, "`ünï`"),
        ("sin → exp <= 0", 5, "`→`"),
    ] {
        let error = text.parse::<Limit>().unwrap_err();
        assert_eq!(error.column, column, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

/// The definitions word by word, on trees.
fn oracle(quantity: &Quantity, expr: &Expr, ops: &OpSet) -> u32 {
    let arguments = expr.arguments();
    let deepest = |f: &dyn Fn(&Expr) -> u32| arguments.iter().map(f).max().unwrap_or(0);
    let here = |group: &[Op]| u32::from(is_one_of(expr.root(), group));
    match quantity {
        Quantity::Depth => 1 + deepest(&|a| oracle(quantity, a, ops)),
        Quantity::Constants if expr.root() == Node::Const => 1,
        Quantity::Constants => arguments.iter().map(|a| oracle(quantity, a, ops)).sum(),
        Quantity::Uses(group) => {
            here(group) + arguments.iter().map(|a| oracle(quantity, a, ops)).sum::<u32>()
        }
        Quantity::Size(op, side) => {
            let index = usize::from(*side == Side::Right);
            let own =
                if expr.root() == Node::Op(*op) { ops.complexity(&arguments[index]) } else { 0 };
            own.max(deepest(&|a| oracle(quantity, a, ops)))
        }
        Quantity::Nested { inner, outer } => {
            fn along(expr: &Expr, inner: &[Op]) -> u32 {
                let below = expr.arguments().iter().map(|a| along(a, inner)).max().unwrap_or(0);
                below + u32::from(is_one_of(expr.root(), inner))
            }
            let own = if here(outer) == 1 { deepest(&|a| along(a, inner)) } else { 0 };
            own.max(deepest(&|a| oracle(quantity, a, ops)))
        }
    }
}

proptest! {
    #[test]
    fn limits_agree_with_their_definitions(
        expr in expressions(3, &[Op::Add, Op::Pow, Op::Mul, Op::Sin, Op::Exp, Op::Square]),
        which in 0_usize..8,
        most in 0_u32..12,
    ) {
        let texts = [
            "depth", "constants", "uses(sin|exp)", "size(sin)", "size(pow.left)",
            "size(pow.right)", "sin in sin", "sin|exp in pow|exp",
        ];
        let limit = limit(&format!("{} <= {most}", texts[which]));
        let ops = OpSet::published();
        prop_assert_eq!(limit.permits(&expr, &ops), oracle(&limit.quantity, &expr, &ops) <= most);
    }

    #[test]
    fn no_text_panics(text in "[ a-z()<=|.0-9^ü→]{0,20}") {
        if let Ok(limit) = text.parse::<Limit>() {
            prop_assert_eq!(limit.to_string().parse::<Limit>(), Ok(limit));
        }
    }
}
