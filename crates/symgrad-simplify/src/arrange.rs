//! One fixed order for the terms of sums and the factors of products.

use std::cmp::Ordering;

use symgrad_expr::{Expr, Node, Op};

use crate::extract::Prices;

/// The same expression with its terms and factors in a fixed order, at no higher cost: constants
/// before other factors and after other terms, inputs by number, a positive term first.
pub(crate) fn arrange(expr: &Expr, prices: &Prices<'_>) -> Expr {
    let mut arguments: Vec<Expr> =
        expr.arguments().iter().map(|argument| arrange(argument, prices)).collect();
    let Node::Op(op) = expr.root() else { return expr.clone() };
    let plain = match (arguments.pop(), arguments.pop()) {
        (Some(right), Some(left)) => Expr::binary(op, left, &right),
        (Some(only), None) => Expr::unary(op, only),
        _ => return expr.clone(),
    };
    let arranged = match op {
        Op::Add | Op::Sub | Op::Neg => sum_of(sorted_terms(&plain)),
        Op::Mul | Op::Div => ordered_product(&plain),
        _ => return plain,
    };
    cheaper(arranged, plain, prices)
}

/// An arranged expression whose overall sign is free: the first term of a sum becomes positive.
pub(crate) fn arrange_level_set(expr: &Expr, prices: &Prices<'_>) -> Expr {
    let plain = arrange(expr, prices);
    if !matches!(plain.root(), Node::Op(Op::Add | Op::Sub | Op::Neg)) {
        return plain;
    }
    let terms = sorted_terms(&plain);
    let flips = !terms[0].positive;
    let signed = terms.into_iter().map(|term| Term { positive: term.positive != flips, ..term });
    cheaper(sum_of(signed.collect()), plain, prices)
}

fn cheaper(candidate: Expr, otherwise: Expr, prices: &Prices<'_>) -> Expr {
    if prices.total(&candidate) <= prices.total(&otherwise) { candidate } else { otherwise }
}

/// A term of a sum with its sign.
struct Term {
    positive: bool,
    size: Expr,
}

/// The terms of nested sums, differences and negations, sorted.
fn sorted_terms(expr: &Expr) -> Vec<Term> {
    let mut found = Vec::new();
    let mut pending = vec![(true, expr.clone())];
    while let Some((positive, part)) = pending.pop() {
        let mut arguments = part.arguments();
        match (part.root(), arguments.pop(), arguments.pop()) {
            (Node::Op(Op::Neg), Some(only), _) => pending.push((!positive, only)),
            (Node::Op(op @ (Op::Add | Op::Sub)), Some(right), Some(left)) => {
                pending.push((positive == (op == Op::Add), right));
                pending.push((positive, left));
            }
            _ => {
                let (negative, size) = without_sign(part);
                found.push(Term { positive: positive != negative, size });
            }
        }
    }
    found.sort_by(|a, b| is_constant(&a.size).cmp(&is_constant(&b.size)).then(by_inputs(a, b)));
    found
}

fn by_inputs(a: &Term, b: &Term) -> Ordering {
    order(&a.size, &b.size)
}

/// Turns the sign of a constant factor or divisor into the sign of the term.
fn without_sign(mut term: Expr) -> (bool, Expr) {
    let divides = term.root() == Node::Op(Op::Div) && is_constant(&term.arguments()[1]);
    let index = if leads_as_factor(&term) {
        Some(0)
    } else if divides {
        Some(term.constants().len() - 1)
    } else {
        None
    };
    match index {
        Some(index) if term.constants()[index] < 0.0 => {
            term.constants_mut()[index] *= -1.0;
            (true, term)
        }
        _ => (false, term),
    }
}

fn leads_as_factor(term: &Expr) -> bool {
    let mut part = term.clone();
    while let Node::Op(Op::Mul | Op::Div) = part.root() {
        part = part.arguments().swap_remove(0);
    }
    part.root() == Node::Const
}

