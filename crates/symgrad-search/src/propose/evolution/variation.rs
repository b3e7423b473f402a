//! Random changes of expressions: mutations, crossover and fresh trees.

use rand::RngExt;
use rand::seq::{IndexedRandom, IteratorRandom};
use rand_chacha::ChaCha8Rng;
use symgrad_expr::{Expr, Node, Op, OpSet, Template};

use super::guide::Guide;
use crate::constraints::Constraints;

/// What random changes may draw on.
#[derive(Clone, Debug)]
pub(crate) struct Palette {
    pub(crate) unary: Vec<Op>,
    pub(crate) binary: Vec<Op>,
    /// Operators defined by the user.
    templates: Vec<Template>,
    pub(crate) inputs: Vec<u16>,
    /// Inputs that hardly matter, drawn once in a while in case they do.
    pub(crate) rare: Vec<u16>,
    /// Inputs that every answer has to use.
    pub(crate) required: Vec<u16>,
    /// Combinations of inputs through which the concept may depend on them.
    pub(crate) combinations: Vec<Expr>,
    /// Useful subexpressions found so far, shared by all islands.
    features: Vec<Expr>,
    /// Keeps variation within a structure, if there is one.
    guide: Option<Box<Guide>>,
}

impl Palette {
    pub(crate) fn new(ops: &OpSet, inputs: Vec<u16>) -> Self {
        let of_arity = |arity| ops.ops().iter().copied().filter(|op| op.arity() == arity).collect();
        let (unary, binary) = (of_arity(1), of_arity(2));
        Self {
            unary,
            binary,
            templates: ops.templates().cloned().collect(),
            inputs,
            rare: vec![],
            required: vec![],
            combinations: vec![],
            features: vec![],
            guide: None,
        }
    }

    /// A palette that favours what the constraints permit.
    pub(crate) fn constrained(ops: &OpSet, inputs: Vec<u16>, constraints: &Constraints) -> Self {
        let required = constraints.required().to_vec();
        let mut palette = Self { required, ..Self::new(ops, inputs) };
        let guide = constraints.structure().map(|structure| Guide::new(structure, ops, &palette));
        palette.guide = guide.map(Box::new);
        palette
    }

    /// Replaces the useful subexpressions.
    pub(crate) fn set_features(&mut self, features: Vec<Expr>) {
        if let Some(guide) = &mut self.guide {
            guide.set_features(&features);
        }
        self.features = features;
    }

    fn leaf(&self, rng: &mut ChaCha8Rng) -> Expr {
        if !self.rare.is_empty()
            && rng.random_bool(RARE)
            && let Some(&input) = self.rare.choose(rng)
        {
            return Expr::var(input);
        }
        if !self.combinations.is_empty()
            && rng.random_bool(COMBINATION)
            && let Some(combination) = self.combinations.choose(rng)
        {
            return combination.clone();
        }
        match self.inputs.choose(rng) {
            Some(&input) if rng.random_bool(0.75) => Expr::var(input),
            _ => Expr::constant(random_constant(rng)),
        }
    }

    fn feature_or_leaf(&self, rng: &mut ChaCha8Rng) -> Expr {
        match self.features.choose(rng) {
            Some(feature) if rng.random_bool(0.4) => feature.clone(),
            _ => self.leaf(rng),
        }
    }

    /// A random tree with about `size` operators.
    pub(crate) fn tree(&self, size: usize, rng: &mut ChaCha8Rng) -> Expr {
        let guided = self.guide.as_ref().and_then(|guide| guide.tree(size, rng));
        if let Some(tree) = guided {
            return tree;
        }
        let mut tree = self.leaf(rng);
        for _ in 0..size {
            let leaves = |tree: &Expr, rng: &mut ChaCha8Rng| {
                let ends = (0..tree.len()).filter(|&end| tree.nodes()[end].arity() == 0);
                ends.choose(rng).unwrap_or(0)
            };
            let end = leaves(&tree, rng);
            let grown = self.wrap(tree.subtree(end), rng);
            tree = tree.with_subtree(end, &grown);
        }
        tree
    }

    /// A template with the expression as one of its arguments, the others leaves or features.
    fn instance(&self, template: &Template, inner: Expr, rng: &mut ChaCha8Rng) -> Expr {
        let own = rng.random_range(0..template.arity());
        let mut arguments: Vec<Expr> =
            (0..template.arity()).map(|_| self.feature_or_leaf(rng)).collect();
        arguments[own] = inner;
        template.expand(&arguments)
    }

