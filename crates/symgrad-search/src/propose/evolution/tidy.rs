//! A cheap normal form for candidates: constants folded, neutral elements dropped, functions of
//! their inverse undone, arguments of commutative operators ordered.

use symgrad_expr::{Expr, Node, Op};

/// Folds, drops and orders from the leaves up. Where there is a value it never changes except by
/// rounding; what is left of e^(log a) has one for any a.
pub(crate) fn tidy(expr: &Expr) -> Expr {
    let mut postfix = Postfix::with_capacity(expr.len());
    let mut constants = expr.constants().iter();
    for node in expr.nodes() {
        match *node {
            Node::Op(op) if op.arity() == 1 => postfix.unary(op),
            Node::Op(op) => postfix.binary(op),
            Node::Const => postfix.leaf(Node::Const, constants.next()),
            leaf @ Node::Var(_) => postfix.leaf(leaf, None),
        }
    }
    // What is built from a well-formed list is well formed.
    Expr::from_postfix(postfix.nodes, postfix.constants).unwrap_or_else(|_| expr.clone())
}

/// A postfix list under construction, without a copy of any subtree.
struct Postfix {
    nodes: Vec<Node>,
    constants: Vec<f64>,
    /// Where each subtree not yet used as an argument begins.
    starts: Vec<Start>,
}

#[derive(Clone, Copy)]
struct Start {
    node: usize,
    constant: usize,
}

impl Postfix {
    fn with_capacity(nodes: usize) -> Self {
        Self {
            nodes: Vec::with_capacity(nodes),
            constants: Vec::with_capacity(nodes / 2),
            starts: Vec::with_capacity(nodes / 2 + 1),
        }
    }

    fn leaf(&mut self, node: Node, value: Option<&f64>) {
        self.starts.push(Start { node: self.nodes.len(), constant: self.constants.len() });
        self.nodes.push(node);
        self.constants.extend(value);
    }

    /// Applies an operator to the last subtree.
    fn unary(&mut self, op: Op) {
        let Some(&start) = self.starts.last() else { return };
        if let Some(argument) = self.value(start, self.nodes.len()) {
            let folded = op.apply(argument, 0.0);
            if folded.is_finite() {
                self.constants[start.constant] = folded;
                return;
            }
        }
        let inner = match self.nodes.last() {
            Some(Node::Op(inner)) => Some(*inner),
            _ => None,
        };
        match (op, inner) {
            (Op::Neg, Some(Op::Neg))
            | (Op::Inv, Some(Op::Inv))
            | (Op::Log, Some(Op::Exp))
            | (Op::Exp, Some(Op::Log))
            | (Op::Square, Some(Op::Sqrt)) => {
                self.nodes.pop();
            }
            (Op::Square | Op::Cos | Op::Abs, Some(Op::Neg | Op::Abs)) => {
                self.nodes.pop();
                self.nodes.push(Node::Op(op));
            }
            _ => self.nodes.push(Node::Op(op)),
        }
    }

    /// Applies an operator to the last two subtrees.
    fn binary(&mut self, op: Op) {
        let (Some(right), Some(&left)) = (self.starts.pop(), self.starts.last()) else { return };
        let values = (self.value(left, right.node), self.value(right, self.nodes.len()));
        match (op, values) {
            (_, (Some(a), Some(b))) if op.apply(a, b).is_finite() => {
                self.truncate(left);
                self.nodes.push(Node::Const);
                self.constants.push(op.apply(a, b));
            }
            (Op::Add, (Some(0.0), _)) | (Op::Mul, (Some(1.0), _)) => {
                self.nodes.drain(left.node..right.node);
                self.constants.drain(left.constant..right.constant);
            }
            (Op::Add | Op::Sub, (_, Some(0.0))) | (Op::Mul | Op::Div | Op::Pow, (_, Some(1.0))) => {
                self.truncate(right);
            }
            _ => {
                if op.is_commutative() && self.is_before(right, left) {
                    self.nodes[left.node..].rotate_left(right.node - left.node);
                    self.constants[left.constant..].rotate_left(right.constant - left.constant);
                }
                self.nodes.push(Node::Op(op));
            }
        }
    }

    /// The number that a subtree is, if it is one.
    fn value(&self, start: Start, end: usize) -> Option<f64> {
        let alone = end == start.node + 1 && self.nodes[start.node] == Node::Const;
        alone.then(|| self.constants[start.constant])
    }

    fn truncate(&mut self, start: Start) {
        self.nodes.truncate(start.node);
        self.constants.truncate(start.constant);
    }

    /// Whether the last subtree belongs before the one that begins at `left`: numbers first,
    /// then by structure.
    fn is_before(&self, right: Start, left: Start) -> bool {
        let (first, second) = (&self.nodes[left.node..right.node], &self.nodes[right.node..]);
        let key = |nodes: &[Node]| nodes.last() != Some(&Node::Const);
        (key(second), second) < (key(first), first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neutral_elements_go_and_order_is_fixed() {
        for (text, wanted) in [
            ("x2*1 + 0", "x2"),
            ("x2 + x1", "x1 + x2"),
            ("x2*3", "3*x2"),
            ("sin(2*0.5)*x1", "0.8414709848078965*x1"),
            ("(neg(x1 - x2))^2", "(x1 - x2)^2"),
            ("log(exp(x3))", "x3"),
            ("exp(log(x1*x2))", "x1*x2"),
            ("sqrt(x3)^2", "x3"),
        ] {
            let found = tidy(&text.parse().unwrap());
            assert_eq!(found, wanted.parse().unwrap(), "{text}");
        }
    }
}
