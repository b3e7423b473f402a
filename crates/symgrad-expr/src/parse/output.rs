//! The postfix list that the parser writes.

use crate::{Expr, Node, Op};

/// The postfix list as far as it is written.
#[derive(Default)]
pub(super) struct Output {
    nodes: Vec<Node>,
    constants: Vec<f64>,
    /// Where each finished operand begins in `nodes` and in `constants`.
    operands: Vec<(usize, usize)>,
}

impl Output {
    /// What has been written, once a single operand is left.
    pub(super) fn finish(self) -> Expr {
        // Every operator was written after its operands, so the list has the shape of a tree.
        Expr::from_parts(self.nodes, self.constants)
    }

    /// Nodes written so far.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn leaf(&mut self, node: Node) {
        self.operands.push((self.nodes.len(), self.constants.len()));
        self.nodes.push(node);
    }

    pub(super) fn constant(&mut self, value: f64) {
        self.leaf(Node::Const);
        self.constants.push(value);
    }

    pub(super) fn unary(&mut self, op: Op) {
        self.nodes.push(Node::Op(op));
    }

    pub(super) fn binary(&mut self, op: Op) {
        self.nodes.push(Node::Op(op));
        self.operands.pop();
    }

    pub(super) fn whole(&mut self, expr: &Expr) {
        self.operands.push((self.nodes.len(), self.constants.len()));
        self.nodes.extend_from_slice(expr.nodes());
        self.constants.extend_from_slice(expr.constants());
    }

    /// Takes the last operand back if it is nothing but a constant that passes the test.
    pub(super) fn take_constant(&mut self, test: impl Fn(f64) -> bool) -> bool {
        let alone = self.nodes.last() == Some(&Node::Const);
        let taken = alone && self.constants.pop_if(|value| test(*value)).is_some();
        if taken {
            self.nodes.pop();
            self.operands.pop();
        }
        taken
    }

    /// Takes the last operands back, in their order.
    pub(super) fn take(&mut self, count: usize) -> Vec<Expr> {
        let keep = self.operands.len().saturating_sub(count);
        let mut taken: Vec<Expr> = self
            .operands
            .drain(keep..)
            .rev()
            .map(|(node, constant)| {
                Expr::from_parts(self.nodes.split_off(node), self.constants.split_off(constant))
            })
            .collect();
        taken.reverse();
        taken
    }
}
