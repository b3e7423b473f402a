//! Libraries of features from which sums are built.

use symgrad_expr::{Expr, Node, Op, OpSet};

/// Most features of a library with constants inside: the work grows with their cube.
pub(super) const MOST: usize = 700;

pub(super) fn variables(inputs: &[u16]) -> Vec<Expr> {
    inputs.iter().copied().map(Expr::var).collect()
}

/// All pairs of inputs, in order.
pub(super) fn pairs(inputs: &[u16]) -> impl Iterator<Item = (Expr, Expr)> {
    (1..inputs.len())
        .flat_map(move |j| (0..j).map(move |i| (Expr::var(inputs[i]), Expr::var(inputs[j]))))
}

/// A multiple whose factor stands there to be fitted.
pub(super) fn scaled(expr: &Expr, factor: f64) -> Expr {
    Expr::constant(factor) * expr.clone()
}

/// All monomials of the inputs with total degree from 1 to `degree`, by rising degree.
pub(crate) fn monomials(inputs: &[u16], degree: u32, ops: &OpSet) -> Vec<Expr> {
    let mut exponents = vec![0; inputs.len()];
    let mut found = Vec::new();
    for total in 1..=degree {
        spread(total, 0, &mut exponents, &mut |exponents| {
            found.extend(monomial(inputs, exponents, ops));
        });
    }
    found
}

/// The monomials of degree 1 and 2, of the first inputs only where there would be too many.
fn short_monomials(inputs: &[u16], limit: usize, ops: &OpSet) -> Vec<Expr> {
    let mut kept = inputs.len();
    while kept > 1 && monomial_count(kept, 2) > limit {
        kept -= 1;
    }
    let mut found = monomials(&inputs[..kept], 2, ops);
    found.extend(inputs[kept..].iter().copied().map(Expr::var));
    found
}

/// All monomials with whole exponents of either sign whose sizes add up to at most a bound that
/// depends on the number of inputs, written as quotients; for sums that no polynomial is.
pub(crate) fn quotients_of_monomials(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let most = match inputs.len() {
        0 | 1 => return vec![],
        2 => 8,
        3 => 6,
        4 => 4,
        5 | 6 => 3,
        _ => 2,
    };
    let all = monomials(inputs, most - 1, ops);
    let above = std::iter::once(None).chain(all.iter().map(Some));
    let degree = |expr: Option<&Expr>| expr.map_or(0, degree_of);
    let mut found = vec![];
    for above in above {
        for below in &all {
            let apart =
                above.is_none_or(|a| a.inputs().iter().all(|i| !below.inputs().contains(i)));
            if apart && degree(above) + degree(Some(below)) <= most {
                found.extend(match above {
                    Some(above) => Some(above.clone() / below.clone()),
                    None => reciprocal(below.clone(), ops),
                });
            }
        }
    }
    found.extend(all);
    found.retain(|expr| ops.allows(expr));
    found
}

/// The degree of a monomial.
fn degree_of(monomial: &Expr) -> u32 {
    let mut stack: Vec<u32> = vec![];
    for node in monomial.nodes() {
        let next = match node {
            Node::Var(_) => 1,
            Node::Const => 0,
            Node::Op(Op::Square) => 2 * stack.pop().unwrap_or(0),
            Node::Op(Op::Cube) => 3 * stack.pop().unwrap_or(0),
            Node::Op(_) => stack.pop().unwrap_or(0) + stack.pop().unwrap_or(0),
        };
        stack.push(next);
    }
    stack.pop().unwrap_or(0)
}

/// How many monomials of degree 1 to `degree` there are in `inputs` variables.
pub(crate) fn monomial_count(inputs: usize, degree: u32) -> usize {
    // (inputs + degree choose degree) − 1, multiplied up exactly.
    let count =
        (1..=degree as usize).fold(1, |count: usize, k| count.saturating_mul(inputs + k) / k);
    count - 1
}

fn spread(left: u32, from: usize, exponents: &mut Vec<u32>, visit: &mut impl FnMut(&[u32])) {
    if from + 1 >= exponents.len() {
        if let Some(last) = exponents.last_mut() {
            *last = left;
            visit(exponents);
            exponents[from] = 0;
        }
        return;
    }
    for exponent in (0..=left).rev() {
        exponents[from] = exponent;
        spread(left - exponent, from + 1, exponents, visit);
    }
    exponents[from] = 0;
}

