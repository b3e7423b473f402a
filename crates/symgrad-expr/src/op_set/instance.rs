//! Recognising instances of templates, whatever the order of sums and products.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::{Expr, Node, Op, Template};

/// The body of a template, with nested sums and products as one list each.
pub(super) enum Pattern {
    Parameter(usize),
    /// By its bits.
    Constant(u64),
    Apply(Op, Box<Self>),
    Two(Op, Box<[Self; 2]>),
    /// Terms with their signs, or factors with the side of the fraction bar they are on.
    List(Kind, Vec<(bool, Self)>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sum,
    Product,
}

impl Kind {
    fn of(node: Node) -> Option<Self> {
        match node {
            Node::Op(Op::Add | Op::Sub | Op::Neg) => Some(Self::Sum),
            Node::Op(Op::Mul | Op::Div | Op::Inv) => Some(Self::Product),
            _ => None,
        }
    }
}

/// The operands of a sum's or a product's node: where they end, and whether their side is the
/// node's own.
fn operands(node: Node, end: usize, left: &[usize]) -> Vec<(bool, usize)> {
    match node {
        Node::Op(Op::Add | Op::Mul) => vec![(true, left[end]), (true, end - 1)],
        Node::Op(Op::Sub | Op::Div) => vec![(true, left[end]), (false, end - 1)],
        _ => vec![(false, end - 1)],
    }
}

impl Pattern {
    /// A body has at most a hundred symbols, so that recursion is no danger.
    pub(super) fn new(template: &Template) -> Self {
        let tree = Tree::new(template.body());
        Self::of_node(&tree, template.body().len() - 1)
    }

    fn of_node(tree: &Tree<'_>, end: usize) -> Self {
        match tree.node(end) {
            Node::Var(index) => Self::Parameter(usize::from(index)),
            Node::Const => Self::Constant(tree.constant(end).to_bits()),
            node @ Node::Op(op) => match Kind::of(node) {
                Some(kind) => {
                    let mut list = vec![];
                    let mut pending = vec![(true, end)];
                    while let Some((side, end)) = pending.pop() {
                        let node = tree.node(end);
                        if Kind::of(node) == Some(kind) {
                            let within = operands(node, end, &tree.left).into_iter().rev();
                            pending.extend(within.map(|(own, end)| (own == side, end)));
                        } else {
                            list.push((side, Self::of_node(tree, end)));
                        }
                    }
                    // What fits in few places comes first.
                    list.sort_by_key(|(_, part)| matches!(part, Self::Parameter(_)));
                    Self::List(kind, list)
                }
                None if op.arity() == 2 => {
                    let arguments = [tree.left[end], end - 1];
                    Self::Two(op, Box::new(arguments.map(|end| Self::of_node(tree, end))))
                }
                None => Self::Apply(op, Box::new(Self::of_node(tree, end - 1))),
            },
        }
    }

    /// Where the arguments end if the subtree that ends there is an instance.
    pub(super) fn instance(&self, tree: &Tree<'_>, end: usize, arity: usize) -> Option<Vec<usize>> {
        /// Steps of an attempt. Bodies of ordinary size take a few dozen; for one that repeats a
        /// parameter many times in one sum, an instance in an unusual order may stay unseen.
        const STEPS: usize = 5_000;
        let mut attempt = Attempt { tree, bound: vec![None; arity], steps: STEPS };
        let goals = Goals { first: Goal::Match(self, end), rest: None };
        attempt.solve(Some(&goals)).then(|| attempt.bound.into_iter().collect())?
    }
}

/// An expression with what matching asks of its nodes.
pub(super) struct Tree<'a> {
    expr: &'a Expr,
    /// Where the first of two arguments ends.
    pub(super) left: Vec<usize>,
    /// How many constants come before a node.
    before: Vec<usize>,
    classes: OnceCell<Vec<usize>>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(expr: &'a Expr) -> Self {
        let (mut starts, mut left) =
            (Vec::with_capacity(expr.len()), Vec::with_capacity(expr.len()));
        let (mut before, mut constants) = (Vec::with_capacity(expr.len()), 0);
        for (end, node) in expr.nodes().iter().enumerate() {
            let (start, first) = match node.arity() {
                0 => (end, end),
                1 => (starts[end - 1], end - 1),
                _ => {
                    let first: usize = starts[end - 1] - 1;
                    (starts[first], first)
                }
            };
            starts.push(start);
            left.push(first);
            before.push(constants);
            constants += usize::from(*node == Node::Const);
        }
        Self { expr, left, before, classes: OnceCell::new() }
    }

    pub(super) fn node(&self, end: usize) -> Node {
        self.expr.nodes()[end]
    }

    fn constant(&self, end: usize) -> f64 {
        self.expr.constants()[self.before[end]]
    }

    /// Where the arguments of the node end, left to right.
    pub(super) fn arguments(&self, end: usize) -> impl Iterator<Item = usize> {
        let both = [self.left[end], end.saturating_sub(1)];
        let skip = 2 - self.node(end).arity();
        both.into_iter().skip(skip)
    }

    /// Whether two subtrees are the same, whatever the order of the arguments of a sum or
    /// product.
    fn same(&self, a: usize, b: usize) -> bool {
        let classes = self.classes.get_or_init(|| self.classes());
        classes[a] == classes[b]
    }

