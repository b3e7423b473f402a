//! Instances of templates within expressions.

use std::collections::BTreeMap;

use super::OpSet;
use super::instance::{Pattern, Tree};
use crate::display::Folded;
use crate::print::print;
use crate::{Expr, Names, Node, Op, Template};

/// How an expression is read at the lowest price: at each node by its own operator, or as an
/// instance of a template.
pub(super) struct Cover<'a> {
    ops: &'a OpSet,
    expr: &'a Expr,
    tree: Tree<'a>,
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
        let readings = Vec::with_capacity(expr.len());
        let mut cover = Self { ops, expr, tree: Tree::new(expr), readings };
        let candidates = candidates(ops, expr);
        for end in 0..expr.len() {
            let mut best = cover.literal(end);
            for (position, pattern) in &candidates {
                let (template, cost) = &ops.templates[*position];
                let found = pattern.instance(&cover.tree, end, template.arity());
                let Some(arguments) = found else { continue };
                let mut reading = Reading { forbidden: 0, complexity: *cost, instance: None };
                for argument in &arguments {
                    reading.add(&cover.readings[*argument]);
                }
                let price = |reading: &Reading| (reading.forbidden, reading.complexity);
                if price(&reading) <= price(&best) {
                    reading.instance = Some((*position, arguments));
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
        for argument in self.tree.arguments(end) {
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
                open.extend(self.tree.arguments(end));
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
                None => open.extend(self.tree.arguments(end)),
            }
        }
        free.sort_unstable();
        let constants = (0..self.expr.len()).filter(|&end| self.expr.nodes()[end] == Node::Const);
        constants.map(|end| free.binary_search(&end).is_err()).collect()
    }
}

impl Reading {
    fn add(&mut self, argument: &Self) {
        self.forbidden = self.forbidden.saturating_add(argument.forbidden);
        self.complexity = self.complexity.saturating_add(argument.complexity);
    }
}

/// The templates that can occur in the expression, by position: those whose functions do.
fn candidates(ops: &OpSet, expr: &Expr) -> Vec<(usize, Pattern)> {
    let uses = |expr: &Expr, op: Op| expr.nodes().iter().filter(|n| **n == Node::Op(op)).count();
    let functions = Op::ALL
        .into_iter()
        .filter(|op| !matches!(op, Op::Add | Op::Sub | Op::Neg | Op::Mul | Op::Div | Op::Inv));
    let counts: Vec<(Op, usize)> = functions.map(|op| (op, uses(expr, op))).collect();
    let occurs =
        |template: &Template| counts.iter().all(|(op, count)| uses(template.body(), *op) <= *count);
    let templates = ops.templates.iter().enumerate();
    templates
        .filter(|(_, (template, _))| occurs(template))
        .map(|(position, (template, _))| (position, Pattern::new(template)))
        .collect()
}

/// The expression in its natural form as text, instances by the names of their templates.
pub(super) fn written(ops: &OpSet, expr: &Expr, names: &Names) -> String {
    let cover = Cover::new(ops, expr);
    let mut folding = Folding {
        cover: &cover,
        names,
        first: names.len().max(expr.input_count()),
        calls: vec![],
        folded: BTreeMap::new(),
    };
    let mut instances = cover.instances();
    // Innermost first: each call becomes an input of its own.
    instances.sort_unstable();
    for end in instances {
        folding.fold(end);
    }
    folding.text(expr.len() - 1)
}

/// An expression in which calls of templates take the places of instances, one after the other.
struct Folding<'a> {
    cover: &'a Cover<'a>,
    names: &'a Names,
    /// The inputs from here on stand for calls.
    first: usize,
    calls: Vec<String>,
    /// Where instances start, with where they end and the input for the call, outer ones last.
    folded: BTreeMap<usize, Vec<(usize, u16)>>,
}

impl Folding<'_> {
    /// Gives the instance that ends there a call.
    fn fold(&mut self, end: usize) {
        let Some((position, arguments)) = &self.cover.readings[end].instance else { return };
        let texts: Vec<String> = arguments.iter().map(|end| self.text(*end)).collect();
        let name = self.cover.ops.templates[*position].0.name();
        let call = format!("{name}({})", texts.join(", "));
        let known = self.calls.iter().position(|known| *known == call);
        let index = known.unwrap_or(self.calls.len());
        // Beyond all inputs that there can be, an instance is written out.
        let Ok(input) = u16::try_from(self.first + index) else { return };
        if known.is_none() {
            self.calls.push(call);
        }
        let start = self.cover.expr.subtree_start(end);
        self.folded.entry(start).or_default().push((end, input));
    }

    /// The subtree that ends there as text.
    fn text(&self, end: usize) -> String {
        let expr = self.cover.expr;
        let mut at = expr.subtree_start(end);
        let before = expr.nodes()[..at].iter().filter(|node| **node == Node::Const).count();
        let (mut nodes, mut constants) = (vec![], vec![]);
        let mut next = before;
        while at <= end {
            let outermost = self
                .folded
                .get(&at)
                .and_then(|calls| calls.iter().rev().find(|(call_end, _)| *call_end <= end));
            let after = if let Some((call_end, input)) = outermost {
                nodes.push(Node::Var(*input));
                call_end + 1
            } else {
                nodes.push(expr.nodes()[at]);
                at + 1
            };
            let passed = &expr.nodes()[at..after];
            let count = passed.iter().filter(|node| **node == Node::Const).count();
            if outermost.is_none() {
                constants.extend_from_slice(&expr.constants()[next..next + count]);
            }
            next += count;
            at = after;
        }
        let Self { names, first, calls, .. } = self;
        let folded = Expr::from_parts(nodes, constants);
        print(&folded.natural(), &Folded { names, first: *first, calls })
    }
}
