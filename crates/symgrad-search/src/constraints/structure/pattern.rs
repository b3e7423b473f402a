//! Skeletons as patterns of sums and products, and their matching.

use symgrad_expr::{Expr, Node, Op, Skeleton};

/// A skeleton, its sums and products flat.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pattern {
    Unknown(usize),
    Input(u16),
    Number(f64),
    /// Terms, each with whether it is subtracted.
    Sum(Vec<(bool, Pattern)>),
    /// Factors, each with whether it divides.
    Product {
        factors: Vec<(bool, Pattern)>,
        inverse: bool,
    },
    Unary(Op, Box<Pattern>),
    /// A power, or another operator of two arguments that does not join terms or factors.
    Two(Op, Box<Pattern>, Box<Pattern>),
}

impl Pattern {
    /// `inverse` says whether reciprocals have an operator of their own.
    pub(super) fn of(skeleton: &Skeleton, inverse: bool) -> Self {
        let expr = skeleton.expr();
        let mut constants = expr.constants().iter();
        let mut stack: Vec<Self> = Vec::new();
        for node in expr.nodes() {
            let right = if node.arity() > 0 { stack.pop() } else { None };
            let left = if node.arity() > 1 { stack.pop() } else { None };
            let flat = |factors| Self::Product { factors, inverse };
            let pattern = match (node, left, right) {
                (Node::Op(Op::Add | Op::Sub), Some(left), Some(right)) => {
                    let mut terms = left.terms();
                    let flip = *node == Node::Op(Op::Sub);
                    terms.extend(right.terms().into_iter().map(|(minus, t)| (minus != flip, t)));
                    Self::Sum(terms)
                }
                (Node::Op(Op::Neg), _, Some(right)) => {
                    Self::Sum(right.terms().into_iter().map(|(minus, t)| (!minus, t)).collect())
                }
                (Node::Op(Op::Mul | Op::Div), Some(left), Some(right)) => {
                    let mut factors = left.factors();
                    let flip = *node == Node::Op(Op::Div);
                    factors.extend(right.factors().into_iter().map(|(d, f)| (d != flip, f)));
                    flat(factors)
                }
                (Node::Op(Op::Inv), _, Some(right)) => {
                    flat(right.factors().into_iter().map(|(d, f)| (!d, f)).collect())
                }
                (Node::Op(op), Some(left), Some(right)) => {
                    Self::Two(*op, Box::new(left), Box::new(right))
                }
                (Node::Op(op), _, Some(right)) => Self::Unary(*op, Box::new(right)),
                (Node::Var(index), ..) if usize::from(*index) < skeleton.inputs() => {
                    Self::Input(*index)
                }
                (Node::Var(index), ..) => Self::Unknown(usize::from(*index) - skeleton.inputs()),
                _ => Self::Number(constants.next().copied().unwrap_or(f64::NAN)),
            };
            stack.push(pattern);
        }
        // A well-formed expression leaves one.
        stack.pop().unwrap_or(Self::Number(f64::NAN))
    }

    fn terms(self) -> Vec<(bool, Self)> {
        match self {
            Self::Sum(terms) => terms,
            other => vec![(false, other)],
        }
    }

    fn factors(self) -> Vec<(bool, Self)> {
        match self {
            Self::Product { factors, .. } => factors,
            other => vec![(false, other)],
        }
    }

    /// Whether the input stands outside unknown functions.
    pub(super) fn has(&self, input: u16) -> bool {
        match self {
            Self::Unknown(_) | Self::Number(_) => false,
            Self::Input(index) => *index == input,
            Self::Sum(parts) | Self::Product { factors: parts, .. } => {
                parts.iter().any(|(_, part)| part.has(input))
            }
            Self::Unary(_, inner) => inner.has(input),
            Self::Two(_, left, right) => left.has(input) || right.has(input),
        }
    }

    /// Whether it may be left out: nothing in it but unknown functions and numbers.
    fn may_vanish(&self) -> bool {
        match self {
            Self::Unknown(_) | Self::Number(_) => true,
            Self::Input(_) => false,
            Self::Sum(parts) | Self::Product { factors: parts, .. } => {
                parts.iter().all(|(_, part)| part.may_vanish())
            }
            Self::Unary(_, inner) => inner.may_vanish(),
            Self::Two(_, left, right) => left.may_vanish() && right.may_vanish(),
        }
    }