fn sum_of(mut terms: Vec<Term>) -> Expr {
    if let Some(first) = terms.iter().position(|term| term.positive) {
        let lead = terms.remove(first);
        return terms.iter().fold(lead.size, add_term);
    }
    // Without a positive term, a constant takes the sign of the whole if there is one.
    let signed = |term: &Term| {
        let mut size = term.size.clone();
        (leads_as_factor(&size)).then(|| {
            size.constants_mut()[0] *= -1.0;
            size
        })
    };
    let found = terms.iter().enumerate().find_map(|(index, term)| Some((index, signed(term)?)));
    let lead = match found {
        Some((index, lead)) => {
            terms.remove(index);
            lead
        }
        None => -terms.remove(0).size,
    };
    terms.iter().fold(lead, add_term)
}

fn add_term(sum: Expr, term: &Term) -> Expr {
    Expr::binary(if term.positive { Op::Add } else { Op::Sub }, sum, &term.size)
}

/// The factors of nested products and quotients, sorted, with all divisors together.
fn ordered_product(expr: &Expr) -> Expr {
    let (mut factors, mut divisors) = (Vec::new(), Vec::new());
    let mut pending = vec![(true, expr.clone())];
    while let Some((above, part)) = pending.pop() {
        let mut arguments = part.arguments();
        match (part.root(), arguments.pop(), arguments.pop()) {
            (Node::Op(op @ (Op::Mul | Op::Div)), Some(right), Some(left)) => {
                pending.push((above == (op == Op::Mul), right));
                pending.push((above, left));
            }
            _ if above => factors.push(part),
            _ => match inverse_of_unit_fraction(&part) {
                Some(whole) => factors.push(Expr::constant(whole)),
                None => divisors.push(part),
            },
        }
    }
    for list in [&mut factors, &mut divisors] {
        list.sort_by(|a, b| is_constant(b).cmp(&is_constant(a)).then(order(a, b)));
    }
    let product = |list: Vec<Expr>| list.into_iter().reduce(|product, factor| product * factor);
    match (product(factors), product(divisors)) {
        (Some(above), Some(below)) => above / below,
        (Some(above), None) => above,
        _ => expr.clone(),
    }
}

/// 4 for the constant 0.25: people multiply by whole numbers rather than divide by fractions.
fn inverse_of_unit_fraction(expr: &Expr) -> Option<f64> {
    let inverse = is_constant(expr).then(|| expr.constants()[0].recip())?;
    let exact = inverse.fract() == 0.0 && inverse.abs() > 1.0 && inverse.abs() < 1e3;
    (exact && inverse.recip() == expr.constants()[0]).then_some(inverse)
}

fn is_constant(expr: &Expr) -> bool {
    expr.root() == Node::Const
}

/// A fixed order: by the inputs used, then by length, then symbol by symbol.
fn order(a: &Expr, b: &Expr) -> Ordering {
    let constants = || {
        let pairs = a.constants().iter().zip(b.constants());
        pairs.map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    };
    (a.inputs().cmp(&b.inputs()))
        .then(a.len().cmp(&b.len()))
        .then_with(|| a.nodes().cmp(b.nodes()))
        .then_with(constants)
}

#[cfg(test)]
mod tests {
    use symgrad_expr::OpSet;

    use crate::{Domain, Simplifier};

    #[test]
    fn terms_and_factors_stand_as_people_write_them() {
        let simplifier = Simplifier::new(OpSet::default(), Domain::unbounded(3));
        for (given, expected) in [
            ("x2 + x1 - 1", "x1 + x2 - 1"),
            ("(-x2) + x1*x3", "x1*x3 - x2"),
            ("x2*3*x1", "3*x1*x2"),
            ("(x2/x3)*x1", "x1*x2/x3"),
            ("x3/(x2*x1)", "x3/(x1*x2)"),
            ("x1/0.25", "4*x1"),
            ("x1/0.3", "x1/0.3"),
            ("x1/0.0001", "x1/0.0001"),
            ("x2 + (-2)*x1", "x2 - 2*x1"),
            ("(-2)*x1 - x2", "-2*x1 - x2"),
        ] {
            let arranged = simplifier.arranged(&given.parse().unwrap());
            assert_eq!(arranged.to_string(), expected, "{given}");
        }
    }
}
