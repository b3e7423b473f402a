//! The source form of an expression: a flat, postfix list of nodes with its constants apart.

use crate::Op;

/// One symbol of an expression in postfix order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// The input of that index, counted from 0.
    Var(u16),
    /// The next constant.
    Const,
    /// An operator, applied to the subtrees before it.
    Op(Op),
}

impl Node {
    /// Number of arguments.
    pub const fn arity(self) -> usize {
        match self {
            Self::Op(op) => op.arity(),
            _ => 0,
        }
    }
}

/// A well-formed expression over inputs x₁, x₂, … and constants.
///
/// ```
/// use symgrad_expr::Expr;
/// let energy: Expr = "x2^2 + x1^2".parse()?;
/// assert_eq!(energy.eval(&[3.0, 4.0]), 25.0);
/// assert_eq!(energy.to_string(), "x2^2 + x1^2");
/// let built = Expr::var(1).square() + Expr::var(0).square();
/// assert_eq!(built, energy);
/// # Ok::<(), symgrad_expr::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    nodes: Vec<Node>,
    constants: Vec<f64>,
}

/// A postfix list that is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// An operator lacks arguments.
    #[error("the operator at position {position} lacks arguments")]
    MissingArgument {
        /// Index into the postfix list.
        position: usize,
    },
    /// Not exactly one value is left at the end.
    #[error("the list leaves {left} values instead of one")]
    NotOneRoot {
        /// How many values are left.
        left: usize,
    },
    /// Numbers of constant nodes and of constants differ.
    #[error("{nodes} constant nodes but {constants} constants")]
    ConstantCount {
        /// Constant nodes in the list.
        nodes: usize,
        /// Constants given.
        constants: usize,
    },
}

impl Expr {
    /// Builds from postfix nodes and the constants in their order of appearance.
    pub fn from_postfix(nodes: Vec<Node>, constants: Vec<f64>) -> Result<Self, ShapeError> {
        let mut depth = 0_usize;
        for (position, node) in nodes.iter().enumerate() {
            if depth < node.arity() {
                return Err(ShapeError::MissingArgument { position });
            }
            depth = depth + 1 - node.arity();
        }
        if depth != 1 {
            return Err(ShapeError::NotOneRoot { left: depth });
        }
        let wanted = count_constants(&nodes);
        if wanted != constants.len() {
            return Err(ShapeError::ConstantCount { nodes: wanted, constants: constants.len() });
        }
        Ok(Self { nodes, constants })
    }

    /// Builds from lists already known to be well formed.
    pub(crate) fn from_parts(nodes: Vec<Node>, constants: Vec<f64>) -> Self {
        debug_assert!(Self::from_postfix(nodes.clone(), constants.clone()).is_ok());
        Self { nodes, constants }
    }

    /// The input of that index, counted from 0.
    pub fn var(index: u16) -> Self {
        Self { nodes: vec![Node::Var(index)], constants: vec![] }
    }

    /// A constant.
    pub fn constant(value: f64) -> Self {
        Self { nodes: vec![Node::Const], constants: vec![value] }
    }

    /// A unary operator applied to an expression.
    ///
    /// # Panics
    /// If the operator takes two arguments.
    #[must_use]
    pub fn unary(op: Op, mut argument: Self) -> Self {
        assert_eq!(op.arity(), 1, "{} takes two arguments", op.name());
        argument.nodes.push(Node::Op(op));
        argument
    }

    /// A binary operator applied to two expressions.
    ///
    /// # Panics
    /// If the operator takes one argument.
    #[must_use]
    pub fn binary(op: Op, mut left: Self, right: &Self) -> Self {
        assert_eq!(op.arity(), 2, "{} takes one argument", op.name());
        left.nodes.extend_from_slice(&right.nodes);
        left.nodes.push(Node::Op(op));
        left.constants.extend_from_slice(&right.constants);
        left
    }

    /// The sum of the terms, or 0 for none.
    #[must_use]
    pub fn sum(terms: impl IntoIterator<Item = Self>) -> Self {
        let total = terms.into_iter().reduce(|sum, term| sum + term);
        total.unwrap_or_else(|| Self::constant(0.0))
    }

    /// This expression squared.
    #[must_use]
    pub fn square(self) -> Self {
        Self::unary(Op::Square, self)
    }

    /// The nodes in postfix order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The constants in their order of appearance.
    pub fn constants(&self) -> &[f64] {
        &self.constants
    }

    /// The constants, to be changed in place.
    pub fn constants_mut(&mut self) -> &mut [f64] {
        &mut self.constants
    }