    /// A random operator on top of an expression, the other argument a leaf or a feature.
    fn wrap(&self, inner: Expr, rng: &mut ChaCha8Rng) -> Expr {
        if let Some(template) = self.templates.choose(rng)
            && rng.random_bool(TEMPLATE)
        {
            return self.instance(template, inner, rng);
        }
        let unary = self.binary.is_empty() || (!self.unary.is_empty() && rng.random_bool(0.3));
        let choices = if unary { &self.unary } else { &self.binary };
        match choices.choose(rng) {
            Some(&op) if unary => Expr::unary(op, inner),
            Some(&op) => {
                let other = self.feature_or_leaf(rng);
                if rng.random_bool(0.5) {
                    Expr::binary(op, inner, &other)
                } else {
                    Expr::binary(op, other, &inner)
                }
            }
            None => inner,
        }
    }
}

/// How often a leaf is a combination of inputs, where there are any.
const COMBINATION: f64 = 0.25;

/// Share of the templates among inserted operators, where there are any.
const TEMPLATE: f64 = 0.2;
/// How often a leaf is one of the rare inputs.
const RARE: f64 = 0.02;

/// The kinds of mutation with their relative frequencies.
const MUTATIONS: [(Mutation, f64); 10] = [
    (Mutation::Constant, 2.0),
    (Mutation::Operator, 1.0),
    (Mutation::Leaf, 1.5),
    (Mutation::Insert, 3.0),
    (Mutation::InsertRoot, 1.0),
    (Mutation::Delete, 2.0),
    (Mutation::Replace, 1.0),
    (Mutation::AddTerm, 2.0),
    (Mutation::Swap, 0.3),
    (Mutation::Fresh, 0.2),
];

#[derive(Clone, Copy)]
enum Mutation {
    Constant,
    Operator,
    Leaf,
    Insert,
    InsertRoot,
    Delete,
    Replace,
    AddTerm,
    Swap,
    Fresh,
}

/// A changed copy of an expression.
pub(crate) fn mutate(expr: &Expr, palette: &Palette, rng: &mut ChaCha8Rng) -> Expr {
    if let Some(child) = palette.guide.as_ref().and_then(|guide| guide.mutate(expr, rng)) {
        return child;
    }
    if let Some(input) = missing_input(expr, palette, rng)
        && rng.random_bool(INCLUDE)
    {
        return include(expr, input, palette, rng);
    }
    let any = |rng: &mut ChaCha8Rng| rng.random_range(0..expr.len());
    match draw_mutation(rng) {
        Mutation::Constant => perturb_constant(expr, rng),
        Mutation::Operator => change_operator(expr, palette, rng),
        Mutation::Leaf => {
            let leaves = (0..expr.len()).filter(|&end| expr.nodes()[end].arity() == 0);
            let end = leaves.choose(rng).unwrap_or(0);
            expr.with_subtree(end, &palette.feature_or_leaf(rng))
        }
        Mutation::Insert => {
            let end = any(rng);
            expr.with_subtree(end, &palette.wrap(expr.subtree(end), rng))
        }
        Mutation::InsertRoot => palette.wrap(expr.clone(), rng),
        Mutation::Delete => delete(expr, rng),
        Mutation::Replace => {
            let size = rng.random_range(1..=4);
            expr.with_subtree(any(rng), &palette.tree(size, rng))
        }
        Mutation::AddTerm => add_term(expr, palette, rng),
        Mutation::Swap => swap_arguments(expr, rng),
        Mutation::Fresh => palette.tree(rng.random_range(1..=7), rng),
    }
}

/// Share of the mutations that bring in a required input where one is missing.
const INCLUDE: f64 = 0.5;

/// One of the required inputs that do not appear.
fn missing_input(expr: &Expr, palette: &Palette, rng: &mut ChaCha8Rng) -> Option<u16> {
    let lacks = |input: &&u16| !expr.nodes().contains(&Node::Var(**input));
    palette.required.iter().filter(lacks).choose(rng).copied()
}

/// Puts an input in the place of a leaf, or joins it to some part by an operator.
fn include(expr: &Expr, input: u16, palette: &Palette, rng: &mut ChaCha8Rng) -> Expr {
    let end = rng.random_range(0..expr.len());
    let part = expr.subtree(end);
    match palette.binary.choose(rng) {
        Some(&op) if part.len() > 1 || rng.random_bool(0.5) => {
            let joined = if rng.random_bool(0.5) {
                Expr::binary(op, part, &Expr::var(input))
            } else {
                Expr::binary(op, Expr::var(input), &part)
            };
            expr.with_subtree(end, &joined)
        }
        _ => expr.with_subtree(end, &Expr::var(input)),
    }
}

