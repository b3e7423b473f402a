//! Stripping the root: monotone outer functions do not change level sets.

use symgrad_expr::{Expr, Node, Op};

use crate::{Domain, Interval};

/// Removes outer functions that are proved monotone on the domain, as often as possible.
///
/// The result is a subtree of the expression with the same level sets on the domain, found in
/// linear time: cheap enough for the inner loop of a search. f + c, c·f, −f, exp f, tanh f, f³,
/// arctan f, sinh f and erf f always lose their root; log f, √f, 1/f, f², |f|, f^c, tan f, sin f,
/// cos f, arcsin f, arccos f and cosh f where the domain proves what they need.
///
/// ```
/// use symgrad_simplify::{Domain, strip_root};
/// let domain = Domain::of_columns(&[vec![1.0, 2.0], vec![-1.0, 1.0]]);
/// let strip = |text: &str| text.parse().map(|expr| strip_root(&expr, &domain).to_string());
/// assert_eq!(strip("3 - 2*exp(x1*x2)")?, "x1*x2");
/// assert_eq!(strip("(x1 + 1)^2")?, "x1"); // x1 + 1 > 0
/// assert_eq!(strip("(x2 + x1)^2")?, "x2 + x1"); // ≥ 0
/// assert_eq!(strip("(x2 - x1)^2")?, "x2 - x1"); // ≤ 0
/// assert_eq!(strip("sin(x2)")?, "x2"); // within ±π/2
/// assert_eq!(strip("(x2 + x2)^2")?, "(x2 + x2)^2"); // changes sign
/// # Ok::<(), symgrad_expr::ParseError>(())
/// ```
#[must_use]
pub fn strip_root(expr: &Expr, domain: &Domain) -> Expr {
    if joins_two_functions(expr) { expr.clone() } else { expr.subtree(stripped_end(expr, domain)) }
}

/// Whether the root is an operator of two arguments that both vary: most candidates of a search
/// are, and there is nothing to prove about them.
fn joins_two_functions(expr: &Expr) -> bool {
    let varies = |nodes: &[Node]| nodes.iter().any(|node| matches!(node, Node::Var(_)));
    expr.root().arity() == 2 && {
        let root = expr.len() - 1;
        let right = expr.subtree_start(root - 1);
        varies(&expr.nodes()[..right]) && varies(&expr.nodes()[right..root])
    }
}

/// The index of the node at which the stripped expression ends.
pub(crate) fn stripped_end(expr: &Expr, domain: &Domain) -> usize {
    let ranges = domain.enclose_nodes(expr);
    let (starts, varies) = subtrees(expr);
    let mut end = expr.len() - 1;
    while let Node::Op(op) = expr.nodes()[end] {
        if !varies[end] {
            break;
        }
        let right = end - 1;
        let next = if op.arity() == 1 {
            is_monotone(op, ranges[right]).then_some(right)
        } else {
            let left = starts[right] - 1;
            match (varies[left], varies[right]) {
                (true, false) => {
                    is_monotone_in_left(op, ranges[left], ranges[right]).then_some(left)
                }
                (false, true) => {
                    is_monotone_in_right(op, ranges[left], ranges[right]).then_some(right)
                }
                _ => None,
            }
        };
        match next {
            Some(argument) => end = argument,
            None => break,
        }
    }
    end
}

/// For the subtree that ends at each node: its first node, and whether it contains an input.
fn subtrees(expr: &Expr) -> (Vec<usize>, Vec<bool>) {
    let mut starts = Vec::with_capacity(expr.len());
    let mut varies = Vec::with_capacity(expr.len());
    for (end, node) in expr.nodes().iter().enumerate() {
        let (start, varying) = match node {
            Node::Var(_) => (end, true),
            Node::Const => (end, false),
            Node::Op(op) if op.arity() == 1 => (starts[end - 1], varies[end - 1]),
            Node::Op(_) => {
                let left: usize = starts[end - 1] - 1;
                (starts[left], varies[left] || varies[end - 1])
            }
        };
        starts.push(start);
        varies.push(varying);
    }
    (starts, varies)
}

/// Whether the unary operator is strictly monotone on an argument of that range.
fn is_monotone(op: Op, argument: Interval) -> bool {
    match op {
        Op::Neg | Op::Exp | Op::Tanh | Op::Cube | Op::Atan | Op::Sinh | Op::Erf => true,
        Op::Asin | Op::Acos => argument.is_within_unit(),
        Op::Log => argument.is_positive(),
        Op::Sqrt => argument.is_nonnegative(),
        Op::Square | Op::Abs | Op::Cosh => argument.keeps_sign(),
        Op::Inv => argument.is_nonzero(),
        Op::Sin | Op::Tan => argument.within_sine_branch(0.0),
        Op::Cos => argument.within_sine_branch(std::f64::consts::FRAC_PI_2),
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Pow | Op::Atan2 => false,
    }
}

/// Whether f ∘ c is strictly monotone in f.
fn is_monotone_in_left(op: Op, f: Interval, c: Interval) -> bool {
    c.is_total()
        && match op {
            Op::Add | Op::Sub => true,
            Op::Mul | Op::Div => c.is_nonzero(),
            Op::Pow => power_is_monotone(f, c),
            _ => false,
        }
}

/// Whether c ∘ f is strictly monotone in f.
fn is_monotone_in_right(op: Op, c: Interval, f: Interval) -> bool {
    c.is_total()
        && match op {
            Op::Add | Op::Sub => true,
            Op::Mul => c.is_nonzero(),
            Op::Div => c.is_nonzero() && f.is_nonzero(),
            Op::Pow => c.is_positive() && !c.contains(1.0),
            _ => false,
        }
}

fn power_is_monotone(f: Interval, c: Interval) -> bool {
    let exponent = (c.lo() == c.hi()).then_some(c.lo());
    match exponent {
        _ if f.is_positive() => c.is_nonzero(),
        Some(n) if n % 2.0 == 0.0 => f.is_nonzero() && n != 0.0 || f.keeps_sign() && n > 0.0,
        Some(n) if n % 1.0 == 0.0 => f.is_nonzero() || n > 0.0,
        _ => f.is_nonnegative() && c.is_positive(),
    }
}
