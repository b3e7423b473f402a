//! Instances of templates within expressions.

use super::OpSet;
use crate::display::Folded;
use crate::print::print;
use crate::{Expr, Names, Node, Op, Template};

/// How an expression is read at the lowest price: at each node by its own operator, or as an
/// instance of a template.
pub(super) struct Cover<'a> {
    ops: &'a OpSet,
    expr: &'a Expr,
    readings: Vec<Reading>,
}

/// The best reading of the subtree that ends at a node.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// Operators that are not allowed; counts before the complexity.
    pub(super) forbidden: u32,
    pub(super) complexity: u32,
    /// The template, by its position, and where the subtrees of its arguments end.
    instance: Option<(usize, Vec<usize>)>,
}

impl<'a> Cover<'a> {
    /// Decides from the leaves up.
    pub(super) fn new(ops: &'a OpSet, expr: &'a Expr) -> Self {
        let mut cover = Self { ops, expr, readings: Vec::with_capacity(expr.len()) };
        for end in 0..expr.len() {
            let mut best = cover.literal(end);
            for (position, (template, cost)) in ops.templates.iter().enumerate() {
                let Some(arguments) = instance(template, expr, end) else { continue };
                let mut reading = Reading { forbidden: 0, complexity: *cost, instance: None };
                for argument in &arguments {
                    reading.add(&cover.readings[*argument]);
                }
                let price = |reading: &Reading| (reading.forbidden, reading.complexity);
                if price(&reading) <= price(&best) {
                    reading.instance = Some((position, arguments));
                    best = reading;
                }
            }
            cover.readings.push(best);
        }
        cover
    }

    /// The node read by its own symbol.
    fn literal(&self, end: usize) -> Reading {
        let node = self.expr.nodes()[end];
        let forbidden = matches!(node, Node::Op(op) if !self.ops.contains(op));
        let mut reading = Reading {
            forbidden: u32::from(forbidden),
            complexity: self.ops.node_cost(node),
            instance: None,
        };
        for argument in arguments(self.expr, end) {
            reading.add(&self.readings[argument]);
        }
        reading
    }

    /// The readings of all subtrees.
    pub(super) fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// The reading of the whole.
    pub(super) fn whole(&self) -> &Reading {
        &self.readings[self.readings.len() - 1]
    }

    /// The nodes that are read as instances, from the root down.
    fn instances(&self) -> Vec<usize> {
        let mut instances = vec![];
        let mut open = vec![self.expr.len() - 1];
        while let Some(end) = open.pop() {
            if let Some((_, arguments)) = &self.readings[end].instance {
                instances.push(end);
                open.extend(arguments);
            } else {
                open.extend(arguments(self.expr, end));
            }
        }
        instances
    }

    /// For each constant whether a change would undo an instance: those of bodies, and those of
    /// arguments that stand there more than once.
    pub(super) fn fixed_constants(&self) -> Vec<bool> {
        let mut free = vec![];
        let mut open = vec![self.expr.len() - 1];
        while let Some(end) = open.pop() {
            match &self.readings[end].instance {
                Some((position, arguments)) => {
                    let body = self.ops.templates[*position].0.body();
                    let uses = |which: usize| {
                        let is_own =
                            |node: &&Node| matches!(node, Node::Var(i) if usize::from(*i) == which);
                        body.nodes().iter().filter(is_own).count()
                    };
                    let once = arguments.iter().enumerate().filter(|(which, _)| uses(*which) == 1);
                    open.extend(once.map(|(_, argument)| *argument));
                }
                None if self.expr.nodes()[end] == Node::Const => free.push(end),
                None => open.extend(arguments(self.expr, end)),
            }
        }
        let constants = (0..self.expr.len()).filter(|&end| self.expr.nodes()[end] == Node::Const);
        constants.map(|end| !free.contains(&end)).collect()
    }
}

impl Reading {
    fn add(&mut self, argument: &Self) {
        self.forbidden = self.forbidden.saturating_add(argument.forbidden);
        self.complexity = self.complexity.saturating_add(argument.complexity);
    }
}

/// Where the arguments of the node at `end` end, left to right.
fn arguments(expr: &Expr, end: usize) -> Vec<usize> {
    match expr.nodes()[end].arity() {
        0 => vec![],
        1 => vec![end - 1],
        _ => vec![expr.subtree_start(end - 1) - 1, end - 1],
    }
}

/// Where the arguments end if the subtree is an instance of the template.
fn instance(template: &Template, expr: &Expr, end: usize) -> Option<Vec<usize>> {
    let body = template.body();
    if body.root() != expr.nodes()[end] {
        return None;
    }
    let mut bound = vec![None; template.arity()];
    let found = matches(body, body.len() - 1, expr, end, &mut bound);
    if found { bound.into_iter().collect() } else { None }
}

/// Whether the body's subtree matches the expression's, with what parameters are bound to.
fn matches(
    body: &Expr,
    at: usize,
    expr: &Expr,
    end: usize,
    bound: &mut Vec<Option<usize>>,
) -> bool {
    match (body.nodes()[at], expr.nodes()[end]) {
        (Node::Var(parameter), _) => {
            let slot = &mut bound[usize::from(parameter)];
            match *slot {
                None => {
                    *slot = Some(end);
                    true
                }
                Some(other) => expr.subtree(other) == expr.subtree(end),
            }
        }
        (Node::Const, Node::Const) => constant(body, at) == constant(expr, end),
        (Node::Op(wanted), Node::Op(found)) if wanted == found => {
            let (wanted, found) = (arguments(body, at), arguments(expr, end));
            let mut pairs = |found: &[usize]| {
                let before = bound.clone();
                let fits =
                    wanted.iter().zip(found).all(|(a, b)| matches(body, *a, expr, *b, bound));
                if !fits {
                    *bound = before;
                }
                fits
            };
            let swapped: Vec<usize> = found.iter().rev().copied().collect();
            pairs(&found)
                || matches!(expr.nodes()[end], Node::Op(Op::Add | Op::Mul)) && pairs(&swapped)
        }
        _ => false,
    }
}

fn constant(expr: &Expr, end: usize) -> f64 {
    expr.constants()[expr.nodes()[..end].iter().filter(|node| **node == Node::Const).count()]
}

/// The expression in its natural form as text, instances by the names of their templates.
pub(super) fn written(ops: &OpSet, expr: &Expr, names: &Names) -> String {
    let first = names.len().max(expr.input_count());
    let mut calls: Vec<String> = vec![];
    let mut folded = expr.clone();
    // Innermost first: each call becomes an input of its own.
    loop {
        let cover = Cover::new(ops, &folded);
        let Some(end) = cover.instances().into_iter().min() else { break };
        let Some((position, arguments)) = &cover.readings[end].instance else { break };
        let notation = Folded { names, first, calls: &calls };
        let text = |end: &usize| print(&folded.subtree(*end).natural(), &notation);
        let texts: Vec<String> = arguments.iter().map(text).collect();
        let call = format!("{}({})", ops.templates[*position].0.name(), texts.join(", "));
        let index = calls.iter().position(|known| *known == call).unwrap_or_else(|| {
            calls.push(call);
            calls.len() - 1
        });
        let Ok(index) = u16::try_from(first + index) else { break };
        folded = folded.with_subtree(end, &Expr::var(index));
    }
    print(&folded.natural(), &Folded { names, first, calls: &calls })
}