/// `receiver` with one of its subtrees replaced by one of `donor`.
pub(crate) fn cross(
    receiver: &Expr,
    donor: &Expr,
    palette: &Palette,
    rng: &mut ChaCha8Rng,
) -> Expr {
    let guided = palette.guide.as_ref().and_then(|guide| guide.cross(receiver, donor, rng));
    if let Some(child) = guided {
        return child;
    }
    let from = rng.random_range(0..donor.len());
    let to = rng.random_range(0..receiver.len());
    receiver.with_subtree(to, &donor.subtree(from))
}

fn draw_mutation(rng: &mut ChaCha8Rng) -> Mutation {
    let total: f64 = MUTATIONS.iter().map(|(_, weight)| weight).sum();
    let mut left = rng.random::<f64>() * total;
    for (mutation, weight) in MUTATIONS {
        left -= weight;
        if left < 0.0 {
            return mutation;
        }
    }
    Mutation::Fresh
}

/// A constant of order one, of either sign; small integers are as likely as the rest.
fn random_constant(rng: &mut ChaCha8Rng) -> f64 {
    let size = if rng.random_bool(0.5) {
        f64::from(rng.random_range(1_u8..=4))
    } else {
        (rng.random::<f64>() * 4.0 - 2.0).exp()
    };
    if rng.random_bool(0.5) { size } else { -size }
}

fn perturb_constant(expr: &Expr, rng: &mut ChaCha8Rng) -> Expr {
    let mut changed = expr.clone();
    if let Some(constant) = changed.constants_mut().iter_mut().choose(rng) {
        let stretch = (rng.random::<f64>() * 2.0 - 1.0).exp();
        *constant *= if rng.random_bool(0.1) { -stretch } else { stretch };
    }
    changed
}

fn change_operator(expr: &Expr, palette: &Palette, rng: &mut ChaCha8Rng) -> Expr {
    let operators = (0..expr.len()).filter(|&end| expr.nodes()[end].arity() > 0);
    let Some(end) = operators.choose(rng) else { return expr.clone() };
    let choices = if expr.nodes()[end].arity() == 1 { &palette.unary } else { &palette.binary };
    let Some(&op) = choices.choose(rng) else { return expr.clone() };
    let mut nodes = expr.nodes().to_vec();
    nodes[end] = Node::Op(op);
    Expr::from_postfix(nodes, expr.constants().to_vec()).unwrap_or_else(|_| expr.clone())
}

/// Replaces an operator's subtree by one of its arguments.
fn delete(expr: &Expr, rng: &mut ChaCha8Rng) -> Expr {
    let operators = (0..expr.len()).filter(|&end| expr.nodes()[end].arity() > 0);
    let Some(end) = operators.choose(rng) else { return expr.clone() };
    let arguments = expr.subtree(end).arguments();
    arguments.choose(rng).map_or_else(|| expr.clone(), |kept| expr.with_subtree(end, kept))
}

/// Adds or subtracts a feature or a small random tree.
fn add_term(expr: &Expr, palette: &Palette, rng: &mut ChaCha8Rng) -> Expr {
    let term = if palette.features.is_empty() || rng.random_bool(0.4) {
        palette.tree(rng.random_range(1..=2), rng)
    } else {
        palette.feature_or_leaf(rng)
    };
    let sums = [Op::Add, Op::Sub].into_iter().filter(|op| palette.binary.contains(op));
    match sums.choose(rng) {
        Some(op) => Expr::binary(op, expr.clone(), &term),
        None => expr.clone(),
    }
}

fn swap_arguments(expr: &Expr, rng: &mut ChaCha8Rng) -> Expr {
    let binary = (0..expr.len()).filter(|&end| expr.nodes()[end].arity() == 2);
    let Some(end) = binary.choose(rng) else { return expr.clone() };
    match (expr.nodes()[end], expr.subtree(end).arguments().as_slice()) {
        (Node::Op(op), [left, right]) => {
            expr.with_subtree(end, &Expr::binary(op, right.clone(), left))
        }
        _ => expr.clone(),
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn changes_stay_well_formed() {
        let mut palette = Palette::new(&OpSet::default(), vec![0, 1, 2]);
        palette.set_features(vec!["x1*x2".parse().unwrap()]);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut expr = palette.tree(5, &mut rng);
        for _ in 0..2_000 {
            let donor = palette.tree(4, &mut rng);
            let next = if rng.random_bool(0.2) {
                cross(&expr, &donor, &palette, &mut rng)
            } else {
                mutate(&expr, &palette, &mut rng)
            };
            Expr::from_postfix(next.nodes().to_vec(), next.constants().to_vec()).unwrap();
            expr = if next.len() > 60 { donor } else { next };
        }
    }
}