    /// The same structure with other constants.
    ///
    /// # Panics
    /// If their number differs.
    #[must_use]
    pub fn with_constants(&self, constants: &[f64]) -> Self {
        assert_eq!(constants.len(), self.constants.len());
        Self { nodes: self.nodes.clone(), constants: constants.to_vec() }
    }

    /// Number of nodes.
    #[expect(clippy::len_without_is_empty, reason = "an expression is never empty")]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The root node.
    pub fn root(&self) -> Node {
        self.nodes[self.nodes.len() - 1]
    }

    /// Levels of the tree, 1 for a leaf.
    pub fn depth(&self) -> usize {
        let mut stack: Vec<usize> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let keep = stack.len() - node.arity();
            let below = stack.drain(keep..).max().unwrap_or(0);
            stack.push(below + 1);
        }
        stack[0]
    }

    /// One more than the largest input index; 0 without inputs.
    pub fn input_count(&self) -> usize {
        let after =
            |node: &Node| if let Node::Var(index) = node { usize::from(*index) + 1 } else { 0 };
        self.nodes.iter().map(after).max().unwrap_or(0)
    }

    /// The indices of the inputs used, sorted.
    pub fn inputs(&self) -> Vec<u16> {
        let vars = self.nodes.iter().filter_map(|node| match node {
            Node::Var(index) => Some(*index),
            _ => None,
        });
        let mut used: Vec<u16> = vars.collect();
        used.sort_unstable();
        used.dedup();
        used
    }

    /// Index of the first node of the subtree that ends at `end`.
    pub fn subtree_start(&self, end: usize) -> usize {
        let mut missing = 1;
        let mut start = end + 1;
        while missing > 0 {
            start -= 1;
            missing += self.nodes[start].arity();
            missing -= 1;
        }
        start
    }

    /// The subtree that ends at node `end`.
    #[must_use]
    pub fn subtree(&self, end: usize) -> Self {
        let start = self.subtree_start(end);
        let first = count_constants(&self.nodes[..start]);
        let nodes = self.nodes[start..=end].to_vec();
        let count = count_constants(&nodes);
        Self { nodes, constants: self.constants[first..first + count].to_vec() }
    }

    /// This expression with the subtree that ends at node `end` replaced.
    #[must_use]
    pub fn with_subtree(&self, end: usize, replacement: &Self) -> Self {
        let start = self.subtree_start(end);
        let first = count_constants(&self.nodes[..start]);
        let after = first + count_constants(&self.nodes[start..=end]);
        let nodes = [&self.nodes[..start], &replacement.nodes, &self.nodes[end + 1..]].concat();
        let constants =
            [&self.constants[..first], &replacement.constants, &self.constants[after..]].concat();
        Self { nodes, constants }
    }

    /// The arguments of the root, left to right; none for a leaf.
    pub fn arguments(&self) -> Vec<Self> {
        let mut end = self.nodes.len() - 1;
        let mut found = Vec::with_capacity(2);
        for _ in 0..self.root().arity() {
            end -= 1;
            found.push(self.subtree(end));
            end = self.subtree_start(end);
        }
        found.reverse();
        found
    }

    /// The value at one point; `Program` is the fast way for many.
    ///
    /// # Panics
    /// If the point has fewer coordinates than the expression has inputs.
    pub fn eval(&self, point: &[f64]) -> f64 {
        let mut stack: Vec<f64> = Vec::with_capacity(self.nodes.len());
        let mut constants = self.constants.iter();
        for node in &self.nodes {
            let value = match node {
                Node::Var(index) => point[usize::from(*index)],
                Node::Const => *constants.next().unwrap_or(&f64::NAN),
                Node::Op(op) => {
                    let right = stack.pop().unwrap_or(f64::NAN);
                    if op.arity() == 2 {
                        op.apply(stack.pop().unwrap_or(f64::NAN), right)
                    } else {
                        op.apply(right, 0.0)
                    }
                }
            };
            stack.push(value);
        }
        stack[0]
    }
}

fn count_constants(nodes: &[Node]) -> usize {
    nodes.iter().filter(|node| **node == Node::Const).count()
}

macro_rules! binary_operator {
    ($($trait:ident $method:ident $op:ident),*) => {$(
        impl std::ops::$trait for Expr {
            type Output = Self;
            fn $method(self, right: Self) -> Self {
                Self::binary(Op::$op, self, &right)
            }
        }
    )*};
}
binary_operator!(Add add Add, Sub sub Sub, Mul mul Mul, Div div Div);

impl std::ops::Neg for Expr {
    type Output = Self;
    fn neg(self) -> Self {
        Self::unary(Op::Neg, self)
    }
}