    /// A number for each subtree, the same for those that differ in order only.
    fn classes(&self) -> Vec<usize> {
        let mut known = BTreeMap::new();
        let mut classes: Vec<usize> = Vec::with_capacity(self.left.len());
        for end in 0..self.left.len() {
            let node = self.node(end);
            let bits = if node == Node::Const { self.constant(end).to_bits() } else { 0 };
            let mut within: Vec<usize> = self.arguments(end).map(|end| classes[end]).collect();
            if matches!(node, Node::Op(op) if op.is_commutative()) {
                within.sort_unstable();
            }
            let next = known.len();
            classes.push(*known.entry((node, bits, within)).or_insert(next));
        }
        classes
    }
}

/// What is still to be shown, the first goal first.
struct Goals<'a> {
    first: Goal<'a>,
    rest: Option<&'a Goals<'a>>,
}

enum Goal<'a> {
    /// The pattern is the subtree that ends there.
    Match(&'a Pattern, usize),
    /// The rest of a list is the uncovered part of a sum or product.
    Cover(&'a [(bool, Pattern)], &'a Region, u128),
}

struct Attempt<'a> {
    tree: &'a Tree<'a>,
    bound: Vec<Option<usize>>,
    steps: usize,
}

impl Attempt<'_> {
    /// Whether all goals can be reached together, with the parameters bound to what that takes.
    fn solve(&mut self, goals: Option<&Goals<'_>>) -> bool {
        let Some(Goals { first, rest }) = goals else { return true };
        let Some(steps) = self.steps.checked_sub(1) else { return false };
        self.steps = steps;
        match first {
            Goal::Match(pattern, end) => self.match_node(pattern, *end, *rest),
            Goal::Cover([], region, free) => {
                *free == 0 && region.nodes.len() > 1 && self.solve(*rest)
            }
            Goal::Cover([(side, pattern), more @ ..], region, free) => {
                region.nodes.iter().skip(1).any(|place| {
                    let fits = place.side == *side && place.leaves & !free == 0;
                    fits && {
                        let cover = Goal::Cover(more, region, free & !place.leaves);
                        let later = Goals { first: cover, rest: *rest };
                        let now = Goal::Match(pattern, place.end);
                        self.solve(Some(&Goals { first: now, rest: Some(&later) }))
                    }
                })
            }
        }
    }

    fn match_node(&mut self, pattern: &Pattern, end: usize, rest: Option<&Goals<'_>>) -> bool {
        let node = self.tree.node(end);
        match pattern {
            Pattern::Parameter(which) => {
                if let Some(other) = self.bound[*which] {
                    return self.tree.same(other, end) && self.solve(rest);
                }
                self.bound[*which] = Some(end);
                let solved = self.solve(rest);
                if !solved {
                    self.bound[*which] = None;
                }
                solved
            }
            Pattern::Constant(bits) => {
                node == Node::Const
                    && self.tree.constant(end).to_bits() == *bits
                    && self.solve(rest)
            }
            Pattern::Apply(op, inner) => {
                let goals = Goals { first: Goal::Match(inner, end.saturating_sub(1)), rest };
                node == Node::Op(*op) && self.solve(Some(&goals))
            }
            Pattern::Two(op, both) => {
                if node != Node::Op(*op) {
                    return false;
                }
                let second = Goals { first: Goal::Match(&both[1], end - 1), rest };
                let first = Goal::Match(&both[0], self.tree.left[end]);
                self.solve(Some(&Goals { first, rest: Some(&second) }))
            }
            Pattern::List(kind, list) => {
                if Kind::of(node) != Some(*kind) {
                    return false;
                }
                let region = Region::new(self.tree, end, *kind, list.len());
                let cover = Goal::Cover(list, &region, region.nodes[0].leaves);
                self.solve(Some(&Goals { first: cover, rest }))
            }
        }
    }
}

/// A nested sum or product, as far down as a list of some length can reach.
struct Region {
    /// The root, then what it consists of, from the top down.
    nodes: Vec<Place>,
}

struct Place {
    end: usize,
    side: bool,
    /// The leaves of the region that it consists of, by bits.
    leaves: u128,
    parent: usize,
}

impl Region {
    fn new(tree: &Tree<'_>, end: usize, kind: Kind, length: usize) -> Self {
        const MOST_LEAVES: usize = 100;
        let mut nodes = vec![Place { end, side: true, leaves: 0, parent: 0 }];
        let (mut at, mut opened) = (0, 0);
        let mut leaves = vec![];
        while at < nodes.len() {
            let Place { end, side, .. } = nodes[at];
            let node = tree.node(end);
            // A list of n parts comes from n − 1 nodes of two operands, and signs.
            let opens = Kind::of(node) == Some(kind) && opened < MOST_LEAVES / 2;
            let deep = depth(&nodes, at) > 2 * length;
            if opens && !deep {
                opened += 1;
                let within = operands(node, end, &tree.left).into_iter();
                nodes.extend(within.map(|(own, end)| Place {
                    end,
                    side: own == side,
                    leaves: 0,
                    parent: at,
                }));
            } else {
                leaves.push(at);
            }
            at += 1;
        }
        for (bit, leaf) in leaves.into_iter().enumerate() {
            let mut at = leaf;
            loop {
                nodes[at].leaves |= 1 << bit;
                if at == 0 {
                    break;
                }
                at = nodes[at].parent;
            }
        }
        Self { nodes }
    }
}

fn depth(nodes: &[Place], mut at: usize) -> usize {
    let mut depth = 0;
    while at > 0 {
        at = nodes[at].parent;
        depth += 1;
    }
    depth
}