    /// The expression with unknown functions filled in; `None` where nothing is left.
    pub(super) fn fill(&self, parts: &[Option<Expr>]) -> Option<Expr> {
        match self {
            Self::Unknown(which) => parts.get(*which)?.clone(),
            Self::Input(index) => Some(Expr::var(*index)),
            Self::Number(value) => Some(Expr::constant(*value)),
            Self::Sum(terms) => terms.iter().fold(None, |sum, (minus, term)| {
                let Some(term) = term.fill(parts) else { return sum };
                Some(match (sum, minus) {
                    (Some(sum), false) => sum + term,
                    (Some(sum), true) => sum - term,
                    (None, false) => term,
                    (None, true) => -term,
                })
            }),
            Self::Product { factors, inverse } => {
                factors.iter().fold(None, |product, (divides, factor)| {
                    let Some(factor) = factor.fill(parts) else { return product };
                    Some(match (product, divides) {
                        (Some(product), false) => product * factor,
                        (Some(product), true) => product / factor,
                        (None, false) => factor,
                        (None, true) if *inverse => Expr::unary(Op::Inv, factor),
                        (None, true) => Expr::constant(1.0) / factor,
                    })
                })
            }
            Self::Unary(op, inner) => Some(Expr::unary(*op, inner.fill(parts)?)),
            Self::Two(op, left, right) => {
                let left = left.fill(parts)?;
                match right.fill(parts) {
                    Some(right) => Some(Expr::binary(*op, left, &right)),
                    // A power without its exponent is the base.
                    None => (*op == Op::Pow).then_some(left),
                }
            }
        }
    }
}

/// A part of the expression that an unknown function has taken up.
#[derive(Clone, Copy, Debug)]
struct Taken {
    unknown: usize,
    piece: Piece,
    joined: Joined,
}

/// A subtree by its last node, or the factor −1.
#[derive(Clone, Copy, Debug)]
enum Piece {
    Subtree(usize),
    Minus,
}

/// How a piece is joined to the others of its unknown function.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Joined {
    Added,
    Subtracted,
    Multiplied,
    Divided,
}

/// The matching of one expression.
pub(super) struct Match<'a> {
    expr: &'a Expr,
    unknowns: &'a [Vec<u16>],
    taken: Vec<Taken>,
    /// Pieces that may still be tried: terms of a long sum can be given out in very many ways.
    tries: u32,
}

/// A term or factor, with whether it is subtracted or divides.
type Signed = (bool, Piece);

impl<'a> Match<'a> {
    pub(super) fn new(expr: &'a Expr, unknowns: &'a [Vec<u16>]) -> Self {
        const TRIES: u32 = 2_000;
        Self { expr, unknowns, taken: vec![], tries: TRIES }
    }

    /// Whether the whole expression matches.
    pub(super) fn root(&mut self, pattern: &Pattern) -> bool {
        self.matches(pattern, self.expr.len() - 1)
    }

    /// Whether the subtree that ends at `end` matches; notes what is taken up.
    fn matches(&mut self, pattern: &Pattern, end: usize) -> bool {
        match (pattern, self.expr.nodes()[end]) {
            (Pattern::Unknown(which), _) => self.take(*which, Piece::Subtree(end), Joined::Added),
            (Pattern::Input(wanted), Node::Var(index)) => *wanted == index,
            (Pattern::Number(wanted), Node::Const) => self.is_number(end, *wanted),
            (Pattern::Sum(terms), _) => {
                let found = self.flat(end, [Op::Add, Op::Sub, Op::Neg]);
                let all: Vec<&(bool, Pattern)> = terms.iter().collect();
                self.assign(&all, found, Joined::Added)
            }
            (Pattern::Product { factors, .. }, _) => {
                let found = self.flat(end, [Op::Mul, Op::Div, Op::Inv]);
                let all: Vec<&(bool, Pattern)> = factors.iter().collect();
                self.assign(&all, found, Joined::Multiplied)
            }
            (Pattern::Unary(op, inner), Node::Op(found)) if *op == found => {
                self.matches(inner, end - 1)
            }
            (Pattern::Two(op, first, second), Node::Op(found)) if *op == found => {
                let left = self.expr.subtree_start(end - 1) - 1;
                self.matches(first, left) && self.matches(second, end - 1)
            }
            _ => false,
        }
    }

