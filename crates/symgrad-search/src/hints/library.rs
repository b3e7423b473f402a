//! Hints as building blocks for a search.

use symgrad_expr::{Expr, Node, Op, OpSet};

use super::{Hint, HintKind, Hints};
use crate::propose::spectral;

/// From this confidence on, an input that does not matter is left to rare mutations.
const CERTAIN: f64 = 0.99;

impl Hints {
    /// The inputs that almost certainly do not matter, and the others; `required` ones always
    /// do.
    pub(crate) fn set_apart(&self, inputs: Vec<u16>, required: &[u16]) -> (Vec<u16>, Vec<u16>) {
        let unneeded = |index: &u16| {
            let told = |hint: &Hint| match hint.kind {
                HintKind::Unneeded { input } => input == *index && hint.confidence >= CERTAIN,
                _ => false,
            };
            !required.contains(index) && self.list.iter().any(told)
        };
        let (rare, needed): (Vec<u16>, Vec<u16>) = inputs.iter().partition(|index| unneeded(index));
        // If only these may be used, they will have to do.
        if needed.is_empty() { (vec![], inputs) } else { (rare, needed) }
    }

    /// The combinations, as far as the operators can write them in these inputs; the most
    /// comprehensive first.
    pub(crate) fn combinations(&self, inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
        let told = self.list.iter().rev().flat_map(|hint| match &hint.kind {
            HintKind::Through { combination, .. } => std::slice::from_ref(combination),
            HintKind::Together { invariants, .. } => invariants,
            _ => &[],
        });
        told.filter_map(|expr| respell(expr, inputs, ops)).collect()
    }

    /// Features in the variables that g is a function of: after all that was found out, then at
    /// each step before. At most `limit`.
    pub(crate) fn features(&self, inputs: &[u16], ops: &OpSet, limit: usize) -> Vec<Expr> {
        let mut found: Vec<Expr> = Vec::new();
        for stage in self.stages.iter().rev() {
            let written = stage.iter().map(|v| respell(v, inputs, ops)).collect::<Option<Vec<_>>>();
            let Some(variables) = written else { continue };
            let indices: Vec<u16> = (0..).take(variables.len()).collect();
            for feature in spectral::mixed_library(&indices, ops, limit) {
                let feature = feature.substitute(&variables);
                if found.len() < limit && !found.contains(&feature) {
                    found.push(feature);
                }
            }
        }
        found
    }
}

/// The expression in other operators where some are missing; `None` if that cannot be, or if it
/// needs another input.
fn respell(expr: &Expr, inputs: &[u16], ops: &OpSet) -> Option<Expr> {
    let mut constants = expr.constants().iter();
    let mut stack: Vec<Expr> = Vec::new();
    for node in expr.nodes() {
        let next = match *node {
            Node::Var(index) if inputs.contains(&index) => Expr::var(index),
            Node::Var(_) => return None,
            Node::Const => Expr::constant(*constants.next()?),
            Node::Op(op) if op.arity() == 1 => {
                let argument = stack.pop()?;
                match op {
                    Op::Square if !ops.contains(op) => argument.clone() * argument,
                    Op::Cube if !ops.contains(op) => argument.clone() * argument.clone() * argument,
                    _ => Expr::unary(op, argument),
                }
            }
            Node::Op(op) => {
                let right = stack.pop()?;
                Expr::binary(op, stack.pop()?, &right)
            }
        };
        stack.push(next);
    }
    stack.pop().filter(|expr| ops.allows(expr))
}