fn monomial(inputs: &[u16], exponents: &[u32], ops: &OpSet) -> Option<Expr> {
    let powers = inputs.iter().zip(exponents).filter(|(_, e)| **e > 0);
    let mut product: Option<Expr> = None;
    for (&input, &exponent) in powers {
        let power = power(&Expr::var(input), exponent, ops)?;
        product = Some(match product {
            None => power,
            Some(product) if ops.contains(Op::Mul) => product * power,
            Some(_) => return None,
        });
    }
    product
}

/// A product of whole powers of either sign, one exponent for each input, written as a quotient.
pub(crate) fn quotient_of_powers(inputs: &[u16], exponents: &[i32], ops: &OpSet) -> Option<Expr> {
    let part = |sign: i32| -> Vec<u32> {
        exponents.iter().map(|e| (sign * e).max(0).unsigned_abs()).collect()
    };
    match [1, -1].map(|sign| monomial(inputs, &part(sign), ops)) {
        [Some(above), Some(below)] => ops.contains(Op::Div).then(|| above / below),
        [Some(above), None] => Some(above),
        [None, Some(below)] => reciprocal(below, ops),
        [None, None] => None,
    }
}

/// base to a whole power, written with the cheapest of the allowed operators.
pub(crate) fn power(base: &Expr, exponent: u32, ops: &OpSet) -> Option<Expr> {
    let half = |e: u32| power(base, e, ops);
    match exponent {
        0 => None,
        1 => Some(base.clone()),
        2 if ops.contains(Op::Square) => Some(base.clone().square()),
        3 if ops.contains(Op::Cube) => Some(Expr::unary(Op::Cube, base.clone())),
        e if e % 2 == 0 && ops.contains(Op::Square) => Some(half(e / 2)?.square()),
        e if ops.contains(Op::Mul) => Some(half(e - 1)? * base.clone()),
        _ => None,
    }
}

/// Functions of two variables, x1 and x2, of the kind that formulas are put together from: products
/// of functions of one of them each, and the mixed library.
pub(crate) fn pair_library(ops: &OpSet) -> Vec<Expr> {
    let [first, second] = [0, 1].map(|input| atoms(&Expr::var(input), ops));
    let mut found = mixed_library(&[0, 1], ops, usize::MAX);
    for a in &first {
        for b in &second {
            found.extend(product(a, b, ops).filter(|product| !found.contains(product)));
        }
    }
    found
}

/// A variable x, outer functions of it, powers, e⁻ˣ, and the reciprocals of 1 ± x and 1 ± x².
pub(crate) fn atoms(x: &Expr, ops: &OpSet) -> Vec<Expr> {
    let one = || Expr::constant(1.0);
    let mut found = vec![x.clone()];
    found.extend(outer_functions(x, ops));
    let mut below = vec![Expr::unary(Op::Exp, x.clone()), one() + x.clone(), one() - x.clone()];
    if let Some(square) = power(x, 2, ops) {
        below.extend([square.clone(), one() + square.clone(), one() - square.clone()]);
        found.push(square);
    }
    let reciprocals = below.into_iter().filter_map(|below| reciprocal(below, ops));
    found.extend(reciprocals.filter(|reciprocal| ops.allows(reciprocal)));
    found
}

/// a·b, as a quotient where one of them is a reciprocal.
pub(super) fn product(a: &Expr, b: &Expr, ops: &OpSet) -> Option<Expr> {
    let below = |expr: &Expr| {
        let arguments = expr.arguments();
        match (expr.root(), arguments.as_slice()) {
            (Node::Op(Op::Inv), [argument]) => Some(argument.clone()),
            (Node::Op(Op::Div), [above, argument]) if *above == Expr::constant(1.0) => {
                Some(argument.clone())
            }
            _ => None,
        }
    };
    if !ops.contains(Op::Mul) {
        return None;
    }
    if ops.contains(Op::Div) {
        match (below(a), below(b)) {
            (Some(a), Some(b)) => return reciprocal(a * b, ops),
            (None, Some(b)) => return Some(a.clone() / b),
            (Some(a), None) => return Some(b.clone() / a),
            (None, None) => {}
        }
    }
    Some(a.clone() * b.clone())
}