    /// The terms of a sum, or factors of a product, by its joining, its opposite and its
    /// inverting operator.
    fn flat(&self, end: usize, [join, oppose, invert]: [Op; 3]) -> Vec<Signed> {
        let mut found = Vec::new();
        let mut open = vec![(false, end)];
        while let Some((flipped, end)) = open.pop() {
            match self.expr.nodes()[end] {
                Node::Op(op) if op == join || op == oppose => {
                    open.push((flipped != (op == oppose), end - 1));
                    open.push((flipped, self.expr.subtree_start(end - 1) - 1));
                }
                Node::Op(op) if op == invert => open.push((!flipped, end - 1)),
                // A sign within a product is a factor.
                Node::Op(Op::Neg) if join == Op::Mul => {
                    found.push((false, Piece::Minus));
                    open.push((flipped, end - 1));
                }
                _ => found.push((flipped, Piece::Subtree(end))),
            }
        }
        found
    }

    /// Gives every piece to some part of the pattern: first to parts with a shape of their own,
    /// each of which takes one piece or, if it may, none; unknown functions take the rest.
    fn assign(
        &mut self,
        parts: &[&(bool, Pattern)],
        mut pieces: Vec<Signed>,
        joined: Joined,
    ) -> bool {
        let shaped = parts.iter().position(|(_, part)| !matches!(part, Pattern::Unknown(_)));
        let Some(at) = shaped else {
            return pieces.into_iter().all(|piece| self.absorb(parts, piece, joined));
        };
        let (flipped, part) = parts[at];
        let others = [&parts[..at], &parts[at + 1..]].concat();
        for index in 0..pieces.len() {
            let (sign, Piece::Subtree(end)) = pieces[index] else { continue };
            self.tries = self.tries.saturating_sub(1);
            if self.tries == 0 {
                return false;
            }
            let before = self.taken.len();
            if sign == *flipped && self.matches(part, end) {
                let piece = pieces.remove(index);
                if self.assign(&others, pieces.clone(), joined) {
                    return true;
                }
                pieces.insert(index, piece);
            }
            self.taken.truncate(before);
        }
        part.may_vanish() && self.assign(&others, pieces, joined)
    }

    /// Whether one of the unknown functions can take the piece up.
    fn absorb(&mut self, parts: &[&(bool, Pattern)], piece: Signed, joined: Joined) -> bool {
        let (sign, piece) = piece;
        parts.iter().any(|(flipped, part)| {
            let Pattern::Unknown(which) = part else { return false };
            let joined = match (joined, sign != *flipped) {
                (Joined::Added, true) => Joined::Subtracted,
                (Joined::Multiplied, true) => Joined::Divided,
                (joined, _) => joined,
            };
            self.take(*which, piece, joined)
        })
    }

    /// Takes a piece up if the unknown function may use all its inputs.
    fn take(&mut self, unknown: usize, piece: Piece, joined: Joined) -> bool {
        let inputs = &self.unknowns[unknown];
        let fits = match piece {
            Piece::Subtree(end) => {
                let nodes = &self.expr.nodes()[self.expr.subtree_start(end)..=end];
                nodes.iter().all(|node| !matches!(node, Node::Var(i) if !inputs.contains(i)))
            }
            Piece::Minus => true,
        };
        if fits {
            self.taken.push(Taken { unknown, piece, joined });
        }
        fits
    }

    fn is_number(&self, end: usize, wanted: f64) -> bool {
        let before = self.expr.nodes()[..end].iter().filter(|node| **node == Node::Const).count();
        let found = self.expr.constants()[before];
        (found - wanted).abs() <= 1e-9 * wanted.abs()
    }

    /// What an unknown function has taken up, joined.
    pub(super) fn part(&self, unknown: usize) -> Option<Expr> {
        let own = self.taken.iter().filter(|taken| taken.unknown == unknown);
        own.fold(None, |whole, taken| {
            let piece = match taken.piece {
                Piece::Subtree(end) => self.expr.subtree(end),
                Piece::Minus => Expr::constant(-1.0),
            };
            Some(match (whole, taken.joined) {
                (None, Joined::Added | Joined::Multiplied) => piece,
                (None, Joined::Subtracted) => Expr::constant(-1.0) * piece,
                (None, Joined::Divided) => Expr::constant(1.0) / piece,
                (Some(whole), Joined::Added) => whole + piece,
                (Some(whole), Joined::Subtracted) => whole - piece,
                (Some(whole), Joined::Multiplied) => whole * piece,
                (Some(whole), Joined::Divided) => whole / piece,
            })
        })
    }
}
