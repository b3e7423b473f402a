//! Expressions for reading.

use crate::{Expr, Node, Op};

impl Expr {
    /// This expression for reading: constants rounded to that many significant digits (at
    /// least one), signs gathered, coefficients first, what is added to itself doubled, and
    /// factors that round to 1 left out.
    ///
    /// Apart from the rounding it has the same value. Print it in any notation.
    ///
    /// ```
    /// use symgrad_expr::Expr;
    /// let found: Expr = "x1*0.99996 + -2.00123*x2 - x3*(-0.33333)".parse()?;
    /// assert_eq!(found.rounded(3).to_string(), "x1 - 2*x2 + 0.333*x3");
    /// assert_eq!("x1 + x1 + x2".parse::<Expr>()?.rounded(3).to_string(), "2*x1 + x2");
    /// # Ok::<(), symgrad_expr::ParseError>(())
    /// ```
    #[must_use]
    pub fn rounded(&self, digits: usize) -> Self {
        let mut operands: Vec<Operand> = Vec::new();
        let mut constants = self.constants().iter().copied();
        for node in self.nodes() {
            let next = match node {
                Node::Var(index) => Operand { expr: Self::var(*index), leads: false },
                Node::Const => number(round(constants.next().unwrap_or(f64::NAN), digits)),
                Node::Op(op) => {
                    let right = operands.pop();
                    match (op.arity(), right) {
                        (2, Some(right)) => match operands.pop() {
                            Some(left) => binary(*op, left, right),
                            None => right,
                        },
                        (_, Some(argument)) => unary(*op, argument),
                        // An operator has an argument.
                        (_, None) => continue,
                    }
                }
            };
            operands.push(next);
        }
        operands.pop().map_or_else(|| self.clone(), Operand::settled)
    }
}

fn round(value: f64, digits: usize) -> f64 {
    // More than 17 digits change nothing.
    let decimals = digits.clamp(1, 17) - 1;
    format!("{value:.decimals$e}").parse().unwrap_or(value)
}

struct Operand {
    expr: Expr,
    /// Whether its first constant multiplies the whole.
    leads: bool,
}

impl Operand {
    fn constant(&self) -> Option<f64> {
        match (self.expr.root(), self.expr.constants()) {
            (Node::Const, [value]) => Some(*value),
            _ => None,
        }
    }

    /// The same without its minus sign, if it has one to give away.
    fn without_sign(mut self) -> Result<Self, Self> {
        if self.expr.root() == Node::Op(Op::Neg) {
            let inside = self.expr.arguments().swap_remove(0);
            return Ok(Self { expr: inside, leads: false });
        }
        match self.expr.constants_mut().first_mut() {
            Some(first) if self.leads && *first < 0.0 => {
                *first = -*first;
                Ok(self)
            }
            _ => Err(self),
        }
    }
}

impl Operand {
    /// The expression with its minus sign moved to the first factor: −x·y for −(x·y).
    fn settled(self) -> Expr {
        if self.expr.root() != Node::Op(Op::Neg) {
            return self.expr;
        }
        let inside = self.expr.arguments().swap_remove(0);
        let mut end = inside.len() - 1;
        while let Node::Op(Op::Mul | Op::Div) = inside.nodes()[end] {
            end = inside.subtree_start(end - 1) - 1;
        }
        let factor = inside.subtree(end);
        let signed = match factor.root() {
            Node::Op(Op::Inv) => Expr::constant(-1.0) / factor.arguments().swap_remove(0),
            _ => -factor,
        };
        inside.with_subtree(end, &signed)
    }
}

fn number(value: f64) -> Operand {
    Operand { expr: Expr::constant(value), leads: true }
}

fn plain(expr: Expr) -> Operand {
    Operand { expr, leads: false }
}

fn negative(operand: Operand) -> Operand {
    match operand.without_sign() {
        Ok(positive) => positive,
        Err(operand) => match operand.constant() {
            Some(value) => number(-value),
            None => plain(-operand.expr),
        },
    }
}

fn unary(op: Op, argument: Operand) -> Operand {
    match op {
        Op::Neg => negative(argument),
        _ => plain(Expr::unary(op, argument.settled())),
    }
}

fn binary(op: Op, left: Operand, right: Operand) -> Operand {
    match op {
        Op::Add | Op::Sub => sum(op, left, right),
        Op::Mul | Op::Div => product(op, left, right),
        _ => power(left, right),
    }
}

fn sum(op: Op, left: Operand, right: Operand) -> Operand {
    if op == Op::Add && left.expr == right.expr {
        return product(Op::Mul, number(2.0), left);
    }
    let opposite = if op == Op::Add { Op::Sub } else { Op::Add };
    match right.without_sign() {
        Ok(right) => plain(Expr::binary(opposite, left.settled(), &right.expr)),
        Err(right) if op == Op::Add => match left.without_sign() {
            Ok(left) => plain(right.expr - left.expr),
            Err(left) => plain(left.expr + right.expr),
        },
        Err(right) => plain(left.settled() - right.expr),
    }
}

fn product(op: Op, left: Operand, right: Operand) -> Operand {
    match (left.constant(), right.constant()) {
        (Some(1.0), _) if op == Op::Mul => return right,
        (Some(-1.0), _) if op == Op::Mul => return negative(right),
        (Some(1.0), _) => return plain(Expr::unary(Op::Inv, right.expr)),
        (Some(-1.0), _) => return plain(-Expr::unary(Op::Inv, right.expr)),
        (_, Some(1.0)) => return left,
        (_, Some(-1.0)) => return negative(left),
        (None, Some(_)) if op == Op::Mul => return product(op, right, left),
        _ => {}
    }
    if left.expr.root() == Node::Op(Op::Neg) {
        return negative(product(op, negative(left), right));
    }
    match right.without_sign() {
        Ok(right) => negative(product(op, left, right)),
        Err(right) => Operand { leads: left.leads, expr: Expr::binary(op, left.expr, &right.expr) },
    }
}

fn power(base: Operand, exponent: Operand) -> Operand {
    let op = match exponent.constant() {
        Some(1.0) => return base,
        Some(2.0) => Op::Square,
        Some(3.0) => Op::Cube,
        Some(-1.0) => Op::Inv,
        _ => return plain(Expr::binary(Op::Pow, base.settled(), &exponent.settled())),
    };
    plain(Expr::unary(op, base.settled()))
}