/// Monomials of degree 1 and 2, and the outer functions of the allowed set applied to simple
/// arguments (inputs, their squares, sums and differences, products, sums of squares), the
/// simpler arguments first; an input times an outer function of another; logarithms of what
/// often is a factor, since under a level-set root a product is a sum of logarithms. At most
/// `limit` features, and no more work than that; the inputs come in the order in which they
/// matter, so that the features left out are those of the least.
pub(crate) fn mixed_library(inputs: &[u16], ops: &OpSet, limit: usize) -> Vec<Expr> {
    let arguments = arguments(inputs, ops, limit);
    let mut found = short_monomials(inputs, limit, ops);
    for argument in &arguments {
        if found.len() < limit {
            found.extend(outer_functions(argument, ops));
        }
    }
    if ops.contains(Op::Atan2) {
        // The other way round, an angle is what is left of a right one, or turns the other way.
        let angles = pairs(inputs).map(|(x, y)| Expr::binary(Op::Atan2, y, &x));
        found.extend(angles.take(limit.saturating_sub(found.len())));
    }
    for &i in inputs {
        if found.len() >= limit {
            break;
        }
        for &j in inputs.iter().filter(|&&j| j != i) {
            let outer = outer_functions(&Expr::var(j), ops);
            let products = outer.iter().filter_map(|f| product(&Expr::var(i), f, ops));
            let new: Vec<Expr> = products.filter(|product| !found.contains(product)).collect();
            found.extend(new);
        }
    }
    for argument in &arguments {
        if found.len() < limit {
            found.extend(logarithms(argument, ops));
        }
    }
    found.extend(logarithms_of_sums(inputs, ops, limit.saturating_sub(found.len())));
    found.truncate(limit);
    found
}

/// Logarithms of a ± b for monomials a and b of up to the second degree, and squares of products,
/// that have no input in common: sums that have are products of these. At most `limit`.
fn logarithms_of_sums(inputs: &[u16], ops: &OpSet, limit: usize) -> Vec<Expr> {
    if limit == 0 {
        return vec![];
    }
    let mut terms = short_monomials(inputs, limit, ops);
    let products = terms.iter().filter(|term| term.root() == Node::Op(Op::Mul));
    let squares: Vec<Expr> = products.filter_map(|product| power(product, 2, ops)).collect();
    terms.extend(squares);
    let mut found = Vec::new();
    for (k, a) in terms.iter().enumerate() {
        let used = a.inputs();
        for b in terms[..k].iter().filter(|b| b.inputs().iter().all(|i| !used.contains(i))) {
            if found.len() >= limit {
                return found;
            }
            let sums = [b.clone() + a.clone(), b.clone() - a.clone(), a.clone() - b.clone()];
            let logarithms = sums.into_iter().map(|sum| Expr::unary(Op::Log, sum));
            found.extend(logarithms.filter(|logarithm| ops.allows(logarithm)));
        }
    }
    found
}

/// Logarithms of sin x, cos x, 1 + x, 1 − x and eˣ − 1.
fn logarithms(x: &Expr, ops: &OpSet) -> Vec<Expr> {
    let one = || Expr::constant(1.0);
    let unary = |op: Op| Expr::unary(op, x.clone());
    [unary(Op::Sin), unary(Op::Cos), one() + x.clone(), one() - x.clone(), unary(Op::Exp) - one()]
        .into_iter()
        .map(|factor| Expr::unary(Op::Log, factor))
        .filter(|logarithm| ops.allows(logarithm))
        .collect()
}

