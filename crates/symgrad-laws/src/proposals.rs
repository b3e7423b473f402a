//! Formulas that are proposed from outside, as by a network, taken apart into terms.

use symgrad_expr::{Expr, Node, Op};

use crate::law::Road;

/// The terms of a sum, and who proposed it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Terms {
    pub(crate) terms: Vec<Expr>,
    pub(crate) road: Road,
}

/// Longest sum that is taken.
const LONGEST: usize = 14;

/// The sums that formulas are: their coefficients are fitted on the groups like all others.
pub(crate) fn proposed(formulas: &[Expr]) -> Vec<Terms> {
    let mut found: Vec<Terms> = vec![];
    for formula in formulas {
        let mut terms = vec![];
        add_terms(formula, &mut terms);
        let sum = Terms { terms, road: Road::Network };
        if (1..=LONGEST).contains(&sum.terms.len()) && !found.contains(&sum) {
            found.push(sum);
        }
    }
    found
}

/// Adds what is not there yet of the terms of a formula, without their factors.
fn add_terms(formula: &Expr, terms: &mut Vec<Expr>) {
    if formula.inputs().is_empty() {
        return;
    }
    let arguments = formula.arguments();
    match (formula.root(), arguments.as_slice()) {
        (Node::Op(Op::Add | Op::Sub | Op::Neg), arguments) => {
            for argument in arguments {
                add_terms(argument, terms);
            }
        }
        (Node::Op(Op::Mul), [factor, term]) if factor.inputs().is_empty() => add_terms(term, terms),
        (Node::Op(Op::Mul | Op::Div), [term, factor]) if factor.inputs().is_empty() => {
            add_terms(term, terms);
        }
        _ if !terms.contains(formula) => terms.push(formula.clone()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_taken_apart() {
        for (formula, terms) in [
            ("2*(x1 - 3*x2^2)/5 - x1 + 7", vec!["x1", "x2^2"]),
            ("x1*(x2 + x3)", vec!["x1*(x2 + x3)"]),
            ("-exp(2*x1)/4 + sin(x2)*3", vec!["exp(2*x1)", "sin(x2)"]),
            ("5", vec![]),
        ] {
            let formula: Expr = formula.parse().unwrap();
            let found = proposed(std::slice::from_ref(&formula));
            let found: Vec<Expr> = found.into_iter().flat_map(|sum| sum.terms).collect();
            let terms: Vec<Expr> = terms.iter().map(|term| term.parse().unwrap()).collect();
            assert_eq!(found, terms);
        }
    }
}