/// At most about `limit` of them: each is an argument of at least one function.
fn arguments(inputs: &[u16], ops: &OpSet, limit: usize) -> Vec<Expr> {
    let vars: Vec<Expr> = inputs.iter().map(|&i| Expr::var(i)).collect();
    let squares: Vec<Expr> = vars.iter().filter_map(|x| power(x, 2, ops)).collect();
    let mut found: Vec<Expr> = vars.iter().chain(&squares).cloned().collect();
    let allowed = |op: Op| ops.contains(op);
    for j in 1..vars.len() {
        if found.len() >= limit {
            return found;
        }
        for i in 0..j {
            let pair = |op, list: &[Expr]| {
                let (left, right) = (list.get(i)?.clone(), list.get(j)?);
                allowed(op).then(|| Expr::binary(op, left, right))
            };
            found.extend(pair(Op::Add, &squares));
            found.extend(pair(Op::Mul, &vars));
            found.extend(pair(Op::Add, &vars));
            found.extend(pair(Op::Sub, &vars));
            found.extend(pair(Op::Div, &vars));
            if allowed(Op::Div) {
                found.push(vars[j].clone() / vars[i].clone());
            }
        }
    }
    if allowed(Op::Add) {
        for k in 2..squares.len() {
            if found.len() >= limit {
                return found;
            }
            for j in 1..k {
                for i in 0..j {
                    found.push(squares[i].clone() + squares[j].clone() + squares[k].clone());
                }
            }
        }
    }
    found
}

/// Functions of one argument that are in no set of operators unless they are named.
pub(crate) const OPTIONAL_FUNCTIONS: [Op; 6] =
    [Op::Asin, Op::Acos, Op::Atan, Op::Sinh, Op::Cosh, Op::Erf];

fn outer_functions(argument: &Expr, ops: &OpSet) -> Vec<Expr> {
    let unary = [Op::Sin, Op::Cos, Op::Exp, Op::Log, Op::Sqrt, Op::Tanh];
    let mut found: Vec<Expr> = unary
        .into_iter()
        .chain(OPTIONAL_FUNCTIONS)
        .filter(|op| ops.contains(*op))
        .map(|op| Expr::unary(op, argument.clone()))
        .collect();
    let templates = ops.templates().filter(|template| template.arity() == 1);
    found.extend(templates.map(|template| template.expand(std::slice::from_ref(argument))));
    found.extend(reciprocal(argument.clone(), ops));
    if matches!(argument.root(), Node::Op(Op::Mul | Op::Div)) {
        found.extend(power(argument, 2, ops));
    }
    if ops.contains(Op::Sqrt) {
        found.extend(reciprocal(Expr::unary(Op::Sqrt, argument.clone()), ops));
    }
    found
}

/// 1/argument, by whichever operator there is.
pub(crate) fn reciprocal(argument: Expr, ops: &OpSet) -> Option<Expr> {
    if ops.contains(Op::Inv) {
        Some(Expr::unary(Op::Inv, argument))
    } else {
        ops.contains(Op::Div).then(|| Expr::constant(1.0) / argument)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monomials_are_counted() {
        let inputs: Vec<u16> = (0..9).collect();
        let ops = OpSet::default();
        for degree in 1..=3 {
            let found = monomials(&inputs, degree, &ops);
            assert_eq!(found.len(), monomial_count(9, degree));
        }
        assert_eq!(monomial_count(9, 3), 219);
        let one: Vec<String> = monomials(&[1], 3, &ops).iter().map(ToString::to_string).collect();
        assert_eq!(one, ["x2", "x2^2", "x2^2*x2"]);
    }

    #[test]
    fn optional_functions_are_used_where_they_are_named() {
        let optional = |node: &Node| matches!(node, Node::Op(op) if *op as u8 > Op::Inv as u8);
        let library = mixed_library(&[0, 1, 2], &OpSet::default(), 10_000);
        assert!(!library.iter().flat_map(Expr::nodes).any(optional));
        for feature in ["asin(x1*x2)", "erf(x1 - x2)", "cosh(x3)", "atan2(x3, x1)"] {
            let named: Expr = feature.parse().unwrap();
            let name = feature.split('(').next().unwrap();
            let ops: OpSet = format!("+ - * {name}").parse().unwrap();
            assert!(mixed_library(&[0, 1, 2], &ops, 10_000).contains(&named), "{feature}");
        }
    }

    #[test]
    fn the_library_keeps_to_the_operators() {
        let ops: OpSet = "+ * sqrt /".parse().unwrap();
        let library = mixed_library(&[0, 1, 2], &ops, 10_000);
        assert!(library.iter().all(|feature| ops.allows(feature)));
        assert!(library.contains(&"div(1, sqrt(x1*x1 + x2*x2))".parse().unwrap()));
    }
}
